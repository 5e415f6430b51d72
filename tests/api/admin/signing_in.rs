//! Who is let in, for how long, and who is not.

use std::time::Duration;

use embedded_host::VirtualClock;
use http::Method;

use super::operator::{Operator, checked, cookie, from_own_page, request, sign_in, with_fields};
use crate::app::{PREVIOUS_TOKEN, TOKEN, TestApp};

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_sign_in_and_no_store_is_read() {
    let app = TestApp::start().await;
    let calls = app.count(async {
        for (path, next) in [
            ("/_admin", "/_admin/sign-in"),
            ("/_admin/", "/_admin/sign-in"),
            ("/_admin/export", "/_admin/sign-in"),
            ("/_admin/new", "/_admin/sign-in?next=%2F%5Fadmin%2Fnew"),
            (
                "/_admin/links/aka",
                "/_admin/sign-in?next=%2F%5Fadmin%2Flinks%2Faka",
            ),
            ("/_admin/links/aka/qr.svg", "/_admin/sign-in"),
            ("/_admin/links/aka/available", "/_admin/sign-in"),
        ] {
            let answer = checked(request(&app, Method::GET, path)).await;
            assert_eq!((answer.status, answer.location()), (303, next), "{path}");
        }
        let page = checked(request(&app, Method::GET, "/_admin/sign-in")).await;
        assert!(
            page.text()
                .contains("<label for=\"token\">Admin token</label>")
        );
    });
    let calls = calls.await;
    assert!(
        calls.iter().all(|(name, _)| *name == "variables.get"),
        "{calls:?}"
    );
}

#[tokio::test]
async fn signing_in_leads_to_the_page_that_was_asked_for() {
    let app = TestApp::start().await;
    for (next, goes_to) in [
        ("/_admin/new", "/_admin/new"),
        ("/_admin/links/aka", "/_admin/links/aka"),
        ("https://evil.example/", "/_admin/"),
        ("//evil.example/", "/_admin/"),
        ("/_admin/links/..\\..\\aka", "/_admin/"),
        ("/_admin/links/..?deleted=x", "/_admin/"),
        ("/aka", "/_admin/"),
        ("", "/_admin/"),
    ] {
        let form = from_own_page(request(&app, Method::POST, "/_admin/sign-in"), &app);
        let answer = checked(with_fields(form, &[("token", TOKEN), ("next", next)])).await;
        assert_eq!((answer.status, answer.location()), (303, goes_to), "{next}");
    }
}

#[tokio::test]
async fn a_sign_in_is_in_the_log() {
    let app = TestApp::start().await;
    sign_in(&app, TOKEN).await;
    let events = app.events_named("signed in");
    let [event] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(event["via"], "admin page");
}

/// The settings may come from a provider over the network.
#[tokio::test]
async fn a_stranger_makes_the_page_read_two_variables_and_no_more() {
    let app = TestApp::start().await;
    for path in ["/_admin/", "/_admin/new", "/_admin/sign-in"] {
        let calls = app.count(checked(request(&app, Method::GET, path)));
        assert_eq!(calls.await, [("variables.get", 2)], "{path}");
    }
}

#[tokio::test]
async fn a_wrong_token_gets_one_plain_message_and_no_session() {
    let app = TestApp::with([("admin_token_previous", PREVIOUS_TOKEN)]).await;
    let mut answers = Vec::new();
    for wrong in ["", "wrong", "wrong-but-long-enough-1234", PREVIOUS_TOKEN] {
        let answer = sign_in(&app, wrong).await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.header("set-cookie"), "");
        assert!(answer.text().contains("That is not the admin token."));
        answers.push(answer.whole());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(!app.events_named("unauthorized").is_empty());
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let operator = Operator::sign_in(&app).await;
    clock.advance(Duration::from_secs(12 * 60 * 60 - 1));
    assert_eq!(operator.get("/_admin/new").await.status, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(operator.get("/_admin/new").await.status, 303);
}

#[tokio::test]
async fn a_rotated_token_ends_its_sessions_at_once() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let host = app.host();
    host.set_variable("admin_token", "another-token-1234567890")
        .expect("declared");
    // Who holds the old one may still use the API for a while, but not these pages.
    host.set_variable("admin_token_previous", TOKEN)
        .expect("declared");
    assert_eq!(operator.get("/_admin/").await.status, 303);
}

#[tokio::test]
async fn signing_out_takes_the_cookie_away() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let answer = operator.post("/_admin/sign-out", &[]).await;
    assert_eq!((answer.status, answer.location()), (303, "/_admin/sign-in"));
    assert_eq!(cookie(&answer), "admin_session=");
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn who_is_signed_in_is_not_asked_again() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let answer = operator.get("/_admin/sign-in?next=/_admin/new").await;
    assert_eq!((answer.status, answer.location()), (303, "/_admin/new"));
}

/// A browser keeps the cookie back when a page of another site has led here.
#[tokio::test]
async fn who_comes_from_another_site_is_told_to_go_on() {
    let app = TestApp::start().await;
    let visit = request(&app, Method::GET, "/_admin/links/aka");
    let answer = checked(visit.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer
            .text()
            .contains("<a href=\"/_admin/links/aka\">Continue if you are already signed in.</a>")
    );
}

#[tokio::test]
async fn the_cookie_is_for_https_only_unless_the_host_is_this_machine() {
    let app = TestApp::start().await;
    for (host, secure) in [
        ("sho.rt", true),
        ("127.0.0.1", false),
        ("localhost:80", false),
    ] {
        let form = request(&app, Method::POST, "/_admin/sign-in").host(host);
        let form = form.header("sec-fetch-site", "same-origin");
        let answer = checked(with_fields(form, &[("token", TOKEN)])).await;
        let set = answer.header("set-cookie");
        assert!(set.contains("; Path=/_admin; Max-Age=43200; HttpOnly; SameSite=Strict"));
        assert_eq!(set.contains("; Secure"), secure, "{host}");
    }
}
