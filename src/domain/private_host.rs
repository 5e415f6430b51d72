//! Which hosts are not on the public internet: a link to one leads into the visitor's own network, or
//! to the visitor's own machine.

use super::Host;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Domains that only local networks know: RFC 6761 section 6.3, RFC 6762 section 3 and appendix G,
/// RFC 8375, ICANN's resolution 2024.07.29.06, and what Linux calls the loopback.
const PRIVATE_DOMAINS: [&str; 10] = [
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "private",
];

impl Host {
    /// Whether this is an address that is not globally reachable, a name without a dot, or one below
    /// a domain that only local networks know.
    pub fn is_private(&self) -> bool {
        match self.ip() {
            Some(IpAddr::V4(address)) => is_private_v4(address),
            Some(IpAddr::V6(address)) => is_private_v6(address),
            None => {
                let mut domains = PRIVATE_DOMAINS.iter();
                !self.as_str().contains('.') || domains.any(|it| self.is_within_domain(it))
            }
        }
    }
}

/// By the IANA IPv4 Special-Purpose Address Registry (RFC 6890), with multicast and the reserved rest.
fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        // This network.
        || first == 0
        // Shared by the customers of a provider (RFC 6598).
        || (first == 100 && (64..128).contains(&second))
        // Protocol assignments.
        || (first == 192 && second == 0 && third == 0)
        // Benchmarks (RFC 2544).
        || (first == 198 && (18..20).contains(&second))
        || first >= 224
}

/// By the IANA IPv6 Special-Purpose Address Registry (RFC 6890), with multicast.
fn is_private_v6(address: Ipv6Addr) -> bool {
    let [.., high, low] = address.segments();
    // The IPv4 address to which a packet goes in the end.
    let embedded = match address.segments() {
        // By a translator (RFC 6052), or translated (RFC 2765).
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => Some((high, low)),
        // Compatible (RFC 4291 section 2.5.5.1); `::` and `::1` are among these.
        [0, 0, 0, 0, 0, 0, ..] => Some((high, low)),
        // By a 6to4 router (RFC 3056).
        [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    let embedded = embedded.map(|(high, low)| (u32::from(high) << 16) | u32::from(low));
    address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast()
        // Site-local, deprecated by RFC 3879, and the local prefix of translators (RFC 8215).
        || matches!(address.segments(), [0xfec0..=0xfeff, ..] | [0x64, 0xff9b, 1, ..])
        || embedded.is_some_and(|bits| is_private_v4(Ipv4Addr::from(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_private_range_ends_where_its_registration_does() {
        for (private, public) in [
            ("localhost", "localhost.example"),
            ("a.localhost.", "a.notlocalhost"),
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
            ("192.0.0.1", "192.0.1.1"),
            ("198.18.0.1", "198.17.0.1"),
            ("198.19.255.255", "198.20.0.0"),
            ("224.0.0.1", "223.255.255.255"),
            ("255.255.255.255", "99.255.255.255"),
            ("router", "router.example"),
            ("nas.lan", "lan.example"),
            ("localhost.localdomain", "localdomain.example"),
            ("[ff02::1]", "[2606:4700::1]"),
            ("[::ffff:0:7f00:1]", "[::ffff:0:808:808]"),
            ("[::]", "[::808:808]"),
            ("[::1]", "[2001:db8::1]"),
            ("[::a00:1]", "[1::1]"),
            ("[::ffff:10.0.0.1]", "[::ffff:11.0.0.1]"),
            ("[fc00::]", "[fbff::]"),
            ("[fdff::1]", "[fe00::1]"),
            ("[fe80::1]", "[fe00::1]"),
            ("[fec0::1]", "[2001:db8::2]"),
            ("[64:ff9b::7f00:1]", "[64:ff9b::808:808]"),
            ("[64:ff9b:1::1]", "[64:ff9b:2::1]"),
            ("[2002:c0a8:1::]", "[2002:808:808::]"),
        ] {
            assert!(Host::parse(private).unwrap().is_private(), "{private}");
            assert!(!Host::parse(public).unwrap().is_private(), "{public}");
        }
    }
}
