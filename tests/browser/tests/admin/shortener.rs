//! `Shortener`: the application as it is deployed, on a free port, with what these tests want in it.

use std::sync::OnceLock;

use embedded_host::{
    App, Host, Manifest,
    build::{self, Wasi},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::browser::Browser;

pub const TOKEN: &str = "t0ken-of-the-browser-tests";

pub struct Shortener {
    host: Host,
}

/// Both components on the engine, built once per process.
fn app() -> &'static App {
    static APP: OnceLock<App> = OnceLock::new();
    APP.get_or_init(|| {
        let shortener = build::shortener(Wasi::P3).expect("the component builds");
        let admin = build::admin().expect("the admin page builds");
        let app = App::load(shortener).expect("the component loads");
        app.and("admin", admin).expect("the admin page loads")
    })
}

impl Shortener {
    /// With an empty store in memory, where clicks are counted by the day.
    pub async fn start() -> Self {
        Self::start_as("").await
    }

    /// The same with this `base_url`.
    pub async fn start_as(base_url: &str) -> Self {
        let manifest = Manifest::load(Wasi::P3.manifest()).expect("a manifest");
        let host = Host::builder(app(), &manifest)
            .variable("admin_token", TOKEN)
            .variable("base_url", base_url)
            .variable("clicks", "daily");
        let host = host.start().await.expect("the host starts");
        Self { host }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.addr())
    }

    /// Stores a record under a code, past the components.
    pub async fn put(&self, short: &str, record: &serde_json::Value) {
        let stored = self.host.store().set(short, record.to_string()).await;
        stored.expect("the store takes it");
    }

    /// With links of every kind, and whatever has broken a page elsewhere.
    pub async fn filled() -> Self {
        let filled = Self::start().await;
        let long = format!("https://a.example/{}", "long".repeat(60));
        for (short, record) in [
            (
                "plain",
                json!({ "url": "https://akamai.com/", "created_at": "2026-01-31T12:00:00Z" }),
            ),
            (
                "later",
                json!({ "url": "https://akamai.com", "not_before": "2999-01-01T00:00:00Z" }),
            ),
            (
                "over",
                json!({ "url": "https://akamai.com", "expires_at": "2001-01-01T00:00:00Z" }),
            ),
            (
                "long",
                json!({ "url": long, "note": "word ".repeat(100).trim(), "pass_on": ["path", "query"] }),
            ),
            (
                "naughty",
                json!({ "url": "https://a.example/", "note": "\"><img src=x onerror=alert(1)>" }),
            ),
            (
                "mail",
                json!({ "url": format!("mailto:{}@a.example", "x".repeat(60)) }),
            ),
            ("unreadable", json!({ "url": "javascript:alert(1)" })),
        ] {
            filled.put(short, &record).await;
        }
        let longest = "c".repeat(64);
        filled
            .put(&longest, &json!({ "url": "https://a.example" }))
            .await;
        filled
    }

    /// Follows a short link, as a visitor does.
    pub async fn visit(&self, short: &str) {
        let stream = TcpStream::connect(self.host.addr()).await;
        let mut stream = stream.expect("a connection");
        let request =
            format!("GET /{short} HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 301"), "{answer}");
    }

    /// Signs in, and waits for the page with the links.
    pub async fn sign_in(&self, browser: &Browser) {
        browser.go(&self.url("/_admin/")).await;
        browser.fill("Admin token", TOKEN).await;
        browser.follow("Sign in").await;
        assert_eq!(browser.url().await, self.url("/_admin/"));
    }
}
