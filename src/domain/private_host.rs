//! Which hosts are not on the public internet: a link to one leads into the visitor's own network, or
//! to the visitor's own machine.

use super::Host;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Domains whose names are never in the public DNS: RFC 6761 section 6.3, RFC 6762 section 3,
/// RFC 8375, and ICANN's resolution 2024.07.29.06.
const PRIVATE_DOMAINS: [&str; 4] = ["localhost", "local", "home.arpa", "internal"];

impl Host {
    /// Whether this is a loopback, link-local, private or unspecified address, or a name that only a
    /// local network knows.
    pub fn is_private(&self) -> bool {
        match self.ip() {
            Some(IpAddr::V4(address)) => is_private_v4(address),
            Some(IpAddr::V6(address)) => is_private_v6(address),
            None => PRIVATE_DOMAINS.iter().any(|domain| {
                let above = self.as_str().strip_suffix(domain);
                above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
            }),
        }
    }
}

/// By the IANA IPv4 Special-Purpose Address Registry (RFC 6890).
fn is_private_v4(address: Ipv4Addr) -> bool {
    // 0.0.0.0/8 is this host, 100.64.0.0/10 is shared by the customers of a provider (RFC 6598).
    let [first, second, ..] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || first == 0
        || (first == 100 && (64..128).contains(&second))
}

/// By the IANA IPv6 Special-Purpose Address Registry (RFC 6890).
fn is_private_v6(address: Ipv6Addr) -> bool {
    let [first, second, .., high, low] = address.segments();
    // The IPv4 address that a translator (64:ff9b::/96, RFC 6052) or a 6to4 router (2002::/16,
    // RFC 3056) connects to, or that stands for itself (::/96, RFC 4291 section 2.5.5.1).
    let embedded = match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0, 0, ..] => Some((high, low)),
        [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    let embedded = embedded.map(|(high, low)| (u32::from(high) << 16) | u32::from(low));
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        // The local-use prefix of translators (RFC 8215).
        || (first == 0x64 && second == 0xff9b && address.segments().get(2) == Some(&1))
        || embedded.is_some_and(|bits| is_private_v4(Ipv4Addr::from(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_private_range_ends_where_its_registration_does() {
        for (private, public) in [
            ("localhost", "localhost.example"),
            ("a.localhost.", "notlocalhost"),
            ("printer.local", "local.example"),
            ("router.home.arpa", "in-addr.arpa"),
            ("db.internal", "internal.example"),
            ("0.0.0.0", "1.0.0.0"),
            ("10.255.255.255", "11.0.0.0"),
            ("127.0.0.1", "128.0.0.1"),
            ("2130706433", "2147483649"),
            ("100.64.0.0", "100.63.255.255"),
            ("100.127.255.255", "100.128.0.0"),
            ("169.254.0.1", "169.253.0.1"),
            ("172.16.0.0", "172.15.255.255"),
            ("172.31.255.255", "172.32.0.0"),
            ("192.168.0.0", "192.167.255.255"),
            ("255.255.255.255", "255.255.255.254"),
            ("[::]", "[::808:808]"),
            ("[::1]", "[2001:db8::1]"),
            ("[::a00:1]", "[1::1]"),
            ("[::ffff:10.0.0.1]", "[::ffff:11.0.0.1]"),
            ("[fc00::]", "[fbff::]"),
            ("[fdff::1]", "[fe00::1]"),
            ("[fe80::1]", "[fec0::1]"),
            ("[64:ff9b::7f00:1]", "[64:ff9b::808:808]"),
            ("[64:ff9b:1::1]", "[64:ff9b:2::1]"),
            ("[2002:c0a8:1::]", "[2002:808:808::]"),
        ] {
            assert!(Host::parse(private).unwrap().is_private(), "{private}");
            assert!(!Host::parse(public).unwrap().is_private(), "{public}");
        }
    }
}
