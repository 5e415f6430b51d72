//! Preconditions of a request: which version of a link it is for (RFC 9110 section 13).

use super::{
    header,
    request::{Incoming, Request},
};

/// What a request asks of the entity tag of what it is for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

#[derive(Debug, PartialEq, Eq)]
enum Tags {
    /// `*`, which is any.
    Any,
    These(Vec<Tag>),
}

/// An entity tag (RFC 9110 section 8.8.3).
#[derive(Debug, PartialEq, Eq)]
struct Tag {
    is_weak: bool,
    /// With its quotes.
    opaque: String,
}

/// What comes of the preconditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The request is to be carried out.
    Proceed,
    /// The client has this version already: `304` for a read, a failure for anything else.
    Known,
    /// The client means another version.
    Failed,
}

/// The header field of this name is not `*` or a list of entity tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTags(pub &'static str);

impl Preconditions {
    /// Those of `request`.
    pub fn of(request: &Request<impl Incoming>) -> Result<Self, InvalidTags> {
        let tags = |name| match request.header_values(name).as_slice() {
            [] => Ok(None),
            values => {
                let text = values.join(&b", "[..]);
                let tags = Tags::parse(&String::from_utf8_lossy(&text));
                tags.map(Some).ok_or(InvalidTags(name))
            }
        };
        Ok(Self {
            if_match: tags(header::IF_MATCH)?,
            if_none_match: tags(header::IF_NONE_MATCH)?,
        })
    }

    /// Compares them with `etag`, if there is one, in the order of RFC 9110 section 13.2.2.
    pub fn evaluate(&self, etag: Option<&str>) -> Verdict {
        if self
            .if_match
            .as_ref()
            .is_some_and(|tags| !tags.has_strongly(etag))
        {
            Verdict::Failed
        } else if self
            .if_none_match
            .as_ref()
            .is_some_and(|tags| tags.has_weakly(etag))
        {
            Verdict::Known
        } else {
            Verdict::Proceed
        }
    }
}

impl Tags {
    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = Self::next(text);
        while !rest.is_empty() {
            let (is_weak, quoted) = match rest.strip_prefix("W/") {
                Some(weak) => (true, weak),
                None => (false, rest),
            };
            let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
            if opaque.contains(|c: char| c.is_ascii_control() || c == ' ') {
                return None;
            }
            tags.push(Tag {
                is_weak,
                opaque: format!("\"{opaque}\""),
            });
            rest = after.trim_start();
            if !rest.is_empty() {
                rest = Self::next(rest.strip_prefix(',')?);
            }
        }
        (!tags.is_empty()).then_some(Self::These(tags))
    }

    /// Where the next tag begins: a list may have empty elements (RFC 9110 section 5.6.1.2).
    fn next(text: &str) -> &str {
        text.trim_start_matches([',', ' ', '\t'])
    }

    /// By RFC 9110 section 8.8.3.2: a weak tag is like no other.
    fn has_strongly(&self, etag: Option<&str>) -> bool {
        self.has(|tag| !tag.is_weak && Some(tag.opaque.as_str()) == etag)
    }

    fn has_weakly(&self, etag: Option<&str>) -> bool {
        self.has(|tag| Some(tag.opaque.as_str()) == etag)
    }

    fn has(&self, is_it: impl Fn(&Tag) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(is_it),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::FakeRequest;

    const ETAG: &str = "\"a\"";

    fn preconditions(fields: &[(&'static str, &str)]) -> Result<Preconditions, InvalidTags> {
        let request = fields
            .iter()
            .fold(FakeRequest::default(), |request, (name, value)| {
                request.header(name, value)
            });
        Preconditions::of(&request.get("/"))
    }

    #[test]
    fn a_version_is_compared_with_those_that_the_client_names() {
        use Verdict::*;
        for (tags, if_match, if_none_match) in [
            ("*", Proceed, Known),
            (" * ", Proceed, Known),
            (r#""a""#, Proceed, Known),
            (r#""b""#, Failed, Proceed),
            (r#""b", "a""#, Proceed, Known),
            (r#""b","a""#, Proceed, Known),
            (r#", "b",, "a" ,"#, Proceed, Known),
            (r#"W/"a""#, Failed, Known),
            (r#"W/"b", "a""#, Proceed, Known),
            (r#""a,b""#, Failed, Proceed),
            (r#""""#, Failed, Proceed),
            (r#""ä""#, Failed, Proceed),
        ] {
            let verdict = |name| preconditions(&[(name, tags)]).unwrap().evaluate(Some(ETAG));
            assert_eq!(verdict(header::IF_MATCH), if_match, "{tags}");
            assert_eq!(verdict(header::IF_NONE_MATCH), if_none_match, "{tags}");
        }
    }

    #[test]
    fn several_fields_are_one_list_and_if_match_comes_first() {
        let both = [(header::IF_MATCH, r#""b""#), (header::IF_MATCH, ETAG)];
        assert_eq!(
            preconditions(&both).unwrap().evaluate(Some(ETAG)),
            Verdict::Proceed
        );
        let failed = [(header::IF_NONE_MATCH, ETAG), (header::IF_MATCH, r#""b""#)];
        assert_eq!(
            preconditions(&failed).unwrap().evaluate(Some(ETAG)),
            Verdict::Failed
        );
        assert_eq!(
            preconditions(&[]).unwrap().evaluate(Some(ETAG)),
            Verdict::Proceed
        );
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for tags in [
            "",
            ",",
            "a",
            r#""a"#,
            r#"a""#,
            r#""a" "b""#,
            r#"w/"a""#,
            r#""a", *"#,
            "**",
            r#""a b""#,
        ] {
            for name in [header::IF_MATCH, header::IF_NONE_MATCH] {
                assert_eq!(
                    preconditions(&[(name, tags)]),
                    Err(InvalidTags(name)),
                    "{tags}"
                );
            }
        }
    }
}
