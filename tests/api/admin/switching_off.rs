//! When there is no page, and when it is closed.

use http::Method;

use super::operator::{Operator, checked, request, sign_in};
use crate::app::{TOKEN, TestApp};

#[tokio::test]
async fn off_answers_404_without_a_read_of_the_store() {
    let app = TestApp::with([("admin_page", "off")]).await;
    let calls = app.count(async {
        for path in ["/_admin", "/_admin/", "/_admin/sign-in", "/_admin/new"] {
            let answer = checked(request(&app, Method::GET, path)).await;
            answer.assert_text(404, "Not Found");
        }
        assert_eq!(sign_in(&app, TOKEN).await.status, 404);
    });
    assert_eq!(calls.await, [("variables.get", 5)]);
}

#[tokio::test]
async fn switched_off_it_is_gone_at_once_for_who_is_signed_in() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let switch = |value| {
        app.host()
            .set_variable("admin_page", value)
            .expect("declared")
    };
    switch("off");
    assert_eq!(operator.get("/_admin/").await.status, 404);
    switch("on");
    assert_eq!(operator.get("/_admin/").await.status, 200);
}

#[tokio::test]
async fn anything_but_on_and_off_is_a_mistake_that_is_named() {
    let app = TestApp::with([("admin_page", "yes")]).await;
    let answer = checked(request(&app, Method::GET, "/_admin/")).await;
    assert_eq!(answer.status, 503);
    let text = "the Spin variable admin_page must be on or off";
    assert!(answer.text().contains(text), "{answer:?}");
}

#[tokio::test]
async fn without_a_usable_token_the_page_says_that_it_is_closed_and_how_to_open_it() {
    for token in ["", "short", "with a blank in it"] {
        let app = TestApp::build(|host| host.variable("admin_token", token)).await;
        let answers = [
            checked(request(&app, Method::GET, "/_admin/")).await,
            sign_in(&app, token).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, 503, "{token:?}");
            for text in [
                "The admin page is closed",
                "the Spin variable admin_token must",
                "export SPIN_VARIABLE_ADMIN_TOKEN=$(openssl rand -hex 32)",
            ] {
                assert!(answer.text().contains(text), "{answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_provider_that_fails_is_an_outage_not_an_open_door() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    for variable in ["admin_page", "admin_token", "claims"] {
        let fault = app.faults().before("variables.get").key(variable);
        fault.fail("vault at 10.0.0.1 refused");
        let answer = operator.get("/_admin/").await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "2"));
        assert!(!answer.text().contains("10.0.0.1"), "{answer:?}");
        app.faults().clear();
    }
}

#[tokio::test]
async fn other_mistakes_in_the_settings_are_told_to_who_is_signed_in() {
    let app = TestApp::with([("claims", "exact")]).await;
    let operator = Operator::sign_in(&app).await;
    for path in ["/_admin/", "/_admin/new", "/_admin/export"] {
        let answer = operator.get(path).await;
        assert_eq!(answer.status, 503);
        let text = "the Spin variable claims must be auto or optimistic";
        assert!(answer.text().contains(text), "{answer:?}");
    }
    let answer = checked(request(&app, Method::GET, "/_admin/new")).await;
    assert_eq!(answer.status, 303);
}
