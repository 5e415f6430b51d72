//! The host of a URL. Only this module decides whether two hosts are the same (`==`) and whether
//! one is a subdomain of another ([`Host::is_within`]). Ports belong to
//! [`Address`](super::Address).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
};
use url::Url;

/// A host in normalised form, so that equal hosts have the same text: lower case, IDNA in its ASCII
/// form, no trailing dot, IP addresses in canonical form. An IPv4-mapped IPv6 address becomes the
/// IPv4 address, because a connection to one reaches the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    Address(IpAddr),
}

impl Host {
    /// Parses a host without scheme, port or path, in any spelling that the WHATWG URL standard
    /// allows. `None` if `text` is not a host.
    pub fn parse(text: &str) -> Option<Self> {
        Self::normalized(&url::Host::parse(text).ok()?)
    }

    /// The host of `url`. `None` if it has none, or only dots.
    pub fn of_url(url: &Url) -> Option<Self> {
        Self::normalized(&url.host()?)
    }

    fn normalized(host: &url::Host<impl AsRef<str>>) -> Option<Self> {
        let ipv4 = |address: Ipv4Addr| (address.to_string(), Kind::Address(address.into()));
        let (text, kind) = match host {
            url::Host::Domain(name) => {
                let name = name.as_ref().trim_end_matches('.').to_ascii_lowercase();
                // Strictly by the standard, an address with two trailing dots is a name.
                match url::Host::parse(&name) {
                    Ok(url::Host::Ipv4(address)) => ipv4(address),
                    _ => (name, Kind::Name),
                }
            }
            url::Host::Ipv4(address) => ipv4(*address),
            url::Host::Ipv6(address) => match address.to_ipv4_mapped() {
                Some(address) => ipv4(address),
                None => (host.to_string(), Kind::Address((*address).into())),
            },
        };
        (!text.is_empty()).then_some(Self { text, kind })
    }

    /// The normalised spelling; an IPv6 address is in brackets.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address, unless this is a name.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.kind {
            Kind::Name => None,
            Kind::Address(address) => Some(address),
        }
    }

    /// Whether this is `other`, or a subdomain of it. An IP address has no subdomains.
    pub fn is_within(&self, other: &Self) -> bool {
        match other.kind {
            Kind::Name => self.is_within_domain(&other.text),
            Kind::Address(_) => self == other,
        }
    }

    /// Whether this is `domain`, which is in normalised form, or a subdomain of it.
    pub(super) fn is_within_domain(&self, domain: &str) -> bool {
        let before = self.text.strip_suffix(domain);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }

    /// Whether this is an IP address, or a name of letters, digits, hyphens, underscores and dots,
    /// with no leading dot. The URL standard also allows nearly any other character in a host.
    pub fn is_plain(&self) -> bool {
        let in_a_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        match self.kind {
            Kind::Address(_) => true,
            Kind::Name => !self.text.starts_with('.') && self.text.bytes().all(in_a_name),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_host_is_the_same_host() {
        for (text, normalized) in [
            ("EXAMPLE.com", "example.com"),
            ("example.com.", "example.com"),
            ("ex%61mple.com", "example.com"),
            ("ｅxample。com", "example.com"),
            ("2130706433", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"),
            ("127.1..", "127.0.0.1"),
            ("[0:0::1]", "[::1]"),
            ("[::ffff:127.0.0.1]", "127.0.0.1"),
            ("[0:0:0:0:0:FFFF:7f00:1]", "127.0.0.1"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!(host.as_str(), normalized, "{text}");
            let url = Url::parse(&format!("http://{text}:8080/")).unwrap();
            assert_eq!(Host::of_url(&url), Some(host), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_has_none() {
        for text in ["", ".", "a b", "a:80", "https://a", "[::1", "a/b"] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
        assert_eq!(Host::of_url(&Url::parse("about:blank").unwrap()), None);
    }

    #[test]
    fn a_name_has_subdomains_and_an_address_has_none() {
        let within = |a: &str, b: &str| Host::parse(a).unwrap().is_within(&Host::parse(b).unwrap());
        assert!(within("a.com", "a.com") && within("b.a.com", "a.com"));
        assert!(!within("ba.com", "a.com") && !within("a.com.example", "a.com"));
        assert!(!within("10.0.0.1", "0.0.1"));
    }
}
