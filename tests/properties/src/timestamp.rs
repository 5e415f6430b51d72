//! The property of a time.

use crate::Verdict::{self, Accepted, Refused};
use std::ops::Range;
use url_shortener::domain::Timestamp;

/// A time that is accepted is one of RFC 3339, and is written as the same instant in UTC.
pub fn timestamp(text: &str) -> Verdict {
    let Ok(time) = Timestamp::parse(text) else {
        return Refused;
    };
    let written = time.to_string();
    assert!(written.ends_with('Z') && written.contains('T'), "{written}");
    assert_eq!(nanoseconds(&written), nanoseconds(text), "{text:?}");
    assert_eq!(Timestamp::parse(&written), Ok(time));
    if text.ends_with(['Z', 'z']) {
        let (given, written) = (text[..19].to_uppercase(), &written[..19]);
        assert_eq!(given, written, "a day that there is not");
    }
    Accepted
}

/// The nanoseconds from the Unix epoch to `text`, read by the columns of RFC 3339 section 5.6.
fn nanoseconds(text: &str) -> i128 {
    let number = |columns: Range<usize>| -> i128 {
        let digits = &text[columns];
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{text:?}");
        digits.parse().expect("digits")
    };
    for (column, separators) in [(4, "-"), (7, "-"), (10, "Tt"), (13, ":"), (16, ":")] {
        assert!(separators.contains(&text[column..=column]), "{text:?}");
    }
    let days = days(number(0..4), number(5..7), number(8..10));
    let (hour, minute, second) = (number(11..13), number(14..16), number(17..19));
    assert!(hour < 24 && minute < 60 && second < 60, "{text:?}");
    let end = text
        .find(['Z', 'z', '+'])
        .or(text.rfind('-'))
        .expect("an offset");
    let fraction = match &text[19..end] {
        "" => 0,
        _ => {
            assert_eq!(&text[19..20], ".");
            let digits = end - 20;
            assert!((1..=9).contains(&digits), "{text:?}");
            number(20..end) * 10_i128.pow(9 - digits as u32)
        }
    };
    let offset = match &text[end..=end] {
        "+" => minutes(number(end + 1..end + 3), number(end + 4..end + 6)),
        "-" => -minutes(number(end + 1..end + 3), number(end + 4..end + 6)),
        _ => 0,
    };
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    seconds * 1_000_000_000 + fraction
}

fn minutes(hours: i128, minutes: i128) -> i128 {
    assert!(hours < 24 && minutes < 60);
    hours * 60 + minutes
}

/// The days from the Unix epoch to a day of the Gregorian calendar. A year is reckoned from March,
/// so that the day that not all have is its last.
fn days(year: i128, month: i128, day: i128) -> i128 {
    assert!((1..=12).contains(&month) && (1..=31).contains(&day));
    let (year, month) = if month < 3 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}
