//! The name of an API key, by which the log and the links tell who did something.

use std::fmt;

/// 1 to 32 lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName(String);

/// Why a text is not the name of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyNameError {
    /// It is empty, or longer than 32 characters.
    Length,
    /// It has a character that no name has.
    Character,
}

impl KeyName {
    /// The name of the admin token, which no key can have.
    pub const ADMIN: &str = "admin";

    /// The longest name, in bytes.
    const MAX_LENGTH: usize = 32;

    pub fn admin() -> Self {
        Self(Self::ADMIN.to_owned())
    }

    /// Accepts or refuses `text` as it is.
    pub fn parse(text: &str) -> Result<Self, KeyNameError> {
        let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !text.bytes().all(is_allowed) {
            return Err(KeyNameError::Character);
        }
        match text.len() {
            1..=Self::MAX_LENGTH => Ok(Self(text.to_owned())),
            _ => Err(KeyNameError::Length),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl KeyNameError {
    /// A stable, machine-readable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Character => "invalid_character",
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for KeyNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "must be 1 to 32 characters long",
            Self::Character => "may hold only the characters a-z, 0-9 and -",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        use KeyNameError::{Character, Length};
        let (longest, longer) = ("n".repeat(32), "n".repeat(33));
        for (text, error) in [
            ("c", None),
            ("build-server-2", None),
            ("-", None),
            (&longest, None),
            (&longer, Some(Length)),
            ("", Some(Length)),
            ("CI", Some(Character)),
            ("a.b", Some(Character)),
            ("a b", Some(Character)),
            ("a\n", Some(Character)),
            ("ü", Some(Character)),
        ] {
            assert_eq!(KeyName::parse(text).err(), error, "{text:?}");
        }
    }
}
