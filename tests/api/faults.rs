//! Stores that fail, and records that cannot be read.
//!
//! - [`every_call`]: each call of each operation · [`handles`]: open stores that break

mod every_call;
mod handles;

use embedded_host::VirtualClock;
use http::Method;
use serde_json::json;

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
    operation::Operation,
};

/// What a store says that no client may hear.
const INTERNAL: &str = "redis://10.0.0.7: connection refused";

/// Every route that reads the store, but health, which has its own answer.
async fn read_the_store(app: &TestApp) -> Vec<(&'static str, Answer)> {
    let head = app.request(Method::HEAD, "/aka").send().await;
    let update = app.api(Method::PUT, "links/aka");
    let update = update.json(json!({ "url": AKAMAI }).to_string());
    vec![
        ("follow", app.follow("/aka").await),
        ("head", head),
        (
            "create",
            app.create(&json!({ "short": "new", "url": AKAMAI })).await,
        ),
        ("generate", app.create(&json!({ "url": AKAMAI })).await),
        ("read", app.get_link("aka").await),
        ("available", app.available("aka").await),
        ("list", app.api(Method::GET, "links").send().await),
        ("update", update.send().await),
        ("delete", app.api(Method::DELETE, "links/aka").send().await),
    ]
}

#[tokio::test]
async fn a_failing_store_is_503_on_every_route_that_reads_it() {
    for failing in ["*", "key-value.open", "key-value.get"] {
        let app = TestApp::build(|host| host.clock(&VirtualClock::auto())).await;
        app.put_link("aka").await;
        app.faults().before(failing).fail(INTERNAL);
        for (route, answer) in read_the_store(&app).await {
            assert_eq!(answer.status, 503, "{failing} {route}");
            assert_eq!(answer.header("retry-after"), "2", "{failing} {route}");
            assert!(!answer.text().contains("10.0.0.7"), "{failing} {route}");
            match route {
                "follow" => answer.assert_text(503, "Service Unavailable"),
                "head" => assert_eq!(answer.text(), ""),
                _ => assert_eq!(answer.problem(), "unavailable", "{failing} {route}"),
            }
        }
        assert_eq!(
            app.health().await.text(),
            r#"{"status":"fail"}"#,
            "{failing}"
        );
        let told = |event: &&serde_json::Value| event["error"].to_string().contains(INTERNAL);
        let told = app.events().iter().filter(told).count();
        assert!(told >= 10, "{failing}: {told} of 10 failures logged");

        app.faults().clear();
        for (route, answer) in read_the_store(&app).await {
            assert!(answer.status < 400, "{failing} {route}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn what_needs_no_store_is_answered_without_one() {
    let app = TestApp::with([("root_url", AKAMAI)]).await;
    app.faults().before("*").fail(INTERNAL);
    assert_eq!(app.follow("/").await.status, 302);
    assert_eq!(app.follow("/robots.txt").await.status, 200);
    app.follow("/favicon.ico")
        .await
        .assert_text(404, "Not Found");
    app.follow("/-a/b").await.assert_text(404, "Not Found");
    assert_eq!(app.post("{").await.problem(), "invalid_json");
}

#[tokio::test]
async fn a_create_whose_write_fails_is_503() {
    let app = TestApp::start().await;
    app.faults().before("key-value.set").fail(INTERNAL);
    let answer = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (503, "unavailable")
    );
    app.follow("/aka").await.assert_text(404, "Not Found");
}

#[tokio::test]
async fn an_unreadable_record_is_500_on_its_own_code_only_and_logged_with_it() {
    for record in [
        &b""[..],
        b"not JSON",
        b"null",
        b"[]",
        b"{",
        br#"{"short":"bad"}"#,
        br#"{"short":"bad","url":7}"#,
        br#"{"short":"bad","url":""}"#,
        br#"{"short":"bad","url":"javascript:alert(1)"}"#,
        br#"{"short":"bad","url":"https://a.example","expires_at":"soon"}"#,
        b"{\"short\":\"bad\",\"url\":\"https://a.example/\xff\"}",
        b"\x01\x00\x00\x00\x00\x00\x00\x00",
    ] {
        let what = String::from_utf8_lossy(record);
        let app = TestApp::start().await;
        app.put_link("aka").await;
        app.put_record("bad", record).await;

        app.follow("/bad")
            .await
            .assert_text(500, "Internal Server Error");
        let logged = app.events_named("unreadable record");
        assert_eq!(
            (logged.len(), &logged[0]["code"]),
            (1, &"bad".into()),
            "{what}"
        );

        let read = app.get_link("bad").await;
        assert_eq!(
            (read.status, read.problem().as_str()),
            (500, "internal"),
            "{what}"
        );
        let logged = app.events_named("internal error");
        assert!(
            logged[0]["error"].to_string().contains("bad"),
            "{what}: {logged:?}"
        );

        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        assert_eq!(app.get_link("aka").await.status, 200);
        assert_eq!(app.health().await.status, 200);
        assert_eq!(app.create(&json!({ "url": AKAMAI })).await.status, 201);
    }
}

#[tokio::test]
async fn garbage_in_the_store_is_named_skipped_or_mended() {
    for garbage in [
        "",
        "{",
        r#"{"short":"aka","url""#,
        "[]",
        "\u{0}\u{0}",
        r#"["https://a",null,null]"#,
    ] {
        for (operation, status) in [
            (Operation::Follow, 500),
            (Operation::Read, 500),
            (Operation::Available, 200),
            (Operation::List, 200),
            (Operation::Export, 200),
            (Operation::Create, 201),
            (Operation::Update, 204),
            (Operation::Delete, 204),
        ] {
            let app = TestApp::start().await;
            app.put_record("aka", garbage).await;
            let answer = operation.run(&app).await;
            assert_eq!(
                answer.status, status,
                "{operation:?} {garbage:?}: {answer:?}"
            );
            match operation {
                Operation::Read => assert_eq!(answer.problem(), "internal"),
                Operation::List => assert_eq!(
                    (answer.text(), answer.header("x-skipped-records")),
                    ("[]", "1")
                ),
                Operation::Export => assert_eq!(answer.text(), ""),
                _ => assert!(operation.is_done(&app).await, "{operation:?} {garbage:?}"),
            }
        }
    }
}
