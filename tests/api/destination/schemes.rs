//! Destinations that are no web pages, where the operator allows their schemes.

use serde_json::json;

use super::assert_refused;
use crate::app::TestApp;

#[tokio::test]
async fn a_scheme_that_the_operator_allows_is_followed_and_no_other() {
    let app = TestApp::with([("extra_schemes", "mailto, tel,x-app")]).await;
    for (given, sent) in [
        ("mailto:info@a.example", "mailto:info@a.example"),
        (
            " mailto:info@a.example?subject=a b\n",
            "mailto:info@a.example?subject=a%20b",
        ),
        ("MAILTO:info@a.example", "MAILTO:info@a.example"),
        (
            "mailto:info@bücher.example",
            "mailto:info@b%C3%BCcher.example",
        ),
        ("tel:+1-201-555-0123", "tel:+1-201-555-0123"),
        ("x-app://open/path?q#f", "x-app://open/path?q#f"),
        ("x-app:open", "x-app:open"),
        ("mailto:?subject=x", "mailto:?subject=x"),
    ] {
        let created = app.create(&json!({ "url": given })).await;
        assert_eq!(created.json()["url"], sent, "{given}");
        app.follow(created.location())
            .await
            .assert_redirects_to(sent);
    }
    for (url, error) in [
        ("sms:+1", "scheme"),
        ("mailto", "scheme"),
        ("mailtos:a", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("ftp://a.example", "scheme"),
        ("mailto:", "invalid_url"),
        ("x-app://@a", "user_info"),
        ("x-app://a{b}/", "invalid_character"),
        ("x-app://u:p@a", "user_info"),
        ("mailto:a\r\nb", "invalid_character"),
        ("mailto:a\u{200b}b", "invalid_character"),
        ("mailto:a\\b", "invalid_character"),
    ] {
        let answer = app.create(&json!({ "url": url })).await;
        assert_refused(&answer, error, url);
    }
    let long = format!("x-app:{}", "x".repeat(7994));
    assert_eq!(app.create(&json!({ "url": long })).await.status, 201);
    let longer = format!("{long}x");
    assert_refused(
        &app.create(&json!({ "url": longer })).await,
        "too_long",
        &longer,
    );
}

#[tokio::test]
async fn a_link_whose_scheme_is_not_allowed_any_more_leads_nowhere_and_is_still_shown() {
    let app = TestApp::start().await;
    app.put_record("mail", r#"{"short":"mail","url":"mailto:info@a.example"}"#)
        .await;
    app.put_record("evil", r#"{"short":"evil","url":"javascript:alert(1)"}"#)
        .await;
    for short in ["/mail", "/evil"] {
        app.follow(short)
            .await
            .assert_text(500, "Internal Server Error");
    }
    assert_eq!(
        app.get_link("mail").await.json()["url"],
        "mailto:info@a.example"
    );
    assert_eq!(app.get_link("evil").await.problem(), "internal");
}

#[tokio::test]
async fn the_rules_for_hosts_are_for_web_pages_only() {
    let app = TestApp::with([
        ("extra_schemes", "x-app"),
        ("allowed_hosts", "a.example"),
        ("private_hosts", "refuse"),
    ])
    .await;
    let created = app.create(&json!({ "url": "x-app://localhost/b" })).await;
    assert_eq!(created.status, 201);
    let refused = app.create(&json!({ "url": "http://b.example" })).await;
    assert_refused(&refused, "host_not_allowed", "http://b.example");
}

#[tokio::test]
async fn only_a_web_page_has_a_path_that_can_be_longer() {
    let app = TestApp::with([("extra_schemes", "mailto")]).await;
    let link = json!({ "short": "mail", "url": "mailto:a@a.example", "pass_on": ["path"] });
    assert_eq!(app.create(&link).await.field_errors(), ["pass_on choice"]);
    let link = json!({ "short": "mail", "url": "mailto:a@a.example", "pass_on": ["query"] });
    assert_eq!(app.create(&link).await.status, 201);
    let followed = app.follow("/mail?subject=x").await;
    followed.assert_redirects_to("mailto:a@a.example?subject=x");
}
