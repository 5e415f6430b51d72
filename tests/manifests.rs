//! The two manifests: what Spin 3 reads and what Spin 4 reads describe the same application. And the
//! version, which is stated in more files than one.

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use embedded_host::{Manifest, build};
use toml::{Table, Value};

/// The profile of `spin.toml` that builds for WASI 0.2.
const PROFILE: &str = "p2";

/// The fields that Spin 3.2 knows and these manifests use, by the table they are in (crates/manifest/
/// src/schema/v2.rs and common.rs, crates/http/src/config.rs, v3.2.0). There every other is an error.
const SPIN_3_FIELDS: [(&str, &[&str]); 6] = [
    (
        "",
        &[
            "spin_manifest_version",
            "application",
            "variables",
            "trigger",
            "component",
        ],
    ),
    ("application", &["name", "version", "description"]),
    ("variable", &["required", "default", "secret"]),
    ("trigger", &["route", "component"]),
    (
        "component",
        &[
            "source",
            "key_value_stores",
            "allowed_outbound_hosts",
            "variables",
            "build",
        ],
    ),
    ("build", &["command", "watch"]),
];

fn read(name: &str) -> Table {
    let text = std::fs::read_to_string(build::workspace().join(name)).expect("a manifest");
    text.parse().expect("TOML")
}

fn shortener(manifest: &mut Table) -> &mut Table {
    manifest["component"]["url-shortener"]
        .as_table_mut()
        .expect("a table")
}

#[test]
fn spin_3_gets_the_manifest_of_spin_4_with_the_p2_profile_applied() {
    let mut applied = read("spin.toml");
    let shortener = shortener(&mut applied);
    let Some(Value::Table(mut profiles)) = shortener.remove("profile") else {
        panic!("spin.toml has no profiles");
    };
    let profile = profiles.remove(PROFILE).expect("the profile");
    shortener["source"] = profile["source"].clone();
    shortener["build"]["command"] = profile["build"]["command"].clone();
    assert_eq!(applied, read("spin.p2.toml"));
}

/// Every table of `manifest` whose fields Spin knows beforehand, with its kind.
fn tables(manifest: &Table) -> Vec<(&'static str, &Table)> {
    let components = manifest["component"].as_table().expect("components");
    let variables = manifest["variables"].as_table().expect("variables");
    let triggers = manifest["trigger"]["http"].as_array().expect("triggers");
    let fixed = [
        ("", Some(manifest)),
        ("application", manifest["application"].as_table()),
    ];
    let components = components.values().flat_map(|it| {
        [
            ("component", it.as_table()),
            ("build", it["build"].as_table()),
        ]
    });
    let variables = variables.values().map(|it| ("variable", it.as_table()));
    let triggers = triggers.iter().map(|it| ("trigger", it.as_table()));
    let fixed = fixed.into_iter().chain(components);
    let all = fixed.chain(variables).chain(triggers);
    all.map(|(kind, table)| (kind, table.expect("a table")))
        .collect()
}

#[test]
fn spin_3_knows_every_field_of_its_manifest() {
    let manifest = read("spin.p2.toml");
    for (kind, table) in tables(&manifest) {
        let known = SPIN_3_FIELDS.iter().find(|(known, _)| *known == kind);
        let (_, known) = known.expect("a kind of table");
        for field in table.keys() {
            assert!(known.contains(&field.as_str()), "{kind}: {field}");
        }
    }
}

/// With `targets`, `spin build` has to ask a registry what each of them offers.
#[test]
fn to_build_is_possible_without_a_network() {
    for name in ["spin.toml", "spin.p2.toml"] {
        assert!(read(name)["application"].get("targets").is_none(), "{name}");
    }
}

#[test]
fn each_component_is_granted_every_variable_that_it_reads_under_its_own_name() {
    let manifest = read("spin.toml");
    let declared = manifest["variables"].as_table().expect("variables");
    for (component, unread) in [
        ("url-shortener", &["admin_page"][..]),
        ("admin", &["admin_token_previous", "api_keys"]),
    ] {
        let read = declared
            .keys()
            .filter(|name| !unread.contains(&name.as_str()));
        let granted = read.map(|name| {
            let template = format!("{{{{ {name} }}}}");
            (name.clone(), Value::String(template))
        });
        let variables = &manifest["component"][component]["variables"];
        assert_eq!(*variables, Value::Table(granted.collect()), "{component}");
    }
}

#[test]
fn the_operators_page_has_one_row_for_each_variable() {
    let page = std::fs::read_to_string(build::workspace().join("docs/operating.md"));
    let page = page.expect("a page");
    let table = page.split("| variable | default | meaning |").nth(1);
    let rows = table.expect("the table").trim().lines().skip(1);
    let rows = rows.map_while(|line| line.strip_prefix("| `")?.split('`').next());
    let manifest = read("spin.toml");
    let declared = manifest["variables"].as_table().expect("variables");
    let (mut rows, mut declared): (Vec<_>, Vec<_>) = (rows.collect(), declared.keys().collect());
    rows.sort_unstable();
    declared.sort_unstable();
    assert_eq!(rows, declared);
}

#[test]
fn each_build_makes_the_file_that_its_manifest_names() {
    for (name, id, target, package) in [
        ("spin.toml", "url-shortener", "wasm32-wasip2", "spin4"),
        ("spin.p2.toml", "url-shortener", "wasm32-wasip1", "spin3"),
        ("spin.toml", "admin", "wasm32-wasip1", "admin"),
        ("spin.p2.toml", "admin", "wasm32-wasip1", "admin"),
    ] {
        let component = &read(name)["component"][id];
        let source = format!("target/{target}/release/url_shortener_{package}.wasm");
        assert_eq!(component["source"].as_str(), Some(&*source), "{name}");
        let command = format!(
            "cargo build --locked --target {target} --release --package url-shortener-{package}"
        );
        let build = &component["build"]["command"];
        assert_eq!(build.as_str(), Some(&*command), "{name}");
    }
}

#[test]
fn the_embedded_host_serves_both_manifests() {
    for name in ["spin.toml", "spin.p2.toml"] {
        let manifest = Manifest::load(build::workspace().join(name));
        manifest.expect(name);
    }
}

#[test]
fn the_manifests_state_the_version_of_the_package() {
    for name in ["spin.toml", "spin.p2.toml"] {
        let version = read(name)["application"]["version"].clone();
        assert_eq!(version.as_str(), Some(env!("CARGO_PKG_VERSION")), "{name}");
    }
}

/// The versions that `text` states: what follows `mark`, as far as it looks like one.
fn versions<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let after = text.split(mark).skip(1);
    let version = |rest: &'a str| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        rest.get(..end.unwrap_or(rest.len()))
    };
    after
        .filter_map(version)
        .filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        .collect()
}

#[test]
fn the_documents_state_the_version_of_the_package() {
    for (name, mark, times) in [
        ("README.md", "url-shortener:", 1),
        ("docs/deploying.md", "url-shortener:", 3),
        ("docs/deploying.md", "refs/tags/v", 1),
        ("docs/openapi.yaml", "\n  version: ", 1),
    ] {
        let text = std::fs::read_to_string(build::workspace().join(name)).expect("a document");
        let stated = versions(&text, mark);
        assert_eq!(stated, vec![env!("CARGO_PKG_VERSION"); times], "{name}");
    }
}
