//! `runtime-config.toml`: what is left of it when another stanza is chosen is a store that Spin makes.
//!
//! Spin ignores keys that it does not know, so a misspelt one would go unnoticed until it is needed.

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

use std::{collections::BTreeSet, path::Path};
use toml::{Table, Value};

/// The settings of one store, as Spin reads them.
struct Store {
    /// The `type` that chooses it.
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    /// Those that are no text.
    booleans: &'static [&'static str],
}

/// The structs `*RuntimeConfig` of Spin's crates `key-value-spin`, `-redis`, `-aws` and `-azure`
/// (src/lib.rs); the same in v3.2.0, v3.6.3 and v4.0.2.
const STORES: [Store; 4] = [
    Store {
        name: "spin",
        required: &[],
        optional: &["path"],
        booleans: &[],
    },
    Store {
        name: "redis",
        required: &["url"],
        optional: &[],
        booleans: &[],
    },
    Store {
        name: "aws_dynamo",
        required: &["region", "table"],
        optional: &["access_key", "secret_key", "token", "consistent_read"],
        booleans: &["consistent_read"],
    },
    Store {
        name: "azure_cosmos",
        required: &["account", "database", "container"],
        optional: &["key"],
        booleans: &[],
    },
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).expect("a file of this repository")
}

/// Every stanza of the file alone, uncommented, with nothing else than prose around it.
fn stanzas() -> Vec<String> {
    const HEAD: &str = "[key_value_store.default]";
    let text = read("runtime-config.toml");
    let setting = |line: &str| line.contains(" = ") && line.split(' ').nth(1) == Some("=");
    let mut stanzas: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        if line == HEAD {
            stanzas.push(String::new());
        }
        if (line == HEAD || setting(line))
            && let Some(stanza) = stanzas.last_mut()
        {
            stanza.push_str(line);
            stanza.push('\n');
        }
    }
    stanzas
}

fn settings(stanza: &str) -> Table {
    let config: Table = stanza.parse().expect("TOML");
    let store = config["key_value_store"]["default"].as_table();
    store.expect("a store").clone()
}

#[test]
fn every_stanza_has_all_keys_that_spin_knows_and_no_other() {
    let stanzas: Vec<Table> = stanzas().iter().map(|stanza| settings(stanza)).collect();
    let names: Vec<_> = stanzas
        .iter()
        .map(|stanza| stanza["type"].as_str())
        .collect();
    let known = STORES.map(|store| Some(store.name));
    assert_eq!(names, known);
    for (stanza, store) in stanzas.iter().zip(STORES) {
        let keys = [store.required, store.optional, &["type"]].concat();
        let keys: BTreeSet<&str> = keys.into_iter().collect();
        let written: BTreeSet<&str> = stanza.keys().map(String::as_str).collect();
        assert_eq!(written, keys, "{}", store.name);
    }
}

#[test]
fn every_value_has_the_type_that_spin_reads() {
    for (stanza, store) in stanzas().iter().zip(STORES) {
        for (key, value) in settings(stanza) {
            let fits = match value {
                Value::Boolean(_) => store.booleans.contains(&key.as_str()),
                Value::String(_) => !store.booleans.contains(&key.as_str()),
                _ => false,
            };
            assert!(fits, "{}: {key}", store.name);
        }
    }
}

#[test]
fn as_it_stands_the_file_keeps_links_on_disk_and_leaves_nothing_else_chosen() {
    let config: Table = read("runtime-config.toml").parse().expect("TOML");
    let chosen = "[key_value_store.default]\ntype = \"spin\"\npath = \".spin/sqlite_key_value.db\"";
    assert_eq!(config, chosen.parse().expect("TOML"));
}

#[test]
fn the_page_about_stores_names_every_key() {
    let page = read("docs/stores.md");
    for store in STORES {
        for key in [store.required, store.optional].concat() {
            // As `key` or as `key = value`.
            let named = page.contains(&format!("`{key}`")) || page.contains(&format!("`{key} = "));
            assert!(named, "{}: {key}", store.name);
        }
    }
}
