//! Which destinations are valid: the nearest input on each side of every rule.

use http::Method;
use serde_json::json;

use crate::app::{AKAMAI, Answer, TestApp};

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
        (too_long.as_str(), "too_long"),
        (grows_too_long.as_str(), "too_long"),
    ] {
        let answer = app.create(&json!({ "url": url })).await;
        assert_refused(&answer, error, url);
    }
    assert_eq!(app.host().store().keys().await, Ok(vec![]));
}

#[tokio::test]
async fn a_link_to_the_host_it_was_asked_for_is_refused() {
    let app = TestApp::start().await;
    for (host, url, refused) in [
        ("sho.rt", "https://sho.rt/x", true),
        ("sho.rt", "http://SHO.RT.:8080", true),
        ("sho.rt:3000", "https://sho.rt", true),
        ("Sho.Rt", "http://sho%2ert/", true),
        ("127.0.0.1:3000", "http://0x7f000001/", true),
        ("[::1]:3000", "http://[0:0::1]/", true),
        ("sho.rt", "https://www.sho.rt", false),
        ("sho.rt", "https://notsho.rt", false),
        ("sho.rt", "https://sho.rt.example", false),
        ("sho.rt", "https://a.example/sho.rt", false),
    ] {
        let request = app.api(Method::POST, "links").host(host);
        let answer = request.json(json!({ "url": url }).to_string()).send().await;
        match refused {
            true => assert_refused(&answer, "own_host", url),
            false => assert_eq!(answer.status, 201, "{url}"),
        }
    }
}

#[tokio::test]
async fn a_link_to_the_public_host_is_refused_whatever_host_was_asked_for() {
    let app = TestApp::with([("base_url", "https://sho.rt")]).await;
    for host in ["sho.rt", "internal.example"] {
        for (url, refused) in [("http://sho.rt/aka", true), ("https://a.sho.rt", false)] {
            let request = app.api(Method::POST, "links").host(host);
            let answer = request.json(json!({ "url": url }).to_string()).send().await;
            match refused {
                true => assert_refused(&answer, "own_host", url),
                false => assert_eq!(answer.status, 201, "{url}"),
            }
        }
    }
}

#[tokio::test]
async fn the_operator_says_which_hosts_links_may_lead_to() {
    let (ok, blocked, not_allowed) = (None, Some("blocked_host"), Some("host_not_allowed"));
    for (allowed_hosts, blocked_hosts, url, refused) in [
        ("", "", "https://evil.example", ok),
        ("", "evil.example", "https://evil.example/x", blocked),
        (
            "",
            "evil.example",
            "https://a.b.EVIL.example.:8443",
            blocked,
        ),
        ("", "evil.example", "https://ev%69l.example", blocked),
        ("", "evil.example", "https://notevil.example", ok),
        ("", "evil.example", "https://evil.example.org", ok),
        ("", "evil.example", "https://a.example/evil.example", ok),
        (
            "",
            " a.example , ,evil.example",
            "https://evil.example",
            blocked,
        ),
        ("", "10.0.0.1", "http://167772161/", blocked),
        ("", "[::1]", "http://[::0:1]/", blocked),
        ("akamai.com", "", AKAMAI, ok),
        ("Akamai.COM.", "", "https://www.akamai.com", ok),
        ("akamai.com", "", "https://notakamai.com", not_allowed),
        (
            "akamai.com",
            "",
            "https://akamai.com.evil.example",
            not_allowed,
        ),
        ("akamai.com,a.example", "", "https://a.example", ok),
        (
            "akamai.com",
            "login.akamai.com",
            "https://www.akamai.com",
            ok,
        ),
        (
            "akamai.com",
            "login.akamai.com",
            "https://login.akamai.com",
            blocked,
        ),
        ("akamai.com", "akamai.com", AKAMAI, blocked),
    ] {
        let variables = [
            ("allowed_hosts", allowed_hosts),
            ("blocked_hosts", blocked_hosts),
        ];
        let app = TestApp::with(variables).await;
        let answer = app.create(&json!({ "url": url })).await;
        match refused {
            Some(error) => assert_refused(&answer, error, url),
            None => assert_eq!(answer.status, 201, "{variables:?} {url}"),
        }
    }
}

#[tokio::test]
async fn a_policy_does_not_stop_links_that_are_older_than_it() {
    let app = TestApp::with([("blocked_hosts", "akamai.com")]).await;
    app.put_link("aka").await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
}
