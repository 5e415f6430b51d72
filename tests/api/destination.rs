//! Which destinations are valid: the nearest input on each side of every rule. Which hosts they may
//! have: [`hosts`].

mod hosts;

use serde_json::json;

use crate::{
    answer::Answer,
    app::TestApp,
    tally::{Stored, Tally},
};

/// A URL of exactly this many bytes.
fn long(bytes: usize) -> String {
    let start = "https://a.example/";
    format!("{start}{}", "x".repeat(bytes - start.len()))
}

#[track_caller]
fn assert_refused(answer: &Answer, error: &str, url: &str) {
    assert_eq!(answer.status, 400, "{url:?}");
    assert_eq!(answer.problem(), "invalid_field", "{url:?}");
    assert_eq!(answer.field_errors(), [format!("url {error}")], "{url:?}");
}

#[tokio::test]
async fn an_ascii_destination_is_stored_and_sent_byte_for_byte() {
    let longest = long(2048);
    let app = TestApp::start().await;
    for url in [
        "https://akamai.com",
        "http://a",
        "HTTPS://Akamai.COM/",
        "hTTp://a.example",
        "https://a.example:443",
        "http://a.example:65535/",
        "https://a.example./",
        "https://a.example/%2f%2F%zz%",
        "https://a.example/a/../b/./c//d",
        "https://a.example?q=a+b&c[]=d'e!*();:@,$",
        "https://a.example/#frag?not-a-query",
        "https://a.example/@b",
        "https://a.example?u:p@b",
        "https://a.example#u:p@b",
        "https://xn--bcher-kva.example/",
        "https://127.0.0.2/",
        "https://[::1]:8443/x",
        longest.as_str(),
    ] {
        let created = app.create(&json!({ "url": url })).await;
        assert_eq!(created.status, 201, "{url}");
        assert_eq!(created.json()["url"], url);
        app.follow(created.location())
            .await
            .assert_redirects_to(url);
    }
}

#[tokio::test]
async fn other_letters_are_stored_and_sent_in_their_ascii_form() {
    let app = TestApp::start().await;
    for (given, sent) in [
        ("https://bücher.example", "https://xn--bcher-kva.example/"),
        (
            "https://a.example/ü?ö#ä",
            "https://a.example/%C3%BC?%C3%B6#%C3%A4",
        ),
        (
            "https://a.example/日本",
            "https://a.example/%E6%97%A5%E6%9C%AC",
        ),
        ("https://a。example/é", "https://a.example/%C3%A9"),
    ] {
        let created = app.create(&json!({ "url": given })).await;
        assert_eq!(created.json()["url"], sent, "{given}");
        app.follow(created.location())
            .await
            .assert_redirects_to(sent);
    }
}

#[tokio::test]
async fn an_invalid_destination_is_refused_by_the_rule_it_breaks() {
    let too_long = long(2049);
    // Two bytes a letter as given, six as stored.
    let grows_too_long = format!("https://a.example/{}", "ü".repeat(339));
    let app = TestApp::start().await;
    let before = Stored::of(&app).await;
    let mut tally = Tally::of("invalid destinations");
    for (url, error) in [
        ("", "scheme"),
        ("a.example", "scheme"),
        ("//a.example", "scheme"),
        ("/relative", "scheme"),
        ("http:a.example", "scheme"),
        ("http:/a.example", "scheme"),
        ("http:\\\\a.example", "scheme"),
        (" http://a.example", "scheme"),
        ("\thttp://a.example", "scheme"),
        ("ftp://a.example", "scheme"),
        ("httpx://a.example", "scheme"),
        ("ws://a.example", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("ｈttp://a.example", "scheme"),
        ("http://", "no_host"),
        ("http:///a.example", "no_host"),
        ("http://?a", "no_host"),
        ("http://#a", "no_host"),
        ("http://./", "no_host"),
        ("http://:80", "invalid_url"),
        ("http://a.example:65536", "invalid_url"),
        ("http://a.example:x", "invalid_url"),
        ("http://256.1.1.1", "invalid_url"),
        ("http://[::1", "invalid_url"),
        ("http://a.example＠b.example", "invalid_url"),
        ("http://a%00.example", "invalid_url"),
        ("http://u@a.example", "user_info"),
        ("http://u:p@a.example", "user_info"),
        ("http://@a.example", "user_info"),
        ("http://:@a.example", "user_info"),
        ("http://a.example/b c", "invalid_character"),
        ("http://a.example/ ", "invalid_character"),
        ("http://a.example\\b", "invalid_character"),
        ("http://a.example/\tb", "invalid_character"),
        ("http://a.example/\r\nset-cookie: x", "invalid_character"),
        ("http://a.example/\0", "invalid_character"),
        ("http://a.example/\u{7f}", "invalid_character"),
        ("http://a.example/\u{85}", "invalid_character"),
        ("http://a.example/\"", "invalid_character"),
        ("http://a.example/<", "invalid_character"),
        ("http://a.example/>", "invalid_character"),
        ("http://a.example/^", "invalid_character"),
        ("http://a.example/`", "invalid_character"),
        ("http://a.example/{", "invalid_character"),
        ("http://a.example/|", "invalid_character"),
        ("http://a.example/}", "invalid_character"),
        ("https://u@sho.rt", "user_info"),
        (too_long.as_str(), "too_long"),
        (grows_too_long.as_str(), "too_long"),
    ] {
        let answer = app.create(&json!({ "url": url })).await;
        assert_refused(&answer, error, url);
        tally.expect(Some(answer.status), Some(400), url);
    }
    tally.look_at(&app, &before).await;
    tally.end();
}

/// A URL that has `stored` bytes once its letters are ASCII, and what it is stored as. Each `ü` of the
/// path grows from 2 bytes to 6.
fn that_grows(stored: usize) -> (String, String) {
    let (letters, rest) = (300, "x".repeat(stored - 18 - 300 * 6));
    let url = |letter: &str| format!("https://a.example/{}{rest}", letter.repeat(letters));
    (url("ü"), url("%C3%BC"))
}

/// The same, of fullwidth letters in the host, each of which shrinks from 3 bytes to 1.
fn that_shrinks(stored: usize) -> (String, String) {
    let url = |letter: &str| {
        let label = letter.repeat(60);
        format!("https://{label}.{label}.{label}.example/")
    };
    let rest = "x".repeat(stored - url("a").len());
    (url("ａ") + &rest, url("a") + &rest)
}

#[tokio::test]
async fn what_counts_is_how_long_a_destination_is_as_it_is_stored() {
    let app = TestApp::start().await;
    for build in [that_grows, that_shrinks] {
        let (given, stored) = build(2048);
        assert_eq!(stored.len(), 2048);
        let created = app.create(&json!({ "url": given })).await;
        assert_eq!(created.status, 201, "{given}");
        assert_eq!(created.json()["url"], stored);
        app.follow(created.location())
            .await
            .assert_redirects_to(&stored);

        let (given, _) = build(2049);
        let refused = app.create(&json!({ "url": given })).await;
        assert_refused(&refused, "too_long", &given);
    }
}
