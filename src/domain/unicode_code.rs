//! Short codes in other letters than ASCII, which the operator can allow.

use super::{Code, CodeError, is_unreserved};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection};

impl Code {
    /// Accepts letters and digits of any script, and the characters of other codes. Normalises to
    /// NFC (UAX #15), as browsers do not.
    ///
    /// Refuses what looks like something else: characters that UTS #39 does not recommend for
    /// identifiers, and scripts mixed beyond its level *moderately restrictive* (section 5.2).
    pub fn parse_unicode(text: &str) -> Result<Self, CodeError> {
        let text: String = text.nfc().collect();
        if text.is_ascii() {
            return Self::parse(&text);
        }
        if !(1..=Self::MAX_LENGTH).contains(&(text.chars().count() as u64)) {
            return Err(CodeError::Length);
        }
        if !text.starts_with(char::is_alphanumeric) {
            return Err(CodeError::FirstCharacter);
        }
        if !text.chars().all(is_allowed) {
            return Err(CodeError::Character);
        }
        // Punctuation belongs to every script.
        let letters = text.replace(|c: char| c.is_ascii_punctuation(), "");
        if !letters.check_restriction_level(RestrictionLevel::ModeratelyRestrictive) {
            return Err(CodeError::MixedScripts);
        }
        Ok(Self::from_checked(text))
    }
}

fn is_allowed(c: char) -> bool {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => is_unreserved(byte),
        _ => {
            GeneralSecurityProfile::identifier_allowed(c)
                && (c.is_alphanumeric() || is_combining_mark(c))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_digits_of_any_script_are_accepted_in_nfc() {
        for (given, kept) in [
            ("é", "é"),
            ("e\u{301}", "é"),
            ("größe-2.0~x", "größe-2.0~x"),
            ("привет", "привет"),
            ("日本語カナabc", "日本語カナabc"),
            ("हिन्दी", "हिन्दी"),
            ("ไทย", "ไทย"),
            ("عربي١", "عربي١"),
            ("한글abc", "한글abc"),
            ("abc", "abc"),
        ] {
            let code = Code::parse_unicode(given);
            assert_eq!(code.as_ref().map(Code::as_str), Ok(kept), "{given}");
            assert_eq!(Code::parse_unicode(kept), code);
        }
    }

    #[test]
    fn what_looks_like_something_else_is_refused() {
        let longest = "é".repeat(64);
        assert!(Code::parse_unicode(&longest).is_ok());
        let too_long = "é".repeat(65);
        for (text, error) in [
            (too_long.as_str(), CodeError::Length),
            ("-é", CodeError::FirstCharacter),
            ("\u{301}a", CodeError::FirstCharacter),
            ("é b", CodeError::Character),
            ("é/b", CodeError::Character),
            ("é:b", CodeError::Character),
            ("é%41", CodeError::Character),
            ("é\u{200d}b", CodeError::Character),
            ("é\u{200b}", CodeError::Character),
            ("é\u{202e}b", CodeError::Character),
            ("é\u{fe0f}", CodeError::Character),
            ("é\u{ad}b", CodeError::Character),
            ("🦀", CodeError::FirstCharacter),
            ("a🦀", CodeError::Character),
            ("ａbc", CodeError::Character),
            ("a½", CodeError::Character),
            ("pаypal", CodeError::MixedScripts),
            ("αbc", CodeError::MixedScripts),
            ("приветhello", CodeError::MixedScripts),
            ("हिन्दीไทย", CodeError::MixedScripts),
        ] {
            assert_eq!(Code::parse_unicode(text), Err(error), "{text:?}");
        }
        // All Cyrillic, however much it looks like Latin, is one script.
        assert!(Code::parse_unicode("раураӏ").is_ok());
    }
}
