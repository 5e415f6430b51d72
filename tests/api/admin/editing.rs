//! Changing a link with the form.

use serde_json::json;

use super::operator::Operator;
use crate::app::TestApp;

/// What the form of a link sends that leads to Akamai and has nothing else, in the version that it shows.
fn fields<'a>(version: &'a str, url: &'a str, note: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("version", version),
        ("url", url),
        ("shown-url", "https://akamai.com"),
        ("not_before", ""),
        ("expires_at", ""),
        ("note", note),
    ]
}

/// The version that a page still shows after somebody else has made the link lead elsewhere.
async fn overtaken(operator: &Operator<'_>) -> String {
    let shown = operator.version("aka").await;
    let other = fields(&shown, "https://other.example", "");
    let answer = operator.post("/_admin/links/aka", &other).await;
    assert_eq!(answer.status, 303);
    shown
}

#[tokio::test]
async fn what_was_changed_is_saved_and_the_rest_stays() {
    let app = TestApp::start().await;
    let link = json!({
        "short": "aka",
        "url": "https://akamai.com",
        "note": "old",
        "expires_at": "2999-01-31T12:00:00.123456789Z",
        "pass_on": ["query"],
    });
    app.create(&link).await;
    let operator = Operator::sign_in(&app).await;
    let version = operator.version("aka").await;
    let page = operator.page("/_admin/links/aka").await;
    // A browser's field for times would lose this one.
    let kept = "name=\"expires_at\" type=\"text\" value=\"2999-01-31T12:00:00.123456789Z\"";
    assert!(page.contains(kept), "{page}");
    let exact = "2999-01-31T12:00:00.123456789Z";
    let mut form = fields(&version, "https://akamai.com", "new").to_vec();
    form[4].1 = exact;
    form.extend([("shown-expires_at", exact), ("shown-note", "old")]);
    let answer = operator.post("/_admin/links/aka", &form).await;
    let place = "/_admin/links/aka?done=saved";
    assert_eq!((answer.status, answer.location()), (303, place));
    assert!(operator.page(place).await.contains("Changes saved."));
    let saved = app.get_link("aka").await.json();
    assert_eq!(saved["note"], "new");
    for kept in ["url", "expires_at", "pass_on"] {
        assert_eq!(saved[kept], link[kept]);
    }
    assert_eq!(saved["updated_by"], "admin");
}

#[tokio::test]
async fn a_form_that_comes_back_as_it_was_changes_nothing() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let version = operator.version("aka").await;
    let form = fields(&version, "https://akamai.com", "");
    let answer = operator.post("/_admin/links/aka", &form).await;
    assert_eq!(answer.location(), "/_admin/links/aka?done=nothing");
    let link = app.get_link("aka").await.json();
    assert_eq!(link.get("updated_at"), None);
    assert!(app.events_named("audit").is_empty());
}

#[tokio::test]
async fn errors_stand_at_their_fields_and_nothing_is_saved() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let version = operator.version("aka").await;
    for (url, error) in [
        ("", "Destination is required"),
        (
            "javascript:alert(1)",
            "Destination must begin with http:// or https://",
        ),
    ] {
        let answer = operator
            .post("/_admin/links/aka", &fields(&version, url, "kept"))
            .await;
        assert_eq!(answer.status, 400);
        assert!(
            answer
                .text()
                .contains(&format!("id=\"url-error\">{error}</p>")),
            "{answer:?}"
        );
        assert!(answer.text().contains("value=\"kept\""));
    }
    assert_eq!(
        app.get_link("aka").await.json()["url"],
        "https://akamai.com"
    );
}

#[tokio::test]
async fn a_conflicting_edit_is_reported_and_can_be_saved_again() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let shown = overtaken(&operator).await;
    let mine = fields(&shown, "https://mine.example", "");
    let answer = operator.post("/_admin/links/aka", &mine).await;
    assert_eq!(answer.status, 412);
    let page = answer.text();
    for shown in [
        "Someone changed this link after you opened this page.",
        "https://<b>other.example</b>",
        "name=\"url\" type=\"text\" value=\"https://mine.example\"",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert_eq!(
        app.get_link("aka").await.json()["url"],
        "https://other.example"
    );
    let version = operator.version("aka").await;
    assert!(page.contains(&version.replace('"', "&#34;")));
    let again = fields(&version, "https://mine.example", "");
    assert_eq!(operator.post("/_admin/links/aka", &again).await.status, 303);
    assert_eq!(
        app.get_link("aka").await.json()["url"],
        "https://mine.example"
    );
}

#[tokio::test]
async fn what_nobody_has_touched_in_a_conflicting_edit_is_as_somebody_else_has_left_it() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let shown = overtaken(&operator).await;
    let mine = fields(&shown, "https://akamai.com", "mine");
    let answer = operator.post("/_admin/links/aka", &mine).await;
    assert_eq!(answer.status, 412);
    for (name, value) in [("url", "https://other.example"), ("note", "mine")] {
        let field = format!("name=\"{name}\" type=\"text\" value=\"{value}\"");
        assert!(answer.text().contains(&field), "{field}: {answer:?}");
    }
}

/// A form that is sent again after it was refused is still for the link that it has shown.
#[tokio::test]
async fn a_refused_edit_does_not_take_up_the_version_of_somebody_elses_change() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let shown = overtaken(&operator).await;
    let mut wrong = fields(&shown, "https://akamai.com", "mine");
    wrong[4].1 = "soon";
    let answer = operator.post("/_admin/links/aka", &wrong).await;
    assert_eq!(answer.status, 400);
    let version = format!("name=\"version\" value=\"{}\"", shown.replace('"', "&#34;"));
    assert!(answer.text().contains(&version), "{answer:?}");
}

#[tokio::test]
async fn the_spelling_of_a_code_does_not_count_where_case_does_not() {
    let app = TestApp::with([("case_insensitive_codes", "true")]).await;
    app.create(&json!({ "short": "aka", "url": "https://akamai.com" }))
        .await;
    let operator = Operator::sign_in(&app).await;
    let version = operator.version("AKA").await;
    let form = fields(&version, "https://new.example", "");
    let answer = operator.post("/_admin/links/AKA", &form).await;
    assert_eq!(answer.location(), "/_admin/links/aka?done=redirected");
    let version = operator.version("aka").await;
    let answer = operator
        .post("/_admin/links/AKA/delete", &[("version", &version)])
        .await;
    assert_eq!(answer.location(), "/_admin/?deleted=aka");
}

#[tokio::test]
async fn an_edit_is_in_the_audit_log_with_the_way_it_came() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let version = operator.version("aka").await;
    operator
        .post(
            "/_admin/links/aka",
            &fields(&version, "https://b.example", ""),
        )
        .await;
    operator
        .post(
            "/_admin/links/gone",
            &fields(&version, "https://b.example", ""),
        )
        .await;
    let audits = app.events_named("audit");
    let [audit, gone] = audits.as_slice() else {
        panic!("{audits:?}");
    };
    for (key, value) in [
        ("action", "update"),
        ("by", "admin"),
        ("via", "admin page"),
        ("code", "aka"),
        ("host", "b.example"),
        ("outcome", "ok"),
    ] {
        assert_eq!(audit[key], value, "{audit}");
    }
    assert_eq!(gone["outcome"], "not_found", "{gone}");
}

#[tokio::test]
async fn a_link_that_is_not_there_is_not_found() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    for path in [
        "/_admin/links/gone",
        "/_admin/links/a%20b",
        "/_admin/links/gone/qr.svg",
    ] {
        let answer = operator.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("No such link or path."));
    }
    let answer = operator
        .post(
            "/_admin/links/gone",
            &fields("\"x\"", "https://a.example", ""),
        )
        .await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn the_qr_code_is_an_image_of_its_own_for_the_public_address() {
    let app = TestApp::with([("base_url", "https://sho.rt")]).await;
    app.put_link("aka").await;
    app.put_link("aka2").await;
    let operator = Operator::sign_in(&app).await;
    let answer = operator.get("/_admin/links/aka/qr.svg").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "image/svg+xml")
    );
    assert!(
        answer
            .text()
            .contains("<svg xmlns=\"http://www.w3.org/2000/svg\"")
    );
    let other = operator.get("/_admin/links/aka2/qr.svg").await;
    assert_ne!(answer.body, other.body);
}
