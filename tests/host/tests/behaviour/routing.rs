//! Several components at one address: here the probe, twice.

use std::sync::OnceLock;

use embedded_host::{App, Host, HostBuilder, Manifest, StartError, build};

use crate::{ask, get, probe};

const MANIFEST: &str = r#"
application.name = "twice"

[variables]
shared = { default = "value" }

[[trigger.http]]
route = "/_second/..."
component = "second"

[[trigger.http]]
route = "/exact"
component = "second"

[[trigger.http]]
route = "/..."
component = "first"

[component.first]
key_value_stores = ["default", "of-first"]
variables = { of_first = "first {{ shared }}" }

[component.second]
key_value_stores = ["default", "of-second"]
variables = { of_second = "second {{ shared }}" }
"#;

fn parse(manifest: &str) -> Manifest {
    Manifest::parse(manifest).expect("a manifest")
}

/// The probe as the first component, and again under the id `second`.
fn both() -> &'static App {
    static APP: OnceLock<App> = OnceLock::new();
    APP.get_or_init(|| and(probe(), "second"))
}

fn and(app: &App, id: &str) -> App {
    let wasm = build::component("probe").expect("a component");
    app.clone().and(id, wasm).expect("an app")
}

async fn start(host: HostBuilder) -> Host {
    host.start().await.expect("a host")
}

async fn serve() -> Host {
    start(Host::builder(both(), &parse(MANIFEST))).await
}

#[tokio::test]
async fn a_path_goes_to_the_component_of_its_route() {
    let host = serve().await;
    for (path, answer) in [
        ("/variable/of_first", "first value"),
        ("/_second/variable/of_second", "second value"),
        ("/_second", "nothing below the route"),
        ("/exact", "nothing below the route"),
        ("/exact/", "nothing below the route"),
    ] {
        assert_eq!(ask(&host, path).await, answer, "{path}");
    }
    for path in ["/", "/_secondvariable/of_second", "/exact/below"] {
        let unknown = (503, "no such probe".to_owned());
        assert_eq!(get(&host, path).await, unknown, "{path}");
    }
}

#[tokio::test]
async fn the_component_is_told_its_route() {
    let host = serve().await;
    for (header, first, second) in [
        (
            "spin-path-info",
            "/header/spin-path-info",
            "/header/spin-path-info",
        ),
        ("spin-matched-route", "/...", "/_second/..."),
        ("spin-raw-component-route", "/...", "/_second/..."),
        ("spin-component-route", "", "/_second"),
        ("spin-base-path", "/", "/"),
    ] {
        let path = format!("/header/{header}");
        assert_eq!(ask(&host, &path).await, first, "{header}");
        let path = format!("/_second{path}");
        assert_eq!(ask(&host, &path).await, second, "{header}");
    }
}

#[tokio::test]
async fn each_component_has_its_own_stores_variables_and_instances() {
    let host = serve().await;
    for (path, refusal) in [
        ("/open/of-second", "AccessDenied"),
        ("/_second/open/of-first", "AccessDenied"),
        ("/variable/of_second", "Undefined"),
        ("/_second/variable/of_first", "Undefined"),
    ] {
        let (status, said) = get(&host, path).await;
        assert_eq!((status, said.contains(refusal)), (503, true), "{said}");
    }
    for (path, answer) in [
        ("/open/of-first", ""),
        ("/_second/open/of-second", ""),
        ("/served", "4"),
        ("/served", "5"),
        ("/_second/served", "4"),
    ] {
        assert_eq!(ask(&host, path).await, answer, "{path}");
    }
    assert_eq!(host.stats().instances(), 2);
}

#[tokio::test]
async fn data_values_counts_faults_and_logs_are_the_hosts() {
    let host = serve().await;
    ask(&host, "/set/k/v").await;
    assert_eq!(ask(&host, "/_second/get/k").await, r#"Some("v")"#);
    assert_eq!(host.counts().of("key-value.open"), 2);

    host.set_variable("shared", "changed").expect("declared");
    assert_eq!(ask(&host, "/variable/of_first").await, "first changed");
    let second = ask(&host, "/_second/variable/of_second").await;
    assert_eq!(second, "second changed");

    host.faults().before("key-value.get").nth(2).fail("no");
    assert_eq!(get(&host, "/get/k").await.0, 200);
    assert_eq!(get(&host, "/_second/get/k").await.0, 503);

    ask(&host, "/log/one").await;
    ask(&host, "/_second/log/two").await;
    assert_eq!(host.logs(), ["one", "one!", "two", "two!"]);
    assert_eq!(host.stats().requests, 8);
}

#[tokio::test]
async fn components_of_wasi_0_3_and_0_2_are_served_side_by_side() {
    let tutorial = build::component("tutorial").expect("a component");
    let app = probe().clone().and("second", tutorial).expect("an app");
    let host = start(Host::builder(&app, &parse(MANIFEST))).await;
    for served in ["1", "2"] {
        assert_eq!(ask(&host, "/served").await, served);
        let absent = (404, "Not Found".to_owned());
        assert_eq!(get(&host, "/_second/absent").await, absent);
    }
    assert_eq!(host.stats().instances(), 3);
}

#[tokio::test]
async fn a_component_the_app_has_not_leaves_its_paths_to_the_next_route() {
    let host = start(Host::builder(probe(), &parse(MANIFEST))).await;
    let below_everything = (503, "no such probe".to_owned());
    for path in ["/_second", "/_second/served", "/exact"] {
        assert_eq!(get(&host, path).await, below_everything, "{path}");
    }
    assert_eq!(ask(&host, "/served").await, "4");
}

#[tokio::test]
async fn a_path_of_no_route_is_an_empty_404() {
    let manifest = parse(
        r#"
        application.name = "once"
        trigger.http = [{ route = "/_only/...", component = "only" }]
        component.only = {}
        "#,
    );
    let host = start(Host::builder(probe(), &manifest)).await;
    assert_eq!(ask(&host, "/_only/served").await, "1");
    for path in ["/", "/served", "/_onlyserved"] {
        assert_eq!(get(&host, path).await, (404, String::new()), "{path}");
    }
    assert_eq!(host.stats().requests, 1);
}

#[tokio::test]
async fn an_app_that_does_not_fit_the_manifest_does_not_start() {
    let no_first = MANIFEST.replace("\"/...\"", "\"/first\"");
    for (app, manifest, mistake) in [
        (
            and(probe(), "third"),
            MANIFEST,
            "the manifest has no component \"third\"",
        ),
        (
            and(both(), "second"),
            MANIFEST,
            "the app has two components \"second\"",
        ),
        (
            and(probe(), "first"),
            MANIFEST,
            "the app has two components \"first\"",
        ),
        (
            probe().clone(),
            &no_first,
            "the manifest has no component behind the route \"/...\", nor has it only one",
        ),
    ] {
        let outcome = Host::builder(&app, &parse(manifest)).start().await;
        let error = outcome.err().map(|error: StartError| error.to_string());
        assert_eq!(error.as_deref(), Some(mistake));
    }
}
