//! Headers that claim another origin, client or method than the request has.

use http::Method;
use serde_json::json;

use crate::{
    app::{AKAMAI, TOKEN, TestApp},
    request::TestRequest,
    tally::{Stored, Tally},
};

fn spoofed(request: TestRequest) -> TestRequest {
    request
        .host("evil.example")
        .header("spin-full-url", "https://evil.example/_api/links")
        .header("spin-path-info", "/_api/links")
        .header("spin-client-addr", "127.0.0.1:1")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "javascript")
        .header("x-forwarded-for", "127.0.0.1")
        .header("x-original-url", "/_api/export")
        .header("x-http-method-override", "DELETE")
        .header("forwarded", "for=127.0.0.1;host=evil.example")
}

#[tokio::test]
async fn headers_that_claim_another_origin_change_no_answer() {
    let app = TestApp::with([("base_url", "https://sho.rt")]).await;
    app.put_link("aka").await;
    let before = Stored::of(&app).await;
    let mut tally = Tally::of("spoofed requests");
    for (method, path, status) in [
        (Method::GET, "/aka", 301),
        (Method::HEAD, "/aka", 301),
        (Method::GET, "/none", 404),
        (Method::GET, "/_api/links/aka", 200),
        (Method::GET, "/_api/links", 200),
        (Method::GET, "/_api/export", 200),
        (Method::GET, "/_api/health", 200),
        (Method::DELETE, "/_api/links/none", 404),
    ] {
        let ask = || {
            let request = app.request(method.clone(), path);
            request.header("authorization", &format!("Bearer {TOKEN}"))
        };
        let plain = ask().send().await;
        let spoofed = spoofed(ask()).send().await;
        assert_eq!(plain.whole(), spoofed.whole(), "{path}");
        tally.expect(Some(spoofed.status), Some(status), path);
    }
    tally.look_at(&app, &before).await;
    tally.end();
}

#[tokio::test]
async fn a_created_link_is_announced_under_the_operators_origin_only() {
    let link = json!({ "short": "aka", "url": AKAMAI }).to_string();
    for (base_url, location) in [("https://sho.rt", "https://sho.rt/aka"), ("", "/aka")] {
        let app = TestApp::with([("base_url", base_url)]).await;
        let request = spoofed(app.api(Method::POST, "links")).json(link.clone());
        let created = request.send().await;
        assert_eq!((created.status, created.location()), (201, location));
        let short_url = created.json().get("short_url").cloned();
        let announced = (!base_url.is_empty()).then(|| location.into());
        assert_eq!(short_url, announced, "{base_url}");
        assert!(!created.text().contains("evil.example"));
    }
}
