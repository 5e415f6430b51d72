//! A link, and when it redirects.

use super::{Code, Destination, KeyName, Note, PassOn, Timestamp};

/// The largest number of clicks that is told: the largest that every JSON reader takes exactly (RFC 8259
/// section 6).
pub const MAX_CLICKS: u64 = (1 << 53) - 1;

/// A short code and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub code: Code,
    pub destination: Destination,
    /// Absent on links that the tutorial app wrote.
    pub created_at: Option<Timestamp>,
    /// The key that created the link. Absent on links from before there were keys, and on links that
    /// the admin imported without it.
    pub created_by: Option<KeyName>,
    /// When the link was last updated. Absent if it never was.
    pub updated_at: Option<Timestamp>,
    /// The key that last updated it.
    pub updated_by: Option<KeyName>,
    pub lifetime: Lifetime,
    pub pass_on: PassOn,
    pub note: Option<Note>,
    /// Clicks that are in no counter of this store: those that an import brought along, or that the
    /// tutorial's successor counted.
    pub earlier_clicks: u64,
}

/// When a link redirects. Both ends are optional. Without them, the link always redirects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    /// The first instant at which the link redirects.
    pub not_before: Option<Timestamp>,
    /// The first instant at which the link no longer redirects.
    pub expires_at: Option<Timestamp>,
}

/// Where an instant lies relative to a [`Lifetime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before `not_before`.
    Pending,
    Active,
    /// At or after `expires_at`.
    Expired,
}

impl Lifetime {
    /// The phase at `now`. Reads the clock only if there is an end to compare it with, so a link
    /// without a lifetime costs no host call.
    pub fn phase(&self, now: impl FnOnce() -> Timestamp) -> Phase {
        if self.not_before.is_none() && self.expires_at.is_none() {
            return Phase::Active;
        }
        let now = now();
        if self.expires_at.is_some_and(|end| now >= end) {
            Phase::Expired
        } else if self.not_before.is_some_and(|start| now < start) {
            Phase::Pending
        } else {
            Phase::Active
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_link_is_active_from_not_before_until_just_before_expires_at() {
        let lifetime = Lifetime {
            not_before: Some(at("2030-01-01T00:00:00Z")),
            expires_at: Some(at("2030-01-02T00:00:00Z")),
        };
        for (now, phase) in [
            ("2029-12-31T23:59:59Z", Phase::Pending),
            ("2030-01-01T00:00:00Z", Phase::Active),
            ("2030-01-01T23:59:59Z", Phase::Active),
            ("2030-01-02T00:00:00Z", Phase::Expired),
        ] {
            assert_eq!(lifetime.phase(|| at(now)), phase, "{now}");
        }
    }

    #[test]
    fn a_link_without_a_lifetime_never_asks_for_the_time() {
        let phase = Lifetime::default().phase(|| unreachable!("asked for the time"));
        assert_eq!(phase, Phase::Active);
    }
}
