//! Which scripts a text may mix, by UTS #39. ICU4X has the data but not the rule.

use icu_properties::{
    props::Script,
    script::{ScriptWithExtensions, ScriptWithExtensionsBorrowed},
};

/// The scripts in general use (UAX #31, table 5), without Latin, which others are mixed with, and
/// without Cyrillic and Greek, which look too much like it.
const MIXED_WITH_LATIN: [Script; 25] = [
    Script::Arabic,
    Script::Armenian,
    Script::Bengali,
    Script::Devanagari,
    Script::Ethiopic,
    Script::Georgian,
    Script::Gujarati,
    Script::Gurmukhi,
    Script::Hebrew,
    Script::Kannada,
    Script::Khmer,
    Script::Lao,
    Script::Malayalam,
    Script::Myanmar,
    Script::Oriya,
    Script::Sinhala,
    Script::Tamil,
    Script::Telugu,
    Script::Thaana,
    Script::Thai,
    Script::Tibetan,
    // Each of these also mixes with Han, as below.
    Script::Bopomofo,
    Script::Hangul,
    Script::Hiragana,
    Script::Katakana,
];

/// What a writing system of East Asia consists of (UTS #39 section 5.1).
const EAST_ASIAN: [&[Script]; 3] = [
    &[Script::Han, Script::Hiragana, Script::Katakana],
    &[Script::Han, Script::Bopomofo],
    &[Script::Han, Script::Hangul],
];

/// Whether `text` is at most *moderately restrictive* (UTS #39 section 5.2): it is of one script, or
/// of one writing system of East Asia, or of Latin and one other that nobody takes for it.
pub fn is_moderately_restrictive(text: &str) -> bool {
    let data = ScriptWithExtensions::new();
    let is_of = |scripts: &[Script]| text.chars().all(|c| belongs(data, c, scripts));
    let with_latin = |scripts: &[Script]| {
        text.chars()
            .all(|c| belongs(data, c, &[Script::Latin]) || belongs(data, c, scripts))
    };
    let is_single_script = text.chars().any(|c| {
        let own = data.get_script_extensions_val(c);
        own.iter().any(|script| is_of(&[script]))
    });
    is_single_script
        || EAST_ASIAN.iter().any(|scripts| with_latin(scripts))
        || MIXED_WITH_LATIN.iter().any(|script| with_latin(&[*script]))
}

/// Whether `c` is used in one of `scripts`, or in all there are.
fn belongs(data: ScriptWithExtensionsBorrowed<'_>, c: char, scripts: &[Script]) -> bool {
    let own = data.get_script_extensions_val(c);
    own.contains(&Script::Common)
        || own.contains(&Script::Inherited)
        || scripts.iter().any(|script| own.contains(script))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_people_write_together_may_be_mixed() {
        for (text, is_allowed) in [
            ("abc", true),
            ("123", true),
            ("été", true),
            ("привет", true),
            ("γειά", true),
            ("日本語カナひら", true),
            ("日本語abc", true),
            ("中文ㄅㄆ", true),
            ("한글漢字abc", true),
            ("हिन्दी2abc", true),
            ("ไทยabc", true),
            ("عربي١", true),
            ("ᚠᚢ", true),
            ("pаypal", false),
            ("αbc", false),
            ("приветhello", false),
            ("приветγειά", false),
            ("हिन्दीไทย", false),
            ("한글カナ", false),
            ("ᚠabc", false),
        ] {
            assert_eq!(is_moderately_restrictive(text), is_allowed, "{text}");
        }
    }
}
