//! What the component's own work costs, in wasmtime's fuel: instructions, which are the same on every
//! machine. The floor is `benches/components/floor`, the least a redirect can do.

use std::path::PathBuf;

use embedded_host::{
    App, Gate, Host, build,
    build::{BuildError, Wasi},
};
use http::Method;

use crate::{
    app::{AKAMAI, TOKEN, manifest},
    request::TestRequest,
};

/// Requests to take the mean of.
const REQUESTS: u64 = 50;

/// A link, and one that a gate holds up to keep the instance.
const LINK: &str = "aka";
const KEPT: &str = "kept-instance";

fn metered(wasm: Result<PathBuf, BuildError>) -> App {
    App::load_metered(wasm.expect("the component builds")).expect("the component loads")
}

fn floor() -> App {
    metered(build::component("floor"))
}

fn shortener() -> App {
    metered(build::shortener(Wasi::P3))
}

async fn serve(app: &App) -> Host {
    let host = Host::builder(app, &manifest()).variable("admin_token", TOKEN);
    let host = host.start().await.expect("the host starts");
    let record = format!(r#"{{"short":"{LINK}","url":"{AKAMAI}"}}"#);
    host.store().set(LINK, record).await.expect("stored");
    host
}

/// Fuel a request on a warm instance, with the headers a browser sends.
async fn fuel(app: &App, method: Method, path: &str, authorization: &str, status: u16) -> u64 {
    // An instance takes 128 requests, so each measurement has a host of its own.
    let host = serve(app).await;
    let ask = async |path: &str| {
        let mut request = TestRequest::new(host.addr(), method.clone(), path)
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")
            .header("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
            .header("accept-language", "en")
            .header("accept-encoding", "gzip, deflate, br");
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        request.send_unchecked().await
    };
    // An instance that is idle may be dropped at any moment, so one request stays in it.
    let gate = Gate::closed();
    host.faults().before("key-value.get").key(KEPT).gate(&gate);
    let kept = TestRequest::new(host.addr(), Method::GET, &format!("/{KEPT}"));
    let kept = tokio::spawn(kept.send_unchecked());
    gate.arrived(1).await;
    assert_eq!(ask(path).await.status, status);

    let before = host.stats();
    for _ in 0..REQUESTS {
        assert_eq!(ask(path).await.status, status);
    }
    let after = host.stats();
    assert_eq!(after.instances(), before.instances());
    gate.open();
    assert_eq!(kept.await.expect("no panic").status, 404);
    (after.fuel - before.fuel) / REQUESTS
}

#[tokio::test]
async fn a_redirect_burns_less_than_half_of_the_floor() {
    let floor = fuel(&floor(), Method::GET, "/aka", "", 301).await;
    let redirect = fuel(&shortener(), Method::GET, "/aka", "", 301).await;
    println!("fuel a redirect: {redirect}, floor {floor}");
    assert!(2 * redirect < floor, "{redirect} a redirect, floor {floor}");
}
