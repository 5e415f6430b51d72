//! A request: its method and target, and on demand its header fields and its body.

use super::header;
use crate::domain::{Address, is_unreserved};

/// The host's side of a request: what is not copied out of the host until a handler asks for it.
#[expect(async_fn_in_trait, reason = "a component instance has one thread")]
pub trait Incoming {
    /// The values of all header fields of this name, which is in lower case, in the order in which
    /// they were sent (RFC 9110 section 5.3).
    fn header(&self, name: &str) -> Vec<Vec<u8>>;

    /// What the client wrote into `Host`, where the host keeps it apart from the other headers.
    fn authority(&self) -> Option<String>;

    /// Hands the body to `take`, chunk by chunk, to its end or until `take` answers `false`. The
    /// rest then stays unread.
    async fn read_body(self, take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff>;
}

/// The client went away before it had sent the whole body.
#[derive(Clone, Copy, Debug)]
pub struct BrokenOff;

/// A request as the handlers know it.
pub struct Request<I> {
    pub method: Method,
    pub target: RequestTarget,
    incoming: I,
}

/// The methods that mean something here (RFC 9110 section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    /// RFC 5789.
    Patch,
    Delete,
    /// Only as a browser's question whether a page may use the API (see `cors`).
    Options,
    /// Any other. No resource allows it.
    Other,
}

/// Path and query (RFC 9112 section 3.2): the query as it was sent, the path without needless
/// percent-encoding.
pub struct RequestTarget {
    text: String,
    /// Where the path ends, in bytes.
    path_end: usize,
}

impl<I: Incoming> Request<I> {
    pub fn new(method: Method, target: RequestTarget, incoming: I) -> Self {
        Self {
            method,
            target,
            incoming,
        }
    }

    /// The values of all header fields of this name.
    pub fn header_values(&self, name: &str) -> Vec<Vec<u8>> {
        self.incoming.header(name)
    }

    /// The value of the first header field of this name, if it is ASCII (RFC 9110 section 5.5).
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.incoming.header(name).into_iter().next()?;
        String::from_utf8(value).ok().filter(|text| text.is_ascii())
    }

    /// Where this request was sent to. Use it only to keep links from leading back here: a client
    /// can write anything into it.
    pub fn address(&self) -> Option<Address> {
        Address::of_authority(&self.authority()?)
    }

    /// The same as it was sent: `host[:port]`.
    pub fn authority(&self) -> Option<String> {
        let authority = self.incoming.authority();
        authority.or_else(|| self.header(header::HOST))
    }

    /// Hands the body to `take`; see [`Incoming::read_body`].
    pub async fn read_body(self, take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff> {
        self.incoming.read_body(take).await
    }
}

impl Method {
    /// As it is written in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other => "",
        }
    }

    /// The value of an `Allow` header (RFC 9110 section 10.2.1), if this is none of the `allowed`.
    pub fn unless_among(self, allowed: &[Self]) -> Option<String> {
        if allowed.contains(&self) {
            return None;
        }
        let names: Vec<&str> = allowed.iter().map(|method| method.as_str()).collect();
        Some(names.join(", "))
    }
}

impl RequestTarget {
    /// The target as the host gives it, which has checked it. An absent one is empty.
    pub fn new(text: String) -> Self {
        let path_end = text.find('?').unwrap_or(text.len());
        let (path, query) = text.split_at(path_end);
        if !path.contains('%') {
            return Self { text, path_end };
        }
        let path = with_plain_unreserved(path);
        let path_end = path.len();
        Self {
            text: path + query,
            path_end,
        }
    }

    /// The path. Only unreserved characters have been decoded. An empty one is `/` (RFC 9110 section 4.2.3).
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

/// `path` with those characters decoded that need no percent-encoding: both spellings are the same
/// resource (RFC 3986 section 6.2.2.2). All others stay encoded.
fn with_plain_unreserved(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut parts = path.split('%');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part
            .split_at_checked(2)
            .and_then(|(hex, rest)| Some((unreserved(hex)?, rest)))
        {
            Some((character, rest)) => {
                plain.push(character);
                plain.push_str(rest);
            }
            None => {
                plain.push('%');
                plain.push_str(part);
            }
        }
    }
    plain
}

/// The character that two hexadecimal digits encode, if it is unreserved (RFC 3986 section 2.3).
fn unreserved(hex: &str) -> Option<char> {
    // `from_str_radix` takes a sign as well.
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = u8::from_str_radix(hex, 16).ok().filter(|_| is_hex)?;
    is_unreserved(byte).then_some(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::FakeRequest;

    #[test]
    fn a_target_has_a_path_and_perhaps_a_query() {
        for (target, path, query) in [
            ("/", "/", ""),
            ("/abc", "/abc", ""),
            ("/abc?", "/abc", ""),
            ("/abc?a=b?c", "/abc", "a=b?c"),
            ("?a", "/", "a"),
            ("", "/", ""),
            ("/docs%7Ev2", "/docs~v2", ""),
            ("/%64%6F%63%73%7e?a=%7E", "/docs~", "a=%7E"),
            ("/%5Fapi/links", "/_api/links", ""),
            ("/a%20b", "/a%20b", ""),
            ("/a%2Fb%3F", "/a%2Fb%3F", ""),
            ("/a%", "/a%", ""),
            ("/a%4", "/a%4", ""),
            ("/a%+1%zz", "/a%+1%zz", ""),
            ("/%2561", "/%2561", ""),
            ("/a%é", "/a%é", ""),
        ] {
            let target = RequestTarget::new(target.to_owned());
            assert_eq!((target.path(), target.query()), (path, query));
        }
    }

    #[test]
    fn a_header_is_the_first_field_of_its_name_if_that_is_ascii() {
        let request = FakeRequest::default()
            .header(header::CONTENT_TYPE, "first")
            .header(header::REFERER, "ü")
            .header(header::CONTENT_TYPE, "second")
            .get("/");
        assert_eq!(
            request.header(header::CONTENT_TYPE).as_deref(),
            Some("first")
        );
        assert_eq!(request.header(header::REFERER), None);
        assert_eq!(request.header(header::USER_AGENT), None);
        assert_eq!(request.header_values(header::CONTENT_TYPE).len(), 2);
        assert_eq!(request.header_values(header::REFERER).len(), 1);
    }

    #[test]
    fn an_authority_stands_for_the_host_header() {
        let sent = FakeRequest::default().header(header::HOST, "header.example");
        assert_eq!(
            sent.clone().get("/").address(),
            Address::of_authority("header.example")
        );
        assert_eq!(
            sent.authority("authority.example").get("/").address(),
            Address::of_authority("authority.example")
        );
    }
}
