//! `GET /_api/links/{short}` and `GET /_api/links/{short}/available`

use serde_json::json;

use crate::app::{AKAMAI, TestApp};

#[tokio::test]
async fn a_link_is_read_by_its_code() {
    let app = TestApp::start().await;
    let created = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    let read = app.get_link("aka").await;
    assert_eq!((read.status, &read.body), (200, &created.body));
    assert_eq!(read.header("content-type"), "application/json");
}

#[tokio::test]
async fn what_has_no_link_is_not_found() {
    let app = TestApp::start().await;
    app.put_link("claim:aka").await;
    for short in ["none", "a%20b", "-aka", "claim:aka", "robots.txt", ""] {
        let read = app.get_link(short).await;
        assert_eq!(
            (read.status, read.problem().as_str()),
            (404, "not_found"),
            "{short}"
        );
    }
}

#[tokio::test]
async fn the_id_of_a_link_and_unknown_fields_are_not_shown() {
    let app = TestApp::start().await;
    let record = r#"{"short":"aka","url":"https://akamai.com","id":"x","hits":7}"#;
    app.put_record("aka", record).await;
    let shown = r#"{"short":"aka","url":"https://akamai.com"}"#;
    assert_eq!(app.get_link("aka").await.text(), shown);
}

#[tokio::test]
async fn a_code_is_available_until_it_has_a_link() {
    let app = TestApp::start().await;
    let before = app.available("aka").await;
    assert_eq!(
        (before.status, before.text()),
        (200, r#"{"available":true}"#)
    );
    assert_eq!(before.header("content-type"), "application/json");
    app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    let after = app.available("aka").await;
    assert_eq!(
        (after.status, after.text()),
        (200, r#"{"available":false}"#)
    );
    app.put_record("bad", "not JSON").await;
    assert_eq!(app.available("bad").await.text(), r#"{"available":false}"#);
}

#[tokio::test]
async fn asking_whether_a_code_is_available_claims_nothing() {
    let app = TestApp::start().await;
    app.available("aka").await;
    assert_eq!(app.host().store().keys().await, Ok(vec![]));
}

#[tokio::test]
async fn whether_an_invalid_code_is_available_is_a_wrong_question() {
    let app = TestApp::start().await;
    for (short, error) in [
        ("-a", "short invalid_character"),
        ("a%20b", "short invalid_character"),
        ("robots.txt", "short reserved"),
    ] {
        let answer = app.available(short).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "invalid_field")
        );
        assert_eq!(answer.field_errors(), [error]);
    }
}
