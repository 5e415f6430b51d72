//! `POST /_api/links`

use std::collections::{BTreeSet, HashSet};

use embedded_host::VirtualClock;
use serde_json::json;

use crate::app::{AKAMAI, TestApp};

#[tokio::test]
async fn a_created_link_is_answered_stored_and_followed() {
    let app = TestApp::build(|host| host.clock(&VirtualClock::new())).await;
    let created = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    assert_eq!((created.status, created.location()), (201, "/aka"));
    assert_eq!(created.header("content-type"), "application/json");
    assert_eq!(
        created.text(),
        r#"{"short":"aka","url":"https://akamai.com","created_at":"2026-01-01T00:00:00Z","created_by":"admin"}"#
    );
    assert_eq!(app.get_link("aka").await.body, created.body);
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
}

#[tokio::test]
async fn every_field_of_a_link_comes_back() {
    let app = TestApp::build(|host| host.clock(&VirtualClock::new())).await;
    let link = json!({
        "short": "aka",
        "url": AKAMAI,
        "expires_at": "2030-01-31T13:30:00.5+01:00",
        "not_before": "2029-12-31t23:00:00z",
        "note": "spring \"sale\" 日本語 🎉",
    });
    let created = app.create(&link).await;
    let expected = json!({
        "short": "aka",
        "url": AKAMAI,
        "created_at": "2026-01-01T00:00:00Z",
        "created_by": "admin",
        "expires_at": "2030-01-31T12:30:00.5Z",
        "not_before": "2029-12-31T23:00:00Z",
        "note": "spring \"sale\" 日本語 🎉",
    });
    assert_eq!(created.json(), expected);
    assert_eq!(app.get_link("aka").await.json(), expected);
}

#[tokio::test]
async fn fields_that_are_null_are_fields_left_out() {
    let app = TestApp::start().await;
    let link = json!({
        "short": "aka", "url": AKAMAI, "expires_at": null, "not_before": null, "note": null,
    });
    let created = app.create(&link).await.json();
    let members: BTreeSet<_> = created.as_object().expect("an object").keys().collect();
    let all = ["created_at", "created_by", "short", "url"].map(str::to_owned);
    assert_eq!(members, all.iter().collect());
}

#[tokio::test]
async fn a_note_may_be_500_characters_of_anything_but_control_characters() {
    let app = TestApp::start().await;
    for (note, refused) in [
        ("é".repeat(500), None),
        ("é".repeat(501), Some("note length")),
        (String::new(), None),
        ("a\u{a0}b".to_owned(), None),
        ("a\nb".to_owned(), Some("note invalid_character")),
        ("\0".to_owned(), Some("note invalid_character")),
        ("\u{85}".to_owned(), Some("note invalid_character")),
    ] {
        let answer = app.create(&json!({ "url": AKAMAI, "note": note })).await;
        match refused {
            None => assert_eq!(answer.json()["note"], note),
            Some(error) => assert_eq!(answer.field_errors(), [error], "{note:.10?}"),
        }
    }
}

#[tokio::test]
async fn a_taken_code_is_a_conflict_that_carries_the_link_and_changes_nothing() {
    let app = TestApp::with([("base_url", "https://sho.rt")]).await;
    let first = app
        .create(&json!({ "short": "aka", "url": AKAMAI, "note": "mine" }))
        .await;
    let stored = app.host().store().get("aka").await;
    for url in ["https://evil.example", AKAMAI] {
        let second = app.create(&json!({ "short": "aka", "url": url })).await;
        assert_eq!(
            (second.status, second.problem()),
            (409, "conflict".to_owned())
        );
        assert_eq!(second.json()["link"], first.json());
        assert_eq!(second.location(), "");
    }
    assert_eq!(app.host().store().get("aka").await, stored);
}

#[tokio::test]
async fn an_unreadable_record_keeps_its_code() {
    let app = TestApp::start().await;
    app.put_record("aka", "not JSON").await;
    let answer = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    assert_eq!(answer.problem(), "conflict");
    assert!(answer.json().get("link").is_none());
    assert_eq!(
        app.host().store().get("aka").await,
        Ok(Some(b"not JSON".to_vec()))
    );
}

#[tokio::test]
async fn codes_that_differ_in_case_are_different_codes() {
    let app = TestApp::start().await;
    for (short, url) in [
        ("aka", "https://a.example/1"),
        ("Aka", "https://a.example/2"),
    ] {
        assert_eq!(
            app.create(&json!({ "short": short, "url": url }))
                .await
                .status,
            201
        );
    }
    app.follow("/aka")
        .await
        .assert_redirects_to("https://a.example/1");
    app.follow("/Aka")
        .await
        .assert_redirects_to("https://a.example/2");
}

#[tokio::test]
async fn generated_codes_are_unambiguous_unique_and_as_long_as_configured() {
    for (code_length, length) in [(None, 7), (Some("4"), 4), (Some("32"), 32)] {
        let app = TestApp::build(|host| match code_length {
            Some(value) => host.variable("code_length", value),
            None => host,
        })
        .await;
        let mut codes = HashSet::new();
        for _ in 0..40 {
            let created = app.create(&json!({ "url": AKAMAI })).await;
            let short = created.json()["short"].as_str().expect("a code").to_owned();
            assert_eq!(created.location(), format!("/{short}"));
            assert_eq!(short.len(), length);
            let ambiguous = |c: char| !c.is_ascii_alphanumeric() || "0OIl".contains(c);
            assert!(!short.contains(ambiguous), "{short}");
            app.follow(created.location())
                .await
                .assert_redirects_to(AKAMAI);
            assert!(codes.insert(short), "drawn twice: {codes:?}");
        }
    }
}

#[tokio::test]
async fn a_taken_code_is_drawn_again_up_to_four_times() {
    let app = TestApp::start().await;
    let taken = br#"{"short":"x","url":"https://akamai.com"}"#;
    let looks = || app.faults().before("key-value.get");
    looks().times(4).answer_value(Some(taken));
    let created = app.create(&json!({ "url": AKAMAI })).await;
    assert_eq!(created.status, 201);

    looks().answer_value(Some(taken));
    let draw = async {
        let refused = app.create(&json!({ "url": AKAMAI })).await;
        assert_eq!(
            (refused.status, refused.problem()),
            (503, "unavailable".to_owned())
        );
        assert_eq!(refused.header("retry-after"), "2");
    };
    let counts = app.count(draw).await;
    assert!(counts.contains(&("key-value.get", 5)), "{counts:?}");
    assert!(
        !counts.iter().any(|(name, _)| *name == "key-value.set"),
        "{counts:?}"
    );
}
