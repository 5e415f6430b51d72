//! Short codes in other letters than ASCII, which the operator can allow.

use super::{Code, CodeError, characters::is_invisible, is_unreserved, scripts};
use icu_normalizer::ComposingNormalizer;
use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use std::ops::RangeInclusive;
use validator::ValidateLength;

impl Code {
    /// Accepts letters, digits and combining marks of any script, and the characters of other codes.
    /// Normalises to NFC (UAX #15), as browsers do not.
    ///
    /// Refuses what is invisible or a mere form of another letter or digit, and scripts mixed beyond
    /// the level *moderately restrictive* of UTS #39 (section 5.2).
    pub fn parse_unicode(text: &str) -> Result<Self, CodeError> {
        let text = ComposingNormalizer::new_nfc().normalize(text).into_owned();
        if text.is_ascii() {
            return Self::parse(&text);
        }
        if !text.validate_length(Some(1), Some(Self::MAX_LENGTH), None) {
            return Err(CodeError::Length);
        }
        if !text.starts_with(|c| is_of(c, GeneralCategoryGroup::Letter.union(DIGIT))) {
            return Err(CodeError::FirstCharacter);
        }
        if !text.chars().all(is_allowed) {
            return Err(CodeError::Letter);
        }
        match scripts::is_moderately_restrictive(&text) {
            true => Ok(Self::from_checked(text)),
            false => Err(CodeError::MixedScripts),
        }
    }
}

/// Letters that are forms of others: modifier and phonetic letters, superscripts and subscripts,
/// letterlike symbols, ligatures, digraphs and presentation forms, half and full width, mathematical
/// alphabets.
const FORMS: [RangeInclusive<char>; 15] = [
    '\u{aa}'..='\u{aa}',
    '\u{ba}'..='\u{ba}',
    '\u{132}'..='\u{133}',
    '\u{13f}'..='\u{140}',
    '\u{149}'..='\u{149}',
    '\u{17f}'..='\u{17f}',
    '\u{1c0}'..='\u{1cc}',
    '\u{1f1}'..='\u{1f3}',
    '\u{250}'..='\u{2ff}',
    '\u{1d00}'..='\u{1dbf}',
    '\u{2070}'..='\u{214f}',
    '\u{fb00}'..='\u{fdff}',
    '\u{fe70}'..='\u{ffef}',
    '\u{1d400}'..='\u{1d7ff}',
    '\u{1ee00}'..='\u{1eeff}',
];

const DIGIT: GeneralCategoryGroup = GeneralCategoryGroup::DecimalNumber;

fn is_allowed(c: char) -> bool {
    let word = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Mark)
        .union(DIGIT);
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => is_unreserved(byte),
        _ => is_of(c, word) && !is_invisible(c) && !FORMS.iter().any(|forms| forms.contains(&c)),
    }
}

fn is_of(c: char, group: GeneralCategoryGroup) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
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
            ("é b", CodeError::Letter),
            ("é/b", CodeError::Letter),
            ("é:b", CodeError::Letter),
            ("é%41", CodeError::Letter),
            ("é\u{200d}b", CodeError::Letter),
            ("é\u{200b}", CodeError::Letter),
            ("é\u{202e}b", CodeError::Letter),
            ("é\u{fe0f}", CodeError::Letter),
            ("é\u{ad}b", CodeError::Letter),
            ("🦀", CodeError::FirstCharacter),
            ("a🦀", CodeError::Letter),
            ("ａbc", CodeError::Letter),
            ("a½", CodeError::Letter),
            ("ﬁé", CodeError::Letter),
            ("a𝐛", CodeError::Letter),
            ("ᵃbc", CodeError::Letter),
            ("aːb", CodeError::Letter),
            ("ǃé", CodeError::Letter),
            ("ſé", CodeError::Letter),
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
