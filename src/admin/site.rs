//! Where the browser sees these pages, and whether a form was sent from one of them.
//!
//! A page of another site can make a browser send a form here, with the cookie of whoever is signed in if an
//! old browser does not know `SameSite`. So a post counts only if the browser says that it comes from here.

use crate::{
    config::BaseUrl,
    http::{
        header,
        request::{Incoming, Request},
    },
};
use url::{Host, Url};

/// What browsers send for a page that wants no referrer.
const NO_ORIGIN: &str = "null";

/// The origin to which a browser has sent `request`. The scheme is not in the request, but a session needs
/// `https`, except on this machine.
pub fn origin_of(request: &Request<impl Incoming>) -> Option<BaseUrl> {
    let authority = request.authority()?;
    let scheme = match is_loopback(&authority) {
        true => "http",
        false => "https",
    };
    BaseUrl::parse(&format!("{scheme}://{authority}")).ok()
}

/// Whether `request` was sent to this machine by its own name.
pub fn is_on_loopback(request: &Request<impl Incoming>) -> bool {
    request
        .authority()
        .is_some_and(|authority| is_loopback(&authority))
}

fn is_loopback(authority: &str) -> bool {
    let url = Url::parse(&format!("http://{authority}/"));
    match url.as_ref().ok().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whether a page at one of the `own` origins has sent `request`: by `Sec-Fetch-Site`, which no page can set
/// (Fetch Metadata, section 2.3), and by `Origin` (RFC 6454 section 7). Our own pages want no referrer, and
/// so send the origin `null`, as a stranger may.
pub fn is_own(request: &Request<impl Incoming>, own: [&Option<BaseUrl>; 2]) -> bool {
    let values = |name| request.header_values(name);
    let says_same = match values(header::SEC_FETCH_SITE).as_slice() {
        [] => None,
        [site] => Some(site == b"same-origin"),
        _ => Some(false),
    };
    let is_own = |origin: &[u8]| {
        own.into_iter()
            .flatten()
            .any(|own| is_same_origin(own, origin))
    };
    match (says_same, values(header::ORIGIN).as_slice()) {
        (Some(same), []) => same,
        (Some(same), [origin]) if origin == NO_ORIGIN.as_bytes() => same,
        (same, [origin]) => same != Some(false) && is_own(origin),
        (None, _) | (_, [_, _, ..]) => false,
    }
}

/// Whether `origin`, as a browser has sent it, is `own`. On this machine a shortener has either scheme.
fn is_same_origin(own: &BaseUrl, origin: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(origin) else {
        return false;
    };
    let Ok(origin) = BaseUrl::parse(text) else {
        return false;
    };
    let of_secure = |text: &str| text.replacen("http://", "https://", 1);
    let (own, origin) = (own.join(""), origin.join(""));
    match own.strip_prefix("http://").is_some_and(is_loopback) {
        true => of_secure(&own) == of_secure(&origin),
        false => own == origin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::FakeRequest;

    const SITE: &str = "Sec-Fetch-Site";
    const ORIGIN: &str = "Origin";

    fn is_own_post(host: &str, headers: &[(&str, &str)]) -> bool {
        let request = FakeRequest::default().header(header::HOST, host);
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| {
                request.header(name, value)
            })
            .post("/_admin/new");
        let base_url = BaseUrl::parse("https://sho.rt").ok();
        is_own(&request, [&origin_of(&request), &base_url])
    }

    #[test]
    fn a_post_from_an_own_page_counts() {
        for (host, headers) in [
            ("a.example", &[(SITE, "same-origin")][..]),
            ("a.example", &[(SITE, "same-origin"), (ORIGIN, "null")]),
            (
                "a.example",
                &[(SITE, "same-origin"), (ORIGIN, "https://a.example")],
            ),
            ("a.example", &[(ORIGIN, "https://a.example")]),
            ("a.example:8443", &[(ORIGIN, "https://a.example:8443")]),
            ("a.example", &[(ORIGIN, "https://sho.rt")]),
            ("127.0.0.1:3000", &[(ORIGIN, "http://127.0.0.1:3000")]),
            ("127.0.0.1:3000", &[(ORIGIN, "https://127.0.0.1:3000")]),
            ("localhost", &[(ORIGIN, "http://localhost")]),
            ("[::1]:3000", &[(ORIGIN, "http://[::1]:3000")]),
        ] {
            assert!(is_own_post(host, headers), "{host} {headers:?}");
        }
    }

    #[test]
    fn a_post_from_anywhere_else_does_not() {
        for (host, headers) in [
            ("a.example", &[][..]),
            ("a.example", &[(ORIGIN, "null")]),
            ("a.example", &[(ORIGIN, "")]),
            ("a.example", &[(ORIGIN, "https://b.example")]),
            ("a.example", &[(ORIGIN, "http://a.example")]),
            ("a.example", &[(ORIGIN, "https://a.example:8443")]),
            ("a.example", &[(ORIGIN, "https://a.example.evil")]),
            ("a.example", &[(ORIGIN, "https://a.example/path")]),
            ("a.example", &[(ORIGIN, "https://a.example, null")]),
            ("a.example", &[(ORIGIN, "\u{e4}")]),
            (
                "a.example",
                &[(ORIGIN, "https://a.example"), (ORIGIN, "https://a.example")],
            ),
            ("a.example", &[(SITE, "same-site")]),
            ("a.example", &[(SITE, "cross-site"), (ORIGIN, "null")]),
            ("a.example", &[(SITE, "none")]),
            (
                "a.example",
                &[(SITE, "cross-site"), (ORIGIN, "https://a.example")],
            ),
            (
                "a.example",
                &[(SITE, "same-origin"), (ORIGIN, "https://b.example")],
            ),
            ("a.example", &[(SITE, "same-origin"), (SITE, "same-origin")]),
            ("127.0.0.1:3000", &[(ORIGIN, "http://127.0.0.1:3001")]),
            ("127.0.0.1:3000", &[(ORIGIN, "http://localhost:3000")]),
        ] {
            assert!(!is_own_post(host, headers), "{host} {headers:?}");
        }
    }

    #[test]
    fn only_this_machine_is_on_loopback() {
        for (host, is_loopback) in [
            ("localhost:3000", true),
            ("a.localhost", true),
            ("127.0.0.1", true),
            ("127.1.2.3:80", true),
            ("[::1]", true),
            ("sho.rt", false),
            ("localhost.evil", false),
            ("127.0.0.1.evil", false),
            ("192.168.0.1", false),
            ("", false),
        ] {
            let request = FakeRequest::default().header(header::HOST, host).get("/");
            assert_eq!(is_on_loopback(&request), is_loopback, "{host}");
        }
    }
}
