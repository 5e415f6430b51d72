//! Reading what a client sent: the body, up to a limit, and the host it asked for.

use crate::{policy::authority_host, problem::Problem};
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body::Body;
use http_body_util::BodyExt;

/// A request body that is still to be read.
pub trait RequestBody: Body<Data = Bytes> {}

impl<B: Body<Data = Bytes>> RequestBody for B {}

/// What a body may be: its media types, the preferred one first, and its length in bytes.
pub struct Accept {
    /// Compared without their parameters and in any case (RFC 9110 section 8.3.1).
    pub media_types: &'static [&'static str],
    /// In bytes.
    pub limit: usize,
}

/// The body of a request, if it is of an accepted kind. A larger one is not read on.
pub async fn read_body<B: RequestBody>(
    request: Request<B>,
    accept: &Accept,
) -> Result<Vec<u8>, Problem> {
    let limit = accept.limit;
    let essence = media_type(request.headers());
    if !essence.is_some_and(|given| {
        accept
            .media_types
            .iter()
            .any(|m| given.eq_ignore_ascii_case(m))
    }) {
        return Err(Problem::UnsupportedMediaType(accept.media_types));
    }
    if announced_length(request.headers()).is_some_and(|length| length > limit) {
        return Err(Problem::PayloadTooLarge(limit));
    }
    let mut body = std::pin::pin!(request.into_body());
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Problem::InvalidJson("the body ended early".to_owned()));
        };
        // What is no data is trailers.
        let data = frame.into_data().unwrap_or_default();
        if data.len() > limit.saturating_sub(read.len()) {
            return Err(Problem::PayloadTooLarge(limit));
        }
        read.extend_from_slice(&data);
    }
    Ok(read)
}

/// What `Content-Length` says, if anything; the host sees to it that it is true.
fn announced_length(headers: &HeaderMap) -> Option<usize> {
    let text = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    Some(text.parse().unwrap_or(usize::MAX))
}

/// The media type without its parameters (RFC 9110 section 8.3.1).
fn media_type(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    text.split(';').next().map(str::trim)
}

/// The host this request was sent to. Only to keep links from leading back here: a client can
/// write anything into it.
pub fn request_host(headers: &HeaderMap) -> Option<String> {
    let authority = headers.get(header::HOST)?.to_str().ok()?;
    authority_host(authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{TryStreamExt, executor::block_on, stream};
    use http_body::Frame;
    use http_body_util::{Full, StreamBody};
    use std::io;

    const ACCEPT: Accept = Accept {
        media_types: &["application/json"],
        limit: 4,
    };

    fn json(body: impl RequestBody) -> Result<Vec<u8>, Problem> {
        let request = Request::post("/").header(header::CONTENT_TYPE, "application/json");
        block_on(read_body(request.body(body).unwrap(), &ACCEPT))
    }

    #[test]
    fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
        assert_eq!(json(Full::from("1234")).unwrap(), b"1234");
        let answer = json(Full::from("12345"));
        assert!(matches!(answer, Err(Problem::PayloadTooLarge(4))));
    }

    #[test]
    fn a_body_past_the_limit_is_not_read_on() {
        let chunks = [Ok("123"), Ok("45"), Err("read on")];
        let frames = stream::iter(chunks).map_ok(|text| Frame::data(Bytes::from(text)));
        let answer = json(StreamBody::new(frames));
        assert!(matches!(answer, Err(Problem::PayloadTooLarge(4))));
    }

    #[test]
    fn an_announced_length_past_the_limit_is_refused_unread() {
        for length in ["5", "99999999999999999999"] {
            let body = stream::once(async { Err::<Frame<Bytes>, _>(io::Error::other("read")) });
            let request = Request::post("/")
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::CONTENT_LENGTH, length)
                .body(StreamBody::new(body))
                .unwrap();
            let answer = block_on(read_body(request, &ACCEPT));
            assert!(matches!(answer, Err(Problem::PayloadTooLarge(4))));
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_invalid() {
        let broken = stream::once(async { Err::<Frame<Bytes>, _>(io::Error::other("gone")) });
        let answer = json(StreamBody::new(broken));
        assert!(matches!(answer, Err(Problem::InvalidJson(_))));
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
            let request = Request::post("/").header(header::CONTENT_TYPE, media_type);
            let answer = block_on(read_body(request.body(Full::from("{}")).unwrap(), &ACCEPT));
            assert_eq!(answer.is_ok(), accepted, "{media_type:?}");
        }
        let request = Request::post("/").body(Full::from("{}")).unwrap();
        let answer = block_on(read_body(request, &ACCEPT));
        assert!(matches!(answer, Err(Problem::UnsupportedMediaType(_))));
    }
}
