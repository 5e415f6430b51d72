//! `PATCH /_api/links/{short}`: a JSON Merge Patch.

use embedded_host::VirtualClock;
use http::Method;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
};

impl TestApp {
    async fn patch(&self, short: &str, patch: &Value) -> Answer {
        let request = self.api(Method::PATCH, &format!("links/{short}"));
        request.merge_patch(patch.to_string()).send().await
    }
}

/// A link with everything, on a clock that stands at 2026-01-01.
async fn start() -> TestApp {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock).variable("clicks", "total")).await;
    let link = json!({
        "short": "aka", "url": AKAMAI, "note": "first", "pass_on": ["query"],
        "not_before": "2026-02-01T00:00:00Z", "expires_at": "2026-03-01T00:00:00Z",
    });
    assert_eq!(app.create(&link).await.status, 201);
    app
}

#[tokio::test]
async fn what_is_left_out_stays_and_null_removes() {
    let app = start().await;
    let mut expected = app.get_link("aka").await.json();
    for patch in [
        json!({ "note": "second" }),
        json!({ "note": null, "pass_on": null }),
        json!({ "url": "https://other.example", "pass_on": ["query", "path"] }),
        json!({ "expires_at": "2025-01-01T00:00:00Z", "not_before": null }),
        json!({ "expires_at": null }),
        json!({}),
    ] {
        let answer = app.patch("aka", &patch).await;
        assert_eq!((answer.status, answer.text()), (204, ""), "{patch}");
        for (name, value) in patch.as_object().expect("an object") {
            let members = expected.as_object_mut().expect("an object");
            match value {
                Value::Null => drop(members.remove(name)),
                _ => drop(members.insert(name.clone(), value.clone())),
            }
        }
        expected["updated_at"] = json!("2026-01-01T00:00:00Z");
        expected["updated_by"] = json!("admin");
        assert_eq!(app.get_link("aka").await.json(), expected, "{patch}");
    }
}

#[tokio::test]
async fn a_patch_that_breaks_a_rule_changes_nothing() {
    let app = start().await;
    let before = app.host().store().get("aka").await;
    for (patch, errors) in [
        (json!({ "url": null }), vec!["url required"]),
        (json!({ "url": "akamai.com" }), vec!["url scheme"]),
        (json!({ "url": { "a": 1 } }), vec!["url type"]),
        (
            json!({ "url": 7, "note": "\n", "expires_at": "soon" }),
            vec!["url type", "expires_at timestamp", "note invalid_character"],
        ),
        (
            json!({ "expires_at": "2026-02-01T00:00:00Z" }),
            vec!["expires_at order"],
        ),
        (
            json!({ "not_before": "2026-03-01T00:00:00Z" }),
            vec!["expires_at order"],
        ),
        (json!({ "pass_on": ["all"] }), vec!["pass_on choice"]),
        (json!({ "short": "new" }), vec!["short unknown"]),
        (json!({ "created_by": "me" }), vec!["created_by unknown"]),
        (json!({ "clicks": 0 }), vec!["clicks unknown"]),
        (json!({ "updated_by": null }), vec!["updated_by unknown"]),
    ] {
        let answer = app.patch("aka", &patch).await;
        assert_eq!(answer.status, 400, "{patch}");
        assert_eq!(answer.field_errors(), errors, "{patch}");
        assert_eq!(app.host().store().get("aka").await, before, "{patch}");
    }
    for patch in [json!([]), json!(null), json!("url")] {
        let answer = app.patch("aka", &patch).await;
        assert_eq!(answer.problem(), "invalid_json", "{patch}");
    }
    let own = json!({ "url": format!("http://{}", app.host().addr()) });
    assert_eq!(
        app.patch("aka", &own).await.field_errors(),
        ["url own_host"]
    );
    assert_eq!(app.host().store().get("aka").await, before);
}

#[tokio::test]
async fn a_patch_of_another_media_type_is_refused() {
    let app = start().await;
    for media_type in [
        "application/json",
        "application/json-patch+json",
        "text/plain",
    ] {
        let request = app.api(Method::PATCH, "links/aka");
        let request = request.header("content-type", media_type);
        let answer = request.body(r#"{"note":"x"}"#).send().await;
        let told = (answer.status, answer.header("accept-patch"));
        assert_eq!(told, (415, "application/merge-patch+json"), "{media_type}");
    }
    assert_eq!(app.get_link("aka").await.json()["note"], "first");
}

/// The tutorial has checked nothing, and operators change their minds.
#[tokio::test]
async fn a_link_that_is_older_than_a_rule_can_be_patched_elsewhere() {
    let app = TestApp::with([("blocked_hosts", "akamai.com")]).await;
    app.put_link("aka").await;
    let end = json!({ "expires_at": "2020-01-01T00:00:00Z" });
    assert_eq!(app.patch("aka", &end).await.status, 204);
    app.follow("/aka").await.assert_text(410, "Gone");
    let same = json!({ "url": AKAMAI });
    assert_eq!(
        app.patch("aka", &same).await.field_errors(),
        ["url blocked_host"]
    );
}

#[tokio::test]
async fn there_must_be_a_link_to_patch() {
    let app = TestApp::start().await;
    let note = json!({ "note": "x" });
    for short in ["none", "robots.txt", "a%20b"] {
        assert_eq!(
            app.patch(short, &note).await.problem(),
            "not_found",
            "{short}"
        );
    }
    app.put_record("broken", "not JSON").await;
    let answer = app.patch("broken", &note).await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (500, "internal")
    );
    let kept = app.host().store().get("broken").await;
    assert_eq!(kept, Ok(Some(b"not JSON".to_vec())));
}
