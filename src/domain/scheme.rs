//! Schemes besides `http` and `https` that the operator allows for destinations, such as `mailto`.

use std::fmt;

/// Schemes that run or read something on the visitor's machine. No setting allows them.
const NEVER: [&str; 8] = [
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "javascript",
    "vbscript",
    "view-source",
];

/// The operator's list, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schemes(Vec<String>);

/// Why an entry of the list is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemeError {
    /// Not a scheme in lower case (RFC 3986 section 3.1).
    Malformed(String),
    /// One that no setting allows.
    Never(String),
}

impl Schemes {
    /// Parses a comma-separated list. Ignores spaces around entries, and empty entries.
    pub fn parse_list(text: &str) -> Result<Self, SchemeError> {
        let entries = text.split(',').map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty());
        entries.map(parse).collect::<Result<_, _>>().map(Self)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `url` begins with one of these schemes, in any case.
    pub fn allow(&self, url: &str) -> bool {
        extra_scheme(url).is_some_and(|scheme| self.0.contains(&scheme))
    }
}

/// The scheme of `url` in lower case, unless it has none, `http` or `https`, or one that no setting
/// allows.
pub fn extra_scheme(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once(':')?;
    let scheme = parse(&scheme.to_ascii_lowercase()).ok()?;
    (!matches!(scheme.as_str(), "http" | "https")).then_some(scheme)
}

fn parse(scheme: &str) -> Result<String, SchemeError> {
    let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
    let begins = scheme.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || !scheme.bytes().all(is_allowed) {
        return Err(SchemeError::Malformed(scheme.to_owned()));
    }
    if NEVER.contains(&scheme) {
        return Err(SchemeError::Never(scheme.to_owned()));
    }
    Ok(scheme.to_owned())
}

impl fmt::Display for SchemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(entry) => write!(f, "'{entry}' is not a scheme in lower case"),
            Self::Never(entry) => write!(f, "'{entry}' is a scheme that is never allowed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_schemes_in_lower_case_and_none_that_harms() {
        let schemes = Schemes::parse_list(" mailto, tel ,,x-app+1.0,http").unwrap();
        for (url, allowed) in [
            ("mailto:a@b", true),
            ("MailTo:a@b", true),
            ("tel:+1", true),
            ("x-app+1.0://a", true),
            ("mailto", false),
            ("mailtos:a", false),
            (" mailto:a", false),
            ("sms:1", false),
            ("http://a", false),
        ] {
            assert_eq!(schemes.allow(url), allowed, "{url}");
        }
        for entry in ["Mailto", "mailto:", "1a", "a b", "mail_to", "ü", "-a"] {
            let error = SchemeError::Malformed(entry.to_owned());
            assert_eq!(Schemes::parse_list(entry), Err(error));
        }
        for entry in NEVER {
            let error = SchemeError::Never(entry.to_owned());
            assert_eq!(Schemes::parse_list(&format!("tel,{entry}")), Err(error));
            assert_eq!(extra_scheme(&format!("{entry}:x")), None);
        }
    }
}
