//! The `Idempotency-Key` of a request, by which its sender marks repeats of it
//! (draft-ietf-httpapi-idempotency-key-header).

use super::{
    header,
    request::{Incoming, Request},
};

/// 1 to 255 visible ASCII characters without quotes and backslashes. The draft's form is a quoted
/// string (RFC 9651 section 3.3.3); most clients send it bare, and both are the same key.
#[derive(Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// Why a request has no usable key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidKey {
    /// There are several.
    Repeated,
    /// It is empty, or longer than 255 characters.
    Length,
    /// It has a character that no key has.
    Character,
}

impl IdempotencyKey {
    /// The longest key, in bytes.
    const MAX_LENGTH: usize = 255;

    /// The key of `request`, if it has one.
    pub fn of(request: &Request<impl Incoming>) -> Result<Option<Self>, InvalidKey> {
        match request.header_values(header::IDEMPOTENCY_KEY).as_slice() {
            [] => Ok(None),
            [value] => Self::parse(&String::from_utf8_lossy(value)).map(Some),
            _ => Err(InvalidKey::Repeated),
        }
    }

    fn parse(value: &str) -> Result<Self, InvalidKey> {
        let quoted = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let key = quoted.unwrap_or(value);
        let is_allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        if !key.bytes().all(is_allowed) {
            return Err(InvalidKey::Character);
        }
        match key.len() {
            1..=Self::MAX_LENGTH => Ok(Self(key.to_owned())),
            _ => Err(InvalidKey::Length),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl InvalidKey {
    /// A stable, machine-readable name, and the rule in words.
    pub fn rule(self) -> (&'static str, &'static str) {
        match self {
            Self::Repeated => ("duplicate", "must be given once"),
            Self::Length => ("length", "must be 1 to 255 characters long"),
            Self::Character => (
                "invalid_character",
                "may hold only visible ASCII characters, but no quotes and no backslash",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::FakeRequest;

    fn key(values: &[&str]) -> Result<Option<String>, InvalidKey> {
        let request = values
            .iter()
            .fold(FakeRequest::default(), |request, value| {
                request.header(header::IDEMPOTENCY_KEY, value)
            });
        let key = IdempotencyKey::of(&request.post("/"))?;
        Ok(key.map(|key| key.as_str().to_owned()))
    }

    #[test]
    fn a_key_is_given_once_quoted_or_bare() {
        let (longest, longer) = ("k".repeat(255), "k".repeat(256));
        for (value, expected) in [
            ("8e03978e-40d5", Ok("8e03978e-40d5")),
            (r#""8e03978e-40d5""#, Ok("8e03978e-40d5")),
            (&longest, Ok(longest.as_str())),
            (&longer, Err(InvalidKey::Length)),
            ("", Err(InvalidKey::Length)),
            (r#""""#, Err(InvalidKey::Length)),
            ("a b", Err(InvalidKey::Character)),
            (r#""a"#, Err(InvalidKey::Character)),
            (r#"a\b"#, Err(InvalidKey::Character)),
            (r#""a";b"#, Err(InvalidKey::Character)),
            ("ü", Err(InvalidKey::Character)),
        ] {
            let expected = expected.map(|key| Some(key.to_owned()));
            assert_eq!(key(&[value]), expected, "{value}");
        }
        assert_eq!(key(&[]), Ok(None));
        assert_eq!(key(&["a", "a"]), Err(InvalidKey::Repeated));
    }
}
