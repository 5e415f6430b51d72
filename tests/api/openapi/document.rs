//! `docs/openapi.yaml`, read once: its references followed, its schemas compiled.

use std::{collections::HashMap, sync::OnceLock};

use embedded_host::build;
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

/// The name that the schemas know the document by.
const URI: &str = "urn:openapi";

/// The members that hold a schema.
const SCHEMA: &str = "schema";
const ITEM_SCHEMA: &str = "x-item-schema";

struct Document {
    root: Value,
    /// By the JSON pointer to the schema.
    validators: HashMap<String, Validator>,
}

fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let path = build::workspace().join("docs/openapi.yaml");
        let text = std::fs::read_to_string(path).expect("docs/openapi.yaml");
        let root: Value = serde_yaml_ng::from_str(&text).expect("docs/openapi.yaml is YAML");
        let validators = compile(&root);
        Document { root, validators }
    })
}

/// Compiles every schema of a parameter, a header or a media type, with what it refers to.
fn compile(root: &Value) -> HashMap<String, Validator> {
    let registry = Registry::new().add(URI, root).expect("a resource");
    let registry = registry.prepare().expect("no reference to elsewhere");
    let mut validators = HashMap::new();
    find("", root, &mut |pointer, value| {
        for key in [SCHEMA, ITEM_SCHEMA] {
            if value.get(key).is_none() {
                continue;
            }
            let pointer = format!("{pointer}/{key}");
            let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
            let options = jsonschema::options().with_registry(&registry);
            let validator = options
                .should_validate_formats(true)
                .build(&json!({ "$ref": format!("{URI}#{fragment}") }));
            let validator = validator.unwrap_or_else(|error| panic!("{pointer}: {error}"));
            validators.insert(pointer, validator);
        }
    });
    validators
}

/// Shows `visit` everything that may have a schema or an example, but neither of these.
fn find<'a>(pointer: &str, value: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    visit(pointer, value);
    for (key, value) in members(value) {
        let is_leaf = [SCHEMA, ITEM_SCHEMA, "schemas", "example", "examples"];
        if !is_leaf.contains(&key.as_str()) {
            find(&format!("{pointer}/{}", escaped(&key)), value, visit);
        }
    }
}

/// The members of an object or, by their index, the elements of an array.
fn members(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(elements) => {
            let numbered = elements.iter().enumerate();
            numbered.map(|(at, v)| (at.to_string(), v)).collect()
        }
        _ => Vec::new(),
    }
}

/// A key as a JSON pointer has it (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A part of the document. A reference is what it refers to.
#[derive(Clone, Debug)]
pub struct Part {
    /// The JSON pointer to it.
    pub pointer: String,
    pub value: &'static Value,
}

impl Part {
    pub fn root() -> Self {
        Self::at("")
    }

    fn at(pointer: &str) -> Self {
        let value = document().root.pointer(pointer);
        let value = value.unwrap_or_else(|| panic!("{pointer} is not in docs/openapi.yaml"));
        match value.get("$ref").and_then(Value::as_str) {
            Some(to) => Self::at(to.strip_prefix('#').expect("a reference into the document")),
            None => Self {
                pointer: pointer.to_owned(),
                value,
            },
        }
    }

    /// Every parameter, header and media type of the document.
    pub fn all_with_a_schema() -> Vec<Self> {
        let mut found = Vec::new();
        find("", &document().root, &mut |pointer, value| {
            if value.get(SCHEMA).is_some() {
                found.push(Self::at(pointer));
            }
        });
        found
    }

    pub fn get(&self, key: &str) -> Option<Self> {
        self.value.get(key)?;
        Some(Self::at(&format!("{}/{}", self.pointer, escaped(key))))
    }

    /// The members of an object or, by their index, the elements of an array.
    pub fn entries(&self) -> Vec<(String, Self)> {
        let entry = |(key, _): (String, _)| {
            let pointer = format!("{}/{}", self.pointer, escaped(&key));
            (key, Self::at(&pointer))
        };
        members(self.value).into_iter().map(entry).collect()
    }

    /// The same of what is at `key`; none if nothing is.
    pub fn entries_of(&self, key: &str) -> Vec<(String, Self)> {
        self.get(key).map_or_else(Vec::new, |part| part.entries())
    }

    pub fn text(&self, key: &str) -> Option<&'static str> {
        self.value.get(key)?.as_str()
    }

    pub fn is(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    /// Every example with its name; the only one has none.
    pub fn examples(&self) -> Vec<(String, &'static Value)> {
        let only = self
            .value
            .get("example")
            .map(|value| (String::new(), value));
        let named = self.entries_of("examples").into_iter();
        let named = named.map(|(name, example)| (name, &example.value["value"]));
        only.into_iter().chain(named).collect()
    }

    /// Whether `value` is as this parameter's, header's or media type's schema wants it.
    pub fn validate(&self, value: &Value) -> Result<(), String> {
        self.validate_by(SCHEMA, value)?;
        match (self.get(ITEM_SCHEMA), value.as_str()) {
            (Some(_), Some(lines)) => self.validate_lines(lines, &|_| false),
            _ => Ok(()),
        }
    }

    /// The same for NDJSON, but for the lines, counted from 1, that are `excused`.
    pub fn validate_lines(
        &self,
        lines: &str,
        excused: &dyn Fn(usize) -> bool,
    ) -> Result<(), String> {
        for (number, line) in (1..).zip(lines.split('\n')) {
            if line.trim().is_empty() || excused(number) {
                continue;
            }
            let value = serde_json::from_str(line);
            let value = value.map_err(|error| format!("line {number} is no JSON: {error}"))?;
            let valid = self.validate_by(ITEM_SCHEMA, &value);
            valid.map_err(|fault| format!("line {number}: {fault}"))?;
        }
        Ok(())
    }

    fn validate_by(&self, key: &str, value: &Value) -> Result<(), String> {
        let pointer = format!("{}/{key}", self.pointer);
        let validator = document().validators.get(&pointer);
        let validator =
            validator.ok_or_else(|| format!("{pointer} is not in docs/openapi.yaml"))?;
        let faults: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{error} at {:?}", error.instance_path().as_str()))
            .collect();
        match faults.as_slice() {
            [] => Ok(()),
            faults => Err(format!("{} (by {pointer})", faults.join("; "))),
        }
    }

    /// A header's or a parameter's text as its schema means it.
    pub fn read(&self, text: &str) -> Value {
        let kind = self.get(SCHEMA).and_then(|schema| schema.text("type"));
        match text.parse::<i64>() {
            Ok(number) if kind == Some("integer") && number.to_string() == text => number.into(),
            _ => text.into(),
        }
    }
}
