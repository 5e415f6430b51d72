//! The body of a request: of which media type it may be, and how long.

use super::{
    header,
    request::{BrokenOff, Incoming, Request},
};

/// How many bytes of a body to ask the host for at a time.
pub const CHUNK_BYTES: usize = 16 * 1024;

/// What a body may be.
pub struct Accept {
    /// The preferred one first. Compared without parameters and in any case (RFC 9110
    /// section 8.3.1).
    pub media_types: &'static [&'static str],
    /// The longest body, in bytes.
    pub limit: usize,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is of none of these media types.
    MediaType(&'static [&'static str]),
    /// It is longer than so many bytes.
    TooLarge(usize),
    /// The client went away before its end.
    BrokenOff,
}

/// Reads the body of `request` if it is an accepted one. A longer one is not read to its end.
pub async fn read(request: Request<impl Incoming>, accept: &Accept) -> Result<Vec<u8>, BodyError> {
    let limit = accept.limit;
    if !is_accepted(request.header(header::CONTENT_TYPE), accept) {
        return Err(BodyError::MediaType(accept.media_types));
    }
    let announced = announced_length(request.header(header::CONTENT_LENGTH));
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge(limit));
    }
    let mut body = Vec::new();
    let mut fits = true;
    let take = |chunk: &[u8]| {
        fits = chunk.len() <= limit.saturating_sub(body.len());
        if fits {
            body.extend_from_slice(chunk);
        }
        fits
    };
    let ended = request.read_body(take).await;
    match (ended, fits) {
        (Err(BrokenOff), _) => Err(BodyError::BrokenOff),
        (Ok(()), false) => Err(BodyError::TooLarge(limit)),
        (Ok(()), true) => Ok(without_bom(body)),
    }
}

/// The body without the byte order mark that some editors and spreadsheets begin a file with. RFC 8259
/// section 8.1 lets a parser skip one.
pub fn without_bom(mut body: Vec<u8>) -> Vec<u8> {
    const BOM: &[u8] = "\u{feff}".as_bytes();
    if body.starts_with(BOM) {
        body.drain(..BOM.len());
    }
    body
}

fn is_accepted(content_type: Option<String>, accept: &Accept) -> bool {
    let Some(content_type) = content_type else {
        return false;
    };
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let mut accepted = accept.media_types.iter();
    accepted.any(|media_type| essence.eq_ignore_ascii_case(media_type))
}

/// What `Content-Length` says. The host sees to it that it is true.
fn announced_length(content_length: Option<String>) -> Option<usize> {
    Some(content_length?.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::FakeRequest;
    use futures::executor::block_on;

    const ACCEPT: Accept = Accept {
        media_types: &["application/json"],
        limit: 4,
    };

    fn json() -> FakeRequest {
        FakeRequest::default().header(header::CONTENT_TYPE, "application/json")
    }

    fn body_of(request: FakeRequest) -> Result<Vec<u8>, BodyError> {
        block_on(read(request.post("/"), &ACCEPT))
    }

    #[test]
    fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
        assert_eq!(body_of(json().chunk("1234")), Ok(b"1234".to_vec()));
        let answer = body_of(json().chunk("12345"));
        assert_eq!(answer, Err(BodyError::TooLarge(4)));
    }

    #[test]
    fn one_byte_order_mark_is_skipped_wherever_a_chunk_ends() {
        assert_eq!(body_of(json().chunk("\u{feff}1")), Ok(b"1".to_vec()));
        let split = json().chunk([0xef]).chunk([0xbb, 0xbf, b'1']);
        assert_eq!(body_of(split), Ok(b"1".to_vec()));
        let inside = body_of(json().chunk("1\u{feff}"));
        assert_eq!(inside, Ok("1\u{feff}".as_bytes().to_vec()));
    }

    #[test]
    fn a_body_past_the_limit_is_not_read_on() {
        let answer = body_of(json().chunk("123").chunk("45").broken_off());
        assert_eq!(answer, Err(BodyError::TooLarge(4)));
    }

    #[test]
    fn an_announced_length_past_the_limit_is_refused_unread() {
        for length in ["5", "99999999999999999999"] {
            let request = json().header(header::CONTENT_LENGTH, length).broken_off();
            assert_eq!(body_of(request), Err(BodyError::TooLarge(4)));
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_none() {
        let answer = body_of(json().chunk("{").broken_off());
        assert_eq!(answer, Err(BodyError::BrokenOff));
    }

    #[test]
    fn only_json_is_json() {
        for (media_type, accepted) in [
            ("application/json", true),
            ("Application/JSON", true),
            ("application/json; charset=utf-8", true),
            ("application/json;charset=utf-8", true),
            ("application/problem+json", false),
            ("application/jsonx", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            let request = FakeRequest::default().header(header::CONTENT_TYPE, media_type);
            let answer = body_of(request.chunk("{}"));
            assert_eq!(answer.is_ok(), accepted, "{media_type:?}");
        }
        let answer = body_of(FakeRequest::default().chunk("{}"));
        assert_eq!(answer, Err(BodyError::MediaType(ACCEPT.media_types)));
    }
}
