//! Taking links elsewhere, and bringing links from there.

use http::Method;
use serde_json::json;

use super::operator::{Operator, checked, from_own_page};
use crate::app::TestApp;

#[tokio::test]
async fn the_download_is_the_export_of_the_api() {
    let app = TestApp::with([("base_url", "https://sho.rt")]).await;
    for short in ["a", "b"] {
        app.create(&json!({ "short": short, "url": "https://akamai.com" }))
            .await;
    }
    let operator = Operator::sign_in(&app).await;
    let answer = operator.get("/_admin/export").await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"links.ndjson\""
    );
    let exported = app.api(Method::GET, "export").send().await;
    assert_eq!(answer.body, exported.body);
    assert_eq!(answer.text().lines().count(), 2);
}

#[tokio::test]
async fn an_import_says_of_each_line_what_came_of_it() {
    let app = TestApp::start().await;
    app.put_link("taken").await;
    let operator = Operator::sign_in(&app).await;
    let file = [
        r#"{"short":"a","url":"https://a.example"}"#,
        r#"{"short":"b","url":"https://b.example"}"#,
        r#"{"short":"taken","url":"https://c.example"}"#,
        r#"{"short":"d","url":"javascript:alert(1)"}"#,
        "",
        r#"{"short":"e","url":"https://e.example"}"#,
        "<b>not JSON</b>",
    ];
    let answer = operator.upload(&file.join("\n")).await;
    assert_eq!(answer.status, 200);
    let page = answer.text();
    for shown in [
        "<dt>Created: 3</dt>\n    <dd>Lines 1–2, 6</dd>",
        "<dt>Skipped: 1</dt>\n    <dd>Line 3.",
        "<dt>Rejected: 2</dt>",
        "<dd>Line 4: url must begin with http:// or https://</dd>",
        "<dd>Line 7: expected an object",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    app.follow("/e")
        .await
        .assert_redirects_to("https://e.example");
    app.follow("/taken")
        .await
        .assert_redirects_to("https://akamai.com");
}

#[tokio::test]
async fn an_import_is_in_the_audit_log_with_the_way_it_came() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    operator
        .upload(r#"{"short":"a","url":"https://a.example"}"#)
        .await;
    operator.upload("").await;
    let audits = app.events_named("audit");
    let told: Vec<_> = audits
        .iter()
        .map(|event| (&event["action"], &event["via"], &event["outcome"]))
        .collect();
    let event = |outcome| (json!("import"), json!("admin page"), json!(outcome));
    let expected = [event("ok"), event("ok"), event("invalid_field")];
    let expected: Vec<_> = expected.iter().map(|(a, b, c)| (a, b, c)).collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn what_was_exported_can_be_imported() {
    let from = TestApp::start().await;
    for n in 0..150 {
        let link = json!({ "short": format!("n{n}"), "url": "https://a.example", "note": "ä" });
        from.create(&link).await;
    }
    let exported = Operator::sign_in(&from).await.page("/_admin/export").await;
    let to = TestApp::start().await;
    let operator = Operator::sign_in(&to).await;
    let answer = operator.upload(&exported).await;
    assert!(
        answer.text().contains("<dt>Created: 150</dt>"),
        "{answer:?}"
    );
    assert_eq!(operator.page("/_admin/export").await, exported);
}

#[tokio::test]
async fn what_is_no_file_or_too_large_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let operator = Operator::sign_in(&app).await;
    let line = format!("{}\n", r#"{"short":"a","url":"https://a.example"}"#);
    for (file, status, text) in [
        (
            String::new(),
            400,
            "The file must be chosen and must not be empty",
        ),
        (
            line.repeat(1024 * 1024 / line.len() + 1),
            413,
            "The file is larger than 1 MiB.",
        ),
        (
            "x".repeat(2 * 1024 * 1024),
            413,
            "The file is larger than 1 MiB.",
        ),
        ("[{".to_owned(), 400, "EOF"),
    ] {
        let answer = operator.upload(&file).await;
        assert_eq!(answer.status, status, "{text}");
        assert!(answer.text().contains(text), "{text}: {answer:?}");
    }
    let request = operator.request(Method::POST, "/_admin/import");
    let request = from_own_page(request, &app).header("content-type", "multipart/form-data");
    assert_eq!(checked(request.body(line)).await.status, 400);
    assert_eq!(app.host().store().keys().await.expect("keys").len(), 0);
}
