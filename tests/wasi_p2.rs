//! The boundary to WASI 0.2: the built module, made a component as Spin does it, in the embedded host.

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(clippy::expect_used)]

use embedded_host::{
    App, Host, HostBuilder, Manifest, VirtualClock,
    build::{self, Wasi},
};
use std::{sync::OnceLock, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const TOKEN: &str = "a-token-for-wasi-0.2";

/// When a test fails instead of waiting on for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(60);

fn shortener() -> HostBuilder {
    static APP: OnceLock<App> = OnceLock::new();
    let app = APP.get_or_init(|| {
        let wasm = build::shortener(Wasi::P2).expect("the component builds");
        App::load(wasm).expect("the component loads")
    });
    let manifest = Manifest::load(build::workspace().join("spin.p2.toml")).expect("a manifest");
    Host::builder(app, &manifest).variable("admin_token", TOKEN)
}

async fn serve(host: HostBuilder) -> Host {
    host.start().await.expect("the host starts")
}

/// Sends these bytes on a connection of their own, leaves it open, and returns all that comes back.
async fn send(host: &Host, request: &[u8]) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(host.addr()).await?;
        stream.write_all(request).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = timeout(PATIENCE, exchange).await;
    answer.expect("an answer in time").expect("an answer")
}

async fn get(host: &Host, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: s.example\r\nConnection: close\r\n\r\n");
    send(host, request.as_bytes()).await
}

fn post(framing: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /_api/links HTTP/1.1\r\nHost: s.example\r\nConnection: close\r\n\
         Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

async fn create(host: &Host, body: &str) -> String {
    let length = format!("Content-Length: {}", body.len());
    send(host, &post(&length, body.as_bytes())).await
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn a_link_is_created_and_followed_each_in_an_instance_of_its_own() {
    let host = serve(shortener()).await;
    let created = create(&host, r#"{"short":"a","url":"https://a.example"}"#).await;
    assert_eq!(status(&created), "201", "{created}");
    host.reset_counts();
    let followed = get(&host, "/a").await;
    assert_eq!(status(&followed), "301", "{followed}");
    assert!(followed.contains("\r\nlocation: https://a.example\r\n"));
    assert_eq!(host.counts().of("key-value.get"), 1);
    assert_eq!(host.stats().instances(), 2);
}

#[tokio::test]
async fn an_answer_tells_its_length_and_is_that_long() {
    let host = serve(shortener()).await;
    let note = "n".repeat(256);
    let body = format!(r#"{{"short":"a","url":"https://a.example/","note":"{note}"}}"#);
    for answer in [create(&host, &body).await, get(&host, "/none").await] {
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let length = format!("\r\ncontent-length: {}\r\n", body.len());
        assert!(format!("{head}\r\n").contains(&length), "{answer}");
        assert!(!head.contains("transfer-encoding"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_past_the_limit_is_answered_while_the_rest_is_still_to_come() {
    let host = serve(shortener()).await;
    let chunk = [b"11170\r\n", &[b' '; 0x11170][..], b"\r\n"].concat();
    let answer = send(&host, &post("Transfer-Encoding: chunked", &chunk)).await;
    assert_eq!(status(&answer), "413", "{answer}");
}

#[tokio::test]
async fn a_wait_for_another_creator_ends_when_the_clock_says_so() {
    let clock = VirtualClock::auto();
    let host = serve(shortener().clock(&clock)).await;
    // Somebody claimed the code and died.
    let claim = host.store().increment("claim:a", 1).await;
    claim.expect("a claim");
    let created = create(&host, r#"{"short":"a","url":"https://a.example/"}"#).await;
    assert_eq!(status(&created), "201", "{created}");
    assert!(clock.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_store_that_fails_is_503_and_its_error_stays_in_the_log() {
    let host = serve(shortener()).await;
    host.faults().before("key-value.*").fail("secret detail");
    let answer = get(&host, "/a").await;
    assert_eq!(status(&answer), "503", "{answer}");
    assert!(!answer.contains("secret detail"));
    assert!(
        host.logs()
            .iter()
            .any(|line| line.contains("secret detail"))
    );
}
