//! `deploy/spinkube` against the schemas of the resources it describes, and against this component.
//!
//! No cluster is asked. The schema of a SpinApp is SpinKube's own; those of the other files are written
//! by hand, and have only the fields that are used. The rules of SpinKube's webhook and the references
//! between the files are checked here.

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

mod schema;

use schema::{faults, read, resource};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const FILES: [&str; 5] = [
    "autoscaler",
    "disruption",
    "kustomization",
    "secret.example",
    "spinapp",
];

fn spin_app() -> Value {
    resource("spinapp")
}

/// A quantity as Kubernetes writes it, in thousandths; as far as these files use them.
fn quantity(value: &Value) -> u64 {
    let text = value.as_str().expect("a quantity in quotes or with a unit");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..) {
        Some("m") => 1,
        Some("") => 1000,
        Some("Ki") => 1000 << 10,
        Some("Mi") => 1000 << 20,
        Some("Gi") => 1000 << 30,
        other => unreachable!("the unit {other:?}"),
    };
    let number: u64 = digits.parse().expect("a whole number");
    number.checked_mul(unit).expect("a quantity of this world")
}

#[test]
fn every_file_is_one_by_its_schema() {
    for name in FILES {
        assert_eq!(faults(name, &resource(name)), [""; 0], "{name}");
    }
}

#[test]
fn every_file_is_checked() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/spinkube");
    let files = std::fs::read_dir(directory).expect("a directory");
    let names: BTreeSet<String> = files
        .map(|file| file.expect("a file").file_name().into_string())
        .map(|name| name.expect("a name in UTF-8"))
        .collect();
    let checked = FILES.map(|name| format!("{name}.yaml"));
    assert_eq!(names, BTreeSet::from(checked));
}

/// What would be wrong with one file if one value in it were another.
#[test]
fn what_is_wrong_is_noticed() {
    let cases = [
        ("spinapp", "/spec/image", json!(1)),
        ("spinapp", "/spec/executor", json!(null)),
        (
            "spinapp",
            "/spec/checks/readiness/httpGet",
            json!({"path": "/", "prot": 1}),
        ),
        (
            "spinapp",
            "/spec/checks/readiness/periodSeconds",
            json!(1_u64 << 31),
        ),
        ("spinapp", "/spec/resources/limits/memory", json!("512MiB")),
        ("spinapp", "/spec/resources/limits/cpu", json!(true)),
        ("spinapp", "/spec/invocationLimits/memory", json!(128)),
        (
            "spinapp",
            "/spec",
            json!({"image": "x", "executor": "y", "imag": "x"}),
        ),
        ("spinapp", "/spec", json!({"image": "x"})),
        ("autoscaler", "/apiVersion", json!("autoscaling/v1")),
        ("autoscaler", "/kind", json!("HorizontalPodAutoscalers")),
        ("autoscaler", "/spec/maxReplicas", json!(1_u64 << 31)),
        ("autoscaler", "/spec/behavior", json!({"scaledown": {}})),
        ("disruption", "/apiVersion", json!("policy/v1beta1")),
        (
            "kustomization",
            "/resources",
            json!(["spinapp.yaml", "spinapp.yaml"]),
        ),
        ("kustomization", "/resources", json!("spinapp.yaml")),
        ("secret.example", "/kind", json!("Secrets")),
        ("secret.example", "/stringData/admin_token", json!(1)),
        ("secret.example", "/metadata/name", json!("URL Shortener")),
    ];
    for (name, place, value) in cases {
        let mut resource = resource(name);
        *resource.pointer_mut(place).expect("a field") = value.clone();
        assert_eq!(faults(name, &resource).len(), 1, "{name} {place}: {value}");
    }
}

/// The operator's webhook refuses both or neither (internal/webhook/spinapp_validating.go, v0.6.1).
#[test]
fn either_the_autoscaler_sets_the_replicas_or_the_spin_app_does() {
    let app = spin_app();
    let autoscaled = app["spec"]["enableAutoscaling"] == true;
    assert_eq!(autoscaled, app["spec"]["replicas"].is_null());
}

/// The operator's webhook refuses more (the same file).
#[test]
fn an_instance_may_use_a_part_of_the_pods_memory() {
    let app = spin_app();
    let instance = quantity(&app["spec"]["invocationLimits"]["memory"]);
    assert!(instance > 0 && instance < quantity(&app["spec"]["resources"]["limits"]["memory"]));
}

#[test]
fn cpu_and_memory_are_requested_and_limited() {
    let app = spin_app();
    let resources = &app["spec"]["resources"];
    for name in ["cpu", "memory"] {
        let requested = quantity(&resources["requests"][name]);
        let limit = quantity(&resources["limits"][name]);
        assert!(requested > 0 && requested <= limit, "{name}");
    }
}

/// A utilization is one of what is requested: without a request the autoscaler does nothing.
#[test]
fn the_autoscaler_goes_by_what_is_requested() {
    let (app, autoscaler) = (spin_app(), resource("autoscaler"));
    let metrics = autoscaler["spec"]["metrics"].as_array().expect("metrics");
    assert!(!metrics.is_empty());
    for metric in metrics {
        let name = metric["resource"]["name"].as_str().expect("a name");
        let requests = &app["spec"]["resources"]["requests"];
        assert!(requests.get(name).is_some(), "{name} is not requested");
    }
}

#[test]
fn the_autoscaler_scales_the_spin_app_and_never_to_a_single_replica() {
    let (app, autoscaler) = (spin_app(), resource("autoscaler"));
    let spec = &autoscaler["spec"];
    assert_eq!(spec["scaleTargetRef"]["name"], app["metadata"]["name"]);
    let (least, most) = (&spec["minReplicas"], &spec["maxReplicas"]);
    assert!(least.as_u64() >= Some(2) && least.as_u64() <= most.as_u64());
}

/// `core.spinkube.dev/app-name` is on every pod that the operator makes (pkg/spinapp/spinapp.go).
#[test]
fn a_disruption_leaves_a_replica_of_the_spin_app() {
    let (app, budget) = (spin_app(), resource("disruption"));
    let labels = &budget["spec"]["selector"]["matchLabels"];
    assert_eq!(
        *labels,
        json!({"core.spinkube.dev/app-name": app["metadata"]["name"]})
    );
    let least = resource("autoscaler")["spec"]["minReplicas"].as_u64();
    assert!(budget["spec"]["maxUnavailable"].as_u64() < least);
}

#[test]
fn every_variable_is_one_of_the_components_and_the_required_one_is_set() {
    let manifest: toml::Table = read("spin.p2.toml").parse().expect("a manifest");
    let declared = manifest["variables"].as_table().expect("variables");
    let app = spin_app();
    let variables = app["spec"]["variables"].as_array().expect("variables");
    let set: Vec<&str> = variables
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    for name in &set {
        assert!(declared.contains_key(*name), "{name} is no variable");
        let times = set.iter().filter(|other| *other == name).count();
        assert_eq!(times, 1, "{name}");
    }
    for (name, declaration) in declared {
        let required = declaration.get("required").is_some();
        assert!(
            !required || set.contains(&name.as_str()),
            "{name} is not set"
        );
    }
}

/// The one with this name in a list of names and values.
fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let mut list = list.as_array().into_iter().flatten();
    list.find(|item| item["name"] == name)
        .expect("an item of that name")
}

#[test]
fn what_is_secret_comes_from_the_secret_that_the_example_shows() {
    let (app, secret) = (spin_app(), resource("secret.example"));
    let spec = &app["spec"];
    let store = named(&spec["runtimeConfig"]["keyValueStores"], "default");
    for (item, key, optional) in [
        (
            named(&spec["variables"], "admin_token"),
            "admin_token",
            false,
        ),
        (
            named(&spec["variables"], "admin_token_previous"),
            "admin_token_previous",
            true,
        ),
        (named(&spec["variables"], "api_keys"), "api_keys", true),
        (named(&store["options"], "url"), "redis_url", false),
    ] {
        let mut reference = json!({"name": secret["metadata"]["name"], "key": key});
        if optional {
            reference["optional"] = true.into();
        }
        let name = &item["name"];
        let expected = json!({"name": name, "valueFrom": {"secretKeyRef": reference}});
        assert_eq!(*item, expected);
        assert!(
            optional || secret["stringData"].get(key).is_some(),
            "no {key}"
        );
    }
}

#[test]
fn links_are_kept_in_the_store_that_the_component_opens() {
    let app = spin_app();
    let store = named(&app["spec"]["runtimeConfig"]["keyValueStores"], "default");
    assert_eq!(store["type"], "redis");
}

#[test]
fn readiness_asks_the_store_and_liveness_does_not() {
    let app = spin_app();
    let path = |check: &str| app["spec"]["checks"][check]["httpGet"]["path"].clone();
    assert_eq!(path("readiness"), "/_api/health");
    assert_eq!(path("liveness"), "/robots.txt");
}

#[test]
fn the_image_has_the_version_of_this_package() {
    let app = spin_app();
    let image = app["spec"]["image"].as_str().expect("an image");
    let tag = format!(":{}-p2", env!("CARGO_PKG_VERSION"));
    assert!(image.ends_with(&tag), "{image}");
}

#[test]
fn kustomize_takes_every_resource_but_the_secret() {
    let expected: Vec<String> = FILES
        .into_iter()
        .filter(|name| !["kustomization", "secret.example"].contains(name))
        .map(|name| format!("{name}.yaml"))
        .collect();
    let mut listed: Vec<Value> = resource("kustomization")["resources"]
        .as_array()
        .cloned()
        .expect("resources");
    listed.sort_by_key(Value::to_string);
    assert_eq!(listed, expected);
}
