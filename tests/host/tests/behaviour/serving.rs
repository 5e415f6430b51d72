//! Requests, and the instances that answer them.

use embedded_host::{Gate, Host, LogSource};
use hyper::Request;
use tokio::task::JoinSet;

use crate::{ask, get, load, manifest, request, send, send_to, serve};

#[tokio::test]
async fn a_wasi_0_3_instance_serves_128_requests() {
    let host = serve().await;
    for served in 1..=128 {
        assert_eq!(ask(&host, "/served").await, served.to_string());
    }
    assert_eq!(ask(&host, "/served").await, "1");
    assert_eq!(host.stats().instances(), 2);
    assert_eq!(host.stats().requests, 129);
    assert!(host.stats().peak_memory > 0);
}

#[tokio::test]
async fn a_wasi_0_3_instance_serves_16_requests_at_once() {
    let host = serve().await;
    let gate = Gate::closed();
    host.faults().before("key-value.get").gate(&gate);
    let mut requests = JoinSet::new();
    for sent in 1..=17 {
        requests.spawn(send_to(host.addr(), request("/get/k")));
        gate.arrived(sent).await;
    }
    gate.open();
    requests.join_all().await;
    assert_eq!(host.stats().instances(), 2);
}

#[tokio::test]
async fn a_wasi_0_2_instance_serves_one_request() {
    let tutorial = load("tutorial");
    let host = Host::builder(&tutorial, &manifest()).variable("token", "");
    let host = host.start().await.expect("a host");
    let link = r#"{"short":"a","url":"https://a.example/"}"#;
    let request = Request::post("/_api/links").header("host", "short.example");
    let created = send(&host, request.body(link.into()).expect("a request")).await;
    assert_eq!(created.status(), 201);
    assert_eq!(get(&host, "/a").await.0, 301);
    assert_eq!(get(&host, "/b").await, (404, "Not Found".into()));
    assert_eq!(host.stats().instances(), 3);
    assert_eq!(host.counts().of("key-value.get"), 2);
}

#[tokio::test]
async fn the_floor_reads_once_per_redirect_on_a_kept_handle() {
    let floor = load("floor");
    let host = Host::builder(&floor, &manifest()).variable("token", "");
    let host = host.start().await.expect("a host");
    let link = r#"{"short":"a","url":"https://a.example/"}"#;
    host.store().set("a", link).await.expect("a link");
    for _ in 0..2 {
        let response = send(&host, request("/a")).await;
        assert_eq!(response.status(), 301);
        assert_eq!(response.headers()["location"], "https://a.example/");
        assert_eq!(response.headers()["content-length"], "0");
    }
    assert_eq!(get(&host, "/b").await.0, 404);
    assert_eq!(host.counts().of("key-value.open"), 1);
    assert_eq!(host.counts().of("key-value.get"), 3);
}

#[tokio::test]
async fn a_panic_is_an_empty_500_and_ends_the_instance() {
    let host = serve().await;
    assert_eq!(ask(&host, "/served").await, "1");
    assert_eq!(get(&host, "/panic").await, (500, String::new()));
    assert_eq!(ask(&host, "/served").await, "1");
    let trapped = |it: &embedded_host::LogWrite| it.source == LogSource::Host;
    assert!(host.log_writes().iter().any(trapped));
}

#[tokio::test]
async fn what_the_guest_prints_is_there_with_the_response() {
    let host = serve().await;
    ask(&host, "/log/ahoy").await;
    assert_eq!(host.logs(), ["ahoy", "ahoy!"]);
}

#[tokio::test]
async fn spins_own_routes_never_reach_the_component() {
    let host = serve().await;
    assert_eq!(ask(&host, "/.well-known/spin/health").await, "OK");
    let info = ask(&host, "/.well-known/spin/info").await;
    assert!(info.contains(r#""name": "probe""#), "{info}");
    assert_eq!(
        get(&host, "/.well-known/spin/else").await,
        (404, String::new())
    );
    assert_eq!(host.stats().requests, 0);
}

#[tokio::test]
async fn a_shutdown_lets_requests_finish() {
    let host = serve().await;
    let gate = Gate::closed();
    host.faults().before("key-value.get").gate(&gate);
    let address = host.addr();
    let request = tokio::spawn(send_to(address, request("/get/k")));
    gate.arrived(1).await;
    let shutdown = tokio::spawn(host.shutdown());
    gate.open();
    assert_eq!(request.await.expect("no panic").status(), 200);
    shutdown.await.expect("no panic");
}

#[tokio::test]
async fn a_metered_app_counts_fuel() {
    let wasm = embedded_host::build::component("probe").expect("a component");
    let app = embedded_host::App::load_metered(wasm).expect("an app");
    let host = Host::builder(&app, &manifest()).variable("token", "");
    let host = host.start().await.expect("a host");
    ask(&host, "/get/k").await;
    let with_start = host.stats().fuel;
    ask(&host, "/get/k").await;
    let without = host.stats().fuel - with_start;
    assert!(
        0 < without && without < with_start,
        "{without} {with_start}"
    );
}
