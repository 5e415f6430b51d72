//! The short code: the path segment that a visitor types, and the key of its link in the store.

use super::characters::percent_encoded;
use std::{borrow::Cow, fmt};
use validator::ValidateLength;

/// Names that this shortener answers itself, so they cannot be links.
const RESERVED: [&str; 2] = ["robots.txt", "favicon.ico"];

/// Names that browsers and crawlers request from every site. A link under one of them would get
/// visitors who did not ask for it. One that exists already stays.
const RESERVED_FOR_NEW: [&str; 13] = [
    "ads.txt",
    "app-ads.txt",
    "apple-app-site-association",
    "browserconfig.xml",
    "crossdomain.xml",
    "humans.txt",
    "index.html",
    "llms.txt",
    "security.txt",
    "sellers.json",
    "sitemap.xml",
    "sitemap_index.xml",
    "wpad.dat",
];

/// Letters and digits without the four that are easily misread (`0 O I l`).
const GENERATED_ALPHABET: [char; 58] = [
    '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K',
    'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e',
    'f', 'g', 'h', 'i', 'j', 'k', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y',
    'z',
];

/// The same without upper case, for shorteners on which case does not count.
const LOWER_CASE_ALPHABET: [char; 34] = [
    '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j',
    'k', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
];

/// A valid short code: `[A-Za-z0-9][A-Za-z0-9._~-]{0,63}`, not reserved, or one in other letters
/// (see [`parse_unicode`](Self::parse_unicode)).
///
/// The former are the unreserved characters of RFC 3986 section 2.3, so such a code never needs
/// percent-encoding. A code never contains a `:`, so a key that contains one is not a link's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

/// Why a text is not a valid short code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// Empty, or more than [`Code::MAX_LENGTH`] characters.
    Length,
    /// The first character is not a letter or digit.
    FirstCharacter,
    /// A later character is not an unreserved character.
    Character,
    /// A character is no letter or digit of any script, or only a form of another.
    Letter,
    /// It mixes scripts in a way that people can mistake for something else.
    MixedScripts,
    /// The shortener answers it itself, or browsers and crawlers request it from every site.
    Reserved,
}

/// Whether a URL may hold `byte` without percent-encoding it, anywhere (RFC 3986 section 2.3).
pub fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

impl Code {
    /// The maximum length of a code, in characters.
    pub const MAX_LENGTH: u64 = 64;

    /// Accepts or refuses `text` as it is. Nothing is trimmed, decoded or lowercased.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        Self::check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The code, if a new link may have it: not every code that has a link can be taken anew.
    pub fn unless_reserved(self) -> Result<Self, CodeError> {
        // Of several sizes, such as apple-touch-icon-120x120-precomposed.png.
        let is_icon = self.0.starts_with("apple-touch-icon") && self.0.ends_with(".png");
        match is_icon || RESERVED_FOR_NEW.contains(&self.as_str()) {
            true => Err(CodeError::Reserved),
            false => Ok(self),
        }
    }

    /// A code whose `text` keeps the rules.
    pub(super) fn from_checked(text: String) -> Self {
        Self(text)
    }

    /// Generates a random code of `length` characters, drawn without bias from 58 unambiguous
    /// letters and digits. `random(n)` must return `n` bytes from a cryptographically secure
    /// source.
    pub fn generate(length: usize, random: impl Fn(usize) -> Vec<u8>) -> Self {
        Self(nanoid::format(random, &GENERATED_ALPHABET, length))
    }

    /// The same, of the 34 that are no upper-case letters.
    pub fn generate_lower_case(length: usize, random: impl Fn(usize) -> Vec<u8>) -> Self {
        Self(nanoid::format(random, &LOWER_CASE_ALPHABET, length))
    }

    /// As it is spelled where case does not count.
    pub fn folded(&self) -> String {
        let lower = self.0.chars().flat_map(char::to_lowercase);
        // The other lower-case sigma, which stands at the end of a word.
        lower.map(|c| if c == 'ς' { 'σ' } else { c }).collect()
    }

    /// As it is written in a URL: percent-encoded where it is not ASCII.
    pub fn in_url(&self) -> Cow<'_, str> {
        percent_encoded(&self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn check(text: &str) -> Result<(), CodeError> {
        if !text.validate_length(Some(1), Some(Self::MAX_LENGTH), None) {
            return Err(CodeError::Length);
        }
        let (first, rest) = text.as_bytes().split_first().ok_or(CodeError::Length)?;
        if !first.is_ascii_alphanumeric() {
            return Err(CodeError::FirstCharacter);
        }
        if !rest.iter().copied().all(is_unreserved) {
            return Err(CodeError::Character);
        }
        if RESERVED.contains(&text) {
            return Err(CodeError::Reserved);
        }
        Ok(())
    }
}

/// [`Code::parse`] for an owned text, without a copy.
impl TryFrom<String> for Code {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        Self::check(&text)?;
        Ok(Self(text))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CodeError {
    /// A stable, machine-readable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::FirstCharacter | Self::Character | Self::Letter => "invalid_character",
            Self::MixedScripts => "mixed_scripts",
            Self::Reserved => "reserved",
        }
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "must be 1 to 64 characters",
            Self::FirstCharacter => "must begin with a letter or digit",
            Self::Character => "may hold only A-Z, a-z, 0-9, '.', '_', '~' and '-'",
            Self::Letter => {
                "may hold only letters and digits in their usual form, '.', '_', '~' and '-'"
            }
            Self::MixedScripts => "must not mix scripts that are not written together",
            Self::Reserved => "is a name that browsers or crawlers request from every site",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_accepts_its_nearest_valid_neighbour() {
        let longest = "a".repeat(64);
        for text in [
            "a",
            "Z",
            "0",
            "aB9._~-",
            &longest,
            "Robots.txt",
            "robots",
            "favicon.ic",
        ] {
            assert_eq!(Code::parse(text).map(|c| c.0), Ok(text.to_owned()));
        }
    }

    #[test]
    fn each_rule_refuses_its_nearest_invalid_neighbour() {
        let too_long = "a".repeat(65);
        for (text, error) in [
            ("", CodeError::Length),
            (too_long.as_str(), CodeError::Length),
            (".a", CodeError::FirstCharacter),
            ("_a", CodeError::FirstCharacter),
            ("-a", CodeError::FirstCharacter),
            ("~a", CodeError::FirstCharacter),
            (" a", CodeError::FirstCharacter),
            ("a ", CodeError::Character),
            ("a/b", CodeError::Character),
            ("a:b", CodeError::Character),
            ("a%41", CodeError::Character),
            ("a\0", CodeError::Character),
            ("a\n", CodeError::Character),
            ("aé", CodeError::Character),
            ("а", CodeError::FirstCharacter), // Cyrillic
            ("robots.txt", CodeError::Reserved),
            ("favicon.ico", CodeError::Reserved),
        ] {
            assert_eq!(Code::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn what_is_requested_from_every_site_is_no_new_code() {
        for name in RESERVED_FOR_NEW.into_iter().chain([
            "apple-touch-icon.png",
            "apple-touch-icon-76x76-precomposed.png",
        ]) {
            let code = Code::parse(name).unwrap();
            assert_eq!(code.unless_reserved(), Err(CodeError::Reserved), "{name}");
        }
        for name in [
            "apple-touch-icon",
            "sitemap.xm",
            "Sitemap.xml",
            "index.htm",
            "index",
            "abc",
        ] {
            let code = Code::parse(name).unwrap();
            assert!(code.unless_reserved().is_ok(), "{name}");
        }
    }

    #[test]
    fn a_generated_code_is_valid_and_unambiguous() {
        for length in [4, 7, 32] {
            let code = Code::generate(length, |n| (0..n).map(|i| (i * 37) as u8).collect());
            assert_eq!(code.as_str().len(), length);
            assert_eq!(Code::parse(code.as_str()).as_ref(), Ok(&code));
            assert!(!code.as_str().contains(['0', 'O', 'I', 'l']));
        }
    }
}
