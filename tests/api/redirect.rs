//! What visitors see.

use http::Method;

use crate::app::{AKAMAI, TestApp};

#[tokio::test]
async fn a_code_leads_to_its_destination_whatever_query_comes_with_it() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    for path in ["/aka", "/aka?", "/aka?utm_source=mail", "/aka?/../b"] {
        app.follow(path).await.assert_redirects_to(AKAMAI);
    }
}

#[tokio::test]
async fn head_answers_as_get_does() {
    let app = TestApp::with([("root_url", "https://akamai.com/about")]).await;
    app.put_link("aka").await;
    app.put_record("bad", "not JSON").await;
    for path in [
        "/aka",
        "/none",
        "/bad",
        "/",
        "/robots.txt",
        "/favicon.ico",
        "/a/b",
    ] {
        let get = app.follow(path).await;
        let head = app.request(Method::HEAD, path).send().await;
        let mut expected = get.headers.clone();
        expected.insert("date", head.headers["date"].clone());
        assert_eq!(
            (head.status, &head.headers),
            (get.status, &expected),
            "{path}"
        );
        assert_eq!(head.text(), "", "{path}");
    }
}

#[tokio::test]
async fn an_unknown_code_and_what_is_no_code_are_not_found() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    for path in [
        "/none",
        "/AKA",
        "/aka//",
        "//aka",
        "/aka/x",
        "/%2561ka",
        "/aka%20",
        "/-aka",
        "/aka!",
        "/%ff",
        "//x/../y",
        "/_api",
        "/claim:aka",
        "/health:",
    ] {
        app.follow(path).await.assert_text(404, "Not Found");
    }
}

#[tokio::test]
async fn a_code_may_be_64_characters_long_and_no_longer() {
    let app = TestApp::start().await;
    let longest = "c".repeat(64);
    app.put_link(&longest).await;
    app.put_link(&format!("{longest}c")).await;
    app.follow(&format!("/{longest}"))
        .await
        .assert_redirects_to(AKAMAI);
    for longer in [65, 60_000] {
        let path = format!("/{}", "c".repeat(longer));
        app.follow(&path).await.assert_text(404, "Not Found");
    }
}

#[tokio::test]
async fn what_can_be_no_link_is_answered_without_the_store() {
    let app = TestApp::start().await;
    app.put_link("robots.txt").await;
    app.put_link("favicon.ico").await;
    let robots = app.follow("/robots.txt").await;
    robots.assert_text(200, "User-agent: *\nDisallow: /\n");
    for path in ["/favicon.ico", "/", "/-aka", "/-a/b", "//a"] {
        app.follow(path).await.assert_text(404, "Not Found");
    }
    for (name, _) in app.host().counts().0 {
        assert_eq!(name, "variables.get");
    }
}

#[tokio::test]
async fn crawlers_may_follow_links_where_the_operator_wants() {
    for (setting, text) in [
        ("disallow", "User-agent: *\nDisallow: /\n"),
        ("allow", "User-agent: *\nDisallow: /_api/\n"),
    ] {
        let app = TestApp::with([("robots", setting)]).await;
        app.put_link("aka").await;
        let robots = app.follow("/robots.txt").await;
        robots.assert_text(200, text);
        // A crawler that follows a link is told not to index it.
        let redirect = app.follow("/aka").await;
        assert_eq!(redirect.header("x-robots-tag"), "noindex", "{setting}");
    }
}

#[tokio::test]
async fn the_root_leads_where_the_operator_wants() {
    let app = TestApp::with([("root_url", "https://akamai.com")]).await;
    for path in ["/", "/?a=b"] {
        let root = app.follow(path).await;
        assert_eq!(
            (root.status, root.location(), root.text()),
            (302, AKAMAI, "")
        );
    }
    TestApp::start()
        .await
        .follow("/")
        .await
        .assert_text(404, "Not Found");
}

#[tokio::test]
async fn two_requests_on_one_connection_get_two_answers() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let mut connection = app.connect().await;
    let request = "GET /aka HTTP/1.1\r\nhost: short.example\r\n\r\n";
    connection.send(request.repeat(2)).await;
    let first = connection.read_head().await;
    assert!(
        first.contains("\r\nlocation: https://akamai.com\r\n"),
        "{first}"
    );
    assert_eq!(connection.read_head().await, first);
}
