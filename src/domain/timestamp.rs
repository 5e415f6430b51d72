//! Instants, parsed with any offset and kept in UTC, so that they can be compared.

use std::fmt;
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// An instant in the years 0000 to 9999 UTC, written as RFC 3339 (`2030-01-31T12:00:00Z`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(OffsetDateTime);

/// The text is not an RFC 3339 timestamp, or lies outside the years 0000 to 9999 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampError;

impl Timestamp {
    /// Parses an RFC 3339 timestamp with any offset.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .and_then(|given| given.checked_to_offset(UtcOffset::UTC))
            .filter(|utc| (0..=9999).contains(&utc.year()))
            .map(Self)
            .ok_or(TimestampError)
    }

    /// The instant `seconds` after the Unix epoch, or the epoch itself if that instant is out of
    /// range: there is no better answer for a host whose clock is that wrong.
    pub fn from_unix_seconds(seconds: u64) -> Self {
        i64::try_from(seconds)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .map_or(Self(OffsetDateTime::UNIX_EPOCH), Self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.format(&Rfc3339).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be an RFC 3339 timestamp with an offset, like 2030-01-31T12:00:00Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_is_accepted_and_written_in_utc() {
        for (given, utc) in [
            ("2030-01-31T12:00:00Z", "2030-01-31T12:00:00Z"),
            ("2030-01-31T12:00:00+02:00", "2030-01-31T10:00:00Z"),
            ("2030-01-01T00:30:00.250-01:00", "2030-01-01T01:30:00.25Z"),
            ("2030-01-31t12:00:00z", "2030-01-31T12:00:00Z"),
        ] {
            assert_eq!(Timestamp::parse(given).unwrap().to_string(), utc);
        }
    }

    #[test]
    fn anything_that_is_not_an_instant_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2030-01-31",
            "2030-01-31T12:00:00",
            "2030-02-30T12:00:00Z",
            "2030-01-31T25:00:00Z",
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-00:01",
            "+12030-01-31T12:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError), "{text:?}");
        }
    }

    #[test]
    fn a_host_clock_beyond_all_years_is_no_panic() {
        assert_eq!(
            Timestamp::from_unix_seconds(u64::MAX).to_string(),
            "1970-01-01T00:00:00Z"
        );
    }
}
