//! Who may use the API.

use http::Method;
use serde_json::json;

use crate::{
    answer::Answer,
    app::{AKAMAI, PREVIOUS_TOKEN, TOKEN, TestApp},
    tally::{Stored, Tally},
};

const NEXT_TOKEN: &str = "t0ken-next-7b2e90aa";

/// Every route that asks for the token, and two that do not exist.
const ROUTES: [(Method, &str); 12] = [
    (Method::GET, "/_api/links"),
    (Method::POST, "/_api/links"),
    (Method::GET, "/_api/links/aka"),
    (Method::GET, "/_api/links/aka/available"),
    (Method::GET, "/_api/links/aka/clicks"),
    (Method::PUT, "/_api/links/aka"),
    (Method::DELETE, "/_api/links/aka"),
    (Method::GET, "/_api/export"),
    (Method::POST, "/_api/import"),
    (Method::PATCH, "/_api/links/aka"),
    (Method::GET, "/_api/"),
    (Method::GET, "/_api/none"),
];

impl TestApp {
    /// A read with these `Authorization` headers.
    async fn authorized_by(&self, headers: &[&str]) -> Answer {
        let mut request = self.request(Method::GET, "/_api/links/aka");
        for header in headers {
            request = request.header("authorization", header);
        }
        request.send().await
    }

    async fn authorized_with(&self, token: &str) -> Answer {
        self.authorized_by(&[&format!("Bearer {token}")]).await
    }
}

#[track_caller]
fn assert_unauthorized(answer: &Answer, what: &str) {
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (401, "unauthorized"),
        "{what}"
    );
    assert_eq!(answer.header("www-authenticate"), "Bearer", "{what}");
}

#[tokio::test]
async fn every_route_but_health_asks_for_the_token_before_anything_else() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let knock = async {
        for (method, path) in ROUTES {
            let request = app.request(method.clone(), path);
            assert_unauthorized(&request.send().await, path);
            let oversized = app.request(method, path).body("x".repeat(70_000));
            assert_unauthorized(&oversized.send().await, path);
        }
    };
    let calls = app.count(knock).await;
    assert!(
        calls.iter().all(|(name, _)| *name == "variables.get"),
        "{calls:?}"
    );
}

#[tokio::test]
async fn only_one_bearer_header_with_the_whole_token_passes() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let bearer = format!("Bearer {TOKEN}");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let answer = app.authorized_by(&[&format!("{scheme} {TOKEN}")]).await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
    let shorter = TOKEN.strip_suffix('2').expect("its last character");
    let rows: [(&str, Vec<String>); 16] = [
        ("no header", vec![]),
        ("an empty header", vec![String::new()]),
        ("no token", vec!["Bearer".to_owned()]),
        ("an empty token", vec!["Bearer ".to_owned()]),
        ("no scheme", vec![TOKEN.to_owned()]),
        ("another scheme", vec![format!("Basic {TOKEN}")]),
        ("a password", vec!["Basic YWRtaW46dDBrZW4=".to_owned()]),
        (
            "another token",
            vec!["Bearer t0ken-wrong-00000000".to_owned()],
        ),
        ("a shorter token", vec![format!("Bearer {shorter}")]),
        ("a longer token", vec![format!("{bearer}2")]),
        (
            "another case",
            vec![format!("Bearer {}", TOKEN.to_uppercase())],
        ),
        ("two spaces", vec![format!("Bearer  {TOKEN}")]),
        ("more than a token", vec![format!("{bearer} x")]),
        ("two headers", vec![bearer.clone(), bearer.clone()]),
        (
            "a second, empty header",
            vec![bearer.clone(), String::new()],
        ),
        ("a list", vec![format!("{bearer}, {bearer}")]),
    ];
    let mut tally = Tally::of("authorizations");
    let before = Stored::of(&app).await;
    let without = app.authorized_by(&[]).await.whole();
    for (what, headers) in rows {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = app.authorized_by(&headers).await;
        assert_unauthorized(&answer, what);
        assert_eq!(answer.whole(), without, "{what}");
        tally.expect(Some(answer.status), Some(401), what);
    }
    // Nor does it say anything about the place that was asked for.
    for (method, path) in ROUTES {
        let answer = app.request(method, path).send().await;
        assert_eq!(answer.whole(), without, "{path}");
        tally.expect(Some(answer.status), Some(401), path);
    }
    tally.look_at(&app, &before).await;
    tally.end();
}

#[tokio::test]
async fn a_token_in_the_url_or_a_cookie_is_no_token() {
    let app = TestApp::start().await;
    let path = format!("/_api/links/aka?access_token={TOKEN}");
    assert_unauthorized(&app.request(Method::GET, &path).send().await, "url");
    let cookie = app.request(Method::GET, "/_api/links/aka");
    let cookie = cookie.header("cookie", &format!("admin_token={TOKEN}"));
    assert_unauthorized(&cookie.send().await, "cookie");
}

#[tokio::test]
async fn sixteen_bytes_are_a_token() {
    // What shorter ones and other unusable ones do: `misconfiguration`.
    let shortest = "t0ken-16-bytes!!";
    let app = TestApp::with([("admin_token", shortest)]).await;
    assert_eq!(app.authorized_with(shortest).await.status, 404);
}

#[tokio::test]
async fn a_rotation_counts_at_once_on_a_running_instance() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let kept = app.keep_instance().await;
    let statuses = async || {
        let mut statuses = Vec::new();
        for token in [TOKEN, PREVIOUS_TOKEN, NEXT_TOKEN] {
            statuses.push(app.authorized_with(token).await.status);
        }
        statuses
    };
    let set = |name, value| app.host().set_variable(name, value).expect("declared");
    assert_eq!(statuses().await, [200, 401, 401]);
    set("admin_token_previous", PREVIOUS_TOKEN);
    assert_eq!(statuses().await, [200, 200, 401]);
    set("admin_token_previous", TOKEN);
    set("admin_token", NEXT_TOKEN);
    assert_eq!(statuses().await, [200, 401, 200]);
    set("admin_token_previous", "");
    assert_eq!(statuses().await, [401, 401, 200]);
    app.assert_one_instance();
    kept.release().await;
}

#[tokio::test]
async fn a_provider_that_fails_is_an_outage_and_no_open_door() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let token = app.faults().before("variables.get").key("admin_token");
    token.fail("vault: connection refused");
    for token in [TOKEN, ""] {
        let answer = app.authorized_with(token).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (503, "unavailable")
        );
        assert_eq!(answer.header("retry-after"), "2");
        assert!(!answer.text().contains("vault"), "{}", answer.text());
    }
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    let logged = &app.events_named("unavailable")[0]["error"];
    assert!(
        logged.to_string().contains("vault: connection refused"),
        "{logged}"
    );
}

/// The check of every log ([`TestApp`]'s end) finds no token; this gives it something to look at.
#[tokio::test]
async fn no_token_is_logged_even_at_the_most_talkative() {
    let app = TestApp::with([
        ("log_level", "debug"),
        ("admin_token_previous", PREVIOUS_TOKEN),
    ])
    .await;
    app.follow("/none").await;
    app.authorized_with("t0ken-wrong-00000000").await;
    app.authorized_with(PREVIOUS_TOKEN).await;
    app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    app.faults().before("*").fail("down");
    app.authorized_with(TOKEN).await;
    assert!(app.events().len() >= 2);
}
