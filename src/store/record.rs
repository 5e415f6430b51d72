//! The stored form of a link: a JSON object under its short code.
//!
//! The tutorial app's record, `{"short","url"}`, stays valid. Unknown fields are ignored, so that
//! records of later versions are readable too. `"hits"` is the counter of the tutorial's successor.

use super::Number;
use crate::domain::{
    Code, Destination, KeyName, Lifetime, Link, Note, PassOn, Sendable, Timestamp, TimestampError,
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// A link as stored, with an id that distinguishes it from other links created under its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub link: Link,
    /// Random and new for every create; updates keep it. Links of the tutorial app have none.
    pub id: Option<String>,
    /// Whether the creator took the code's claim. If so, the claim belongs to this link.
    pub claimed: bool,
    /// Its place in the catalog; updates keep it. Links from before the catalog have none.
    pub number: Option<Number>,
    /// How often it was edited.
    pub revision: u64,
    /// The request that created it, if that may be repeated.
    pub request: Option<RequestMark>,
}

/// What tells whether a request to create a link is the one that has created it. Both are digests
/// that only this shortener can make (see `exclusive::idempotency`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestMark {
    /// Of its sender and its `Idempotency-Key`.
    pub key: String,
    /// Of its body.
    pub body: String,
}

impl RequestMark {
    /// Whether the request that has created `link` had the same sender and key.
    pub fn has_key_of(&self, link: &Stored) -> bool {
        link.request.as_ref().is_some_and(|it| it.key == self.key)
    }
}

/// The part of a record that a redirect needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// See [`Stored::id`].
    pub id: Option<Cow<'a, str>>,
    pub sendable: Sendable<'a>,
    pub lifetime: Lifetime,
    pub pass_on: PassOn,
}

/// A record that is not JSON, lacks a field or has an unusable value. The text says which, and is
/// for the log only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(String);

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    /// Written for other readers of the store. This crate takes the code from the key.
    #[serde(default)]
    short: Cow<'a, str>,
    url: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    claimed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    catalog: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<Cow<'a, str>>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "if_usable"
    )]
    created_by: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<Cow<'a, str>>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "if_usable"
    )]
    updated_by: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pass_on: Option<Vec<Cow<'a, str>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'a, str>>,
    /// The link's earlier clicks, in the member where the tutorial's successor keeps its counter.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "if_usable"
    )]
    hits: Option<u64>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "if_usable"
    )]
    revision: Option<u64>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "if_usable"
    )]
    request: Option<RequestMark>,
}

#[derive(Deserialize)]
struct TargetRecord<'a> {
    #[serde(default, borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(default)]
    not_before: Option<Cow<'a, str>>,
    #[serde(default)]
    expires_at: Option<Cow<'a, str>>,
    #[serde(default)]
    pass_on: Option<Vec<Cow<'a, str>>>,
}

impl Stored {
    /// Encodes the record as JSON, without absent members.
    pub fn encode(&self) -> Vec<u8> {
        let link = &self.link;
        let time = |t: Option<Timestamp>| t.map(|t| Cow::Owned(t.to_string()));
        let record = Record {
            short: link.code.as_str().into(),
            url: link.destination.as_str().into(),
            id: self.id.as_deref().map(Cow::Borrowed),
            claimed: self.claimed,
            catalog: self.number,
            created_at: time(link.created_at),
            created_by: name(&link.created_by),
            updated_at: time(link.updated_at),
            updated_by: name(&link.updated_by),
            not_before: time(link.lifetime.not_before),
            expires_at: time(link.lifetime.expires_at),
            pass_on: (link.pass_on != PassOn::default())
                .then(|| link.pass_on.names().into_iter().map(Cow::from).collect()),
            note: link.note.as_ref().map(|note| note.as_str().into()),
            hits: (link.earlier_clicks > 0).then_some(link.earlier_clicks),
            revision: (self.revision > 0).then_some(self.revision),
            request: self.request.clone(),
        };
        // Serialising strings into memory cannot fail: no map keys, no I/O.
        serde_json::to_vec(&record).unwrap_or_default()
    }

    /// Reads the record stored under `code`. The link has that code, whatever the record says.
    pub fn decode(code: &Code, bytes: &[u8]) -> Result<Self, Unreadable> {
        let record: Record<'_> = read_object(bytes)?;
        let note = record.note.as_deref().map(Note::parse).transpose();
        let link = Link {
            code: code.clone(),
            destination: Destination::from_stored(&record.url).ok_or_else(Unreadable::url)?,
            created_at: instant(record.created_at.as_deref())?,
            created_by: record
                .created_by
                .and_then(|name| KeyName::parse(&name).ok()),
            updated_at: instant(record.updated_at.as_deref())?,
            updated_by: record
                .updated_by
                .and_then(|name| KeyName::parse(&name).ok()),
            lifetime: Lifetime {
                not_before: instant(record.not_before.as_deref())?,
                expires_at: instant(record.expires_at.as_deref())?,
            },
            pass_on: PassOn::of_record(&record.pass_on.unwrap_or_default()),
            note: note.map_err(|error| Unreadable(format!("note {error}")))?,
            earlier_clicks: record.hits.unwrap_or_default(),
        };
        Ok(Self {
            link,
            id: record.id.map(Cow::into_owned),
            claimed: record.claimed,
            number: record.catalog,
            revision: record.revision.unwrap_or_default(),
            request: record.request,
        })
    }
}

impl<'a> Target<'a> {
    /// Reads only the part of a record that a redirect needs.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        let record: TargetRecord<'a> = read_object(bytes)?;
        Ok(Self {
            id: record.id,
            sendable: Destination::sendable(record.url).ok_or_else(Unreadable::url)?,
            lifetime: Lifetime {
                not_before: instant(record.not_before.as_deref())?,
                expires_at: instant(record.expires_at.as_deref())?,
            },
            pass_on: PassOn::of_record(&record.pass_on.unwrap_or_default()),
        })
    }
}

/// Reads a JSON object. serde would also accept an array, as an object without member names, but no
/// record is stored that way.
fn read_object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Unreadable> {
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(serde_json::from_slice(bytes)?),
        _ => Err(Unreadable("expected an object".to_owned())),
    }
}

/// The value of a member that other writers of the store may use for something else: then `None`.
fn if_usable<'de, D, T>(value: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = <&RawValue>::deserialize(value)?;
    Ok(serde_json::from_str(value.get()).ok())
}

fn name(name: &Option<KeyName>) -> Option<Cow<'_, str>> {
    name.as_ref().map(|name| name.as_str().into())
}

fn instant(text: Option<&str>) -> Result<Option<Timestamp>, TimestampError> {
    text.map(Timestamp::parse).transpose()
}

impl Unreadable {
    /// The operator does not allow the scheme of the URL.
    pub fn scheme() -> Self {
        Self("the scheme of url is not one of extra_schemes".to_owned())
    }

    fn url() -> Self {
        Self("url is not an http(s) URL".to_owned())
    }

    /// Logs which record is unreadable, and why.
    pub fn log(&self, code: &Code) {
        tracing::error!(code = code.as_str(), error = self.0, "unreadable record");
    }
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<TimestampError> for Unreadable {
    fn from(error: TimestampError) -> Self {
        Self(format!("a time {error}"))
    }
}

impl std::error::Error for Unreadable {}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> Code {
        Code::parse("abc").unwrap()
    }

    fn full() -> Stored {
        let at = |text| Some(Timestamp::parse(text).unwrap());
        Stored {
            link: Link {
                code: code(),
                destination: Destination::parse("https://akamai.com").unwrap(),
                created_at: at("2030-01-01T00:00:00Z"),
                created_by: Some(KeyName::parse("ci").unwrap()),
                updated_at: at("2030-01-02T00:00:00Z"),
                updated_by: Some(KeyName::admin()),
                lifetime: Lifetime {
                    not_before: at("2030-01-03T00:00:00Z"),
                    expires_at: at("2030-01-04T00:00:00Z"),
                },
                pass_on: PassOn::parse(&["query"]).unwrap(),
                note: Some(Note::parse("\"quoted\" ü").unwrap()),
                earlier_clicks: 7,
            },
            id: Some("x".to_owned()),
            claimed: true,
            number: Some(Number::new_link(7)),
            revision: 3,
            request: Some(RequestMark {
                key: "k".to_owned(),
                body: "b".to_owned(),
            }),
        }
    }

    #[test]
    fn what_is_stored_reads_back_the_same() {
        let bytes = full().encode();
        assert_eq!(Stored::decode(&code(), &bytes), Ok(full()));
        let target = Target::decode(&bytes).unwrap();
        assert_eq!(target.sendable.location, "https://akamai.com");
        assert_eq!(target.id.as_deref(), Some("x"));
        assert_eq!(target.lifetime, full().link.lifetime);
        assert_eq!(target.pass_on, full().link.pass_on);
    }

    #[test]
    fn records_of_the_tutorial_and_its_successor_are_valid_links() {
        for record in [
            r#"{"short":"abc","url":"https://akamai.com"}"#,
            r#"{"short":"abc","url":"https://akamai.com","hits":7}"#,
            r#"{"short":"abc","url":"https:\/\/akamai.com","new":{"a":[1]}}"#,
            r#"{"url":"https://akamai.com"}"#,
        ] {
            let stored = Stored::decode(&code(), record.as_bytes()).unwrap();
            assert_eq!(stored.link.destination.as_str(), "https://akamai.com");
            assert_eq!((stored.id, stored.link.created_at), (None, None));
            assert!(!stored.claimed);
            let target = Target::decode(record.as_bytes()).unwrap();
            assert_eq!(target.sendable.location, "https://akamai.com");
        }
    }

    #[test]
    fn what_the_tutorials_successor_has_counted_is_kept_unless_it_is_no_number() {
        for (hits, clicks) in [
            ("7", 7),
            ("0", 0),
            ("18446744073709551615", u64::MAX),
            ("18446744073709551616", 0),
            ("-1", 0),
            ("7.5", 0),
            ("null", 0),
            (r#""7""#, 0),
            (r#"{"a":[7]}"#, 0),
        ] {
            let record = format!(r#"{{"url":"https://akamai.com","hits":{hits}}}"#);
            let stored = Stored::decode(&code(), record.as_bytes()).unwrap();
            assert_eq!(stored.link.earlier_clicks, clicks, "{hits}");
            let again = Stored::decode(&code(), &stored.encode()).unwrap();
            assert_eq!(again, stored, "{hits}");
        }
    }

    #[test]
    fn what_other_writers_use_members_for_does_no_harm() {
        for member in [
            r#""revision":"r7""#,
            r#""revision":-1"#,
            r#""revision":null"#,
            r#""request":"GET / HTTP/1.1""#,
            r#""request":{"key":"k"}"#,
            r#""request":null"#,
        ] {
            let record = format!(r#"{{"url":"https://akamai.com",{member}}}"#);
            let stored = Stored::decode(&code(), record.as_bytes()).unwrap();
            assert_eq!((stored.revision, stored.request), (0, None), "{member}");
        }
    }

    #[test]
    fn a_name_that_no_key_can_have_is_nobodys() {
        for (by, name) in [
            (r#""ci""#, Some("ci")),
            (r#""somebody@example.com""#, None),
            (r#""""#, None),
            ("null", None),
            ("7", None),
            (r#"{"a":["ci"]}"#, None),
        ] {
            let record = format!(r#"{{"url":"https://akamai.com","created_by":{by}}}"#);
            let stored = Stored::decode(&code(), record.as_bytes()).unwrap();
            let created_by = stored.link.created_by.as_ref().map(KeyName::as_str);
            assert_eq!(created_by, name, "{by}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_served_is_unreadable() {
        for record in [
            "",
            "null",
            "[]",
            "{",
            "{\"short\":\"abc\"}",
            r#"{"short":"abc","url":7}"#,
            r#"{"short":"abc","url":""}"#,
            r#"{"short":"abc","url":"javascript:alert(1)"}"#,
            r#"{"short":"abc","url":"https://a","expires_at":"soon"}"#,
            "{\"short\":\"abc\",\"url\":\"https://a\"",
            r#"["https://a",null,null]"#,
            r#"["abc","https://a",null,null,null,null,null,null]"#,
            "\u{1}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}",
        ] {
            assert!(Target::decode(record.as_bytes()).is_err(), "{record:?}");
            assert!(Stored::decode(&code(), record.as_bytes()).is_err());
        }
        assert!(Target::decode(b"{\"short\":\"a\",\"url\":\"https://\xff\"}").is_err());
    }
}
