//! What is logged. That every log is events on single lines without a token, [`TestApp`] itself sees to.

use embedded_host::{LogSource, VirtualClock};
use serde_json::json;

use crate::app::{AKAMAI, TestApp};

#[tokio::test]
async fn a_create_is_one_audit_event_on_one_line_without_the_path() {
    let app = TestApp::build(|host| host.clock(&VirtualClock::new())).await;
    app.create(&json!({ "short": "aka", "url": "https://akamai.com/path?q=private" }))
        .await;
    let [write] = &app.host().log_writes()[..] else {
        panic!("{:?}", app.host().log_writes());
    };
    assert_eq!(write.source, LogSource::Stderr);
    let event = json!({
        "time": "2026-01-01T00:00:00Z",
        "level": "info",
        "event": "audit",
        "action": "create",
        "outcome": "ok",
        "code": "aka",
        "host": "akamai.com",
        "duration_ms": 0,
    });
    assert_eq!(app.events(), [event]);
}

#[tokio::test]
async fn the_log_level_is_the_operators() {
    for (log_level, logged) in [("debug", 1), ("info", 1), ("warn", 0), ("error", 0)] {
        let app = TestApp::with([("log_level", log_level)]).await;
        app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
        assert_eq!(app.events_named("audit").len(), logged, "{log_level}");
        app.put_record("bad", "not JSON").await;
        app.follow("/bad").await;
        assert_eq!(
            app.events_named("unreadable record").len(),
            1,
            "{log_level}"
        );
    }
}

#[tokio::test]
async fn a_refused_create_is_an_audit_event_too() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    app.create(&json!({ "url": "ftp://a.example" })).await;
    let events = app.events();
    let outcomes: Vec<_> = events.iter().map(|event| &event["outcome"]).collect();
    assert_eq!(outcomes, ["conflict", "invalid_field"], "{events:?}");
}

#[tokio::test]
async fn who_only_reads_leaves_no_event() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    for path in [
        "/aka",
        "/none",
        "/",
        "/robots.txt",
        "/_api/links",
        "/_api/health",
    ] {
        app.follow(path).await;
    }
    app.get_link("aka").await;
    app.get_link("none").await;
    app.available("aka").await;
    assert_eq!(app.events(), [json!(null); 0]);
}

#[tokio::test]
async fn an_error_text_cannot_forge_an_event() {
    let app = TestApp::start().await;
    let text = "down\n{\"level\":\"info\",\"event\":\"audit\"}\r\n\u{2028}\"";
    app.faults().before("*").fail(text);
    app.follow("/aka")
        .await
        .assert_text(503, "Service Unavailable");
    let [event] = &app.events()[..] else {
        panic!("{:?}", app.events());
    };
    assert_eq!(
        (&event["level"], &event["code"]),
        (&"error".into(), &"aka".into())
    );
    let error = event["error"].as_str().expect("text");
    assert!(error.contains("audit"), "{error}");
}
