//! Each rule that the document names can be broken: none is left over from what was.

use std::{collections::BTreeSet, time::Duration};

use embedded_host::VirtualClock;
use http::Method;
use serde_json::{Value, json};

use super::document::Part;
use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
};

/// The values that the schema `name` has for the member at the end of `path`.
fn documented(name: &str, path: &[&str]) -> BTreeSet<String> {
    let keys = ["components", "schemas", name].into_iter();
    let keys = keys.chain(path.iter().copied());
    let member = keys.fold(Part::root(), |part, key| part.get(key).expect(key));
    let values = member.value["enum"].as_array().expect("values");
    values.iter().map(text).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// The codes in the list `member` of an answer.
fn codes(answer: &Answer, member: &str) -> BTreeSet<String> {
    let answer = answer.json();
    let broken = answer[member].as_array().expect("a list").iter();
    broken.map(|broken| text(&broken["code"])).collect()
}

#[tokio::test]
async fn every_rule_of_a_field_can_be_broken() {
    let hosts = [
        ("allowed_hosts", "akamai.com, 10.0.0.1"),
        ("private_hosts", "refuse"),
        ("unicode_codes", "true"),
        ("blocked_hosts", "evil.akamai.com"),
    ];
    let app = TestApp::with(hosts).await;
    let mut broken = BTreeSet::new();
    for link in [
        json!({}),
        json!({ "url": 7 }),
        json!({ "url": AKAMAI, "id": "x" }),
        json!({ "url": AKAMAI, "short": "" }),
        json!({ "url": AKAMAI, "short": "a b" }),
        json!({ "url": AKAMAI, "short": "p\u{430}ypal" }),
        json!({ "url": AKAMAI, "short": "robots.txt" }),
        json!({ "url": "ftp://akamai.com" }),
        json!({ "url": "https://user@akamai.com" }),
        json!({ "url": "https://" }),
        json!({ "url": format!("{AKAMAI}/{}", "a".repeat(8000)) }),
        json!({ "url": "https://akamai.com:99999" }),
        json!({ "url": format!("http://{}", app.host().addr()) }),
        json!({ "url": "https://evil.akamai.com" }),
        json!({ "url": "https://10.0.0.1" }),
        json!({ "url": "https://other.example" }),
        json!({ "url": AKAMAI, "pass_on": ["fragment"] }),
        json!({ "url": AKAMAI, "expires_at": "soon" }),
        json!({ "url": AKAMAI, "expires_at": "2020-01-01T00:00:00Z" }),
        json!({
            "url": AKAMAI,
            "expires_at": "9000-01-01T00:00:00Z",
            "not_before": "9000-01-01T00:00:00Z",
        }),
    ] {
        broken.extend(codes(&app.create(&link).await, "errors"));
    }
    let long = format!("links?prefix={}", "a".repeat(65));
    for path in [
        "links?limit=0",
        "links?limit=1&limit=1",
        "links?cursor=a%20b",
        "links/a/clicks?to=today",
        "links/a/clicks?from=2000-01-01",
        &long,
    ] {
        let answer = app.api(Method::GET, path).send().await;
        broken.extend(codes(&answer, "errors"));
    }
    let request = app.api(Method::GET, "links/a").header("if-match", "a");
    broken.extend(codes(&request.send().await, "errors"));
    let documented = documented("FieldError", &["properties", "code"]);
    assert_eq!(broken, documented);
}

#[tokio::test]
async fn a_line_of_an_import_can_fail_for_every_reason() {
    let clock = VirtualClock::auto();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let lines = [
        "not JSON",
        "{}",
        r#"{"short":"a","url":"https://akamai.com","id":"x"}"#,
        r#"{"short":"slow","url":"https://akamai.com"}"#,
    ];
    // Longer than is safe for a write.
    let slow = app.faults().before("atomics.increment");
    slow.wait(Duration::from_millis(1001));
    let answer = app.import(&lines.join("\n")).await;
    let path = ["properties", "failed", "items", "properties", "code"];
    let documented = documented("ImportReport", &path);
    assert_eq!(codes(&answer, "failed"), documented);
}
