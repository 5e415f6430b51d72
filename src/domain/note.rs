//! The free text an operator may attach to a link. Never shown to visitors.

use std::fmt;
use validator::ValidateLength;

/// Up to 500 Unicode characters, except control characters, kept as given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

/// Why a text is not a valid note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteError {
    /// More than 500 characters.
    Length,
    ControlCharacter,
}

impl Note {
    /// The maximum length of a note, in Unicode scalar values.
    const MAX_CHARS: u64 = 500;

    /// Accepts or refuses `text` as it is.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        if !text.validate_length(None, Some(Self::MAX_CHARS), None) {
            return Err(NoteError::Length);
        }
        if text.chars().any(char::is_control) {
            return Err(NoteError::ControlCharacter);
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl NoteError {
    /// A stable, machine-readable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::ControlCharacter => "invalid_character",
        }
    }
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "must be at most 500 characters",
            Self::ControlCharacter => "must not hold control characters",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters_not_bytes() {
        assert!(Note::parse(&"é".repeat(500)).is_ok());
        assert_eq!(Note::parse(&"é".repeat(501)), Err(NoteError::Length));
    }

    #[test]
    fn control_characters_are_refused_and_everything_else_kept() {
        for text in ["", "spring sale", "日本語 🎉", "a\u{a0}b"] {
            assert_eq!(Note::parse(text).unwrap().as_str(), text);
        }
        for text in ["a\nb", "\0", "\u{7f}", "\u{85}"] {
            assert_eq!(Note::parse(text), Err(NoteError::ControlCharacter));
        }
    }
}
