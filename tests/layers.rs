//! The layers that `src/lib.rs` draws: a module uses only modules of the layers above its own.
//!
//! `cargo test --test layers -- --nocapture` prints who uses whom.

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// The layer of each module, by the table in the crate's documentation.
fn layers() -> BTreeMap<String, u32> {
    let map = fs::read_to_string(Path::new(SOURCES).join("lib.rs")).expect("the crate's root");
    let row = |line: &str| {
        let mut cells = line.strip_prefix("//! |")?.split('|').map(str::trim);
        let layer = cells.next()?.parse().ok()?;
        let module = cells
            .next()?
            .trim_matches(|c: char| !c.is_ascii_alphabetic());
        Some((module.to_owned(), layer))
    };
    map.lines().filter_map(row).collect()
}

fn source_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => source_files(&path),
            false => vec![path],
        })
        .collect()
}

/// The modules of this crate that `source` names, unit tests and comments aside.
fn used_modules(source: &str) -> BTreeSet<String> {
    let (code, tests) = source.split_once("#[cfg(test)]").unwrap_or((source, ""));
    assert!(!tests.contains("#[cfg(test)]"), "tests come last: {tests}");
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let paths = code.split("crate::").skip(1);
    paths.flat_map(first_segments).collect()
}

/// `a` of `a::b…`; `a` and `c` of `{a::b, c::{d, e}}…`.
fn first_segments(path: &str) -> Vec<String> {
    let segment = |path: &str| {
        let end = path.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        path[..end.unwrap_or(path.len())].to_owned()
    };
    let Some(list) = path.strip_prefix('{') else {
        return vec![segment(path)];
    };
    let (mut depth, mut start, mut segments) = (0, 0, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' | ',' if depth == 0 => {
                segments.push(segment(list[start..at].trim_start()));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

#[test]
fn each_module_uses_only_the_layers_above_its_own() {
    let layers = layers();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in source_files(Path::new(SOURCES)) {
        let inside = path.strip_prefix(SOURCES).expect("a file of src");
        let module = inside.iter().next().expect("a name").to_string_lossy();
        let module = module.trim_end_matches(".rs").to_owned();
        // The root, and tests that have a file of their own.
        if module == "lib" || inside.ends_with("tests.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source file");
        let used = arrows.entry(module).or_default();
        used.extend(used_modules(&source));
    }
    assert_eq!(
        arrows.keys().collect::<Vec<_>>(),
        layers.keys().collect::<Vec<_>>(),
        "the modules, and those that the crate's documentation lists"
    );
    for (module, used) in &mut arrows {
        used.remove(module);
        println!("{module} -> {}", Vec::from_iter(used.clone()).join(", "));
        for other in used.iter() {
            assert!(
                layers[other] < layers[module],
                "{module} uses {other}, which is not above it"
            );
        }
    }
}

#[test]
fn paths_are_read_as_they_are_written() {
    let source = "use crate::a::b; use crate::{c, d::{e, f::g}, h::i};\n\
        //! crate::docs\n #[cfg(test)] use crate::tests;";
    let used = used_modules(source);
    assert_eq!(Vec::from_iter(used), ["a", "c", "d", "h"]);
}
