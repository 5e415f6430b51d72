//! Which characters a destination may hold: what is cut off, what is refused, what is encoded.
//!
//! People paste destinations. What a page or a mail program adds around one is cut off. Inside, a
//! character that nobody can see makes a link that leads somewhere else than it seems to.

use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
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

/// `text` without the blanks, line ends and invisible characters around it.
pub fn trim(text: &str) -> &str {
    // A style belongs to the symbol before it, which may be the last.
    let is_style = |c| matches!(c, TEXT_STYLE | EMOJI_STYLE);
    text.trim_matches(|c: char| c.is_whitespace() || (is_invisible(c) && !is_style(c)))
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
        // Scripts such as Persian need them between letters, emoji between their parts.
        ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER => {
            !(can_be_joined(before) && can_be_joined(after))
        }
        TEXT_STYLE | EMOJI_STYLE => !is_symbol(before) && after != Some(KEYCAP),
        _ => c.is_control() || c.is_whitespace() || is_invisible(c),
    }
}

fn can_be_joined(c: Option<char>) -> bool {
    c.is_some_and(|c| !c.is_ascii() && !matches!(c, ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER))
}

fn is_symbol(c: Option<char>) -> bool {
    c.is_some_and(|c| !c.is_ascii() && !c.is_alphanumeric())
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

/// `text`, which is ASCII, with the characters percent-encoded that RFC 3986 section 2 excludes.
pub fn encoded(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, TO_ENCODE).into()
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
        for whole in ["\0a", "a\u{7f}", "a\u{200b}b", "❤\u{fe0f}", "a\\"] {
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
            ("a\u{200d}b", Some('\u{200d}')),
            ("م\u{200c}b", Some('\u{200c}')),
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
            assert_eq!(encoded(&text) == text, is_uri_byte(byte), "{text:?}");
        }
        assert_eq!(encoded("a|%7C{b} %zz"), "a%7C%7C%7Bb%7D%20%zz");
    }
}
