//! Pages of other sites that use the API from a browser.

use http::Method;
use serde_json::json;

use crate::{
    answer::Answer,
    app::{AKAMAI, TOKEN, TestApp, calls, reuses_instances},
};

const APP: &str = "https://app.example";
const EXTENSION: &str = "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb";
const ORIGINS: &str = "https://app.example, chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb";

impl TestApp {
    async fn preflight(&self, origin: &str, path: &str) -> Answer {
        let request = self.request(Method::OPTIONS, path).header("origin", origin);
        let request = request.header("access-control-request-method", "PATCH");
        let asked = "authorization,content-type,if-match";
        request
            .header("access-control-request-headers", asked)
            .send()
            .await
    }
}

/// What of an answer lets a page read it.
fn sharing(answer: &Answer) -> Vec<&str> {
    let names = answer.headers.keys().map(http::HeaderName::as_str);
    names
        .filter(|name| name.starts_with("access-control-"))
        .collect()
}

#[tokio::test]
async fn a_listed_page_may_ask_and_read() {
    let app = TestApp::with([("cors_origins", ORIGINS)]).await;
    app.put_link("aka").await;
    for origin in [APP, EXTENSION] {
        for path in [
            "/_api/links",
            "/_api/links/aka",
            "/_api/none",
            "/_api/health",
        ] {
            let answer = app.preflight(origin, path).await;
            assert_eq!((answer.status, answer.text()), (204, ""), "{origin} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            for (name, needed) in [
                (
                    "access-control-allow-methods",
                    vec!["GET", "POST", "PUT", "PATCH", "DELETE"],
                ),
                (
                    "access-control-allow-headers",
                    vec![
                        "authorization",
                        "content-type",
                        "if-match",
                        "idempotency-key",
                    ],
                ),
            ] {
                let allowed: Vec<&str> = answer.header(name).split(", ").collect();
                assert!(
                    needed.iter().all(|it| allowed.contains(it)),
                    "{name}: {allowed:?}"
                );
            }
            assert_eq!(answer.header("vary"), "origin");
        }
        // What it then sends, also if it is refused.
        for (path, token, status) in [
            ("/_api/links/aka", TOKEN, 200),
            ("/_api/links/none", TOKEN, 404),
            ("/_api/links?limit=0", TOKEN, 400),
            ("/_api/links/aka", "t0ken-wrong-00000000", 401),
            ("/_api/export", TOKEN, 200),
            ("/_api/health", "", 200),
        ] {
            let request = app.request(Method::GET, path).header("origin", origin);
            let request = request.header("authorization", &format!("Bearer {token}"));
            let answer = request.send().await;
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(
                answer.header("access-control-allow-origin"),
                origin,
                "{path}"
            );
            assert_eq!(answer.header("vary"), "origin", "{path}");
            let exposed = answer.header("access-control-expose-headers");
            assert!(
                exposed.split(", ").any(|name| name == "etag"),
                "{path}: {exposed}"
            );
        }
    }
}

#[tokio::test]
async fn no_answer_is_for_other_pages_or_carries_their_cookies() {
    for (origins, others) in [
        ("", vec![APP, "null", "*"]),
        (
            ORIGINS,
            vec![
                "null",
                "*",
                "",
                "http://app.example",
                "https://app.example.evil.example",
                "https://APP.example",
            ],
        ),
    ] {
        let app = TestApp::with([("cors_origins", origins)]).await;
        app.put_link("aka").await;
        let plain = app.get_link("aka").await.whole();
        for other in others {
            let answer = app.preflight(other, "/_api/links/aka").await;
            assert_eq!((answer.status, sharing(&answer)), (401, vec![]), "{other}");
            let request = app.api(Method::GET, "links/aka").header("origin", other);
            assert_eq!(request.send().await.whole(), plain, "{other}");
        }
    }
    let app = TestApp::with([("cors_origins", ORIGINS)]).await;
    let answers = [
        app.preflight(APP, "/_api/links").await,
        app.api(Method::GET, "links")
            .header("origin", APP)
            .send()
            .await,
    ];
    for answer in answers {
        let credentials = answer.headers.get("access-control-allow-credentials");
        assert_eq!(credentials, None);
    }
}

#[tokio::test]
async fn visitors_answers_are_not_shared() {
    let app = TestApp::with([("cors_origins", ORIGINS)]).await;
    app.put_link("aka").await;
    for path in ["/aka", "/", "/robots.txt", "/_api"] {
        let answer = app.preflight(APP, path).await;
        assert_eq!((answer.status, sharing(&answer)), (405, vec![]), "{path}");
        let answer = app
            .request(Method::GET, path)
            .header("origin", APP)
            .send()
            .await;
        assert_eq!(sharing(&answer), Vec::<&str>::new(), "{path}");
    }
}

#[tokio::test]
async fn the_question_of_a_browser_costs_the_store_nothing() {
    let app = TestApp::with([("cors_origins", APP)]).await;
    let kept = app.keep_instance().await;
    app.preflight(APP, "/_api/links").await;
    let counts = app.count(app.preflight(APP, "/_api/links/aka")).await;
    match reuses_instances() {
        true => assert_eq!(counts, calls([], &[])),
        false => assert!(
            counts.iter().all(|(name, _)| *name == "variables.get"),
            "{counts:?}"
        ),
    }
    kept.release().await;
}

#[tokio::test]
async fn a_page_without_a_key_can_do_nothing() {
    let app = TestApp::with([("cors_origins", APP)]).await;
    let link = json!({ "short": "aka", "url": AKAMAI }).to_string();
    let request = app
        .request(Method::POST, "/_api/links")
        .header("origin", APP);
    let answer = request
        .header("cookie", "admin_token=x")
        .json(link)
        .send()
        .await;
    assert_eq!(answer.problem(), "unauthorized");
    assert_eq!(app.host().store().keys().await, Ok(vec![]));
}
