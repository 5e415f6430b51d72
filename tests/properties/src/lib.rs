//! What no input may break, however hostile: one function for each property.
//!
//! Each takes an input, panics if the property does not hold for it, and otherwise says whether the
//! input was accepted. The tests in `tests/generated/` and the fuzz targets in `fuzz/` differ only
//! in where their inputs come from.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a property that does not hold is reported by a panic"
)]

mod exchange;
mod link_patch;
mod pass_on;
mod timestamp;
mod visit;

pub use exchange::{Ask, Tried, exchanges};
pub use link_patch::link_patch;
pub use pass_on::passing_on;
pub use timestamp::timestamp;
pub use visit::{caching, encoding};

use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;
use url_shortener::{
    api::{
        problem::Problem,
        wire::{NewLink, Purpose},
    },
    domain::{
        Address, Code, CodeRules, Destination, Host, HostPolicy, HostRule, LinkRules, Note,
        PolicyError, Schemes, Timestamp,
    },
    store::{Stored, Target},
};

/// Whether an input was taken for what it claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Refused,
}

use Verdict::{Accepted, Refused};

/// A text is a code exactly if it matches `[A-Za-z0-9][A-Za-z0-9._~-]{0,63}` and is not reserved,
/// and then it is kept as it is.
pub fn code(text: &str) -> Verdict {
    let mut characters = text.chars();
    let by_the_book = characters.next().is_some_and(|c| c.is_ascii_alphanumeric())
        && characters.all(|c| c.is_ascii_alphanumeric() || "._~-".contains(c))
        && text.len() <= 64
        && !["robots.txt", "favicon.ico"].contains(&text);
    match Code::parse(text) {
        Ok(code) => {
            assert!(by_the_book, "{text:?} is no code");
            assert_eq!(code.as_str(), text);
            assert_eq!(code.to_string(), text);
            Accepted
        }
        Err(error) => {
            assert!(!by_the_book, "{text:?} is a code, but {error}");
            Refused
        }
    }
}

/// A code in other letters is kept in one form, which holds nothing invisible, and is found again
/// under what a URL says.
pub fn unicode_code(text: &str) -> Verdict {
    let rules = CodeRules {
        unicode: true,
        ignore_case: false,
    };
    let Ok(code) = rules.parse(text) else {
        return Refused;
    };
    assert_eq!(rules.parse(code.as_str()).as_ref(), Ok(&code), "{text:?}");
    let segment = code.in_url();
    assert!(
        segment
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._~-%".contains(&b))
    );
    assert_eq!(
        rules.parse_segment(&segment).as_ref(),
        Ok(&code),
        "{text:?}"
    );
    assert!(!code.as_str().contains(is_never_seen), "{text:?}");
    assert!(!code.as_str().contains([':', '/', '%', ' ']), "{text:?}");
    assert!(code.as_str().chars().count() <= 64);
    let without_case = CodeRules {
        ignore_case: true,
        ..rules
    };
    if let Some(folded) = without_case.folded(&code) {
        assert_eq!(without_case.folded(&folded), None, "{text:?}");
        assert_eq!(without_case.parse_segment(&folded.in_url()), Ok(folded));
    }
    Accepted
}

/// A destination is read by everybody as the URL that was given, and stays what it is. Blanks around
/// it do not count, and nothing in it is invisible.
pub fn destination(text: &str) -> Verdict {
    let Ok(destination) = Destination::parse(text) else {
        return Refused;
    };
    let sent = destination.as_str();
    let text = as_it_was_meant(text, sent);
    for (at, c) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        assert!(may_stand(before, c, after), "{text:?}");
    }
    if text.is_ascii() {
        assert_eq!(sent, encoded(text), "other ASCII is kept byte for byte");
    }
    assert!(sent.len() <= Destination::MAX_BYTES, "{sent:?}");
    assert!(sent.bytes().all(|b| b.is_ascii_graphic()), "{sent:?}");
    assert_eq!(sent, encoded(sent));

    let browser = Url::parse(sent).unwrap();
    assert!(matches!(browser.scheme(), "http" | "https"), "{sent:?}");
    assert_eq!((browser.username(), browser.password()), ("", None));
    same_by_rfc_3986(sent, &browser);
    hosts_are_decided_on(&destination, &browser);

    let mut stored = Destination::parse(sent).expect("what is sent is a destination");
    assert_eq!(stored, destination, "parsing what is stored changes it");
    stored = Destination::from_stored(sent).expect("what is stored can be served");
    assert_eq!(stored, destination, "reading what is stored changes it");
    let served = Destination::sendable(sent.into());
    assert_eq!(
        served.map(|served| served.location).as_deref(),
        Some(sent),
        "a redirect sends what is stored"
    );
    Accepted
}

/// `text` without what was cut off both its ends, by what is `sent` instead of it. Only what nobody
/// sees may have been.
fn as_it_was_meant<'a>(text: &'a str, sent: &str) -> &'a str {
    let is_blank = |c: char| c.is_whitespace() || is_ignorable(c);
    let is_sent = |text: &str| {
        // Encoded before, because the parser takes `C|` in a path for a drive.
        let url = Url::parse(&encoded(text));
        url == Ok(Url::parse(sent).unwrap())
    };
    let text = text.trim_start_matches(is_blank);
    // Some invisible characters belong to what is before them.
    let shortest = text.trim_end_matches(is_blank).len();
    let ends = (shortest..=text.len()).filter(|end| text.is_char_boundary(*end));
    let mut meant = ends.map(|end| &text[..end]).filter(|text| is_sent(text));
    let meant = meant.next();
    meant.unwrap_or_else(|| panic!("{text:?} was given, {sent:?} is sent"))
}

/// Whether `c` may stand between `before` and `after` in a destination: it can be seen, or it changes
/// how its neighbours look.
fn may_stand(before: &str, c: char, after: &str) -> bool {
    let is_foreign = |c: char| !c.is_ascii() && !is_ignorable(c);
    match c {
        ' ' => true,
        '\u{200c}' | '\u{200d}' => {
            let is_side = |c: char| is_foreign(c) || c.is_ascii_alphanumeric() || c == '\u{fe0f}';
            before.ends_with(is_side) && after.starts_with(is_side)
        }
        '\u{fe0e}' | '\u{fe0f}' => before.ends_with(is_foreign) || after.starts_with('\u{20e3}'),
        _ => !is_never_seen(c),
    }
}

/// A control character, a blank, or what is shown as nothing.
fn is_never_seen(c: char) -> bool {
    c.is_control() || c.is_whitespace() || is_ignorable(c)
}

fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// `text` with the ASCII characters encoded that a URL has and a URI (RFC 3986) has not.
fn encoded(text: &str) -> String {
    let excluded = [' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'];
    let encode = |text: String, c: char| text.replace(c, &format!("%{:02X}", u32::from(c)));
    excluded.into_iter().fold(text.to_owned(), encode)
}

/// A destination of a scheme that the operator allows is read as what was given, and stays what it is.
pub fn other_destination(text: &str) -> Verdict {
    let schemes = Schemes::parse_list("mailto,tel,x-app,ftp").unwrap();
    let Ok(destination) = Destination::parse_with(text, &schemes) else {
        return Refused;
    };
    if destination.is_web() {
        return self::destination(text);
    }
    let sent = destination.as_str();
    assert!(sent.len() <= Destination::MAX_BYTES, "{sent:?}");
    assert_eq!(sent, encoded(sent));
    assert!(sent.bytes().all(|b| b.is_ascii_graphic()), "{sent:?}");
    assert!(schemes.allow(sent), "{sent:?}");
    as_it_was_meant(text, sent);
    assert_eq!(
        Destination::parse_with(sent, &schemes).as_ref(),
        Ok(&destination)
    );
    assert_eq!(Destination::from_stored(sent).as_ref(), Some(&destination));
    Accepted
}

/// The host a browser goes to is the one that the operator's lists and the loop check decide on,
/// in whatever way the destination spells it.
fn hosts_are_decided_on(destination: &Destination, browser: &Url) {
    let host = Host::of_url(browser).unwrap().to_string();
    let check = |allowed, blocked, own: Option<&Address>| {
        let policy = HostPolicy {
            allowed,
            blocked,
            refuses_private: false,
        };
        policy.check(destination, own)
    };
    let address = Address::of_url(browser);
    let own = check(vec![], vec![], address.as_ref());
    assert_eq!(own, Err(PolicyError::OwnHost), "{destination:?}");
    // A browser takes commas and asterisks in a host, and a list cannot name such a one.
    let rules = |text: &str| match text.contains(',') {
        true => None,
        false => HostRule::parse_list(text)
            .ok()
            .filter(|rules| !rules.is_empty()),
    };
    if let Some(rules) = rules(&host) {
        let blocked = check(vec![], rules.clone(), None);
        assert_eq!(blocked, Err(PolicyError::Blocked), "{destination:?}");
        assert_eq!(check(rules, vec![], None), Ok(()), "{destination:?}");
    }
    let parent = host.split_once('.').map(|(_, parent)| parent);
    let domain = |text: &&str| matches!(url::Host::parse(text), Ok(url::Host::Domain(_)));
    // An address has no subdomains, nor is part of one.
    let parent = parent.filter(domain).filter(|_| domain(&host.as_str()));
    if let Some(rules) = parent.and_then(rules) {
        let blocked = check(vec![], rules, None);
        assert_eq!(blocked, Err(PolicyError::Blocked), "{destination:?}");
    }
}

/// The generic syntax of RFC 3986 (its appendix B) finds the parts that the `browser` found.
fn same_by_rfc_3986(sent: &str, browser: &Url) {
    let (rest, fragment) = split_off(sent, '#');
    let (rest, query) = split_off(rest, '?');
    let (scheme, rest) = rest.split_once("://").expect("a scheme and an authority");
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    assert!(!authority.contains('@'), "{sent:?} has user information");
    assert!(scheme.eq_ignore_ascii_case(browser.scheme()), "{sent:?}");

    let alone = Url::parse(&format!("{scheme}://{authority}")).unwrap();
    assert_eq!(alone.host(), browser.host(), "{sent:?}");
    assert_eq!(alone.port(), browser.port(), "{sent:?}");
    // A browser escapes the apostrophe in a query, and takes dot segments out of a path.
    let escaped = query.map(|query| query.replace('\'', "%27"));
    assert_eq!(escaped.as_deref(), browser.query(), "{sent:?}");
    assert_eq!(fragment, browser.fragment(), "{sent:?}");
    let is_dot = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        matches!(segment.as_str(), "." | "..")
    };
    if !path.split('/').any(is_dot) {
        assert_eq!(if path.is_empty() { "/" } else { path }, browser.path());
    }
}

fn split_off(text: &str, delimiter: char) -> (&str, Option<&str>) {
    match text.split_once(delimiter) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// A body that is accepted is a JSON object of known fields, and the link it asks for says what
/// it said. Anything else is the client's mistake, not the server's.
pub fn link_body(body: &[u8]) -> Verdict {
    let now = Timestamp::from_unix(1_893_456_000, 0);
    sent_for(
        body,
        Purpose::Update,
        &["url", "expires_at", "not_before", "pass_on", "note"],
    );
    let exported = [
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
    ];
    sent_for(body, Purpose::Import, &exported);
    let fields = [
        "short",
        "url",
        "expires_at",
        "not_before",
        "pass_on",
        "note",
    ];
    let Some(new) = sent_for(body, Purpose::Create(now), &fields) else {
        return Refused;
    };
    assert!(new.lifetime.expires_at.is_none_or(|end| end > now));
    Accepted
}

fn sent_for(body: &[u8], purpose: Purpose, fields: &[&str]) -> Option<NewLink> {
    let new = match NewLink::read(body, purpose, &LinkRules::default()) {
        Ok(new) => new,
        Err(refusal) => {
            let code = Problem::from(refusal).code();
            assert!(["invalid_json", "invalid_field", "unknown_field"].contains(&code));
            return None;
        }
    };
    // As they are written: a value that is dropped need be of no use.
    let given: BTreeMap<String, &RawValue> = serde_json::from_slice(body).unwrap();
    let text = |name: &str| -> Option<String> {
        let value = given.get(name)?.get();
        serde_json::from_str(value).unwrap()
    };
    // A member that is null says nothing, whatever its name.
    let mut unknown = given
        .iter()
        .filter(|(name, _)| !fields.contains(&name.as_str()));
    assert!(unknown.all(|(_, value)| value.get() == "null"), "{given:?}");
    let names: Option<Vec<String>> = given
        .get("pass_on")
        .and_then(|value| serde_json::from_str(value.get()).unwrap());
    let named: BTreeSet<_> = names.iter().flatten().map(String::as_str).collect();
    assert_eq!(named, new.pass_on.names().into_iter().collect());
    let (code, note) = (new.code.as_ref(), new.note.as_ref());
    assert_eq!(code.map(Code::as_str), text("short").as_deref());
    assert_eq!(note.map(Note::as_str), text("note").as_deref());
    assert_eq!(
        Destination::parse(&text("url").unwrap()).as_ref(),
        Ok(&new.destination)
    );
    let lifetime = new.lifetime;
    if let (Some(start), Some(end)) = (lifetime.not_before, lifetime.expires_at) {
        assert!(start < end);
    }
    for (name, time) in [
        ("created_at", new.created_at),
        ("updated_at", new.updated_at),
        ("not_before", lifetime.not_before),
        ("expires_at", lifetime.expires_at),
    ] {
        assert_eq!(text(name).is_some(), time.is_some(), "{name}");
        if let Some(time) = time {
            assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
        }
    }
    Some(new)
}

/// Both readers of a record agree: what the API shows is what a visitor is sent to. What is sent
/// can be a header, leads to `http(s)`, and survives being stored again.
pub fn record(bytes: &[u8]) -> Verdict {
    let code = Code::parse("abc").unwrap();
    let target = Target::decode(bytes);
    let stored = Stored::decode(&code, bytes);
    if let Ok(target) = &target {
        let location = target.sendable.location.as_bytes();
        assert!(location.iter().all(u8::is_ascii_graphic), "{target:?}");
        let scheme = location.to_ascii_lowercase();
        let is_web = scheme.starts_with(b"http://") || scheme.starts_with(b"https://");
        assert_ne!(is_web, target.sendable.needs_permission);
        for harmful in ["javascript:", "data:", "vbscript:", "file:", "blob:"] {
            assert!(!scheme.starts_with(harmful.as_bytes()));
        }
    }
    let Ok(stored) = stored else {
        return Refused;
    };
    let target = target.expect("what the API can show can be served");
    assert_eq!(target.sendable.location, stored.link.destination.as_str());
    assert_eq!(target.lifetime, stored.link.lifetime);
    assert_eq!(target.pass_on, stored.link.pass_on);
    assert_eq!(stored.link.code, code);
    assert_eq!(Stored::decode(&code, &stored.encode()), Ok(stored));
    Accepted
}
