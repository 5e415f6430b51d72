//! What the operator's variables change. The destination policy: `destination`; `code_length`: `create`.

use serde_json::json;

use crate::app::{AKAMAI, TestApp};

#[tokio::test]
async fn the_redirect_status_is_the_operators() {
    for (value, status) in [("301", 301), ("302", 302), ("307", 307), ("308", 308)] {
        let app = TestApp::with([("redirect_status", value)]).await;
        app.put_link("aka").await;
        let answer = app.follow("/aka").await;
        assert_eq!((answer.status, answer.location()), (status, AKAMAI));
    }
}

#[tokio::test]
async fn how_long_a_redirect_is_cached_is_the_operators() {
    for value in ["no-store", "public, max-age=31536000, immutable"] {
        let app = TestApp::with([("redirect_cache_control", value)]).await;
        app.put_link("aka").await;
        assert_eq!(app.follow("/aka").await.header("cache-control"), value);
    }
}

#[tokio::test]
async fn a_base_url_makes_short_urls_absolute_wherever_they_appear() {
    for (base_url, short_url) in [
        ("https://sho.rt", "https://sho.rt/aka"),
        ("https://sho.rt/", "https://sho.rt/aka"),
        ("http://SHO.RT:8080", "http://sho.rt:8080/aka"),
        ("https://sho.rt:443", "https://sho.rt/aka"),
        (
            "https://bücher.example",
            "https://xn--bcher-kva.example/aka",
        ),
    ] {
        let app = TestApp::with([("base_url", base_url)]).await;
        let link = json!({ "short": "aka", "url": AKAMAI });
        let created = app.create(&link).await;
        assert_eq!(created.location(), short_url);
        assert_eq!(created.json()["short_url"], short_url);
        assert_eq!(app.get_link("aka").await.json()["short_url"], short_url);
        assert_eq!(
            app.create(&link).await.json()["link"]["short_url"],
            short_url
        );
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
    }
}

#[tokio::test]
async fn blanks_around_a_value_do_not_count() {
    let app = TestApp::with([
        ("redirect_status", " 308 "),
        ("base_url", " https://sho.rt\n"),
    ])
    .await;
    let created = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    assert_eq!(created.location(), "https://sho.rt/aka");
    assert_eq!(app.follow("/aka").await.status, 308);
}

#[tokio::test]
async fn optimistic_claims_never_call_the_atomics_interface() {
    let link = json!({ "short": "aka", "url": AKAMAI });
    for (claims, calls_it) in [("auto", true), ("optimistic", false)] {
        let app = TestApp::with([("claims", claims)]).await;
        let counts = app.count(app.create(&link)).await;
        let atomics =
            |(name, _): &(&str, u64)| name.starts_with("atomics.") || name.starts_with("store.");
        assert_eq!(counts.iter().any(atomics), calls_it, "{claims}: {counts:?}");
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        // Who asks for it is not warned of what it means.
        let mut events = app.events();
        events.retain(|event| event["event"] != "audit");
        assert_eq!(events, Vec::<serde_json::Value>::new(), "{claims}");
    }
}
