//! The picture in the README: the page with the links.
//!
//! `cargo test -p browser picture -- --ignored` makes it anew.

use embedded_host::build;
use serde_json::json;

use crate::{
    browser::{Browser, View},
    shortener::Shortener,
};

#[tokio::test]
#[ignore = "writes docs/admin.png"]
async fn picture_of_the_links() {
    let view = View {
        width: 1000,
        height: 850,
        ..View::DESKTOP
    };
    let browser = Browser::open(view).await.expect("Chromium");
    let shortener = Shortener::start_as("https://s.example.com").await;
    for (short, record, visits) in [
        (
            "docs",
            json!({ "url": "https://spinframework.dev/v4/http-trigger#http-trigger-routes-and-how-they-are-matched" }),
            4,
        ),
        (
            "launch",
            json!({ "url": "https://www.akamai.com/blog/launch", "note": "On the poster", "not_before": "2999-09-01T08:00:00Z" }),
            0,
        ),
        (
            "sale",
            json!({ "url": "https://shop.example.com/sale?campaign=spring", "note": "Spring sale", "expires_at": "2026-04-01T00:00:00Z" }),
            0,
        ),
        ("k7Rw2pQ", json!({ "url": "https://www.akamai.com/" }), 12),
    ] {
        let mut record = record;
        record["created_at"] = json!("2026-03-01T09:30:00Z");
        record["created_by"] = json!("admin");
        shortener.put(short, &record).await;
        for _ in 0..visits {
            shortener.visit(short).await;
        }
    }
    shortener.sign_in(&browser).await;
    browser.reload_until("12 clicks").await;
    browser
        .screenshot(&build::workspace().join("docs/admin.png"))
        .await;
}
