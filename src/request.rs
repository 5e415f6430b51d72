//! What a client asks: method, target and headers, the body up to a limit, and the host it was sent to.

use crate::{header, policy::OwnAddress, problem::Problem};

/// A request as the handlers know it.
pub struct Request<B> {
    pub method: Method,
    pub target: RequestTarget,
    pub headers: Headers,
    pub body: B,
}

/// The methods that mean something here (RFC 9110 section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    /// Any other: refused everywhere.
    Other,
}

/// Path and query, as they were sent (RFC 9112 section 3.2).
pub struct RequestTarget {
    text: String,
    /// Where the path ends, in bytes.
    path_end: usize,
}

impl RequestTarget {
    /// As the host gives it, which has checked it; empty where there is none.
    pub fn new(text: String) -> Self {
        let path_end = text.find('?').unwrap_or(text.len());
        Self { text, path_end }
    }

    /// Still percent-encoded; an empty one is `/` (RFC 9110 section 4.2.3).
    pub fn path(&self) -> &str {
        match self.text.get(..self.path_end) {
            None | Some("") => "/",
            Some(path) => path,
        }
    }

    /// What follows the question mark; empty without one.
    pub fn query(&self) -> &str {
        let query = self.text.get(self.path_end..).unwrap_or_default();
        query.strip_prefix('?').unwrap_or_default()
    }
}

/// The header fields that a handler reads (RFC 9110 section 5), in the order in which they came. None
/// for most requests, and of four names at most: a list does for them what a map would.
#[derive(Default)]
pub struct Headers(Vec<(&'static str, Vec<u8>)>);

impl Headers {
    /// One more field; `name` in lower case.
    pub fn append(&mut self, name: &'static str, value: Vec<u8>) {
        self.0.push((name, value));
    }

    /// The value of the first field of this name, if it is ASCII (RFC 9110 section 5.5).
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.get_all(name).next()?;
        str::from_utf8(value).ok().filter(|text| text.is_ascii())
    }

    /// The values of all fields of this name, as they were sent.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let named = self.0.iter().filter(move |field| field.0 == name);
        named.map(|field| field.1.as_slice())
    }
}

/// A request body that is still to be read.
#[expect(async_fn_in_trait, reason = "a component instance has one thread")]
pub trait RequestBody {
    /// Hands the body to `take`, chunk by chunk, to its end or until `take` says `false`: then the rest
    /// stays unread.
    async fn read(self, take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff>;
}

/// The client went away before it had sent the whole body.
#[derive(Clone, Copy, Debug)]
pub struct BrokenOff;

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
    let essence = media_type(&request.headers);
    if !essence.is_some_and(|given| {
        accept
            .media_types
            .iter()
            .any(|m| given.eq_ignore_ascii_case(m))
    }) {
        return Err(Problem::UnsupportedMediaType(accept.media_types));
    }
    if announced_length(&request.headers).is_some_and(|length| length > limit) {
        return Err(Problem::PayloadTooLarge(limit));
    }
    let mut read = Vec::new();
    let mut fits = true;
    let take = |chunk: &[u8]| {
        fits = chunk.len() <= limit.saturating_sub(read.len());
        if fits {
            read.extend_from_slice(chunk);
        }
        fits
    };
    let ended = request.body.read(take).await;
    ended.map_err(|BrokenOff| Problem::InvalidJson("the body ended early".to_owned()))?;
    if !fits {
        return Err(Problem::PayloadTooLarge(limit));
    }
    Ok(read)
}

/// What `Content-Length` says, if anything; the host sees to it that it is true.
fn announced_length(headers: &Headers) -> Option<usize> {
    let text = headers.get(header::CONTENT_LENGTH)?;
    Some(text.parse().unwrap_or(usize::MAX))
}

/// The media type without its parameters (RFC 9110 section 8.3.1).
fn media_type(headers: &Headers) -> Option<&str> {
    let text = headers.get(header::CONTENT_TYPE)?;
    text.split(';').next().map(str::trim)
}

/// Where this request was sent to. Only to keep links from leading back here: a client can
/// write anything into it.
pub fn request_address(headers: &Headers) -> Option<OwnAddress> {
    OwnAddress::of_authority(headers.get(header::HOST)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeBody, headers};
    use futures::executor::block_on;

    const ACCEPT: Accept = Accept {
        media_types: &["application/json"],
        limit: 4,
    };

    /// Reads a body of these chunks, sent with these headers.
    fn read(
        fields: &[(&'static str, &str)],
        chunks: &[Result<&'static str, BrokenOff>],
    ) -> Result<Vec<u8>, Problem> {
        let request = Request {
            method: Method::Post,
            target: RequestTarget::new("/".to_owned()),
            headers: headers(fields),
            body: FakeBody(
                chunks
                    .iter()
                    .map(|chunk| chunk.map(str::as_bytes))
                    .collect(),
            ),
        };
        block_on(read_body(request, &ACCEPT))
    }

    fn json(chunks: &[Result<&'static str, BrokenOff>]) -> Result<Vec<u8>, Problem> {
        read(&[(header::CONTENT_TYPE, "application/json")], chunks)
    }

    #[test]
    fn a_target_has_a_path_and_perhaps_a_query() {
        for (target, path, query) in [
            ("/", "/", ""),
            ("/abc", "/abc", ""),
            ("/abc?", "/abc", ""),
            ("/abc?a=b?c", "/abc", "a=b?c"),
            ("?a", "/", "a"),
            ("", "/", ""),
        ] {
            let target = RequestTarget::new(target.to_owned());
            assert_eq!((target.path(), target.query()), (path, query));
        }
    }

    #[test]
    fn a_header_is_found_by_its_name() {
        let headers = headers(&[
            (header::HOST, "first"),
            (header::REFERER, "ü"),
            (header::HOST, "second"),
        ]);
        assert_eq!(headers.get(header::HOST), Some("first"));
        assert_eq!(headers.get(header::REFERER), None, "no ASCII");
        assert_eq!(headers.get(header::USER_AGENT), None);
        let hosts: Vec<_> = headers.get_all(header::HOST).collect();
        assert_eq!(hosts, [b"first", &b"second"[..]]);
        assert_eq!(headers.get_all(header::REFERER).count(), 1);
    }

    #[test]
    fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
        assert_eq!(json(&[Ok("1234")]).unwrap(), b"1234");
        let answer = json(&[Ok("12345")]);
        assert!(matches!(answer, Err(Problem::PayloadTooLarge(4))));
    }

    #[test]
    fn a_body_past_the_limit_is_not_read_on() {
        let answer = json(&[Ok("123"), Ok("45"), Err(BrokenOff)]);
        assert!(matches!(answer, Err(Problem::PayloadTooLarge(4))));
    }

    #[test]
    fn an_announced_length_past_the_limit_is_refused_unread() {
        for length in ["5", "99999999999999999999"] {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_LENGTH, length),
            ];
            let answer = read(&headers, &[Err(BrokenOff)]);
            assert!(matches!(answer, Err(Problem::PayloadTooLarge(4))));
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_invalid() {
        let answer = json(&[Ok("{"), Err(BrokenOff)]);
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
            let answer = read(&[(header::CONTENT_TYPE, media_type)], &[Ok("{}")]);
            assert_eq!(answer.is_ok(), accepted, "{media_type:?}");
        }
        let answer = read(&[], &[Ok("{}")]);
        assert!(matches!(answer, Err(Problem::UnsupportedMediaType(_))));
    }
}
