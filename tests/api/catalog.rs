//! Lists by the catalog: the newest link first, at a cost that depends on the page alone.

use embedded_host::Gate;
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
    list::{codes, next_query},
};

impl TestApp {
    pub async fn rebuild(&self) -> Answer {
        self.api(Method::POST, "catalog/rebuild").send().await
    }

    async fn create_all<'a>(&self, shorts: impl IntoIterator<Item = &'a str>) {
        for short in shorts {
            let link = json!({ "short": short, "url": AKAMAI });
            assert_eq!(self.create(&link).await.status, 201, "{short}");
        }
    }

    /// The codes on all pages from this one on.
    pub async fn all_pages(&self, query: &str) -> Vec<String> {
        let mut listed = Vec::new();
        let mut query = Some(query.to_owned());
        while let Some(page) = query {
            let answer = self.list(&page).await;
            listed.extend(codes(&answer));
            query = next_query(&answer);
        }
        listed
    }
}

#[tokio::test]
async fn the_newest_link_comes_first() {
    let app = TestApp::start().await;
    app.create_all(["b", "a", "c"]).await;
    let answer = app.list("").await;
    assert_eq!(codes(&answer), ["c", "a", "b"]);
    assert_eq!(answer.header("x-order"), "newest");
    app.create_all(["0"]).await;
    assert_eq!(
        codes(&app.list("?order=newest").await),
        ["0", "c", "a", "b"]
    );
    let by_code = app.list("?order=code").await;
    assert_eq!(codes(&by_code), ["0", "a", "b", "c"]);
    assert_eq!(by_code.header("x-order"), "code");
}

#[tokio::test]
async fn links_of_the_tutorial_are_listed_after_all_others() {
    let app = TestApp::start().await;
    app.put_foreign_keys().await;
    for short in ["m", "a", "z"] {
        app.put_link(short).await;
    }
    app.create_all(["b", "y"]).await;
    for limit in 1..=6 {
        let listed = app.all_pages(&format!("?limit={limit}")).await;
        assert_eq!(listed, ["y", "b", "z", "m", "a"]);
    }
    app.assert_foreign_keys_untouched().await;
    // Nothing was written into a record that is not the shortener's.
    let record = app.host().store().get("m").await;
    let expected = json!({ "short": "m", "url": AKAMAI }).to_string();
    assert_eq!(record, Ok(Some(expected.into_bytes())));
}

#[tokio::test]
async fn a_change_moves_no_link_and_a_delete_leaves_no_gap() {
    let app = TestApp::start().await;
    app.put_link("old").await;
    app.create_all(["a", "b", "c", "d"]).await;
    for short in ["old", "b"] {
        let link = json!({ "url": "https://b.example" });
        assert_eq!(app.replace(short, &link).await.status, 204);
    }
    assert_eq!(app.all_pages("").await, ["d", "c", "b", "a", "old"]);
    for short in ["old", "c"] {
        assert_eq!(app.delete(short).await.status, 204);
    }
    assert_eq!(codes(&app.list("?limit=3").await), ["d", "b", "a"]);
    // A code that comes back is a new link.
    app.create_all(["old", "c"]).await;
    assert_eq!(app.all_pages("").await, ["c", "old", "d", "b", "a"]);
}

#[tokio::test]
async fn pages_hold_each_link_once_while_others_come_and_go() {
    let app = TestApp::start().await;
    app.create_all(["a", "b", "c", "d", "e"]).await;
    let first = app.list("?limit=2").await;
    assert_eq!(codes(&first), ["e", "d"]);
    app.create_all(["f", "g"]).await;
    for short in ["d", "c"] {
        assert_eq!(app.delete(short).await.status, 204);
    }
    let next = next_query(&first).expect("a next page");
    assert_eq!(app.all_pages(&next).await, ["b", "a"]);
}

#[tokio::test]
async fn an_import_keeps_the_order_of_its_lines() {
    let app = TestApp::start().await;
    app.put_link("c007").await;
    let shorts: Vec<String> = (0..100).map(|n| format!("c{:03}", n * 37 % 100)).collect();
    let line = |short: &String| json!({ "short": short, "url": AKAMAI }).to_string();
    let lines: Vec<String> = shorts.iter().map(line).collect();
    assert_eq!(app.import(&lines.join("\n")).await.json()["created"], 99);
    let mut expected: Vec<&str> = shorts.iter().map(String::as_str).collect();
    expected.retain(|short| *short != "c007");
    expected.insert(0, "c007");
    let export = app.export().await;
    let short = |line: &str| serde_json::from_str::<Value>(line).expect("a link")["short"].clone();
    let exported: Vec<Value> = export.text().lines().map(short).collect();
    assert_eq!(exported, expected);
    expected.reverse();
    assert_eq!(app.all_pages("?limit=7").await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_costs_the_same_among_a_hundred_links_and_ten_thousand() {
    const ON_A_PAGE: u64 = 100;
    for (created, old) in [(101, 0), (101, 10_000), (0, 101), (0, 10_000)] {
        let app = TestApp::start().await;
        for n in 0..old {
            app.put_link(&format!("c{n}")).await;
        }
        for n in 0..created {
            app.create_all([format!("n{n}").as_str()]).await;
        }
        app.list("?limit=1").await;
        let first = app.list("").await;
        let next = next_query(&first).expect("a next page");
        for query in ["", &next] {
            app.host().reset_counts();
            assert!(!codes(&app.list(query).await).is_empty());
            let counts = app.host().counts();
            let reads = counts.of("key-value.get");
            assert!(
                reads <= 2 * ON_A_PAGE + 2,
                "{created}, {old}, {query}: {reads}"
            );
            for other in ["key-value.get-keys", "key-value.set", "atomics.increment"] {
                assert_eq!(counts.of(other), 0, "{query}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_reads_no_more_than_it_holds() {
    let app = TestApp::start().await;
    for n in 0..30 {
        app.create_all([format!("n{n}").as_str()]).await;
    }
    app.list("").await;
    app.host().reset_counts();
    app.list("?limit=10").await;
    let reads = app.host().counts().of("key-value.get");
    assert_eq!(reads, 22, "two to begin with, and two for each link");
}

#[tokio::test]
async fn without_increments_lists_are_in_the_order_of_the_codes_and_say_so() {
    for optimistic in [true, false] {
        let claims = if optimistic { "optimistic" } else { "auto" };
        let app = TestApp::with([("claims", claims)]).await;
        if !optimistic {
            app.faults()
                .before("atomics.increment")
                .fail("atomics are not supported here");
        }
        app.create_all(["b", "a", "c"]).await;
        for query in ["", "?order=newest"] {
            let answer = app.list(query).await;
            assert_eq!(codes(&answer), ["a", "b", "c"], "{claims}");
            assert_eq!(answer.header("x-order"), "code");
        }
        assert_eq!(app.all_pages("?limit=2").await, ["a", "b", "c"]);
        assert_eq!(app.export().await.header("x-order"), "code");
        let answer = app.rebuild().await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (409, "no_catalog")
        );
        let cursor = app.list("?order=newest&cursor=8000000000000001").await;
        assert_eq!(cursor.field_errors(), ["cursor cursor"]);
    }
}

#[tokio::test]
async fn links_that_were_created_without_a_number_are_found_by_the_next_list() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let file = directory.path().join("shared.db");
    let app = TestApp::on(&file).await;
    app.create_all(["a"]).await;
    assert_eq!(app.all_pages("").await, ["a"]);
    let optimistic = TestApp::build(|host| host.file(&file).variable("claims", "optimistic"));
    optimistic.await.create_all(["b"]).await;
    assert_eq!(app.all_pages("").await, ["a", "b"]);
    app.create_all(["c"]).await;
    assert_eq!(app.all_pages("").await, ["c", "a", "b"]);
}

#[tokio::test]
async fn what_another_program_stores_later_is_found_by_a_rebuild() {
    let app = TestApp::start().await;
    app.put_link("a").await;
    app.create_all(["n"]).await;
    assert_eq!(app.all_pages("").await, ["n", "a"]);
    app.put_link("b").await;
    // Like the tutorial app, which knows no conflict.
    app.put_link("n").await;
    assert_eq!(app.all_pages("").await, ["a"]);
    let rebuilt = app.rebuild().await;
    assert_eq!((rebuilt.status, rebuilt.text()), (200, r#"{"adopted":3}"#));
    assert_eq!(app.all_pages("").await, ["n", "b", "a"]);
    let audited = app.events_named("audit");
    assert_eq!(audited.last().expect("an event")["action"], "rebuild");
}

#[tokio::test]
async fn a_rebuild_removes_lists_but_not_the_one_that_was_in_use() {
    let app = TestApp::start().await;
    app.put_link("a").await;
    assert_eq!(app.all_pages("").await, ["a"]);
    for generation in 2..=4 {
        assert_eq!(app.rebuild().await.status, 200);
        let keys = app.host().store().keys().await.expect("the keys");
        let chunks = keys.iter().filter(|key| key.starts_with("catalog:old:"));
        let mut chunks: Vec<&String> = chunks.collect();
        chunks.sort_unstable();
        let kept = [generation - 1, generation];
        assert_eq!(
            chunks,
            kept.map(|kept| format!("catalog:old:{kept}:0")).each_ref()
        );
    }
}

#[tokio::test]
async fn a_page_that_was_being_read_is_finished_beside_a_rebuild() {
    let app = TestApp::start().await;
    app.put_link("a").await;
    assert_eq!(app.all_pages("").await, ["a"]);
    let gate = Gate::closed();
    let chunk = "catalog:old:1:0";
    app.faults().before("key-value.get").key(chunk).gate(&gate);
    let page = tokio::spawn(app.api(Method::GET, "links").send());
    gate.arrived(1).await;
    assert_eq!(app.rebuild().await.status, 200);
    gate.open();
    assert_eq!(codes(&page.await.expect("an answer")), ["a"]);
}

#[tokio::test]
async fn deleting_a_copy_of_a_record_leaves_the_link_in_its_place() {
    let app = TestApp::start().await;
    app.create_all(["a", "b"]).await;
    let store = app.host().store();
    let record = store.get("a").await.expect("read").expect("a record");
    store.set("copy", record).await.expect("stored");
    assert_eq!(app.delete("copy").await.status, 204);
    assert_eq!(app.all_pages("").await, ["b", "a"]);
}

#[tokio::test]
async fn an_import_draws_the_numbers_of_many_lines_at_once() {
    let app = TestApp::start().await;
    let line = |n| json!({ "short": format!("c{n}"), "url": AKAMAI }).to_string();
    let lines: Vec<String> = (0..100).map(line).collect();
    assert_eq!(app.import(&lines.join("\n")).await.json()["created"], 100);
    // A claim for each link, and numbers for 64 and for 36.
    assert_eq!(app.host().counts().of("atomics.increment"), 102);
}

#[tokio::test]
async fn an_entry_that_cannot_be_written_makes_a_create_503_and_writes_no_link() {
    let app = TestApp::start().await;
    let link = json!({ "short": "a", "url": AKAMAI });
    for (call, key) in [
        ("key-value.set", "catalog:1"),
        ("atomics.increment", "catalog:new"),
    ] {
        app.faults().before(call).key(key).fail("down");
        let answer = app.create(&link).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (503, "unavailable")
        );
        assert_eq!(app.follow("/a").await.status, 404);
        app.faults().clear();
    }
    assert_eq!(app.create(&link).await.status, 201);
    assert_eq!(app.all_pages("").await, ["a"]);
    // A catalog that cannot be read is no concern of a visitor's.
    app.faults()
        .before("key-value.get")
        .key("catalog:state")
        .fail("down");
    assert_eq!(app.list("").await.status, 503);
    app.follow("/a").await.assert_redirects_to(AKAMAI);
}

#[tokio::test]
async fn a_store_that_takes_no_writes_still_lists_its_links_by_code() {
    let app = TestApp::start().await;
    for short in ["b", "a"] {
        app.put_link(short).await;
    }
    app.faults().before("key-value.set").fail("read-only");
    assert_eq!(app.list("").await.problem(), "unavailable");
    assert_eq!(codes(&app.list("?order=code").await), ["a", "b"]);
    app.faults().clear();
    assert_eq!(app.all_pages("").await, ["b", "a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_that_are_created_at_the_same_time_are_all_listed_once() {
    let app = TestApp::start().await;
    let mut creators = JoinSet::new();
    for n in 0..64 {
        let link = json!({ "short": format!("c{:02}", n % 48), "url": AKAMAI });
        creators.spawn(app.api(Method::POST, "links").json(link.to_string()).send());
    }
    let created = creators.join_all().await;
    assert_eq!(
        created.iter().filter(|answer| answer.status == 201).count(),
        48
    );
    let mut listed = app.all_pages("?limit=5").await;
    listed.sort_unstable();
    let expected: Vec<String> = (0..48).map(|n| format!("c{n:02}")).collect();
    assert_eq!(listed, expected);
}

/// An adoption that two hosts begin at the same time, again and again, while instances are killed.
async fn adopt_on_two_hosts(links: usize, kills: usize) {
    let directory = tempfile::TempDir::new().expect("a directory");
    let file = directory.path().join("many.db");
    let mut hosts = [TestApp::on(&file).await, TestApp::on(&file).await];
    crate::figures::fill(&file, links);
    let mut expected: Vec<String> = (0..links).map(crate::figures::code).collect();
    expected.sort_unstable();
    expected.reverse();
    for app in &mut hosts {
        app.expect_lost_instances();
    }
    let visited = expected.first().expect("a link").clone();
    for kill in 0..kills {
        for (host, app) in hosts.iter().enumerate() {
            // At another write each time; the last ones get through.
            app.faults()
                .before("key-value.set")
                .skip((kill + host) * links / 256 / kills)
                .die();
        }
        let mut lists = JoinSet::new();
        for app in &hosts {
            lists.spawn(app.api(Method::GET, "links?limit=1").send_unchecked());
        }
        for app in &hosts {
            let followed = app.follow(&format!("/{visited}")).await;
            assert_eq!(followed.status, 301);
        }
        lists.join_all().await;
        for app in &hosts {
            app.faults().clear();
        }
    }
    for app in &hosts {
        assert!(app.all_pages("?limit=1000").await == expected);
    }
    let keys = hosts[0].host().store().keys().await.expect("the keys");
    let records = keys.iter().filter(|key| !key.contains(':')).count();
    assert_eq!(records, links, "no record was added or lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hosts_that_adopt_at_once_and_are_killed_lose_no_link_and_list_none_twice() {
    adopt_on_two_hosts(5_000, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a hundred thousand links"]
async fn two_hosts_that_adopt_a_hundred_thousand_links_lose_none() {
    adopt_on_two_hosts(100_000, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a million links"]
async fn a_page_costs_the_same_among_a_million_links() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let file = directory.path().join("many.db");
    let app = TestApp::on(&file).await;
    crate::figures::fill(&file, 1_000_000);
    assert_eq!(app.rebuild().await.status, 200);
    app.host().reset_counts();
    assert_eq!(codes(&app.list("").await).len(), 100);
    let counts = app.host().counts();
    assert_eq!(counts.of("key-value.get-keys"), 0);
    assert!(counts.of("key-value.get") <= 202, "{counts:?}");
}
