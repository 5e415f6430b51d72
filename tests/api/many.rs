//! Many links: every one of them is on a page and in the export, and no more than their keys are in
//! memory.

use embedded_host::Gate;
use http::Method;
use tempfile::TempDir;

use crate::{
    app::{TestApp, reuses_instances},
    figures::{code, fill},
};

/// Many pages, and many chunks of an export.
const LINKS: usize = 20_000;

/// As many as a page may have; the last one is full, too.
const ON_A_PAGE: usize = 1000;

/// What an instance may take, in bytes, that lists no keys.
const MEMORY: usize = 4 << 20;

/// What a list of keys may take for each link, in bytes: three keys, with room to grow.
const KEYS_OF_A_LINK: usize = 144;

/// Reads of records at the same time; where calls block, one.
fn reads_at_once() -> usize {
    match reuses_instances() {
        true => 16,
        false => 1,
    }
}

async fn many_links(directory: &TempDir) -> (TestApp, Vec<String>) {
    let file = directory.path().join("many.db");
    let app = TestApp::on(&file).await;
    fill(&file, LINKS);
    let mut codes: Vec<String> = (0..LINKS).map(code).collect();
    codes.sort_unstable();
    codes.reverse();
    (app, codes)
}

/// Prints what the largest instance took, and asserts that it is no more than a list of all keys of so many
/// links needs beside what every instance does.
#[track_caller]
pub fn assert_memory(app: &TestApp, listed: usize, what: &str) {
    let peak = app.host().stats().peak_memory;
    println!("{what}: {} KiB of guest memory", peak / 1024);
    assert!(
        peak <= MEMORY + listed * KEYS_OF_A_LINK,
        "{what}: {peak} bytes"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_twenty_thousand_links_are_complete_and_in_order() {
    let directory = TempDir::new().expect("a directory");
    let (app, codes) = many_links(&directory).await;
    let mut listed: Vec<String> = Vec::new();
    let mut query = Some(format!("links?limit={ON_A_PAGE}"));
    while let Some(page) = query {
        let answer = app.api(Method::GET, &page).send().await;
        let page = answer.json();
        let page = page.as_array().expect("an array");
        assert_eq!(page.len(), ON_A_PAGE);
        let short = |link: &serde_json::Value| link["short"].as_str().expect("a code").to_owned();
        listed.extend(page.iter().map(short));
        let next = answer.header("link").strip_prefix("</_api/");
        query = next.and_then(|next| Some(next.split_once('>')?.0.to_owned()));
    }
    assert!(listed == codes, "{} of {LINKS} links", listed.len());
    assert_memory(&app, LINKS, &format!("pages of {LINKS} links"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_of_twenty_thousand_links_is_complete_and_in_order() {
    let directory = TempDir::new().expect("a directory");
    let (app, codes) = many_links(&directory).await;
    let export = app.export().await;
    let short = |line: &str| {
        let link: serde_json::Value = serde_json::from_str(line).expect("a link");
        link["short"].as_str().expect("a code").to_owned()
    };
    let mut exported: Vec<String> = export.text().lines().map(short).collect();
    exported.reverse();
    assert!(exported == codes, "{} of {LINKS} links", exported.len());
    assert_memory(&app, LINKS, &format!("export of {LINKS} links"));
}

#[tokio::test]
async fn the_records_of_a_page_are_read_side_by_side_but_not_all_at_once() {
    const RECORDS: usize = 40;
    let app = TestApp::start().await;
    for n in 0..RECORDS {
        app.put_link(&format!("c{n:02}")).await;
    }
    let gate = Gate::closed();
    app.faults().before("key-value.get").gate(&gate);
    let listing = tokio::spawn(app.api(Method::GET, "links?order=code").send());
    // An instance that has answered another request meanwhile has done for the list what it would.
    let reads = async || {
        assert_eq!(app.post("{").await.status, 400);
        app.host().counts().of("key-value.get")
    };
    for released in 0..RECORDS - reads_at_once() {
        let expected = reads_at_once() + released;
        gate.arrived(expected).await;
        assert_eq!(reads().await, expected as u64);
        gate.admit(1);
    }
    gate.open();
    let listed = listing.await.expect("no panic").json();
    assert_eq!(listed.as_array().map(Vec::len), Some(RECORDS));
}
