//! `GET /_api/health`

use http::Method;

use crate::app::{TestApp, calls};

#[tokio::test]
async fn health_is_a_store_read_away() {
    let app = TestApp::start().await;
    let kept = app.keep_instance().await;
    let ask = async {
        let health = app.health().await;
        assert_eq!(
            (health.status, health.text()),
            (200, r#"{"status":"pass"}"#)
        );
        assert_eq!(health.header("content-type"), "application/json");
    };
    // And no token is needed: not even its variable is read.
    let expected = calls([("key-value.get", 1)], &[("key-value.open", 1)]);
    assert_eq!(app.count(ask).await, expected);
    assert_eq!(app.host().store().keys().await, Ok(vec![]));
    kept.release().await;
}

#[tokio::test]
async fn health_fails_when_the_store_does_and_says_no_more_than_that() {
    let app = TestApp::start().await;
    assert_eq!(app.health().await.status, 200);
    app.faults()
        .before("*")
        .fail("redis://secret-host: refused");
    let health = app.health().await;
    assert_eq!(
        (health.status, health.text()),
        (503, r#"{"status":"fail"}"#)
    );
    let logged = &app.events_named("store unavailable")[0]["error"];
    assert!(
        logged.to_string().contains("redis://secret-host: refused"),
        "{logged}"
    );
    app.faults().clear();
    assert_eq!(app.health().await.status, 200);
}

#[tokio::test]
async fn health_needs_no_usable_token() {
    let app = TestApp::with([("admin_token", "")]).await;
    assert_eq!(app.health().await.text(), r#"{"status":"pass"}"#);
}

#[tokio::test]
async fn spins_own_health_route_is_spins() {
    let app = TestApp::start().await;
    let request = app.request(Method::GET, "/.well-known/spin/health");
    assert_eq!(request.send().await.text(), "OK");
    assert_eq!(app.host().stats().requests, 0);
}

#[tokio::test]
async fn health_names_the_running_version_whether_the_store_answers_or_not() {
    let app = TestApp::start().await;
    for status in [200, 503] {
        let health = app.health().await;
        assert_eq!(health.status, status);
        let version = health.header("x-shortener-version");
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
        app.faults().before("*").fail("down");
    }
}
