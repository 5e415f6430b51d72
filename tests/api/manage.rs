//! The life of links after they are created: replaced, deleted, and every attempt at it logged.

use std::time::Duration;

use embedded_host::VirtualClock;
use http::Method;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
    list::codes,
};

/// Keys in the store that are not links, with values that must survive everything.
const FOREIGN: [&str; 5] = ["claim:", "_private", "a b", "robots.txt", "päge"];

impl TestApp {
    pub async fn replace(&self, short: &str, link: &Value) -> Answer {
        let path = format!("links/{short}");
        let request = self.api(Method::PUT, &path);
        request.json(link.to_string()).send().await
    }

    pub async fn delete(&self, short: &str) -> Answer {
        let path = format!("links/{short}");
        self.api(Method::DELETE, &path).send().await
    }

    pub async fn put_foreign_keys(&self) {
        for key in FOREIGN {
            self.put_record(key, "not ours").await;
        }
    }

    pub async fn assert_foreign_keys_untouched(&self) {
        for key in FOREIGN {
            let value = self.host().store().get(key).await;
            assert_eq!(value, Ok(Some(b"not ours".to_vec())), "{key}");
        }
    }
}

#[tokio::test]
async fn a_link_is_replaced_as_a_whole_and_keeps_its_birthday() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let link = json!({
        "short": "aka", "url": AKAMAI, "note": "old",
        "not_before": "2026-01-01T00:00:00Z", "expires_at": "2027-01-01T00:00:00Z",
    });
    assert_eq!(app.create(&link).await.status, 201);
    clock.advance(Duration::from_secs(60));
    let replaced = app
        .replace("aka", &json!({ "url": "https://b.example/%2f" }))
        .await;
    assert_eq!((replaced.status, replaced.text()), (204, ""));
    let expected = json!({
        "short": "aka", "url": "https://b.example/%2f",
        "created_at": "2026-01-01T00:00:00Z", "created_by": "admin",
        "updated_at": "2026-01-01T00:01:00Z", "updated_by": "admin",
    });
    assert_eq!(app.get_link("aka").await.json(), expected);
    app.follow("/aka")
        .await
        .assert_redirects_to("https://b.example/%2f");
}

#[tokio::test]
async fn replacing_never_creates_and_refuses_what_creating_refuses() {
    let app = TestApp::start().await;
    let absent = app.replace("aka", &json!({ "url": AKAMAI })).await;
    assert_eq!(
        (absent.status, absent.problem().as_str()),
        (404, "not_found")
    );
    app.put_link("aka").await;
    let stored = app.host().store().get("aka").await;
    let host = app.host().addr().to_string();
    for (link, error) in [
        (json!({}), "url required"),
        (json!({ "url": "javascript:alert(1)" }), "url scheme"),
        (json!({ "url": format!("http://{host}/x") }), "url own_host"),
        (json!({ "url": AKAMAI, "short": "b" }), "short unknown"),
        (
            json!({ "url": AKAMAI, "created_at": "2020-01-01T00:00:00Z" }),
            "created_at unknown",
        ),
        (
            json!({ "url": AKAMAI, "note": "n".repeat(501) }),
            "note length",
        ),
    ] {
        let refused = app.replace("aka", &link).await;
        assert_eq!(
            (refused.status, refused.field_errors()),
            (400, vec![error.to_owned()])
        );
    }
    assert_eq!(app.host().store().get("aka").await, stored);
}

#[tokio::test]
async fn a_link_of_the_tutorial_can_be_replaced_and_deleted() {
    let app = TestApp::start().await;
    app.put_record(
        "spin",
        r#"{"short":"spin","url":"https://spinframework.dev","hits":7}"#,
    )
    .await;
    assert_eq!(
        app.replace("spin", &json!({ "url": AKAMAI })).await.status,
        204
    );
    assert_eq!(app.get_link("spin").await.json().get("created_at"), None);
    assert_eq!(app.delete("spin").await.status, 204);
    app.follow("/spin").await.assert_text(404, "Not Found");
}

#[tokio::test]
async fn a_deleted_code_is_free_at_once_and_nothing_of_it_is_left() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    app.put_foreign_keys().await;
    for url in [
        "https://a.example",
        "https://b.example",
        "https://c.example",
    ] {
        let created = app.create(&json!({ "short": "aka", "url": url })).await;
        assert_eq!(created.status, 201, "{}", created.text());
        app.follow("/aka").await.assert_redirects_to(url);
        let deleted = app.delete("aka").await;
        assert_eq!((deleted.status, deleted.text()), (204, ""));
        app.follow("/aka").await.assert_text(404, "Not Found");
        assert_eq!(app.available("aka").await.json()["available"], true);
        assert_eq!(app.delete("aka").await.problem(), "not_found");
        let mut keys = app.host().store().keys().await.expect("the keys");
        keys.retain(|key| !FOREIGN.contains(&key.as_str()));
        assert_eq!(keys, ["catalog:new"], "no more than how many there were");
    }
    assert_eq!(clock.elapsed(), Duration::ZERO);
    app.assert_foreign_keys_untouched().await;
}

#[tokio::test]
async fn keys_that_are_no_codes_can_be_neither_read_nor_changed() {
    let app = TestApp::start().await;
    app.put_foreign_keys().await;
    app.put_record("claim:aka", "not ours").await;
    for key in [
        "claim:",
        "claim:aka",
        "_private",
        "robots.txt",
        "a%20b",
        "p%C3%A4ge",
    ] {
        assert_eq!(app.get_link(key).await.problem(), "not_found", "{key}");
        assert_eq!(app.delete(key).await.problem(), "not_found", "{key}");
        let replaced = app.replace(key, &json!({ "url": AKAMAI })).await;
        assert_eq!(replaced.problem(), "not_found", "{key}");
        assert_eq!(app.available(key).await.status, 400, "{key}");
        app.follow(&format!("/{key}")).await;
    }
    app.assert_foreign_keys_untouched().await;
}

#[tokio::test]
async fn a_replacement_can_end_a_link_at_once_and_bring_it_back() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    // With a claim of its own, as a link of the tutorial app has none: its code is free at once.
    let created = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    assert_eq!(created.status, 201);
    let past = json!({ "url": AKAMAI, "expires_at": "2025-12-31T23:59:59Z" });
    assert_eq!(app.replace("aka", &past).await.status, 204);
    app.follow("/aka").await.assert_text(410, "Gone");
    // A printed code does not change its owner by itself.
    let taken = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    assert_eq!(taken.problem(), "conflict");
    assert_eq!(codes(&app.list("").await), ["aka"]);

    let offset = json!({ "url": AKAMAI, "expires_at": "2026-01-01T02:00:00+01:00" });
    assert_eq!(app.replace("aka", &offset).await.status, 204);
    assert_eq!(
        app.get_link("aka").await.json()["expires_at"],
        "2026-01-01T01:00:00Z"
    );
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    clock.advance(Duration::from_secs(3600));
    app.follow("/aka").await.assert_text(410, "Gone");
    assert_eq!(app.delete("aka").await.status, 204);
    assert_eq!(
        app.create(&json!({ "short": "aka", "url": AKAMAI }))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_note_is_returned_as_it_was_given() {
    let app = TestApp::start().await;
    for note in ["", "Ünïcödé 🦀 \"quoted\" \\ </script>", &"🦀".repeat(500)] {
        let created = app.create(&json!({ "url": AKAMAI, "note": note })).await;
        assert_eq!(created.json()["note"], note);
        let short = created.json()["short"].as_str().expect("a code").to_owned();
        assert_eq!(app.get_link(&short).await.json()["note"], note);
        assert_eq!(
            app.replace(&short, &json!({ "url": AKAMAI, "note": note }))
                .await
                .status,
            204
        );
        assert_eq!(app.get_link(&short).await.json()["note"], note);
        assert_eq!(app.delete(&short).await.status, 204);
    }
    for note in ["a\nb", "\u{0}", "\u{7f}", "\u{85}"] {
        let refused = app.create(&json!({ "url": AKAMAI, "note": note })).await;
        assert_eq!(
            refused.field_errors(),
            ["note invalid_character"],
            "{note:?}"
        );
    }
}

/// What an event says, without what differs from run to run.
fn audited(event: &Value) -> Value {
    let mut event = event.clone();
    let event = event.as_object_mut().expect("an event");
    assert_eq!(event.remove("level"), Some("info".into()));
    assert!(event.remove("duration_ms").is_some_and(|ms| ms.is_u64()));
    for key in ["event", "time"] {
        assert!(event.remove(key).is_some_and(|text| text.is_string()));
    }
    Value::Object(event.clone())
}

#[tokio::test]
async fn each_attempt_to_change_a_link_is_one_event_without_secrets() {
    let app = TestApp::start().await;
    let url = "https://Shop.Example:8443/path-s3cret?query-s3cret";
    app.create(&json!({ "short": "aka", "url": url })).await;
    app.create(&json!({ "short": "aka", "url": url })).await;
    app.create(&json!({ "short": "b", "url": "ftp://s3cret.example" }))
        .await;
    app.replace("aka", &json!({ "url": "https://new.example/s3cret" }))
        .await;
    app.replace("none", &json!({ "url": url })).await;
    app.delete("aka").await;
    app.delete("aka").await;
    app.import("{\"short\":\"i\",\"url\":\"https://a.example/s3cret\"}\n{}\n")
        .await;
    // Reading changes nothing and is not reported.
    app.list("").await;
    app.get_link("i").await;
    app.available("i").await;
    app.export().await;
    app.follow("/i").await;
    app.health().await;

    let event = |action: &str, code: &str, host: &str, outcome: &str| json!({ "action": action, "by": "admin", "code": code, "host": host, "outcome": outcome });
    let expected = [
        event("create", "aka", "shop.example", "ok"),
        event("create", "aka", "shop.example", "conflict"),
        event("create", "", "", "invalid_field"),
        event("update", "aka", "new.example", "ok"),
        event("update", "none", "shop.example", "not_found"),
        event("delete", "aka", "new.example", "ok"),
        event("delete", "aka", "", "not_found"),
        event("import", "i", "a.example", "ok"),
        json!({ "action": "import", "by": "admin", "created": 1, "outcome": "ok" }),
    ];
    let events: Vec<_> = app.events_named("audit").iter().map(audited).collect();
    assert_eq!(events, expected);
    for write in app.host().log_writes() {
        assert!(!write.text.contains("s3cret"), "{}", write.text);
    }
}
