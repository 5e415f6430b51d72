//! The files of `deploy/spinkube`, and the schemas they are held against.

use serde_json::{Map, Value};
use std::path::Path;

/// SpinKube's schema of a SpinApp, as Kubernetes has it; where it is from is in it.
const SPIN_APP: &str = "tests/deploy/spinapp-v0.6.1.schema.json";

/// What is needed of the schemas of all other files, by the name of the file.
const OTHERS: &str = "tests/deploy/kubernetes.schema.json";

pub fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(path).expect("a file of this repository")
}

/// `deploy/spinkube/<name>.yaml`
pub fn resource(name: &str) -> Value {
    let text = read(&format!("deploy/spinkube/{name}.yaml"));
    serde_yaml_ng::from_str(&text).expect("YAML")
}

/// What is wrong with `resource`, of which `name` is the file, each with the place.
pub fn faults(name: &str, resource: &Value) -> Vec<String> {
    let schema = match name {
        "spinapp" => json(SPIN_APP),
        other => {
            let mut schemas = json(OTHERS);
            let mut schema = schemas[other].take();
            assert!(schema.is_object(), "no schema for {other}");
            schema["$defs"] = schemas["$defs"].take();
            schema
        }
    };
    let validator = jsonschema::validator_for(&strict(schema)).expect("a schema");
    let errors = validator.iter_errors(resource);
    errors
        .map(|error| format!("{}: {error}", error.instance_path().as_str()))
        .collect()
}

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).expect("JSON")
}

/// As JSON Schema what Kubernetes understands without words: a field that the schema does not have
/// is wrong (Kubernetes drops it, or refuses it), and the format `int32` is a range. An object whose
/// fields are not described (`metadata`) may have any.
fn strict(mut schema: Value) -> Value {
    let Some(keywords) = schema.as_object_mut() else {
        return schema;
    };
    if keywords.contains_key("properties") {
        let others = keywords.entry("additionalProperties");
        others.or_insert(Value::Bool(false));
    }
    if keywords.get("format").is_some_and(|it| it == "int32") {
        keywords.entry("minimum").or_insert(i32::MIN.into());
        keywords.entry("maximum").or_insert(i32::MAX.into());
    }
    for (keyword, value) in keywords.iter_mut() {
        *value = match (keyword.as_str(), value.take()) {
            ("properties" | "$defs", Value::Object(schemas)) => Value::Object(each(schemas)),
            ("items" | "additionalProperties", schema) => strict(schema),
            ("anyOf", Value::Array(schemas)) => schemas.into_iter().map(strict).collect(),
            (_, other) => other,
        };
    }
    schema
}

fn each(schemas: Map<String, Value>) -> Map<String, Value> {
    let schemas = schemas.into_iter();
    schemas
        .map(|(name, schema)| (name, strict(schema)))
        .collect()
}
