//! Which codes are valid: the nearest input on each side of every rule.

use serde_json::json;

use crate::{
    app::{AKAMAI, TestApp},
    tally::{Stored, Tally},
};

#[tokio::test]
async fn a_valid_code_is_taken_as_it_is() {
    let longest = "c".repeat(64);
    let app = TestApp::start().await;
    for short in [
        "a",
        "z",
        "A",
        "Z",
        "0",
        "9",
        "a.",
        "a_",
        "a~",
        "a-",
        "a..b",
        "0-._~",
        "robots",
        "Robots.txt",
        "favicon.icon",
        "api",
        "links",
        "null",
        &longest,
    ] {
        let created = app.create(&json!({ "short": short, "url": AKAMAI })).await;
        assert_eq!(created.json()["short"], short);
        assert_eq!(created.location(), format!("/{short}"));
        app.follow(created.location())
            .await
            .assert_redirects_to(AKAMAI);
        assert_eq!(app.get_link(short).await.status, 200, "{short}");
        assert_eq!(app.available(short).await.json()["available"], false);
    }
}

#[tokio::test]
async fn an_invalid_code_is_refused_and_not_rewritten() {
    let too_long = "c".repeat(65);
    let app = TestApp::start().await;
    let before = Stored::of(&app).await;
    let mut tally = Tally::of("invalid codes");
    for (short, error) in [
        ("", "length"),
        (too_long.as_str(), "length"),
        (".a", "invalid_character"),
        ("_a", "invalid_character"),
        ("~a", "invalid_character"),
        ("-a", "invalid_character"),
        ("_api", "invalid_character"),
        (" a", "invalid_character"),
        ("a ", "invalid_character"),
        ("a\n", "invalid_character"),
        ("a/", "invalid_character"),
        ("/a", "invalid_character"),
        ("a/b", "invalid_character"),
        ("a%62", "invalid_character"),
        ("a:b", "invalid_character"),
        ("claim:a", "invalid_character"),
        ("a?b", "invalid_character"),
        ("a#b", "invalid_character"),
        ("a+b", "invalid_character"),
        ("a@b", "invalid_character"),
        ("a\\b", "invalid_character"),
        ("a\0", "invalid_character"),
        // The neighbours of 0 9 A Z a z.
        ("a;", "invalid_character"),
        ("a[", "invalid_character"),
        ("a`", "invalid_character"),
        ("a{", "invalid_character"),
        ("ä", "invalid_character"),
        ("а", "invalid_character"),
        ("٣", "invalid_character"),
        ("robots.txt", "reserved"),
        ("favicon.ico", "reserved"),
    ] {
        let answer = app.create(&json!({ "short": short, "url": AKAMAI })).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "invalid_field"),
            "{short:?}"
        );
        assert_eq!(
            answer.field_errors(),
            [format!("short {error}")],
            "{short:?}"
        );
        tally.expect(Some(answer.status), Some(400), short);
    }
    tally.look_at(&app, &before).await;
    tally.end();
}
