//! The address of a server, which shows whether a link leads back to this shortener.

use super::{Destination, Host};
use url::Url;

/// The address of a server: its host, and its port unless that is the default port of a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: Host,
    /// `None` stands for both 80 and 443, because a server often redirects from one to the other.
    port: Option<u16>,
}

impl Address {
    /// The address in an `authority`, `host[:port]`, as in a `Host` header (RFC 9110 section 7.2).
    /// `None` if it has no valid host.
    pub fn of_authority(authority: &str) -> Option<Self> {
        Self::of_url(&Url::parse(&format!("http://{authority}/")).ok()?)
    }

    /// The address in an `http(s)` URL. `None` if it has no host.
    pub fn of_url(url: &Url) -> Option<Self> {
        Some(Self {
            host: Host::of_url(url)?,
            // Some clients include the default port of HTTPS in `Host`.
            port: url.port().filter(|port| *port != 443),
        })
    }

    /// Whether `destination` leads to this address.
    pub fn is_the_one_of(&self, destination: &Destination) -> bool {
        let same_port = match self.port {
            Some(port) => destination.port() == Some(port),
            None => matches!(destination.port(), Some(80 | 443)),
        };
        destination.host() == Some(&self.host) && same_port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_host_on_another_port_is_somebody_else() {
        for (authority, url, own) in [
            ("127.0.0.1:3000", "http://127.0.0.1:3000/x", true),
            ("127.0.0.1:3000", "http://127.0.0.1:3001/x", false),
            ("127.0.0.1:3000", "http://127.0.0.1/x", false),
            ("sho.rt", "http://sho.rt:80", true),
            ("sho.rt", "http://sho.rt:443", true),
            ("sho.rt", "http://sho.rt:8080", false),
            ("sho.rt:80", "https://sho.rt", true),
            ("sho.rt:443", "http://sho.rt", true),
            ("sho.rt:8443", "https://sho.rt:8443", true),
            ("sho.rt:8443", "https://sho.rt", false),
        ] {
            let address = Address::of_authority(authority).unwrap();
            let destination = Destination::parse(url).unwrap();
            assert_eq!(
                address.is_the_one_of(&destination),
                own,
                "{authority} {url}"
            );
        }
    }

    #[test]
    fn an_authority_names_a_host_or_nothing() {
        for (authority, named) in [
            ("Sho.rt:3000", Some(("sho.rt", Some(3000)))),
            ("sho.rt.", Some(("sho.rt", None))),
            ("[::1]:3000", Some(("[::1]", Some(3000)))),
            ("", None),
            ("a b", None),
            ("sho.rt:70000", None),
        ] {
            let address = Address::of_authority(authority);
            let address = address.as_ref().map(|it| (it.host.as_str(), it.port));
            assert_eq!(address, named, "{authority:?}");
        }
    }
}
