//! Instants as pages show and take them: always in UTC, since without a script nobody knows where the reader
//! is.

use crate::domain::Timestamp;

/// How long a text with at most milliseconds is, which is all that a browser's field takes.
const MILLISECONDS: usize = "2030-01-31T12:00:00.000".len();

/// An instant in a page, to the minute.
pub struct Moment {
    /// RFC 3339.
    pub exact: String,
    /// As people read it.
    pub minute: String,
}

impl Moment {
    pub fn new(time: Timestamp) -> Self {
        let exact = time.to_string();
        let minute = exact.get(..16).unwrap_or_default().replace('T', " ");
        Self {
            minute: format!("{minute} UTC"),
            exact,
        }
    }
}

/// The value of a form's field for a time: without the offset, unless the browser's field could not take that.
pub fn to_field(time: Option<Timestamp>) -> String {
    let text = time.map(|time| time.to_string()).unwrap_or_default();
    let local = text.trim_end_matches('Z');
    match local.len() <= MILLISECONDS && !local.starts_with("0000") {
        true => local.to_owned(),
        false => text,
    }
}

/// Whether a browser's field for times shows this.
pub fn fits_field(text: &str) -> bool {
    text.is_empty() || from_field(text) != text
}

/// What a form's field has, as the API takes it (RFC 3339). A browser leaves out the seconds if they are 0, and
/// always the offset (HTML standard, section 2.3.5.5). Anything else stays as it was typed.
pub fn from_field(typed: &str) -> String {
    let suffix = match typed.len() {
        16 => ":00Z",
        19..=MILLISECONDS => "Z",
        _ => "",
    };
    let completed = format!("{typed}{suffix}");
    match Timestamp::parse(&completed) {
        Ok(_) => completed,
        Err(_) => typed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn what_a_field_has_is_completed_to_a_timestamp() {
        for (typed, sent) in [
            ("2030-01-31T12:00", "2030-01-31T12:00:00Z"),
            ("2030-01-31T12:00:05", "2030-01-31T12:00:05Z"),
            ("2030-01-31T12:00:05.25", "2030-01-31T12:00:05.25Z"),
            ("2030-01-31T12:00:00Z", "2030-01-31T12:00:00Z"),
            ("2030-01-31T12:00:00+02:00", "2030-01-31T12:00:00+02:00"),
            ("tomorrow", "tomorrow"),
            ("2030-02-30T12:00", "2030-02-30T12:00"),
            ("", ""),
        ] {
            assert_eq!(from_field(typed), sent, "{typed}");
        }
    }

    #[test]
    fn a_time_is_shown_in_a_field_that_can_hold_it_and_comes_back_as_it_was() {
        for (time, fits) in [
            ("2030-01-31T12:00:00Z", true),
            ("2030-01-31T12:00:05.25Z", true),
            ("2030-01-31T12:00:05.123456789Z", false),
            ("0000-01-31T12:00:00Z", false),
        ] {
            let value = to_field(Some(at(time)));
            assert_eq!(fits_field(&value), fits, "{time}");
            assert_eq!(from_field(&value), time);
        }
        assert_eq!(to_field(None), "");
        assert!(fits_field("") && !fits_field("tomorrow"));
    }

    #[test]
    fn a_moment_is_shown_to_the_minute_and_kept_exactly() {
        let moment = Moment::new(at("2030-01-31T12:34:56.5Z"));
        assert_eq!(moment.minute, "2030-01-31 12:34 UTC");
        assert_eq!(moment.exact, "2030-01-31T12:34:56.5Z");
    }
}
