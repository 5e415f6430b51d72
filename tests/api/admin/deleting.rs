//! Deleting a link: asked once.

use super::operator::Operator;
use crate::app::TestApp;

#[tokio::test]
async fn a_page_asks_before_a_link_is_deleted() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let version = operator.version("aka").await;
    let page = operator.page("/_admin/links/aka/delete").await;
    for shown in [
        "Delete <bdi>aka</bdi>?",
        "https://<b>akamai.com</b>",
        "This can't be undone.",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    app.follow("/aka")
        .await
        .assert_redirects_to("https://akamai.com");
    let answer = operator
        .post("/_admin/links/aka/delete", &[("version", &version)])
        .await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "/_admin/?deleted=aka")
    );
    assert_eq!(app.follow("/aka").await.status, 404);
    let page = operator.page("/_admin/?deleted=aka").await;
    assert!(page.contains("Link <bdi>aka</bdi> was deleted."));
    let audits = app.events_named("audit");
    let audit = audits.last().expect("an audit");
    assert_eq!(
        (&audit["action"], &audit["via"]),
        (&"delete".into(), &"admin page".into())
    );
}

#[tokio::test]
async fn a_link_that_was_changed_meanwhile_is_not_deleted_but_asked_about_again() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let version = operator.version("aka").await;
    app.put_record("aka", r#"{"url":"https://new.example"}"#)
        .await;
    let answer = operator
        .post("/_admin/links/aka/delete", &[("version", &version)])
        .await;
    assert_eq!(answer.status, 412);
    let page = answer.text();
    assert!(page.contains("This link was changed after you opened this page."));
    assert!(page.contains("https://<b>new.example</b>"));
    assert_eq!(app.follow("/aka").await.location(), "https://new.example");
}

#[tokio::test]
async fn a_link_that_is_gone_already_is_not_found() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    assert_eq!(operator.get("/_admin/links/gone/delete").await.status, 404);
    let answer = operator
        .post("/_admin/links/gone/delete", &[("version", "\"x\"")])
        .await;
    assert_eq!(answer.status, 404);
}

/// A page for an unreadable record has no version, and somebody may have repaired the link meanwhile.
#[tokio::test]
async fn a_link_is_not_deleted_without_its_version() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let answer = operator
        .post("/_admin/links/aka/delete", &[("version", "")])
        .await;
    assert_eq!(answer.status, 412);
    app.follow("/aka")
        .await
        .assert_redirects_to("https://akamai.com");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_can_be_deleted() {
    let app = TestApp::start().await;
    app.put_record("broken", r#"{"url":"javascript:alert(1)"}"#)
        .await;
    let operator = Operator::sign_in(&app).await;
    let answer = operator.get("/_admin/links/broken").await;
    assert_eq!(answer.status, 500);
    assert!(
        answer
            .text()
            .contains("<a href=\"/_admin/links/broken/delete\">Delete this link</a>")
    );
    let page = operator.page("/_admin/links/broken/delete").await;
    assert!(page.contains("This link's record can't be read"));
    let answer = operator
        .post("/_admin/links/broken/delete", &[("version", "")])
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        operator.get("/_admin/links/broken/delete").await.status,
        404
    );
}
