//! What of a visitor's request goes on to the destination.

use http::Method;
use serde_json::json;

use crate::app::TestApp;

async fn app_with(url: &str, pass_on: &[&str]) -> TestApp {
    let app = TestApp::start().await;
    let link = json!({ "short": "web", "url": url, "pass_on": pass_on });
    assert_eq!(app.create(&link).await.status, 201);
    app
}

#[tokio::test]
async fn one_trailing_slash_does_not_count() {
    let app = app_with("https://a.example/x", &[]).await;
    for path in ["/web", "/web/", "/web/?a=b", "/%77eb/"] {
        app.follow(path)
            .await
            .assert_redirects_to("https://a.example/x");
    }
    for path in ["/web//", "/web/%2F", "/web%2F", "//web", "/web/.", "/web/x"] {
        app.follow(path).await.assert_text(404, "Not Found");
    }
    app.follow("/none/").await.assert_text(404, "Not Found");
}

#[tokio::test]
async fn a_longer_path_is_not_found_and_costs_no_second_read() {
    let app = app_with("https://a.example/x", &["query"]).await;
    for (path, status) in [
        ("/web/issues/12", 404),
        ("/web/", 301),
        ("/none/issues/12", 404),
        ("/none/", 404),
    ] {
        let follow = async { assert_eq!(app.follow(path).await.status, status, "{path}") };
        let counts = app.count(follow).await;
        let reads = counts.iter().find(|(name, _)| *name == "key-value.get");
        assert_eq!(reads, Some(&("key-value.get", 1)), "{path}");
    }
}

#[tokio::test]
async fn the_query_is_passed_on_where_the_link_wants_it() {
    for (url, asked, sent) in [
        ("https://a.example", "", "https://a.example"),
        ("https://a.example", "?", "https://a.example"),
        (
            "https://a.example",
            "?utm_source=x",
            "https://a.example?utm_source=x",
        ),
        ("https://a.example/?", "?x", "https://a.example/?x"),
        (
            "https://a.example/?a=1",
            "?a=2&a=3",
            "https://a.example/?a=1&a=2&a=3",
        ),
        (
            "https://a.example/#f",
            "?x=%C3%BC+%zz",
            "https://a.example/?x=%C3%BC+%zz#f",
        ),
        (
            "https://a.example/?a#f",
            "/?x?y/z",
            "https://a.example/?a&x?y/z#f",
        ),
        (
            "https://a.example/",
            "?x=https://b.example/@c",
            "https://a.example/?x=https://b.example/@c",
        ),
    ] {
        let app = app_with(url, &["query"]).await;
        let followed = app.follow(&format!("/web{asked}")).await;
        followed.assert_redirects_to(sent);
        let other = json!({ "short": "other", "url": url });
        assert_eq!(app.create(&other).await.status, 201);
        let followed = app.follow(&format!("/other{asked}")).await;
        followed.assert_redirects_to(url);
    }
}

#[tokio::test]
async fn the_rest_of_the_path_is_passed_on_where_the_link_wants_it() {
    for (url, asked, sent) in [
        ("https://a.example", "", "https://a.example"),
        ("https://a.example", "/", "https://a.example"),
        ("https://a.example", "/b", "https://a.example/b"),
        (
            "https://a.example/x/",
            "/issues/12/",
            "https://a.example/x/issues/12/",
        ),
        (
            "https://a.example/x?q#f",
            "/b?y",
            "https://a.example/x/b?q#f",
        ),
        (
            "https://a.example/x",
            "//b.example",
            "https://a.example/x//b.example",
        ),
        (
            "https://a.example/x",
            "/@b.example:80",
            "https://a.example/x/@b.example:80",
        ),
        (
            "https://a.example/x",
            "/%2F%2e%2E%2Fb%5c",
            "https://a.example/x/%2F%252E%252E%2Fb%5c",
        ),
        (
            "https://a.example/x",
            "/../b",
            "https://a.example/x/%252E%252E/b",
        ),
        (
            "https://a.example/x",
            "/%2e%2E/b",
            "https://a.example/x/%252E%252E/b",
        ),
        ("https://a.example/x", "/b/.", "https://a.example/x/b/%252E"),
    ] {
        let app = app_with(url, &["path"]).await;
        let followed = app.follow(&format!("/web{asked}")).await;
        followed.assert_redirects_to(sent);
        let head = app
            .request(Method::HEAD, &format!("/web{asked}"))
            .send()
            .await;
        assert_eq!((head.status, head.location()), (301, sent));
    }
}

#[tokio::test]
async fn both_are_passed_on_together_however_long() {
    let app = app_with("https://a.example/x?q#f", &["path", "query"]).await;
    let followed = app.follow("/web/b?y").await;
    followed.assert_redirects_to("https://a.example/x/b?q&y#f");
    let long = "y".repeat(30_000);
    let followed = app.follow(&format!("/web/{long}?{long}")).await;
    followed.assert_redirects_to(&format!("https://a.example/x/{long}?q&{long}#f"));
}

#[tokio::test]
async fn what_grows_too_long_is_refused_and_no_visit() {
    let app = TestApp::build(|host| host.variable("log_redirects", "true")).await;
    let link = json!({ "short": "web", "url": "https://a.example", "pass_on": ["path", "query"] });
    assert_eq!(app.create(&link).await.status, 201);
    let visits = app.events_named("redirect").len();
    for path in [
        format!("/web?{}", "|".repeat(60_000)),
        format!("/web/{}", "../".repeat(21_000)),
    ] {
        app.follow(&path).await.assert_text(414, "URI Too Long");
    }
    assert_eq!(app.events_named("redirect").len(), visits);
    // Encoded, it is as long as it may be.
    let query = "|".repeat((64 * 1024 - "https://a.example?".len()) / 3);
    let sent = format!("https://a.example?{}", query.replace('|', "%7C"));
    app.follow(&format!("/web?{query}"))
        .await
        .assert_redirects_to(&sent);
    let visits_now = app.events_named("redirect").len();
    assert_eq!(visits_now, visits + 1);
}

#[tokio::test]
async fn what_a_link_passes_on_is_shown_replaced_and_moved_with_it() {
    let app = app_with("https://a.example/x", &["path", "query"]).await;
    let shown = app.get_link("web").await.json();
    assert_eq!(shown["pass_on"], json!(["query", "path"]));
    let export = app.export().await;
    assert!(export.text().contains(r#""pass_on":["query","path"]"#));

    let other = TestApp::start().await;
    let report = other.import(export.text()).await.json();
    assert_eq!(report["created"], 1, "{report}");
    let followed = other.follow("/web/b?y").await;
    followed.assert_redirects_to("https://a.example/x/b?y");

    let replacement = json!({ "url": "https://b.example" });
    assert_eq!(other.replace("web", &replacement).await.status, 204);
    assert_eq!(other.get_link("web").await.json().get("pass_on"), None);
    other
        .follow("/web?y")
        .await
        .assert_redirects_to("https://b.example");
    other.follow("/web/b").await.assert_text(404, "Not Found");
}

#[tokio::test]
async fn an_odd_list_is_refused_and_an_empty_one_is_none() {
    let app = TestApp::start().await;
    for (pass_on, error) in [
        (json!(["fragment"]), "pass_on choice"),
        (json!(["Query"]), "pass_on choice"),
        (json!(["query", "query"]), "pass_on choice"),
        (json!("query"), "pass_on type"),
        (json!({ "query": true }), "pass_on type"),
        (json!([1]), "pass_on type"),
        (json!([null]), "pass_on type"),
    ] {
        let link = json!({ "url": "https://a.example", "pass_on": pass_on });
        let answer = app.create(&link).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "invalid_field")
        );
        assert_eq!(answer.field_errors(), [error], "{pass_on}");
    }
    for pass_on in [json!([]), json!(null)] {
        let link = json!({ "url": "https://a.example", "pass_on": pass_on });
        let answer = app.create(&link).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.json().get("pass_on"), None);
    }
}
