//! Calendar days in UTC, by which clicks are counted.

use super::Timestamp;
use std::fmt;
use time::{Date, Duration};

/// A day in UTC, written as the full-date of RFC 3339 section 5.6 (`2030-01-31`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

/// The text is not a day of the years 0000 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayError;

impl Day {
    pub(super) const fn new(date: Date) -> Self {
        Self(date)
    }

    pub fn parse(text: &str) -> Result<Self, DayError> {
        if text.len() != "0000-00-00".len() {
            return Err(DayError);
        }
        let begins = Timestamp::parse(&format!("{text}T00:00:00Z"));
        begins.map(Timestamp::day).map_err(|_| DayError)
    }

    /// The day `days` before this one, or 0000-01-01 if that is later.
    pub fn minus(self, days: u16) -> Self {
        let before = self.0.saturating_sub(Duration::days(i64::from(days)));
        match before.year() < 0 {
            true => Date::from_ordinal_date(0, 1).map_or(self, Self),
            false => Self(before),
        }
    }

    /// The next day; the last of all days is its own next one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(Duration::DAY))
    }

    /// How many days this is after `earlier`; `None` if it is before.
    pub fn days_since(self, earlier: Self) -> Option<usize> {
        let days = self
            .0
            .to_julian_day()
            .checked_sub(earlier.0.to_julian_day());
        usize::try_from(days?).ok()
    }

    /// The days from this one to `last`, both included; none if `last` is earlier.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        let count = last
            .days_since(self)
            .map_or(0, |days| days.saturating_add(1));
        std::iter::successors(Some(self), |day| Some(day.next())).take(count)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for DayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a day like 2030-01-31")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn a_day_is_written_as_it_was_read() {
        for text in ["2030-01-31", "2028-02-29", "0000-01-01", "9999-12-31"] {
            assert_eq!(day(text).to_string(), text);
        }
        let late = Timestamp::parse("2030-01-31T23:59:59+02:00").unwrap();
        assert_eq!(late.day(), day("2030-01-31"));
        let next = Timestamp::parse("2030-01-31T23:59:59-02:00").unwrap();
        assert_eq!(next.day(), day("2030-02-01"));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "today",
            "2030-1-31",
            "2030-02-29",
            "2030-01-32",
            "2030-00-01",
            "20300-1-01",
            "+030-01-01",
            "2030-01-31T",
            "2030/01/31",
            "2030-01-3\u{661}",
        ] {
            assert_eq!(Day::parse(text), Err(DayError), "{text}");
        }
    }

    #[test]
    fn days_are_counted_across_months_and_years() {
        let first = day("2029-12-31");
        assert_eq!(first.next(), day("2030-01-01"));
        assert_eq!(day("2030-03-01").minus(1), day("2030-02-28"));
        assert_eq!(day("0000-01-05").minus(30), day("0000-01-01"));
        assert_eq!(day("2030-01-31").days_since(first), Some(31));
        assert_eq!(first.days_since(day("2030-01-01")), None);
        assert_eq!(day("9999-12-31").next(), day("9999-12-31"));
        let days: Vec<String> = first
            .through(day("2030-01-02"))
            .map(|day| day.to_string())
            .collect();
        assert_eq!(days, ["2029-12-31", "2030-01-01", "2030-01-02"]);
        assert_eq!(first.next().through(first).count(), 0);
    }
}
