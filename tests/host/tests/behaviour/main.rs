//! The host against components that do one thing each: does it do what Spin was measured to do?
//!
//! - `serving`: requests, instances and their end · `routing`: several components at one address
//! - `storing`: the database and its interfaces · `failing`: injected faults
//! - `waiting`: virtual time · `configuring`: variables

mod configuring;
mod failing;
mod routing;
mod serving;
mod storing;
mod waiting;

use std::{net::SocketAddr, sync::OnceLock};

use bytes::Bytes;
use embedded_host::{App, Host, HostBuilder, Manifest, build};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const MANIFEST: &str = r#"
spin_manifest_version = 2

[application]
name = "probe"
version = "1.2.3"

[variables]
greeting = { default = "hello" }
token = { required = true, secret = true }

[[trigger.http]]
route = "/..."
component = "probe"

[component.probe]
source = "probe.wasm"
key_value_stores = ["default"]

[component.probe.variables]
greeting = "{{ greeting }}, world"
token = "{{ token }}"
"#;

fn manifest() -> Manifest {
    Manifest::parse(MANIFEST).expect("a manifest")
}

/// The component that makes one host call per request (SDK 6).
fn probe() -> &'static App {
    static APP: OnceLock<App> = OnceLock::new();
    APP.get_or_init(|| load("probe"))
}

fn load(package: &str) -> App {
    let wasm = build::component(package).expect("a component");
    App::load(wasm).expect("an app")
}

fn host() -> HostBuilder {
    Host::builder(probe(), &manifest()).variable("token", "secret")
}

async fn serve() -> Host {
    host().start().await.expect("a host")
}

async fn send(host: &Host, request: Request<Full<Bytes>>) -> Response<Bytes> {
    send_to(host.addr(), request).await
}

/// One request on a connection of its own.
async fn send_to(address: SocketAddr, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (mut client, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    let response = client.send_request(request).await.expect("a response");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Response::from_parts(head, body)
}

fn request(path: &str) -> Request<Full<Bytes>> {
    let request = Request::get(path).header("host", "short.example");
    request.body(Full::default()).expect("a request")
}

/// The status and the body of a GET.
async fn get(host: &Host, path: &str) -> (u16, String) {
    let response = send(host, request(path)).await;
    let status = response.status().as_u16();
    (
        status,
        String::from_utf8_lossy(response.body()).into_owned(),
    )
}

/// The body of a GET that succeeds.
async fn ask(host: &Host, path: &str) -> String {
    let (status, body) = get(host, path).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}
