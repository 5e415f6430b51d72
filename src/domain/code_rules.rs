//! Which short codes the operator allows, and which of them are the same.

use super::{Code, CodeError};
use percent_encoding::percent_decode_str;

/// The operator's settings for short codes.
#[derive(Clone, Copy, Debug, Default)]
pub struct CodeRules {
    /// Whether upper and lower case are the same. New links are stored in lower case. A link whose
    /// code has upper-case letters is older than this setting, and is found as it is spelled.
    pub ignore_case: bool,
    /// Whether a code may hold letters and digits of any script.
    pub unicode: bool,
}

impl CodeRules {
    /// For every code that a link may have, whatever the operator's settings are now.
    pub const ALL: Self = Self {
        ignore_case: false,
        unicode: true,
    };

    /// The code that `text` spells.
    pub fn parse(self, text: &str) -> Result<Code, CodeError> {
        match self.unicode && !text.is_ascii() {
            true => Code::parse_unicode(text),
            false => Code::parse(text),
        }
    }

    /// The code that a segment of a path spells, in which characters that are not ASCII are
    /// percent-encoded. Those that are ASCII must not be.
    pub fn parse_segment(self, segment: &str) -> Result<Code, CodeError> {
        let decoded = percent_decode_str(segment).decode_utf8();
        match decoded {
            Ok(text) if !text.is_ascii() => self.parse(&text),
            _ => Code::parse(segment),
        }
    }

    /// The code under which a new link is that is asked for as `code`: in one spelling where case
    /// does not count. Refuses a reserved name.
    pub fn for_new(self, code: &Code) -> Result<Code, CodeError> {
        match self.ignore_case {
            true => self.parse(&code.folded())?.unless_reserved(),
            false => code.clone().unless_reserved(),
        }
    }

    /// Under which code a new link is that is asked for as `code`, because case does not count.
    /// `None` if there is no other.
    pub fn folded(self, code: &Code) -> Option<Code> {
        if !self.ignore_case {
            return None;
        }
        let folded = self.parse(&code.folded()).ok()?;
        (folded != *code).then_some(folded)
    }

    /// The code under which `key` of the store holds a link, if it may hold one.
    pub fn of_key(self, key: String) -> Option<Code> {
        match key.is_ascii() {
            true => Code::try_from(key).ok(),
            false => self.parse(&key).ok().filter(|code| code.as_str() == key),
        }
    }

    /// A random code of `length` characters. See [`Code::generate`].
    pub fn generate(self, length: usize, random: impl Fn(usize) -> Vec<u8>) -> Code {
        match self.ignore_case {
            true => Code::generate_lower_case(length, random),
            false => Code::generate(length, random),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: CodeRules = CodeRules {
        ignore_case: false,
        unicode: false,
    };
    const ALL: CodeRules = CodeRules {
        ignore_case: true,
        unicode: true,
    };

    fn text(code: Result<Code, CodeError>) -> Result<String, CodeError> {
        code.map(|code| code.to_string())
    }

    fn for_new(rules: CodeRules, text: &str) -> Result<Code, CodeError> {
        rules.for_new(&rules.parse(text)?)
    }

    #[test]
    fn a_new_code_is_in_lower_case_where_case_does_not_count() {
        for (given, plain, all) in [
            ("Web", Ok("Web"), Ok("web")),
            ("ÉTÉ", Err(CodeError::FirstCharacter), Ok("été")),
            ("ΟΔΟΣ", Err(CodeError::FirstCharacter), Ok("οδοσ")),
            ("οδος", Err(CodeError::FirstCharacter), Ok("οδοσ")),
            ("ǅx", Err(CodeError::FirstCharacter), Err(CodeError::Letter)),
            ("Robots.txt", Ok("Robots.txt"), Err(CodeError::Reserved)),
            ("Sitemap.XML", Ok("Sitemap.XML"), Err(CodeError::Reserved)),
        ] {
            assert_eq!(text(for_new(PLAIN, given)), plain.map(str::to_owned));
            assert_eq!(text(for_new(ALL, given)), all.map(str::to_owned));
        }
        let code = Code::parse("Web").unwrap();
        assert_eq!(ALL.folded(&code), Code::parse("web").ok());
        assert_eq!(PLAIN.folded(&code), None);
        assert_eq!(ALL.folded(&Code::parse("web").unwrap()), None);
    }

    #[test]
    fn only_characters_that_need_it_may_be_encoded_in_a_path() {
        for (segment, code) in [
            ("web", Ok("web")),
            ("%C3%A9t%c3%a9", Ok("été")),
            ("e%CC%81", Ok("é")),
            ("%C3", Err(CodeError::FirstCharacter)),
            ("%FF", Err(CodeError::FirstCharacter)),
            ("%2Fa", Err(CodeError::FirstCharacter)),
            ("a%21", Err(CodeError::Character)),
            ("%C3%A9%2F", Err(CodeError::Letter)),
            ("%25C3%25A9", Err(CodeError::FirstCharacter)),
        ] {
            let parsed = text(ALL.parse_segment(segment));
            assert_eq!(parsed, code.map(str::to_owned), "{segment}");
        }
        assert!(PLAIN.parse_segment("%C3%A9").is_err());
    }

    #[test]
    fn a_key_that_is_not_in_nfc_is_somebody_elses() {
        assert!(ALL.of_key("é".to_owned()).is_some());
        assert!(ALL.of_key("e\u{301}".to_owned()).is_none());
        assert!(PLAIN.of_key("é".to_owned()).is_none());
        assert!(ALL.of_key("claim:é".to_owned()).is_none());
        assert!(ALL.of_key("Web".to_owned()).is_some());
    }
}
