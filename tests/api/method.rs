//! Methods and paths there are not.

use http::Method;

use crate::app::TestApp;

#[tokio::test]
async fn a_public_path_can_only_be_read() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let odd = Method::from_bytes(b"BREW").expect("a token");
    for path in [
        "/aka",
        "/none",
        "/",
        "/robots.txt",
        "/favicon.ico",
        "/a/b",
        "/_api",
    ] {
        for method in [
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            odd.clone(),
        ] {
            let answer = app.request(method.clone(), path).body("{}").send().await;
            answer.assert_text(405, "Method Not Allowed");
            assert_eq!(answer.header("allow"), "GET, HEAD", "{method} {path}");
        }
    }
    assert_eq!(app.host().counts().of("key-value.get"), 0);
    assert_eq!(app.host().store().keys().await, Ok(vec!["aka".to_owned()]));
}

#[tokio::test]
async fn an_api_path_says_which_methods_it_has() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    for (path, allow) in [
        ("links", "GET, POST"),
        ("links/aka", "GET, PUT, DELETE"),
        ("links/none", "GET, PUT, DELETE"),
        ("links/aka/available", "GET"),
        ("export", "GET"),
        ("import", "POST"),
        ("health", "GET"),
    ] {
        for method in [Method::PATCH, Method::OPTIONS, Method::HEAD] {
            let answer = app.api(method.clone(), path).send().await;
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, allow),
                "{method} {path}"
            );
            if method != Method::HEAD {
                assert_eq!(answer.problem(), "method_not_allowed");
            }
        }
    }
}

#[tokio::test]
async fn an_api_path_that_does_not_exist_is_a_problem_too() {
    let app = TestApp::start().await;
    for path in [
        "",
        "link",
        "Links",
        "links/a/b",
        "links/a/available/",
        "links/a/available/b",
        "/links",
        "../links",
        "healthy",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = app.api(method, path).send().await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (404, "not_found"),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn an_api_path_with_an_empty_segment_is_none() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    for path in [
        "links/",
        "links//",
        "links/aka/",
        "links//available",
        "links/aka//available",
        "/links",
        "export/",
        "import/",
        "health/",
        "/health",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let answer = app.api(method, path).send().await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (404, "not_found"),
                "{path}"
            );
        }
    }
    app.follow("/aka")
        .await
        .assert_redirects_to(crate::app::AKAMAI);
}
