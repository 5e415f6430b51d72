//! A link as clients send it: to create, update or import it.

use super::{FieldError, Refusal, members::Members};
use crate::domain::{
    Code, Destination, Lifetime, Link, LinkRules, MAX_CLICKS, Note, PassOn, Timestamp,
    TimestampError,
};
use serde::de::DeserializeOwned;
use std::{fmt::Display, ops::Deref};

const CLICKS_RULE: &str = "must be a whole number from 0 to 9007199254740991";

/// Why a client sends a link. This decides which fields the link may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To create it at this instant. The link's times must not be earlier.
    Create(Timestamp),
    /// To replace an existing link. An `expires_at` in the past makes it expire at once.
    Update,
    /// To import it from a list or an export, with the times it has there.
    Import,
}

/// The members that a JSON object can have for any [`Purpose`].
struct LinkBody {
    short: Option<String>,
    url: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    expires_at: Option<String>,
    not_before: Option<String>,
    pass_on: Option<Vec<String>>,
    note: Option<String>,
    clicks: Option<u64>,
    hits: Option<u64>,
}

/// A link that a client sent, with all fields valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// `None` asks for a generated code.
    pub code: Option<Code>,
    pub destination: Destination,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub lifetime: Lifetime,
    pub pass_on: PassOn,
    pub note: Option<Note>,
    /// How often it was followed where it was exported.
    pub clicks: u64,
}

impl Purpose {
    /// The fields a body may have.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Create(_) => &[
                "short",
                "url",
                "expires_at",
                "not_before",
                "pass_on",
                "note",
            ],
            Self::Update => &["url", "expires_at", "not_before", "pass_on", "note"],
            Self::Import => &[
                "short",
                "url",
                "expires_at",
                "not_before",
                "pass_on",
                "note",
                "created_at",
                "updated_at",
                "short_url",
                "clicks",
                "hits",
            ],
        }
    }
}

impl NewLink {
    /// Reads a link sent for `purpose` by the operator's `rules`. The error names every field that
    /// breaks one.
    pub fn read(json: &[u8], purpose: Purpose, rules: &LinkRules) -> Result<Self, Refusal> {
        let fields = purpose.fields();
        let members = Members::read(json, fields)?;
        if let Some(field) = &members.foreign {
            return Err(unknown_field(field, fields));
        }
        let mut errors = Errors::default();
        let body = LinkBody::read(&members, &mut errors)?;
        if purpose == Purpose::Import {
            errors.require("short", body.short.as_deref());
        }
        errors.require("url", body.url.as_deref());
        let code = errors.check("short", body.short, |text| {
            let code = rules.codes.parse(text);
            let checked = match purpose {
                // What was exported may be older than the rules for new codes.
                Purpose::Import => code,
                _ => code.and_then(|code| rules.codes.for_new(&code).map(|_| code)),
            };
            checked.map_err(|error| (error.code(), error))
        });
        let destination = errors.check("url", body.url, |text| {
            Destination::parse_with(text, &rules.schemes).map_err(|error| (error.code(), error))
        });
        let created_at = errors.check("created_at", body.created_at, parse_time);
        let updated_at = errors.check("updated_at", body.updated_at, parse_time);
        let expires_at = errors.check("expires_at", body.expires_at, parse_time);
        let not_before = errors.check("not_before", body.not_before, parse_time);
        let pass_on = errors.check("pass_on", body.pass_on, |names: &[String]| {
            PassOn::parse(names).map_err(|error| ("choice", error))
        });
        let note = errors.check("note", body.note, |text| {
            Note::parse(text).map_err(|error| (error.code(), error))
        });
        if body.clicks.is_some_and(|clicks| clicks > MAX_CLICKS) {
            errors.add("clicks", "type", CLICKS_RULE);
        }
        let lifetime = Lifetime {
            not_before,
            expires_at,
        };
        errors.check_lifetime(lifetime, purpose);
        errors.check_pass_on(pass_on, destination.as_ref());
        match destination {
            Some(destination) if errors.0.is_empty() => Ok(Self {
                code,
                destination,
                created_at,
                updated_at,
                lifetime,
                pass_on: pass_on.unwrap_or_default(),
                note,
                clicks: body.clicks.or(body.hits).unwrap_or_default(),
            }),
            _ => Err(Refusal::Fields(errors.0)),
        }
    }

    /// The link, under `code`.
    pub fn into_link(self, code: Code) -> Link {
        Link {
            code,
            destination: self.destination,
            created_at: self.created_at,
            updated_at: self.updated_at,
            lifetime: self.lifetime,
            pass_on: self.pass_on,
            note: self.note,
            earlier_clicks: self.clicks,
        }
    }
}

impl LinkBody {
    /// Reads the members. One that has the wrong type is added to `errors` and is `None` here.
    fn read(members: &Members, errors: &mut Errors) -> Result<Self, Refusal> {
        let pass_on = errors.typed(members, "pass_on", "must be a list of strings")?;
        let clicks = errors.typed(members, "clicks", CLICKS_RULE)?;
        let mut text = |name| errors.typed(members, name, "must be a string");
        // Checked but not kept, because it follows from the other members.
        text("short_url")?;
        Ok(Self {
            short: text("short")?,
            url: text("url")?,
            created_at: text("created_at")?,
            updated_at: text("updated_at")?,
            expires_at: text("expires_at")?,
            not_before: text("not_before")?,
            pass_on,
            note: text("note")?,
            clicks,
            // What the tutorial's successor has counted, which may be anything.
            hits: members
                .get("hits")
                .ok()
                .flatten()
                .filter(|hits| *hits <= MAX_CLICKS),
        })
    }
}

fn unknown_field(field: &str, allowed: &[&str]) -> Refusal {
    let rule = format!("is unknown here; known: {}", allowed.join(", "));
    Refusal::UnknownField(FieldError::new(field, "unknown", rule))
}

fn parse_time(text: &str) -> Result<Timestamp, (&'static str, TimestampError)> {
    Timestamp::parse(text).map_err(|error| ("timestamp", error))
}

/// The rules broken so far, at most one per field.
#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn add(&mut self, field: &str, code: &'static str, rule: impl ToString) {
        if !self.0.iter().any(|error| error.field == field) {
            self.0.push(FieldError::new(field, code, rule));
        }
    }

    /// The value of the member `name`. If it has the wrong type, adds an error with `rule` and
    /// returns `None`.
    fn typed<T: DeserializeOwned>(
        &mut self,
        members: &Members,
        name: &str,
        rule: &str,
    ) -> Result<Option<T>, Refusal> {
        match members.get(name) {
            Ok(value) => Ok(value),
            Err(error) if error.is_data() => {
                self.add(name, "type", rule);
                Ok(None)
            }
            // The position in this error is relative to the start of the value.
            Err(error) => Err(Refusal::Json(format!("{name}: {error}"))),
        }
    }

    fn require(&mut self, field: &str, given: Option<&str>) {
        if given.is_none() {
            self.add(field, "required", "is required");
        }
    }

    fn check<G: Deref, T, E: Display>(
        &mut self,
        field: &str,
        given: Option<G>,
        parse: impl Fn(&G::Target) -> Result<T, (&'static str, E)>,
    ) -> Option<T> {
        match parse(given.as_deref()?) {
            Ok(value) => Some(value),
            Err((code, rule)) => {
                self.add(field, code, rule);
                None
            }
        }
    }

    /// Only `http(s)` URLs have a path that can be longer.
    fn check_pass_on(&mut self, pass_on: Option<PassOn>, destination: Option<&Destination>) {
        let path = pass_on.is_some_and(|pass_on| pass_on.path);
        if path && destination.is_some_and(|destination| !destination.is_web()) {
            self.add(
                "pass_on",
                "choice",
                "may hold path only if url is http or https",
            );
        }
    }

    /// Refuses what must be a mistake: a link created with a time in the past, or one that could
    /// never redirect.
    fn check_lifetime(&mut self, lifetime: Lifetime, purpose: Purpose) {
        let (start, end) = (lifetime.not_before, lifetime.expires_at);
        if let Purpose::Create(now) = purpose {
            // A client may give the current second.
            if start.is_some_and(|start| start < now.whole_seconds()) {
                self.add("not_before", "past", "must not be in the past");
            }
            if end.is_some_and(|end| end <= now) {
                self.add("expires_at", "past", "must be in the future");
            }
        }
        if start.zip(end).is_some_and(|(start, end)| start >= end) {
            self.add("expires_at", "order", "must be later than not_before");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2030-01-01T00:00:00Z").unwrap()
    }

    fn create(json: &str) -> Result<NewLink, Refusal> {
        NewLink::read(
            json.as_bytes(),
            Purpose::Create(now()),
            &LinkRules::default(),
        )
    }

    /// The problem's code, and `field code` of each field error.
    fn refusal(json: &str) -> (u16, Vec<String>) {
        let named = |e: &FieldError| format!("{} {}", e.field, e.code);
        match create(json) {
            Ok(link) => panic!("{json} was accepted as {link:?}"),
            Err(Refusal::Json(_)) => (1, vec![]),
            Err(Refusal::UnknownField(error)) => (2, vec![named(&error)]),
            Err(Refusal::Fields(errors)) => (3, errors.iter().map(named).collect()),
        }
    }

    #[test]
    fn a_valid_body_becomes_a_link() {
        let new = create(
            r#"{"short":"abc","url":"https://akamai.com","note":"ü",
                "not_before":"2030-01-02T01:00:00+01:00","expires_at":"2030-01-03T00:00:00Z"}"#,
        )
        .unwrap();
        assert_eq!(new.code, Some(Code::parse("abc").unwrap()));
        assert_eq!(new.destination.as_str(), "https://akamai.com");
        assert_eq!(new.note.unwrap().as_str(), "ü");
        let starts = new.lifetime.not_before.unwrap().to_string();
        assert_eq!(starts, "2030-01-02T00:00:00Z");
        assert!(create(r#"{"url":"https://akamai.com","short":null}"#).is_ok());
    }

    #[test]
    fn what_is_no_json_object_is_invalid_json() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let nested = format!(r#"{{"url":{deep}}}"#);
        for json in [
            "",
            "{",
            "null",
            "[]",
            "\"a\"",
            r#"{"url":"https://a"}x"#,
            r#"{"url":"https://a"}{}"#,
            r#"{"url":"https://a","url":"https://b"}"#,
            "{\"url\":\"https://a\0\"}",
            r#"{'url':'https://a'}"#,
            r#"{"url":"\ud800"}"#,
            r#"["abc","https://a",null,null,null]"#,
            deep.as_str(),
        ] {
            assert_eq!(refusal(json).0, 1, "{json:.80}");
        }
        assert_eq!(refusal(&nested), (3, vec!["url type".to_owned()]));
        let invalid_utf8 = b"{\"url\":\"https://\xff\"}";
        let answer = NewLink::read(invalid_utf8, Purpose::Create(now()), &LinkRules::default());
        assert!(matches!(answer, Err(Refusal::Json(_))));
    }

    #[test]
    fn what_may_have_any_value_or_is_dropped_must_be_json() {
        let import = |name: &str, value: &[u8]| {
            let before = format!(r#"{{"short":"a","url":"https://a","{name}":"#);
            let body = [before.as_bytes(), value, b"}"].concat();
            NewLink::read(&body, Purpose::Import, &LinkRules::default())
        };
        for no_json in [&b"\"\xff\""[..], b"\"\n\"", b"01", b"", b"1,"] {
            for name in ["hits", "short_url"] {
                let answer = import(name, no_json);
                let refused = matches!(answer, Err(Refusal::Json(_)));
                assert!(refused, "{name}: {no_json:?}");
            }
        }
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for hits in ["7", "-1", "1e999", "\"x\"", r#""\ud800""#, "null", &deep] {
            assert!(import("hits", hits.as_bytes()).is_ok(), "{hits}");
        }
        assert!(import("short_url", b"null").is_ok());
        let answer = import("short_url", b"7");
        assert!(matches!(answer, Err(Refusal::Fields(_))));
        let answer = import("short_url", br#""\ud800""#);
        assert!(matches!(answer, Err(Refusal::Json(_))));
    }

    #[test]
    fn unknown_fields_are_named() {
        for field in ["id", "URL", "created_at", "a.b", "", "."] {
            let json = format!(r#"{{"url":"https://a","{field}":1}}"#);
            assert_eq!(refusal(&json), (2, vec![format!("{field} unknown")]));
            let absent = format!(r#"{{"url":"https://a","{field}":null}}"#);
            assert!(create(&absent).is_ok(), "{absent}");
        }
    }

    #[test]
    fn each_broken_rule_names_its_field() {
        let long = "n".repeat(501);
        let long_code = "c".repeat(65);
        for (json, error) in [
            (r#"{}"#.to_owned(), "url required"),
            (r#"{"url":null}"#.to_owned(), "url required"),
            (r#"{"url":7}"#.to_owned(), "url type"),
            (r#"{"url":["https://a"]}"#.to_owned(), "url type"),
            (r#"{"url":""}"#.to_owned(), "url scheme"),
            (r#"{"url":"https://a\u0000"}"#.to_owned(), "url invalid_character"),
            (r#"{"url":"https://a","short":""}"#.to_owned(), "short length"),
            (format!(r#"{{"url":"https://a","short":"{long_code}"}}"#), "short length"),
            (r#"{"url":"https://a","short":"a b"}"#.to_owned(), "short invalid_character"),
            (r#"{"url":"https://a","short":"robots.txt"}"#.to_owned(), "short reserved"),
            (format!(r#"{{"url":"https://a","note":"{long}"}}"#), "note length"),
            (r#"{"url":"https://a","note":"\n"}"#.to_owned(), "note invalid_character"),
            (r#"{"url":"https://a","expires_at":"soon"}"#.to_owned(), "expires_at timestamp"),
            (
                r#"{"url":"https://a","expires_at":"2030-01-01T00:00:00Z"}"#.to_owned(),
                "expires_at past",
            ),
            (
                r#"{"url":"https://a","not_before":"2029-12-31T23:59:59Z"}"#.to_owned(),
                "not_before past",
            ),
            (
                r#"{"url":"https://a","expires_at":"2031-01-01T00:00:00Z","not_before":"2031-01-01T00:00:00Z"}"#.to_owned(),
                "expires_at order",
            ),
        ] {
            assert_eq!(refusal(&json), (3, vec![error.to_owned()]), "{json}");
        }
        assert!(create(r#"{"url":"https://a","expires_at":"2030-01-01T00:00:01Z"}"#).is_ok());
        assert!(create(r#"{"url":"https://a","not_before":"2030-01-01T00:00:00Z"}"#).is_ok());
    }

    #[test]
    fn all_wrong_types_are_named_at_once_and_once_only() {
        let json = r#"{"short":7,"url":["https://a"],"note":"\n","expires_at":{}}"#;
        let expected = [
            "short type",
            "url type",
            "expires_at type",
            "note invalid_character",
        ];
        assert_eq!(refusal(json), (3, expected.map(str::to_owned).to_vec()));
        match NewLink::read(
            br#"{"short":7,"url":"https://a"}"#,
            Purpose::Import,
            &LinkRules::default(),
        ) {
            Err(Refusal::Fields(errors)) => {
                let [error] = errors.as_slice() else {
                    panic!("{errors:?}")
                };
                assert_eq!((error.field.as_str(), error.code), ("short", "type"));
                assert_eq!(error.detail, "must be a string");
            }
            answer => panic!("{answer:?}"),
        }
    }

    #[test]
    fn all_broken_rules_are_named_at_once() {
        let json = r#"{"short":"a b","url":"ftp://a","note":"\n","expires_at":"soon"}"#;
        let expected = [
            "short invalid_character",
            "url scheme",
            "expires_at timestamp",
            "note invalid_character",
        ];
        assert_eq!(refusal(json).1, expected);
    }

    #[test]
    fn what_a_link_is_sent_for_decides_which_fields_it_may_have() {
        let listed = r#"{"short":"abc","url":"https://a","short_url":"https://s/abc",
            "created_at":"2020-01-01T00:00:00Z","expires_at":"2020-02-01T00:00:00Z","hits":7}"#;
        let imported =
            NewLink::read(listed.as_bytes(), Purpose::Import, &LinkRules::default()).unwrap();
        assert_eq!(
            imported.created_at,
            Timestamp::parse("2020-01-01T00:00:00Z").ok()
        );
        assert_eq!(refusal(listed).1, ["short_url unknown"]);

        let ended = br#"{"url":"https://a","expires_at":"2020-02-01T00:00:00Z"}"#;
        assert!(NewLink::read(ended, Purpose::Update, &LinkRules::default()).is_ok());
        assert!(NewLink::read(ended, Purpose::Import, &LinkRules::default()).is_err());
        let renamed = br#"{"url":"https://a","short":"abc"}"#;
        let answer = NewLink::read(renamed, Purpose::Update, &LinkRules::default());
        assert!(matches!(answer, Err(Refusal::UnknownField(_))));
    }
}
