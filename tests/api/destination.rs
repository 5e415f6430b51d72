//! Which destinations are valid: the nearest input on each side of every rule. Which hosts they may
//! have: [`hosts`]. Which schemes: [`schemes`].

mod hosts;
mod schemes;

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
    let longest = long(8000);
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
async fn what_a_uri_cannot_hold_is_stored_and_sent_encoded() {
    let app = TestApp::start().await;
    for (given, sent) in [
        (
            "https://fonts.example/css?family=Open Sans|Roboto",
            "https://fonts.example/css?family=Open%20Sans%7CRoboto",
        ),
        (
            "https://api.example/v1/{id}/^x`?q={\"a\":<1>}#{f|^`}",
            "https://api.example/v1/%7Bid%7D/%5Ex%60?q=%7B%22a%22:%3C1%3E%7D#%7Bf%7C%5E%60%7D",
        ),
        ("https://a.example/%7B|%zz%", "https://a.example/%7B%7C%zz%"),
        ("https://a.example/a b/../c", "https://a.example/a%20b/../c"),
        (
            "https://a.example/é{ü}",
            "https://a.example/%C3%A9%7B%C3%BC%7D",
        ),
        ("https://a.example?|", "https://a.example?%7C"),
        ("https://a.example#|", "https://a.example#%7C"),
    ] {
        let created = app.create(&json!({ "url": given })).await;
        assert_eq!(created.status, 201, "{given}: {}", created.text());
        assert_eq!(created.json()["url"], sent, "{given}");
        let short = created.location();
        app.follow(short).await.assert_redirects_to(sent);
        // What was stored is stored again as it is.
        let again = app.create(&json!({ "url": sent })).await;
        assert_eq!(again.json()["url"], sent);
    }
}

#[tokio::test]
async fn what_copying_leaves_around_a_destination_is_cut_off() {
    let app = TestApp::start().await;
    let url = "https://a.example/page";
    for around in [
        " ", "\t", "\n", "\r\n", "\u{85}", "\u{a0}", "\u{ad}", "\u{200b}", "\u{200d}", "\u{200e}",
        "\u{202c}", "\u{2028}", "\u{2029}", "\u{2060}", "\u{3000}", "\u{feff}",
    ] {
        for given in [format!("{url}{around}"), format!("{around}{url}{around} ")] {
            let created = app.create(&json!({ "url": given })).await;
            assert_eq!(created.json()["url"], url, "{given:?}");
        }
    }
    // What is encoded was meant.
    let given = "https://a.example/page%E2%80%8B";
    let created = app.create(&json!({ "url": given })).await;
    assert_eq!(created.json()["url"], given);
}

#[tokio::test]
async fn what_nobody_sees_is_refused_inside_a_destination_and_named() {
    let app = TestApp::start().await;
    for (character, name) in [
        ('\0', "U+0000"),
        ('\t', "U+0009"),
        ('\\', "U+005C"),
        ('\u{85}', "U+0085"),
        ('\u{a0}', "U+00A0"),
        ('\u{ad}', "U+00AD"),
        ('\u{34f}', "U+034F"),
        ('\u{115f}', "U+115F"),
        ('\u{2003}', "U+2003"),
        ('\u{200b}', "U+200B"),
        ('\u{200c}', "U+200C"),
        ('\u{200d}', "U+200D"),
        ('\u{200e}', "U+200E"),
        ('\u{2028}', "U+2028"),
        ('\u{2029}', "U+2029"),
        ('\u{202e}', "U+202E"),
        ('\u{2060}', "U+2060"),
        ('\u{3000}', "U+3000"),
        ('\u{fe0f}', "U+FE0F"),
        ('\u{feff}', "U+FEFF"),
        ('\u{e0001}', "U+E0001"),
    ] {
        for url in [
            format!("https://a.example/a{character}b"),
            format!("https://a.example?a{character}b"),
            format!("https://a{character}b.example/"),
        ] {
            let answer = app.create(&json!({ "url": url })).await;
            assert_refused(&answer, "invalid_character", &url);
            let detail = answer.json()["detail"].to_string();
            assert!(
                detail.contains(&format!("the character {name}")),
                "{detail}"
            );
        }
    }
}

#[tokio::test]
async fn a_joiner_stays_where_a_script_or_an_emoji_needs_it() {
    let app = TestApp::start().await;
    for (given, sent) in [
        (
            "https://a.example/می\u{200c}خ",
            "https://a.example/%D9%85%DB%8C%E2%80%8C%D8%AE",
        ),
        (
            "https://a.example/👩\u{200d}💻",
            "https://a.example/%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB",
        ),
        (
            "https://a.example/❤\u{fe0f}",
            "https://a.example/%E2%9D%A4%EF%B8%8F",
        ),
    ] {
        let created = app.create(&json!({ "url": given })).await;
        assert_eq!(created.status, 201, "{}", created.text());
        app.follow(created.location())
            .await
            .assert_redirects_to(sent);
    }
}

#[tokio::test]
async fn an_invalid_destination_is_refused_by_the_rule_it_breaks() {
    let too_long = long(8001);
    // Two bytes a letter as given, six as stored.
    let grows_too_long = format!("https://a.example/{}", "ü".repeat(1331));
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
        ("http://a b.example", "invalid_character"),
        ("http://a|b.example", "invalid_character"),
        ("http://a<b.example/", "invalid_character"),
        ("http://a%22.example/", "invalid_url"),
        ("http://pay%E2%80%8Bpal.example", "invalid_character"),
        ("\0http://a.example", "scheme"),
        ("http://a.example/\0", "invalid_character"),
        ("http://a.example\\b", "invalid_character"),
        ("http://a.example/\tb", "invalid_character"),
        ("http://a.example/\r\nset-cookie: x", "invalid_character"),
        ("http://a.example/\u{7f}", "invalid_character"),
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
        let (given, stored) = build(8000);
        assert_eq!(stored.len(), 8000);
        let created = app.create(&json!({ "url": given })).await;
        assert_eq!(created.status, 201, "{given}");
        assert_eq!(created.json()["url"], stored);
        app.follow(created.location())
            .await
            .assert_redirects_to(&stored);

        let (given, _) = build(8001);
        let refused = app.create(&json!({ "url": given })).await;
        assert_refused(&refused, "too_long", &given);
    }
}
