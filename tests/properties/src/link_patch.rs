//! What a JSON Merge Patch (RFC 7396) may do to a link.

use crate::Verdict::{self, Accepted, Refused};
use serde_json::{Map, Value, value::RawValue};
use std::collections::BTreeMap;
use url_shortener::{
    api::{
        problem::Problem,
        wire::{LinkPatch, LinkView},
    },
    domain::{Code, Link, LinkRules},
    store::Stored,
};

/// A link that has every member.
const LINK: &str = r#"{"url":"https://akamai.com","id":"x","note":"a note","pass_on":["query"],
    "created_at":"2029-01-01T00:00:00Z","created_by":"ci","hits":7,
    "not_before":"2030-02-01T00:00:00Z","expires_at":"2030-03-01T00:00:00Z"}"#;

/// A patch that is accepted sets what it has, removes what it has as `null`, and leaves the rest as it
/// is; a second time it changes nothing. What comes of it can be stored. Anything else is the client's
/// mistake.
pub fn link_patch(body: &[u8]) -> Verdict {
    let code = Code::parse("abc").unwrap();
    let stored = Stored::decode(&code, LINK.as_bytes()).unwrap();
    let patch = LinkPatch::read(body, &LinkRules::default());
    let patched = patch.and_then(|patch| Ok((patch.clone(), patch.apply(&stored.link)?)));
    let (patch, patched) = match patched {
        Ok(patched) => patched,
        Err(refusal) => {
            let code = Problem::from(refusal).code();
            assert!(["invalid_json", "invalid_field", "unknown_field"].contains(&code));
            return Refused;
        }
    };
    assert_eq!(patch.apply(&patched), Ok(patched.clone()));

    let given: BTreeMap<String, &RawValue> = serde_json::from_slice(body).unwrap();
    let (old, new) = (members(&stored.link), members(&patched));
    for name in given.keys() {
        let known = ["url", "expires_at", "not_before", "pass_on", "note"];
        assert!(known.contains(&name.as_str()), "{name}");
    }
    for name in old.keys().chain(new.keys()) {
        match given.get(name).map(|value| value.get()) {
            None => assert_eq!(old.get(name), new.get(name), "{name}"),
            Some("null") => assert_eq!(new.get(name), None, "{name}"),
            // Passing nothing on is the same as not saying what.
            Some(_) => assert!(new.contains_key(name) || name == "pass_on", "{name}"),
        }
    }
    let changed = Stored {
        link: patched,
        ..stored
    };
    assert_eq!(Stored::decode(&code, &changed.encode()), Ok(changed));
    Accepted
}

/// The link as the API shows it.
fn members(link: &Link) -> Map<String, Value> {
    match serde_json::to_value(LinkView::new(link, None)).unwrap() {
        Value::Object(members) => members,
        other => panic!("{other}"),
    }
}
