//! Forms that were not sent from a page of the shortener. None of them gets anything done.

use http::Method;

use super::operator::{Operator, checked, request, with_fields};
use crate::{
    app::{TOKEN, TestApp},
    request::TestRequest,
};

/// Every form, and what it sends.
const FORMS: [(&str, &[(&str, &str)]); 6] = [
    ("/_admin/sign-in", &[("token", TOKEN)]),
    ("/_admin/sign-out", &[]),
    (
        "/_admin/new",
        &[("short", "new"), ("url", "https://evil.example")],
    ),
    ("/_admin/links/aka", &[("url", "https://evil.example")]),
    ("/_admin/links/aka/delete", &[("version", "")]),
    ("/_admin/import", &[]),
];

/// Sends every form, with the header fields that `forge` adds, and sees that nothing comes of it.
async fn assert_refused(what: &str, forge: impl Fn(&TestApp, TestRequest) -> TestRequest) {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let before = app.host().store().keys().await.expect("keys");
    for (path, fields) in FORMS {
        let request = forge(&app, operator.request(Method::POST, path));
        let answer = checked(with_fields(request, fields)).await;
        assert_eq!(answer.status, 403, "{what}: {path}");
        assert_eq!(answer.header("set-cookie"), "", "{what}: {path}");
        assert!(
            answer
                .text()
                .contains("This form did not come from the admin page"),
            "{answer:?}"
        );
    }
    assert_eq!(app.host().store().keys().await.expect("keys"), before);
    app.follow("/aka")
        .await
        .assert_redirects_to("https://akamai.com");
}

#[tokio::test]
async fn a_post_that_does_not_say_where_it_comes_from_is_refused() {
    assert_refused("nothing", |_, request| request).await;
}

#[tokio::test]
async fn a_post_from_another_site_is_refused() {
    for origin in [
        "https://evil.example",
        "http://localhost",
        "https://127.0.0.1",
        "http://127.0.0.1:1",
    ] {
        assert_refused(origin, |_, request| request.header("origin", origin)).await;
    }
}

#[tokio::test]
async fn a_post_from_a_page_without_an_origin_is_refused() {
    assert_refused("null", |_, request| request.header("origin", "null")).await;
}

#[tokio::test]
async fn a_post_of_which_the_browser_says_that_it_comes_from_elsewhere_is_refused() {
    for site in ["cross-site", "same-site", "none", "Same-Origin", ""] {
        assert_refused(site, |app, request| {
            let own = format!("http://{}", app.host().addr());
            request
                .header("origin", &own)
                .header("sec-fetch-site", site)
        })
        .await;
    }
}

#[tokio::test]
async fn two_origins_are_none() {
    assert_refused("two", |app, request| {
        let own = format!("http://{}", app.host().addr());
        request.header("origin", &own).header("origin", &own)
    })
    .await;
}

/// What a browser sends from our own pages, which want no referrer.
#[tokio::test]
async fn a_post_of_which_the_browser_says_that_it_comes_from_here_counts() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let request = operator
        .request(Method::POST, "/_admin/new")
        .header("origin", "null");
    let request = request.header("sec-fetch-site", "same-origin");
    let fields = [("short", "new"), ("url", "https://akamai.com")];
    assert_eq!(checked(with_fields(request, &fields)).await.status, 303);
}

#[tokio::test]
async fn a_post_without_a_session_changes_nothing_and_says_so() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    for (path, fields) in FORMS.into_iter().skip(2) {
        let own = format!("http://{}", app.host().addr());
        let request = request(&app, Method::POST, path).header("origin", &own);
        let answer = checked(with_fields(request, fields)).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("Nothing was changed"), "{answer:?}");
    }
    app.follow("/aka")
        .await
        .assert_redirects_to("https://akamai.com");
    assert_eq!(app.follow("/new").await.status, 404);
}
