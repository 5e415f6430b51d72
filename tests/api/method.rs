//! Methods and paths there are not.

use http::Method;

use crate::{
    answer::Answer,
    app::{TOKEN, TestApp},
};

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
        ("links", "GET, HEAD, POST"),
        ("links/aka", "GET, HEAD, PUT, PATCH, DELETE"),
        ("links/none", "GET, HEAD, PUT, PATCH, DELETE"),
        ("links/aka/available", "GET, HEAD"),
        ("links/aka/clicks", "GET, HEAD"),
        ("export", "GET, HEAD"),
        ("import", "POST"),
        ("health", "GET, HEAD"),
    ] {
        for method in [Method::TRACE, Method::OPTIONS] {
            let answer = app.api(method.clone(), path).send().await;
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, allow),
                "{method} {path}"
            );
            assert_eq!(answer.problem(), "method_not_allowed");
        }
    }
    let answer = app.api(Method::HEAD, "import").send().await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    app.put_link("bob").await;
    app.put_record("broken", "not JSON").await;
    for (path, status) in [
        ("/_api/health", 200),
        ("/_api/links", 200),
        ("/_api/links?limit=1", 200),
        ("/_api/links?limit=0", 400),
        ("/_api/links/aka", 200),
        ("/_api/links/none", 404),
        ("/_api/links/broken", 500),
        ("/_api/links/aka/available", 200),
        ("/_api/links/aka/clicks", 409),
        ("/_api/links/aka/clicks?to=today", 400),
        ("/_api/links/robots.txt/available", 400),
        ("/_api/export", 200),
        ("/_api/nothing", 404),
        ("/aka", 301),
        ("/none", 404),
        ("/", 404),
        ("/robots.txt", 200),
    ] {
        let mut answers = Vec::new();
        for method in [Method::GET, Method::HEAD] {
            let request = app.request(method, path);
            let request = request.header("authorization", &format!("Bearer {TOKEN}"));
            answers.push(request.send().await);
        }
        let [mut get, head] = answers.try_into().expect("two answers");
        // It says how the body is sent (RFC 9112 section 6.1), and there is none.
        get.headers.remove("transfer-encoding");
        assert_eq!(get.status, status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        let body = get.body;
        let head = Answer { body, ..head };
        let get = Answer {
            body: head.body.clone(),
            ..get
        };
        assert_eq!(head.whole(), get.whole(), "{path}");
    }
}

#[tokio::test]
async fn head_needs_the_token_where_get_does() {
    let app = TestApp::start().await;
    for (path, status) in [("links", 401), ("export", 401), ("health", 200)] {
        let answer = app.request(Method::HEAD, &format!("/_api/{path}"));
        assert_eq!(answer.send().await.status, status, "{path}");
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
