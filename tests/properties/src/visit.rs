//! The properties of a visit: what a cache may do with the answer, and how its path may be written.

use crate::{
    Verdict::{self, Accepted, Refused},
    exchange::{Answer, ask_for},
};
use fakes::{FakePlatform, FakeRequest, Memory, TOKEN};
use futures::executor::block_on;
use http::{StatusCode, Uri};
use std::{rc::Rc, time::Duration};
use url_shortener::{
    app::App,
    domain::Timestamp,
    http::{header, request::Method},
    platform::Platform,
    store::KeyValue,
};

/// The code of the one link: of every kind of character that a code may hold.
const CODE: &str = "aZ0.b_c-d~e";

/// No cache may use the answer to a visit for longer than it is true, whatever the operator has set
/// as `cache_control`. Times are milliseconds since the shortener was started: when the link begins
/// and ends, and when the visitor comes.
pub fn caching(cache_control: &str, start: Option<u32>, end: Option<u32>, visit: u32) -> Verdict {
    let platform = FakePlatform::default();
    platform.set("redirect_cache_control", cache_control);
    let time = |milliseconds: Option<u32>| {
        milliseconds.map(|milliseconds| after(&platform, milliseconds).to_string())
    };
    let record = serde_json::json!({
        "short": CODE, "url": "https://akamai.com",
        "not_before": time(start), "expires_at": time(end),
    });
    platform.advance(Duration::from_millis(visit.into()));
    let answer = answer_to(&format!("/{CODE}"), &record.to_string(), platform);
    let cached = answer.headers[header::CACHE_CONTROL].to_str().unwrap();
    if !answer.status.is_redirection() {
        let awaited = [StatusCode::NOT_FOUND, StatusCode::GONE];
        assert!(awaited.contains(&answer.status), "{}", answer.status);
        assert_eq!(cached, "no-store");
        return Refused;
    }
    assert!(start.is_none_or(|start| start <= visit));
    if let Some(end) = end {
        let left = end.checked_sub(visit).expect("the link has not ended");
        assert!(freshness(cached) <= u64::from(left / 1000), "{cached:?}");
    }
    Accepted
}

fn after(platform: &FakePlatform, milliseconds: u32) -> Timestamp {
    let started: u64 = 1_893_456_000;
    assert_eq!(platform.now(), Timestamp::from_unix(started, 0));
    let fraction = milliseconds % 1000 * 1_000_000;
    Timestamp::from_unix(started + u64::from(milliseconds / 1000), fraction)
}

/// For how many seconds a cache may use an answer without asking (RFC 9111 section 4.2).
fn freshness(cache_control: &str) -> u64 {
    let directives = cache_control.to_ascii_lowercase();
    let mut longest = None;
    for directive in directives.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim() {
            "no-store" | "no-cache" => return 0,
            "stale-while-revalidate" | "stale-if-error" => return u64::MAX,
            "max-age" | "s-maxage" => longest = longest.max(value.trim().parse().ok()),
            _ => (),
        }
    }
    longest.unwrap_or(u64::MAX)
}

/// An unreserved character means the same if it is percent-encoded (RFC 3986 section 6.2.2.2). `mask`
/// says which of those in the path of `target` are.
pub fn encoding(target: &str, mask: u64) -> Verdict {
    let encoded = with_encoded_unreserved(target, mask);
    let is_sendable = |target: &str| target.starts_with('/') && Uri::try_from(target).is_ok();
    if encoded == target || !is_sendable(target) || !is_sendable(&encoded) {
        return Refused;
    }
    let answers = [target, &encoded].map(|target| {
        let record = serde_json::json!({ "short": CODE, "url": "https://akamai.com" });
        let answer = answer_to(target, &record.to_string(), FakePlatform::default());
        (answer.status, answer.headers, answer.body)
    });
    assert_eq!(answers[0], answers[1], "{target:?} and {encoded:?}");
    Accepted
}

fn with_encoded_unreserved(target: &str, mask: u64) -> String {
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let mut encoded = String::new();
    let mut rest = path;
    while let Some(character) = rest.chars().next() {
        let is_hex = |hex: &str| hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_triplet = character == '%' && rest.get(1..3).is_some_and(is_hex);
        let (taken, left) = rest.split_at(if is_triplet { 3 } else { character.len_utf8() });
        let is_unreserved = character.is_ascii_alphanumeric() || "-._~".contains(character);
        match is_unreserved && mask & (1 << (encoded.len() % 64)) != 0 {
            true => encoded += &format!("%{:02X}", u32::from(character)),
            false => encoded += taken,
        }
        rest = left;
    }
    encoded + query
}

/// What somebody with the token gets from a shortener that holds `record` under its code.
fn answer_to(target: &str, record: &str, platform: FakePlatform) -> Answer {
    let store = Memory::default();
    block_on(store.set(CODE, record.as_bytes())).unwrap();
    let app = Rc::new(App::new(store, platform));
    let request = FakeRequest::default().header(header::AUTHORIZATION, format!("Bearer {TOKEN}"));
    ask_for(&app, request.send(Method::Get, target))
}
