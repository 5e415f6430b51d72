//! Which characters a destination may hold: what is cut off, what is refused, what is encoded.
//!
//! People paste destinations. What a page or a mail program adds around one is cut off. Inside, a
//! character that nobody can see makes a link that leads somewhere else than it seems to.

use icu_properties::{
    CodePointSetData,
    props::{DefaultIgnorableCodePoint, Emoji, Script},
    script::ScriptWithExtensions,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::borrow::Cow;

/// The visible ASCII characters that RFC 3986 excludes, and the space. Browsers take them in a path,
/// a query or a fragment.
const TO_ENCODE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// Scripts in which a joiner changes how letters are written: those that join letters, and those
/// that stack them.
const JOINING_SCRIPTS: [Script; 16] = [
    Script::Arabic,
    Script::Bengali,
    Script::Devanagari,
    Script::Gujarati,
    Script::Gurmukhi,
    Script::Kannada,
    Script::Khmer,
    Script::Malayalam,
    Script::Mongolian,
    Script::Myanmar,
    Script::Nko,
    Script::Oriya,
    Script::Sinhala,
    Script::Syriac,
    Script::Tamil,
    Script::Telugu,
];

/// `text` without the blanks, line ends and invisible characters around it.
pub fn trim(text: &str) -> &str {
    let is_blank = |c: char| c.is_whitespace() || is_invisible(c);
    let mut rest = text.trim_start_matches(is_blank);
    while let Some(last) = rest.chars().next_back() {
        let before = rest.strip_suffix(last).unwrap_or_default();
        let is_part = match last {
            TEXT_STYLE | EMOJI_STYLE => before.ends_with(is_emoji),
            _ => is_selector_or_tag(last),
        };
        if is_part || !is_blank(last) {
            break;
        }
        rest = before;
    }
    rest
}

/// The first character that no destination may hold: a control character, a backslash, a blank
/// other than the space, or an invisible character that changes nothing one can see.
pub fn first_refused(text: &str) -> Option<char> {
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let after = rest.clone().next();
        if is_refused(before, c, after) {
            return Some(c);
        }
        before = Some(c);
    }
    None
}

fn is_refused(before: Option<char>, c: char, after: Option<char>) -> bool {
    match c {
        ' ' => false,
        '\\' => true,
        ZERO_WIDTH_NON_JOINER => !joins_letters(before, after),
        ZERO_WIDTH_JOINER => !joins_letters(before, after) && !joins_emoji(before, after),
        TEXT_STYLE | EMOJI_STYLE => {
            let is_keycap = before.is_some_and(|c| c.is_ascii_digit() || matches!(c, '#' | '*'));
            let is_styled = before.is_some_and(is_emoji) || (is_keycap && after == Some(KEYCAP));
            !is_styled
        }
        _ => c.is_control() || c.is_whitespace() || is_invisible(c),
    }
}

/// Whether a joiner stands inside a word, at a letter of a script that needs it.
fn joins_letters(before: Option<char>, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let scripts = ScriptWithExtensions::new();
    let needs_it = |c| JOINING_SCRIPTS.contains(&scripts.get_script_val(c));
    let is_in_a_word = |c| needs_it(c) || char::is_alphanumeric(c);
    is_in_a_word(before) && is_in_a_word(after) && (needs_it(before) || needs_it(after))
}

fn joins_emoji(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(|c| is_emoji(c) || c == EMOJI_STYLE) && after.is_some_and(is_emoji)
}

/// Whether `c` is an emoji, or can be one if a style follows.
fn is_emoji(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<Emoji>().contains(c)
}

/// Whether an invisible character changes the one before it: a variation selector or a tag (Unicode
/// sections 23.4 and 23.9). It is not cut off an end, because that would change what is seen.
fn is_selector_or_tag(c: char) -> bool {
    matches!(
        c,
        '\u{180b}'..='\u{180d}'
            | '\u{180f}'
            | '\u{fe00}'..='\u{fe0d}'
            | '\u{e0020}'..='\u{e007f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Whether Unicode has it shown as nothing (`Default_Ignorable_Code_Point`, UAX #44).
pub fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// `text` as part of a path or a query: with all characters percent-encoded that RFC 3986 excludes,
/// and the number sign, which would begin a fragment.
pub fn percent_encoded(text: &str) -> Cow<'_, str> {
    const WITHOUT_FRAGMENT: &AsciiSet = &TO_ENCODE.add(b'#');
    utf8_percent_encode(text, WITHOUT_FRAGMENT).into()
}

/// `text`, a whole URL, with the ASCII characters percent-encoded that RFC 3986 section 2 excludes.
pub fn encoded_url(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii() {
            true => encoded.extend(utf8_percent_encode(c.encode_utf8(&mut [0; 4]), TO_ENCODE)),
            false => encoded.push(c),
        }
    }
    encoded
}

/// The bytes that RFC 3986 allows: unreserved, reserved and the percent sign.
pub fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_are_cut_off() {
        for around in [
            " ",
            "\t",
            "\r\n",
            "\u{85}",
            "\u{a0}",
            "\u{ad}",
            "\u{200b}",
            "\u{200d}",
            "\u{200e}",
            "\u{2028}",
            "\u{2029}",
            "\u{2060}",
            "\u{3000}",
            "\u{feff}",
            " \u{feff}\n",
        ] {
            assert_eq!(trim(&format!("{around}a b{around}")), "a b", "{around:?}");
        }
        for whole in [
            "\0a",
            "a\u{7f}",
            "a\u{200b}b",
            "❤\u{fe0f}",
            "葛\u{e0100}",
            "🏴\u{e0067}\u{e007f}",
            "a\\",
        ] {
            assert_eq!(trim(whole), whole);
        }
    }

    #[test]
    fn what_nobody_can_see_is_refused_unless_a_script_or_an_emoji_needs_it() {
        for (text, refused) in [
            ("a b{|}", None),
            ("a\\b", Some('\\')),
            ("a\tb", Some('\t')),
            ("a\0b", Some('\0')),
            ("a\u{85}b", Some('\u{85}')),
            ("a\u{a0}b", Some('\u{a0}')),
            ("a\u{3000}b", Some('\u{3000}')),
            ("a\u{ad}b", Some('\u{ad}')),
            ("a\u{200b}b", Some('\u{200b}')),
            ("a\u{2028}b", Some('\u{2028}')),
            ("a\u{202e}b", Some('\u{202e}')),
            ("a\u{2060}b", Some('\u{2060}')),
            ("a\u{3164}b", Some('\u{3164}')),
            ("a\u{feff}b", Some('\u{feff}')),
            ("a\u{e0061}b", Some('\u{e0061}')),
            ("می\u{200c}خواهم", None),
            ("👩\u{200d}💻", None),
            ("❤\u{fe0f}\u{200d}🔥", None),
            ("☎\u{fe0e}", None),
            ("1\u{fe0f}\u{20e3}", None),
            ("ℹ\u{fe0f}Ⓜ\u{fe0f}", None),
            ("葛\u{e0100}", Some('\u{e0100}')),
            ("a\u{200d}b", Some('\u{200d}')),
            ("CD\u{200c}ها", None),
            ("क्\u{200d}ष", None),
            ("é\u{200d}é", Some('\u{200d}')),
            ("日\u{200d}本", Some('\u{200d}')),
            ("م\u{200c}/", Some('\u{200c}')),
            ("م\u{200c}", Some('\u{200c}')),
            ("👩\u{200c}💻", Some('\u{200c}')),
            ("❤\u{fe0f}\u{fe0f}", Some('\u{fe0f}')),
            ("a\u{fe0f}\u{20e3}", Some('\u{fe0f}')),
            ("—\u{fe0f}", Some('\u{fe0f}')),
            ("م\u{200c}\u{200c}م", Some('\u{200c}')),
            ("a\u{fe0f}", Some('\u{fe0f}')),
            ("é\u{fe0f}", Some('\u{fe0f}')),
            ("1\u{fe0f}", Some('\u{fe0f}')),
        ] {
            assert_eq!(first_refused(text), refused, "{text:?}");
        }
    }

    #[test]
    fn only_what_a_uri_cannot_hold_is_encoded() {
        for byte in 0_u8..128 {
            let text = char::from(byte).to_string();
            assert_eq!(encoded_url(&text) == text, is_uri_byte(byte), "{text:?}");
        }
        assert_eq!(encoded_url("a|%7C{b} %zz"), "a%7C%7C%7Bb%7D%20%zz");
    }
}
