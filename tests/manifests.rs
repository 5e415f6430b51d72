//! The two manifests: what Spin 3 reads and what Spin 4 reads describe the same application.

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use embedded_host::{Manifest, build};
use toml::{Table, Value};

/// The profile of `spin.toml` that builds for WASI 0.2.
const PROFILE: &str = "p2";

/// Fields of a component that Spin 3.2 knows and these manifests use (crates/manifest/src/schema/v2.rs,
/// v3.2.0; every other field is an error there).
const SPIN_3_FIELDS: [&str; 5] = [
    "source",
    "key_value_stores",
    "allowed_outbound_hosts",
    "variables",
    "build",
];

fn read(name: &str) -> Table {
    let text = std::fs::read_to_string(build::workspace().join(name)).expect("a manifest");
    text.parse().expect("TOML")
}

fn component(manifest: &mut Table) -> &mut Table {
    manifest["component"]["url-shortener"]
        .as_table_mut()
        .expect("a table")
}

#[test]
fn spin_3_gets_the_manifest_of_spin_4_with_the_p2_profile_applied() {
    let mut applied = read("spin.toml");
    let shortener = component(&mut applied);
    let Some(Value::Table(mut profiles)) = shortener.remove("profile") else {
        panic!("spin.toml has no profiles");
    };
    let profile = profiles.remove(PROFILE).expect("the profile");
    shortener["source"] = profile["source"].clone();
    shortener["build"]["command"] = profile["build"]["command"].clone();
    assert_eq!(applied, read("spin.p2.toml"));
}

#[test]
fn spin_3_knows_every_field_of_its_manifest() {
    let mut manifest = read("spin.p2.toml");
    let unknown: Vec<String> = component(&mut manifest)
        .keys()
        .filter(|field| !SPIN_3_FIELDS.contains(&field.as_str()))
        .cloned()
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
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
