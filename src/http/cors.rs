//! Which pages of other sites may use the API from a browser (Fetch standard, section 3.2: CORS).
//!
//! They send a key as any other program does. A browser sends nothing by itself to the API, so no
//! answer allows credentials.

use super::{
    header,
    request::{Incoming, Method, Request},
    response::{self, Response},
};
use http::StatusCode;
use url::Url;

/// The methods of the API.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// The header fields of a request that mean something to the API.
const REQUEST_HEADERS: &str =
    "authorization, content-type, idempotency-key, if-match, if-none-match";

/// The header fields of an answer that a page could not read otherwise.
const RESPONSE_HEADERS: &str = "accept-patch, allow, etag, link, location, retry-after, www-authenticate, x-order, \
     x-shortener-version, x-skipped-records";

/// For how long a browser need not ask again, in seconds.
const MAX_AGE: &str = "600";

/// Origins (RFC 6454) as browsers spell them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

/// Why a text is not a list of origins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidOrigin;

impl InvalidOrigin {
    pub const RULE: &str = "must be origins as browsers send them, separated by commas: \
         https://app.example, no path, no wildcard";
}

impl Origins {
    /// Reads origins separated by commas. None is the empty list.
    pub fn parse_list(text: &str) -> Result<Self, InvalidOrigin> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let origins = text.split(',').map(str::trim);
        let checked = origins.map(|origin| match is_origin(origin) {
            true => Ok(origin.to_owned()),
            false => Err(InvalidOrigin),
        });
        checked.collect::<Result<_, _>>().map(Self)
    }

    pub fn contain(&self, origin: &str) -> bool {
        self.0.iter().any(|listed| listed == origin)
    }
}

/// Whether a browser would send `text` as an origin. An extension's origin is its own scheme and the
/// extension's id.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    match scheme {
        "http" | "https" => {
            let origin = Url::parse(text).map(|url| url.origin().ascii_serialization());
            // The URL standard allows an asterisk in a host, where somebody may mean any.
            origin.is_ok_and(|origin| origin == text) && !text.contains('*')
        }
        _ => {
            let is_scheme = |byte: u8| matches!(byte, b'a'..=b'z' | b'-');
            let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            let is_all =
                |part: &str, is_it: fn(u8) -> bool| !part.is_empty() && part.bytes().all(is_it);
            is_all(scheme, is_scheme) && is_all(host, is_id)
        }
    }
}

/// Whether a browser asks beforehand what a page may send.
pub fn is_preflight(request: &Request<impl Incoming>) -> bool {
    let asks = request.header(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.method == Method::Options && asks.is_some()
}

/// The answer to a preflight from a page of `origin`.
pub fn preflight(origin: String) -> Response {
    for_origin(response::empty(StatusCode::NO_CONTENT), origin)
        .with(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS)
        .with(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS)
        .with(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE)
}

/// `response`, which a page of `origin` may read.
pub fn share(response: Response, origin: String) -> Response {
    for_origin(response, origin).with(header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS)
}

fn for_origin(response: Response, origin: String) -> Response {
    response
        .with(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin)
        .with(header::VARY, "origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_as_browsers_spell_it() {
        for origin in [
            "https://app.example",
            "http://localhost:8080",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "https://xn--bcher-kva.example",
            "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
            "moz-extension://2b5bf4a3-5b21-4d6e-9c3c-0a8b5e2c1d90",
        ] {
            let origins = Origins::parse_list(&format!("https://a.example, {origin}"));
            assert!(origins.unwrap().contain(origin), "{origin}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for text in [
            "*",
            "null",
            "app.example",
            "https://app.example/",
            "https://app.example/path",
            "https://App.example",
            "https://app.example:443",
            "https://*.example",
            "https://user@app.example",
            "https://bücher.example",
            "https://",
            "https://app.example,",
            "https://a.example https://b.example",
            "HTTPS://localhost",
            "chrome-extension://",
            "chrome-extension://a/b",
            "://a",
        ] {
            assert_eq!(Origins::parse_list(text), Err(InvalidOrigin), "{text}");
        }
        assert_eq!(Origins::parse_list(""), Ok(Origins::default()));
    }

    #[test]
    fn only_a_listed_origin_is_in_the_list() {
        let origins = Origins::parse_list("https://app.example").unwrap();
        for other in [
            "",
            "null",
            "https://app.example.evil",
            "http://app.example",
            "https://app",
        ] {
            assert!(!origins.contain(other), "{other}");
        }
        assert!(!Origins::default().contain(""));
    }
}
