//! What is logged. That every log is events on single lines without a token, [`TestApp`] itself sees to.

use embedded_host::{LogSource, VirtualClock};
use http::Method;
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
        "by": "admin",
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
    for path in ["/aka", "/none", "/", "/robots.txt", "/_api/health"] {
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

#[tokio::test]
async fn a_redirect_is_an_event_where_the_operator_wants_it() {
    let app = TestApp::with([("log_redirects", "true")]).await;
    app.put_record(
        "aka",
        r#"{"short":"aka","url":"https://akamai.com/path?q=private"}"#,
    )
    .await;
    let visitor = || {
        app.request(Method::GET, "/aka?token=private")
            .header("referer", "https://news.example/article?id=private")
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")
            .header("x-forwarded-for", "192.0.2.7")
    };
    // One before and one after the settings are known.
    visitor().send().await;
    visitor().send().await;
    // Nobody is sent on by these.
    app.request(Method::HEAD, "/aka").send().await;
    app.follow("/none").await;
    let events = app.events();
    assert_eq!(events.len(), 2, "{events:?}");
    for event in events {
        let mut expected = json!({
            "level": "info",
            "event": "redirect",
            "code": "aka",
            "host": "akamai.com",
            "referrer": "news.example",
            "agent": "browser",
        });
        expected["time"] = event["time"].clone();
        assert_eq!(event, expected);
    }
}

#[tokio::test]
async fn a_redirect_tells_persons_from_bots_programs_and_browsers_that_fetch_ahead() {
    let app = TestApp::with([("log_redirects", "true")]).await;
    app.put_link("aka").await;
    let android = |model: &str| {
        format!("Mozilla/5.0 (Linux; Android 11; {model}) AppleWebKit/537.36 Chrome/120.0.0.0")
    };
    let browser = android("Pixel 5");
    for (user_agent, purpose, agent) in [
        (browser.as_str(), None, "browser"),
        (&browser, Some("prefetch"), "prefetch"),
        (&browser, Some("prefetch;prerender"), "prefetch"),
        (&android("CUBOT"), None, "browser"),
        (&android("Nexus 5X Google-InspectionTool/1.0"), None, "bot"),
        ("WhatsApp/2.23.20.0", None, "bot"),
        ("curl/8.5.0", None, "program"),
    ] {
        let visit = app.request(Method::GET, "/aka");
        let visit = visit.header("user-agent", user_agent);
        let visit = match purpose {
            Some(purpose) => visit.header("sec-purpose", purpose),
            None => visit,
        };
        visit.send().await;
        let event = app.events().pop().expect("an event");
        assert_eq!(event["agent"], agent, "{user_agent} {purpose:?}");
    }
}
