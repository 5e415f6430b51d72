//! Which hosts a link may lead to: never this shortener's own, and only those the operator allows.

use super::{Address, Destination, Host};
use std::fmt;

/// The operator's lists of destination hosts. An empty `allowed` list allows every host.
#[derive(Clone, Debug, Default)]
pub struct HostPolicy {
    pub allowed: Vec<HostRule>,
    pub blocked: Vec<HostRule>,
    /// Whether links may not lead to hosts that are not on the public internet.
    pub refuses_private: bool,
}

/// A host and, unless it is an IP address, all its subdomains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule(Host);

/// An entry in a host list that is not a bare host name or IP address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRuleError(pub String);

/// Why a valid destination is not allowed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// It leads to this shortener, so the redirect could loop.
    OwnHost,
    /// It leads to a host that is not on the public internet.
    Private,
    Blocked,
    NotAllowed,
}

impl HostPolicy {
    /// Checks the host of `destination`. `own` has the addresses of this shortener.
    pub fn check<'a>(
        &self,
        destination: &Destination,
        own: impl IntoIterator<Item = &'a Address>,
    ) -> Result<(), PolicyError> {
        if own.into_iter().any(|own| own.is_the_one_of(destination)) {
            return Err(PolicyError::OwnHost);
        }
        // What other schemes identify is no host.
        if !destination.is_web() {
            return Ok(());
        }
        if self.refuses_private && destination.host().is_some_and(Host::is_private) {
            return Err(PolicyError::Private);
        }
        let is_on = |rules: &[HostRule]| rules.iter().any(|rule| rule.matches(destination));
        if is_on(&self.blocked) {
            return Err(PolicyError::Blocked);
        }
        if !self.allowed.is_empty() && !is_on(&self.allowed) {
            return Err(PolicyError::NotAllowed);
        }
        Ok(())
    }
}

impl HostRule {
    /// Parses a comma-separated list. Ignores spaces around entries, and empty entries.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, HostRuleError> {
        text.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(Self::parse)
            .collect()
    }

    fn parse(text: &str) -> Result<Self, HostRuleError> {
        // A wildcard, a leading dot or a wrong separator would match nothing, and the operator
        // would not notice.
        Host::parse(text)
            .filter(Host::is_plain)
            .map(Self)
            .ok_or_else(|| HostRuleError(text.to_owned()))
    }

    fn matches(&self, destination: &Destination) -> bool {
        destination
            .host()
            .is_some_and(|host| host.is_within(&self.0))
    }
}

impl PolicyError {
    /// A stable, machine-readable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::OwnHost => "own_host",
            Self::Private => "private_host",
            Self::Blocked => "blocked_host",
            Self::NotAllowed => "host_not_allowed",
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnHost => "must not lead back to this shortener",
            Self::Private => "leads to a private host, which the operator does not allow",
            Self::Blocked => "leads to a host that the operator has blocked",
            Self::NotAllowed => "leads to a host that is not on the operator's list",
        })
    }
}

impl fmt::Display for HostRuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not a host name or IP address (no scheme, port, path or wildcard)",
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allowed: &str, blocked: &str, url: &str) -> Result<(), PolicyError> {
        let policy = HostPolicy {
            allowed: HostRule::parse_list(allowed).unwrap(),
            blocked: HostRule::parse_list(blocked).unwrap(),
            refuses_private: false,
        };
        let own = Address::of_authority("sho.rt").unwrap();
        policy.check(&Destination::parse(url).unwrap(), [&own])
    }

    #[test]
    fn a_rule_matches_its_host_and_subdomains_in_every_spelling() {
        for url in [
            "https://evil.com",
            "https://EVIL.com./",
            "https://a.b.evil.com:8443",
            "https://ev%69l.com",
            "https://ｅｖｉｌ。com",
        ] {
            assert_eq!(
                check("", "evil.com", url),
                Err(PolicyError::Blocked),
                "{url}"
            );
            assert_eq!(check("Evil.COM.", "", url), Ok(()), "{url}");
        }
        for url in ["https://notevil.com", "https://evil.com.example"] {
            assert_eq!(check("", "evil.com", url), Ok(()), "{url}");
            assert_eq!(check("evil.com", "", url), Err(PolicyError::NotAllowed));
        }
    }

    #[test]
    fn an_address_matches_itself_only() {
        assert_eq!(
            check("", "127.0.0.1", "http://0x7f000001/"),
            Err(PolicyError::Blocked)
        );
        assert_eq!(
            check("", "[::1]", "http://[0::1]/"),
            Err(PolicyError::Blocked)
        );
        assert_eq!(
            check("", "127.0.0.1", "http://[::ffff:7f00:1]/"),
            Err(PolicyError::Blocked)
        );
        assert_eq!(
            check("0.0.1", "", "http://10.0.0.1"),
            Err(PolicyError::NotAllowed)
        );
    }

    #[test]
    fn blocked_wins_over_allowed() {
        assert_eq!(
            check("evil.com", "a.evil.com", "https://a.evil.com"),
            Err(PolicyError::Blocked)
        );
    }

    #[test]
    fn the_own_host_is_refused_in_every_spelling() {
        for url in [
            "http://sho.rt",
            "https://SHO.RT./x",
            "https://sho.rt:443/x",
            "http://sho%2ert/",
        ] {
            assert_eq!(check("", "", url), Err(PolicyError::OwnHost), "{url}");
        }
        assert_eq!(check("", "", "https://www.sho.rt"), Ok(()));
    }

    #[test]
    fn list_entries_that_are_no_hosts_are_named() {
        assert_eq!(HostRule::parse_list(" a.com , ,b.com,").unwrap().len(), 2);
        for entry in [
            "https://a.com",
            "a.com:80",
            "*.a.com",
            ".a.com",
            "a.com;b.com",
            "a.com|b.com",
            "a/b",
            "a b",
        ] {
            assert_eq!(
                HostRule::parse_list(&format!("ok.com,{entry}")),
                Err(HostRuleError(entry.to_owned()))
            );
        }
    }
}
