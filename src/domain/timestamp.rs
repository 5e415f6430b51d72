//! Instants, parsed with any offset and kept in UTC, so that they can be compared.

use super::Day;
use std::fmt;
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// An instant in the years 0000 to 9999 UTC, written as RFC 3339 (`2030-01-31T12:00:00Z`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(OffsetDateTime);

/// The text is not an RFC 3339 timestamp, or lies outside the years 0000 to 9999 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampError;

impl Timestamp {
    /// Parses an RFC 3339 timestamp with any offset and at most nine fractional digits.
    ///
    /// Of what RFC 3339 section 5.6 leaves to applications, `t` and `z` are accepted. A space for
    /// the `T` and a leap second are not: the first is another format's, and the second has no
    /// instant of its own here.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        if !has_rfc3339_shape(text.as_bytes()) {
            return Err(TimestampError);
        }
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .and_then(|given| given.checked_to_offset(UtcOffset::UTC))
            .filter(|utc| (0..=9999).contains(&utc.year()))
            .map(Self)
            .ok_or(TimestampError)
    }

    /// The instant `seconds` and `nanoseconds` after the Unix epoch, or the epoch itself if that
    /// instant is out of range: there is no better answer for a host whose clock is that wrong.
    pub fn from_unix(seconds: u64, nanoseconds: u32) -> Self {
        i64::try_from(seconds)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .and_then(|second| second.replace_nanosecond(nanoseconds).ok())
            .map_or(Self(OffsetDateTime::UNIX_EPOCH), Self)
    }

    /// The whole seconds from this instant to `later`; 0 if that is not later.
    pub fn seconds_until(self, later: Self) -> u64 {
        const SECOND: i128 = 1_000_000_000;
        let nanoseconds = later.0.unix_timestamp_nanos();
        let nanoseconds = nanoseconds.saturating_sub(self.0.unix_timestamp_nanos());
        u64::try_from(nanoseconds / SECOND).unwrap_or_default()
    }

    /// The day in UTC on which this instant lies.
    pub fn day(self) -> Day {
        Day::new(self.0.date())
    }

    /// The beginning of this instant's second.
    pub fn whole_seconds(self) -> Self {
        Self(self.0.truncate_to_second())
    }
}

/// Whether `text` is shaped as RFC 3339 section 5.6 has it. The `time` crate skips the separator
/// unread, cuts a fraction off after nine digits, and reads a leap second as the instant before.
fn has_rfc3339_shape(text: &[u8]) -> bool {
    let Some((date_time, rest)) = text.split_at_checked(b"0000-00-00T00:00:00".len()) else {
        return false;
    };
    let is_like = |text: &[u8], pattern: &[u8]| {
        let is_like = |(byte, like): (&u8, &u8)| match like {
            b'0' => byte.is_ascii_digit(),
            b'+' => matches!(byte, b'+' | b'-'),
            like => byte.eq_ignore_ascii_case(like),
        };
        text.len() == pattern.len() && text.iter().zip(pattern).all(is_like)
    };
    let offset = match rest.strip_prefix(b".") {
        None => rest,
        Some(rest) => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            rest.get(digits..).unwrap_or_default()
        }
    };
    is_like(date_time, b"0000-00-00T00:00:00")
        && !date_time.ends_with(b":60")
        && (is_like(offset, b"Z") || is_like(offset, b"+00:00"))
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
            ("2030-01-31T12:00:00.1Z", "2030-01-31T12:00:00.1Z"),
            (
                "2030-01-31T12:00:00.123456789Z",
                "2030-01-31T12:00:00.123456789Z",
            ),
            ("2030-01-31T12:00:00-00:00", "2030-01-31T12:00:00Z"),
            ("2030-01-31T12:00:00+23:59", "2030-01-30T12:01:00Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
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
            "2030-01-31x12:00:00Z",
            "2030-01-31512:00:00Z",
            "2030-01-31\n12:00:00Z",
            "2030-01-31 12:00:00Z",
            "2016-12-31T23:59:60Z",
            "2030-01-31T12:00:60Z",
            "2030-01-31T12:00:00.Z",
            "2030-01-31T12:00:00.1234567890Z",
            "2030-01-31T12:00:00,5Z",
            "2030-01-31T12:00:00+24:00",
            "2030-01-31T12:00:00+23:60",
            "2030-01-31T12:00:00+0100",
            "2030-01-31T12:00:00++01:00",
            "2030-01-31T12:00:00+01:00Z",
            "2030-01-31T12:00Z",
            "2030-1-31T12:00:00Z",
            "-030-01-31T12:00:00Z",
            " 2030-01-31T12:00:00Z",
            "２030-01-31T12:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError), "{text:?}");
        }
    }

    #[test]
    fn a_host_clock_beyond_all_years_is_no_panic() {
        assert_eq!(
            Timestamp::from_unix(u64::MAX, 0).to_string(),
            "1970-01-01T00:00:00Z"
        );
        assert_eq!(
            Timestamp::from_unix(1, u32::MAX).to_string(),
            "1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn an_instant_has_a_second_and_its_fraction() {
        let instant = Timestamp::from_unix(1, 500_000_000);
        assert_eq!(instant.to_string(), "1970-01-01T00:00:01.5Z");
        assert_eq!(instant.whole_seconds(), Timestamp::from_unix(1, 0));
        for (later, seconds) in [((1, 0), 0), ((2, 499_999_999), 0), ((2, 500_000_000), 1)] {
            let later = Timestamp::from_unix(later.0, later.1);
            assert_eq!(instant.seconds_until(later), seconds, "{later}");
        }
    }
}
