//! Variables that cannot be used: visitors do not notice, operators do.

use serde_json::json;

use crate::app::{AKAMAI, TestApp, instances_for};

const WRONG: [(&str, &str); 20] = [
    ("base_url", "sho.rt"),
    ("base_url", "https://sho.rt/path"),
    ("base_url", "https://user@sho.rt"),
    ("base_url", "ftp://sho.rt"),
    ("redirect_status", "300"),
    ("redirect_status", "303"),
    ("redirect_status", ""),
    ("redirect_cache_control", ""),
    ("redirect_cache_control", "no-store\r\nset-cookie: x"),
    ("root_url", "akamai.com"),
    ("root_url", "javascript:alert(1)"),
    ("allowed_hosts", "*.akamai.com"),
    ("blocked_hosts", "https://evil.example"),
    ("code_length", "3"),
    ("code_length", "33"),
    ("code_length", "seven"),
    ("claims", "exact"),
    ("claims", "Auto"),
    ("log_level", "trace"),
    ("log_level", ""),
];

#[tokio::test]
async fn redirects_go_on_with_the_default_while_the_api_names_the_variable() {
    for (variable, value) in WRONG {
        let app = TestApp::with([(variable, value)]).await;
        app.put_link("aka").await;
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        app.follow("/none").await.assert_text(404, "Not Found");
        app.follow("/").await.assert_text(404, "Not Found");
        assert_eq!(app.health().await.status, 200);

        let link = json!({ "short": "new", "url": AKAMAI });
        let answers = [
            app.create(&link).await,
            app.get_link("aka").await,
            app.available("aka").await,
        ];
        for answer in answers {
            assert_eq!(answer.status, 503, "{variable}={value:?}");
            assert_eq!(answer.problem(), "misconfigured", "{variable}={value:?}");
            let detail = answer.json()["detail"].to_string();
            assert!(
                detail.contains(&format!("variable {variable} ")),
                "{detail}"
            );
        }
        assert_eq!(app.host().store().get("new").await, Ok(None));
    }
}

#[tokio::test]
async fn the_log_names_each_variable_once_per_instance() {
    let app = TestApp::with([("redirect_status", "300"), ("claims", "exact")]).await;
    app.put_link("aka").await;
    let kept = app.keep_instance().await;
    for _ in 0..3 {
        app.follow("/aka").await;
        app.get_link("aka").await;
    }
    app.assert_one_instance();
    let events = app.events();
    let named: Vec<_> = events
        .iter()
        .filter_map(|event| event["variable"].as_str())
        .collect();
    // The request that keeps the instance reads no setting.
    assert_eq!(
        named,
        ["redirect_status", "claims"].repeat(instances_for(6))
    );
    assert!(
        events.iter().all(|event| event["level"] == "error"),
        "{events:?}"
    );
    kept.release().await;
}

#[tokio::test]
async fn the_api_names_all_variables_at_once() {
    let app = TestApp::with([("code_length", "3"), ("claims", "exact")]).await;
    let detail = app.get_link("aka").await.json()["detail"].to_string();
    assert!(
        detail.contains("code_length") && detail.contains("claims"),
        "{detail}"
    );
}

#[tokio::test]
async fn who_has_no_token_is_not_told_what_is_misconfigured() {
    let app = TestApp::with([("claims", "exact")]).await;
    let request = app.request(http::Method::GET, "/_api/links/aka");
    assert_eq!(request.send().await.problem(), "unauthorized");
}

#[tokio::test]
async fn a_variable_that_cannot_be_read_is_misconfigured() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let provider = app.faults().before("variables.get").key("redirect_status");
    provider.fail("vault: sealed");
    let kept = app.keep_instance().await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    let answer = app.get_link("aka").await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (503, "misconfigured")
    );
    assert!(
        answer.text().contains("redirect_status"),
        "{}",
        answer.text()
    );
    assert!(!answer.text().contains("vault"), "{}", answer.text());
    kept.release().await;
}
