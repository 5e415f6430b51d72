//! `deploy/spinkube` against the schema of the resource it describes, and against this component.
//!
//! No cluster is asked. The schema (`deploy/spinapp-v0.6.1.schema.json`) is SpinKube's own; the rules
//! of its webhook and the references between the files are checked here by hand. The schema of
//! Kubernetes' autoscaler is not at hand: of that file only the references are checked.

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(clippy::expect_used)]

use embedded_host::build;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

fn read(path: &str) -> String {
    std::fs::read_to_string(build::workspace().join(path)).expect(path)
}

fn resource(name: &str) -> Value {
    let text = read(&format!("deploy/spinkube/{name}.yaml"));
    serde_yaml_ng::from_str(&text).expect(name)
}

fn spin_app() -> Value {
    resource("spinapp")
}

fn schema() -> Value {
    let text = read("tests/deploy/spinapp-v0.6.1.schema.json");
    serde_json::from_str(&text).expect("a schema")
}

/// What is wrong with `value` by a structural schema as Kubernetes has them. A field that the schema
/// does not have is wrong too: Kubernetes would drop it without a word.
fn faults(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let either = schema["x-kubernetes-int-or-string"] == true;
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        None if either => value.is_i64() || value.is_string(),
        other => unreachable!("the schema has a type {other:?} at {path}"),
    };
    if !fits {
        return vec![format!("{path}: not {}", schema["type"])];
    }
    match value {
        Value::Object(fields) => object_faults(schema, fields, path),
        Value::Array(items) => {
            let item = |(at, item)| faults(&schema["items"], item, &format!("{path}[{at}]"));
            items.iter().enumerate().flat_map(item).collect()
        }
        _ => Vec::new(),
    }
}

fn object_faults(schema: &Value, fields: &Map<String, Value>, path: &str) -> Vec<String> {
    let (known, others) = (&schema["properties"], &schema["additionalProperties"]);
    // `metadata` is described by Kubernetes and not here.
    if known.is_null() && others.is_null() {
        return Vec::new();
    }
    let required = schema["required"].as_array().into_iter().flatten();
    let missing = required
        .filter_map(Value::as_str)
        .filter(|name| !fields.contains_key(*name))
        .map(|name| format!("{path}.{name}: missing"));
    let wrong = fields.iter().flat_map(|(name, value)| {
        let path = format!("{path}.{name}");
        match (known.get(name), others.is_object()) {
            (Some(schema), _) => faults(schema, value, &path),
            (None, true) => faults(others, value, &path),
            (None, false) => vec![format!("{path}: unknown")],
        }
    });
    missing.chain(wrong).collect()
}

#[test]
fn the_spin_app_is_one_by_its_schema() {
    let app = spin_app();
    assert_eq!(app["apiVersion"], "core.spinkube.dev/v1alpha1");
    assert_eq!(app["kind"], "SpinApp");
    assert_eq!(faults(&schema(), &app, ""), Vec::<String>::new());
}

#[test]
fn the_schema_notices_a_misspelt_a_mistyped_and_a_missing_field() {
    let app = serde_json::json!({"spec": {"image": 1, "imag": "x"}});
    let mut faults = faults(&schema(), &app, "");
    faults.sort();
    let expected = [
        ".spec.executor: missing",
        ".spec.imag: unknown",
        ".spec.image: not \"string\"",
    ];
    assert_eq!(faults, expected);
}

/// The operator's webhook refuses both or neither (internal/webhook/spinapp_validating.go, v0.6.1).
#[test]
fn either_the_autoscaler_sets_the_replicas_or_the_spin_app_does() {
    let app = spin_app();
    let autoscaled = app["spec"]["enableAutoscaling"] == true;
    assert_eq!(autoscaled, app["spec"]["replicas"].is_null());
}

#[test]
fn the_autoscaler_scales_the_spin_app_and_never_to_a_single_replica() {
    let (app, autoscaler) = (spin_app(), resource("autoscaler"));
    let target = &autoscaler["spec"]["scaleTargetRef"];
    assert_eq!(target["kind"], "Deployment");
    assert_eq!(target["name"], app["metadata"]["name"]);
    assert!(autoscaler["spec"]["minReplicas"].as_i64() >= Some(2));
}

#[test]
fn every_variable_is_one_of_the_components_and_the_required_one_is_set() {
    let manifest: toml::Table = read("spin.p2.toml").parse().expect("a manifest");
    let declared = manifest.get("variables").and_then(toml::Value::as_table);
    let declared = declared.expect("variables");
    let app = spin_app();
    let variables = app["spec"]["variables"].as_array().expect("variables");
    let set: BTreeSet<&str> = variables
        .iter()
        .filter_map(|variable| variable["name"].as_str())
        .collect();
    assert!(
        set.iter().all(|name| declared.contains_key(*name)),
        "{set:?}"
    );
    for (name, declaration) in declared {
        let required = declaration.get("required").is_some();
        assert!(
            !required || set.contains(name.as_str()),
            "{name} is not set"
        );
    }
}

/// Every `secretKeyRef` below `value` that must be there.
fn secret_keys<'a>(value: &'a Value, found: &mut Vec<(&'a Value, &'a Value)>) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("secretKeyRef")
                && reference["optional"] != true
            {
                found.push((&reference["name"], &reference["key"]));
            }
            fields.values().for_each(|value| secret_keys(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| secret_keys(value, found)),
        _ => (),
    }
}

#[test]
fn the_example_secret_has_every_key_that_is_asked_for() {
    let (app, secret) = (spin_app(), resource("secret.example"));
    let mut asked_for = Vec::new();
    secret_keys(&app, &mut asked_for);
    assert_eq!(asked_for.len(), 2);
    for (name, key) in asked_for {
        assert_eq!(*name, secret["metadata"]["name"]);
        let key = key.as_str().expect("a key");
        assert!(secret["stringData"].get(key).is_some(), "no {key}");
    }
}

#[test]
fn links_are_kept_in_the_store_that_the_component_opens() {
    let app = spin_app();
    let store = &app["spec"]["runtimeConfig"]["keyValueStores"][0];
    assert_eq!(
        (&store["name"], &store["type"]),
        (&"default".into(), &"redis".into())
    );
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
    let kustomization = resource("kustomization");
    let listed: BTreeSet<&str> = kustomization["resources"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(listed, BTreeSet::from(["autoscaler.yaml", "spinapp.yaml"]));
}
