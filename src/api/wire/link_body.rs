//! A link as clients send it: to create, replace or import it.

use super::{
    Refusal,
    fields::{Errors, Fields},
    members::Members,
};
use crate::domain::{
    Code, CodeError, Destination, KeyName, KeyNameError, Lifetime, Link, LinkRules, MAX_CLICKS,
    Note, PassOn, Timestamp, TimestampError,
};

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

/// A link that a client sent, with all fields valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// `None` asks for a generated code.
    pub code: Option<Code>,
    pub destination: Destination,
    pub created_at: Option<Timestamp>,
    pub created_by: Option<KeyName>,
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<KeyName>,
    pub lifetime: Lifetime,
    pub pass_on: PassOn,
    pub note: Option<Note>,
    /// How often it was followed where it was exported.
    pub clicks: u64,
}

/// The fields that a client may change. Those that it sent are valid.
#[derive(Clone, Debug)]
pub(super) struct Changeable {
    pub destination: Option<Destination>,
    pub lifetime: Lifetime,
    pub pass_on: Option<PassOn>,
    pub note: Option<Note>,
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
            Self::Update => Changeable::FIELDS,
            Self::Import => &[
                "short",
                "url",
                "expires_at",
                "not_before",
                "pass_on",
                "note",
                "created_at",
                "created_by",
                "updated_at",
                "updated_by",
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
        let mut fields = Fields::of(json, purpose.fields())?;
        let code = fields.text("short", |text| parse_code(text, purpose, rules))?;
        if purpose == Purpose::Import {
            fields.require("short");
        }
        fields.require("url");
        let Changeable {
            destination,
            lifetime,
            pass_on,
            note,
        } = Changeable::read(&mut fields, rules)?;
        let created_at = fields.text("created_at", parse_time)?;
        let created_by = fields.text("created_by", parse_name)?;
        let updated_at = fields.text("updated_at", parse_time)?;
        let updated_by = fields.text("updated_by", parse_name)?;
        let clicks: Option<u64> = fields.value("clicks", CLICKS_RULE)?;
        // What the tutorial's successor has counted, which may be anything.
        let hits: Option<u64> = fields.usable("hits");
        // Checked but not kept, because it follows from the other members.
        fields.text("short_url", |_| Ok::<_, (_, &str)>(()))?;

        let mut errors = fields.errors;
        if clicks.is_some_and(|clicks| clicks > MAX_CLICKS) {
            errors.add("clicks", "type", CLICKS_RULE);
        }
        if let Purpose::Create(now) = purpose {
            errors.check_begin(lifetime, now);
        }
        errors.check_order(lifetime);
        errors.check_pass_on(pass_on, destination.as_ref());
        Ok(Self {
            code,
            destination: errors.end(destination)?,
            created_at,
            created_by,
            updated_at,
            updated_by,
            lifetime,
            pass_on: pass_on.unwrap_or_default(),
            note,
            clicks: clicks
                .or(hits.filter(|hits| *hits <= MAX_CLICKS))
                .unwrap_or_default(),
        })
    }

    /// The link, under `code`.
    pub fn into_link(self, code: Code) -> Link {
        Link {
            code,
            destination: self.destination,
            created_at: self.created_at,
            created_by: self.created_by,
            updated_at: self.updated_at,
            updated_by: self.updated_by,
            lifetime: self.lifetime,
            pass_on: self.pass_on,
            note: self.note,
            earlier_clicks: self.clicks,
        }
    }
}

impl Changeable {
    pub const FIELDS: &[&str] = &["url", "expires_at", "not_before", "pass_on", "note"];

    pub fn read(fields: &mut Fields<'_>, rules: &LinkRules) -> Result<Self, Refusal> {
        let destination = fields.text("url", |text| {
            Destination::parse_with(text, &rules.schemes).map_err(|error| (error.code(), error))
        })?;
        let expires_at = fields.text("expires_at", parse_time)?;
        let not_before = fields.text("not_before", parse_time)?;
        let names: Option<Vec<String>> = fields.value("pass_on", "must be a list of strings")?;
        let pass_on = fields.errors.check("pass_on", names, |names| {
            PassOn::parse(&names).map_err(|error| ("choice", error))
        });
        let note = fields.text("note", |text| {
            Note::parse(text).map_err(|error| (error.code(), error))
        })?;
        Ok(Self {
            destination,
            lifetime: Lifetime {
                not_before,
                expires_at,
            },
            pass_on,
            note,
        })
    }
}

/// The code of the link that `json` asks for, if it names a valid one, whatever else may be wrong with
/// it.
pub fn chosen_code(json: &[u8], rules: &LinkRules) -> Option<Code> {
    let members = Members::read(json, &["short"]).ok()?;
    let short: Option<String> = members.get("short").ok()?;
    rules.codes.for_new(&rules.codes.parse(&short?).ok()?).ok()
}

fn parse_code(
    text: &str,
    purpose: Purpose,
    rules: &LinkRules,
) -> Result<Code, (&'static str, CodeError)> {
    let code = rules.codes.parse(text);
    let checked = match purpose {
        // What was exported may be older than the rules for new codes.
        Purpose::Import => code,
        _ => code.and_then(|code| rules.codes.for_new(&code).map(|_| code)),
    };
    checked.map_err(|error| (error.code(), error))
}

fn parse_time(text: &str) -> Result<Timestamp, (&'static str, TimestampError)> {
    Timestamp::parse(text).map_err(|error| ("timestamp", error))
}

fn parse_name(text: &str) -> Result<KeyName, (&'static str, KeyNameError)> {
    KeyName::parse(text).map_err(|error| (error.code(), error))
}

impl Errors {
    /// Only `http(s)` URLs have a path that can be longer.
    pub fn check_pass_on(&mut self, pass_on: Option<PassOn>, destination: Option<&Destination>) {
        let path = pass_on.is_some_and(|pass_on| pass_on.path);
        if path && destination.is_some_and(|destination| !destination.is_web()) {
            self.add(
                "pass_on",
                "choice",
                "may hold path only if url is http or https",
            );
        }
    }

    /// Refuses what must be a mistake: a link that could never redirect.
    pub fn check_order(&mut self, lifetime: Lifetime) {
        let ends = lifetime.not_before.zip(lifetime.expires_at);
        if ends.is_some_and(|(start, end)| start >= end) {
            self.add("expires_at", "order", "must be later than not_before");
        }
    }

    /// Refuses what must be a mistake: a link created at `now` with a time in the past.
    fn check_begin(&mut self, lifetime: Lifetime, now: Timestamp) {
        let (start, end) = (lifetime.not_before, lifetime.expires_at);
        // A client may give the current second.
        if start.is_some_and(|start| start < now.whole_seconds()) {
            self.add("not_before", "past", "must not be in the past");
        }
        if end.is_some_and(|end| end <= now) {
            self.add("expires_at", "past", "must be in the future");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire::FieldError;

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
