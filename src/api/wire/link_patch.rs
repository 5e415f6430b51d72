//! A change to a link, as a JSON Merge Patch (RFC 7396): a member replaces what the link has, `null`
//! removes it, and what is left out stays.

use super::{
    Refusal,
    fields::{Errors, Fields},
    link_body::Changeable,
};
use crate::domain::{Destination, Lifetime, Link, LinkRules};

/// A patch whose members are valid by themselves.
#[derive(Clone, Debug)]
pub struct LinkPatch {
    given: Changeable,
    /// The members that are `null`.
    removed: Vec<&'static str>,
}

impl LinkPatch {
    /// Reads a patch by the operator's `rules`. The error names every field that breaks one.
    pub fn read(json: &[u8], rules: &LinkRules) -> Result<Self, Refusal> {
        let mut fields = Fields::of_patch(json, Changeable::FIELDS)?;
        if fields.is_null("url") {
            fields.errors.add("url", "required", "is required");
        }
        let given = Changeable::read(&mut fields, rules)?;
        let names = Changeable::FIELDS.iter().copied();
        let removed = names.filter(|name| fields.is_null(name)).collect();
        fields.errors.end(Some(Self { given, removed }))
    }

    /// The destination that it sets, if it sets one.
    pub fn destination(&self) -> Option<&Destination> {
        self.given.destination.as_ref()
    }

    /// The link with the change. Only rules about what the patch has can refuse it: a link that is older
    /// than a rule can still be changed in everything else.
    pub fn apply(self, link: &Link) -> Result<Link, Refusal> {
        let Changeable {
            destination,
            lifetime:
                Lifetime {
                    not_before,
                    expires_at,
                },
            pass_on,
            note,
        } = self.given;
        let keeps = |name: &str| !self.removed.contains(&name);
        let mut errors = Errors::default();
        let lifetime = Lifetime {
            not_before: not_before.or(link.lifetime.not_before.filter(|_| keeps("not_before"))),
            expires_at: expires_at.or(link.lifetime.expires_at.filter(|_| keeps("expires_at"))),
        };
        if not_before.is_some() || expires_at.is_some() {
            errors.check_order(lifetime);
        }
        let is_other_target = destination.is_some() || pass_on.is_some();
        let patched = Link {
            destination: destination.unwrap_or_else(|| link.destination.clone()),
            lifetime,
            pass_on: match pass_on {
                None if keeps("pass_on") => link.pass_on,
                given => given.unwrap_or_default(),
            },
            note: note.or_else(|| link.note.clone().filter(|_| keeps("note"))),
            ..link.clone()
        };
        if is_other_target {
            errors.check_pass_on(Some(patched.pass_on), Some(&patched.destination));
        }
        errors.end(Some(patched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Code, Note, PassOn, Timestamp};

    fn link() -> Link {
        let at = |text| Some(Timestamp::parse(text).unwrap());
        Link {
            code: Code::parse("abc").unwrap(),
            destination: Destination::parse("https://akamai.com").unwrap(),
            created_at: at("2030-01-01T00:00:00Z"),
            created_by: None,
            updated_at: None,
            updated_by: None,
            lifetime: Lifetime {
                not_before: at("2030-01-02T00:00:00Z"),
                expires_at: at("2030-01-03T00:00:00Z"),
            },
            pass_on: PassOn::parse(&["query"]).unwrap(),
            note: Some(Note::parse("note").unwrap()),
            earlier_clicks: 7,
        }
    }

    fn patched(link: &Link, patch: &str) -> Result<Link, Refusal> {
        LinkPatch::read(patch.as_bytes(), &LinkRules::default())?.apply(link)
    }

    /// `field code` of each error.
    fn errors(link: &Link, patch: &str) -> Vec<String> {
        match patched(link, patch) {
            Err(Refusal::Fields(errors)) => errors
                .iter()
                .map(|error| format!("{} {}", error.field, error.code))
                .collect(),
            answer => panic!("{patch}: {answer:?}"),
        }
    }

    #[test]
    fn what_is_given_replaces_what_is_null_removes_and_the_rest_stays() {
        let old = link();
        assert_eq!(patched(&old, "{}"), Ok(old.clone()));
        let new = patched(&old, r#"{"url":"https://a.example","note":null}"#).unwrap();
        let expected = Link {
            destination: Destination::parse("https://a.example").unwrap(),
            note: None,
            ..old.clone()
        };
        assert_eq!(new, expected);
        let new = patched(
            &old,
            r#"{"not_before":null,"expires_at":null,"pass_on":null}"#,
        );
        let expected = Link {
            lifetime: Lifetime::default(),
            pass_on: PassOn::default(),
            ..old.clone()
        };
        assert_eq!(new, Ok(expected));
        let new = patched(&old, r#"{"expires_at":"2030-01-04T00:00:00Z","note":"x"}"#).unwrap();
        assert_eq!(new.lifetime.not_before, old.lifetime.not_before);
        let end = new.lifetime.expires_at.map(|end| end.to_string());
        assert_eq!(end.as_deref(), Some("2030-01-04T00:00:00Z"));
        assert_eq!(new.note.as_ref().map(Note::as_str), Some("x"));
        let new = patched(&old, r#"{"pass_on":["path"]}"#).unwrap();
        assert_eq!(new.pass_on, PassOn::parse(&["path"]).unwrap());
    }

    #[test]
    fn a_patch_must_leave_a_valid_link() {
        let old = link();
        for (patch, error) in [
            (r#"{"url":null}"#, "url required"),
            (r#"{"url":"ftp://a"}"#, "url scheme"),
            (r#"{"url":7}"#, "url type"),
            (r#"{"note":"\n"}"#, "note invalid_character"),
            (r#"{"pass_on":"query"}"#, "pass_on type"),
            (r#"{"pass_on":["all"]}"#, "pass_on choice"),
            (r#"{"expires_at":"soon"}"#, "expires_at timestamp"),
            (
                r#"{"expires_at":"2030-01-02T00:00:00Z"}"#,
                "expires_at order",
            ),
            (
                r#"{"not_before":"2030-01-03T00:00:00Z"}"#,
                "expires_at order",
            ),
        ] {
            assert_eq!(errors(&old, patch), [error], "{patch}");
        }
        let both = r#"{"url":"ftp://a","note":"\n"}"#;
        assert_eq!(errors(&old, both), ["url scheme", "note invalid_character"]);
        let mail = Link {
            destination: Destination::from_stored("mailto:a@b.example").unwrap(),
            ..link()
        };
        assert_eq!(errors(&mail, r#"{"pass_on":["path"]}"#), ["pass_on choice"]);
    }

    #[test]
    fn a_link_that_is_older_than_a_rule_can_be_changed_in_everything_else() {
        let lifetime = Lifetime {
            not_before: link().lifetime.expires_at,
            expires_at: link().lifetime.not_before,
        };
        let old = Link {
            destination: Destination::from_stored("mailto:a@b.example").unwrap(),
            lifetime,
            ..link()
        };
        let new = patched(&old, r#"{"note":"x"}"#).unwrap();
        assert_eq!(new.destination, old.destination);
        assert_eq!(new.lifetime, lifetime);
    }

    #[test]
    fn nothing_else_can_be_patched() {
        for patch in [
            r#"{"short":"b"}"#,
            r#"{"created_by":"ci"}"#,
            r#"{"clicks":0}"#,
            r#"{"x":{}}"#,
            r#"{"short":null}"#,
            r#"{"created_by":null,"note":"x"}"#,
        ] {
            let answer = patched(&link(), patch);
            assert!(matches!(answer, Err(Refusal::UnknownField(_))), "{patch}");
        }
        for patch in ["", "[]", "null", r#"{"note":"a","note":null}"#] {
            let answer = patched(&link(), patch);
            assert!(matches!(answer, Err(Refusal::Json(_))), "{patch}");
        }
    }
}
