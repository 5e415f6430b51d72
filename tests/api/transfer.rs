//! All links out of one store and into another.

use http::Method;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp, reuses_instances},
};

impl TestApp {
    pub async fn export(&self) -> Answer {
        self.api(Method::GET, "export").send().await
    }

    pub async fn import(&self, lines: &str) -> Answer {
        let request = self.api(Method::POST, "import");
        let request = request.header("content-type", "application/x-ndjson");
        request.body(lines.to_owned()).send().await
    }

    async fn wipe(&self) {
        let store = self.host().store();
        for key in store.keys().await.expect("the keys") {
            store.delete(&key).await.expect("deleted");
        }
    }
}

/// As many links to import.
fn twenty_lines() -> String {
    let line = |n| json!({ "short": format!("c{n:02}"), "url": AKAMAI }).to_string();
    (0..20).map(line).collect::<Vec<_>>().join("\n")
}

/// `created` and `skipped`, after a look that nothing failed.
pub fn report(answer: &Answer) -> (u64, u64) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let report = answer.json();
    assert_eq!(report["failed"], json!([]));
    let count = |key: &str| report[key].as_u64().expect("a count");
    (count("created"), count("skipped"))
}

#[tokio::test]
async fn a_byte_order_mark_before_a_body_is_skipped() {
    let app = TestApp::start().await;
    let line = |short: &str| json!({ "short": short, "url": AKAMAI }).to_string();
    let lines = format!("\u{feff}{}\r\n\r\n{}", line("a"), line("b"));
    assert_eq!(report(&app.import(&lines).await), (2, 0));
    let array = format!("\u{feff}[{},{}]", line("c"), line("d"));
    let array = app.api(Method::POST, "import").json(array).send().await;
    assert_eq!(report(&array), (2, 0));
    let created = app.post(format!("\u{feff}{}", line("e"))).await;
    assert_eq!(created.status, 201);
    // One, and at the beginning.
    let twice = app.post(format!("\u{feff}\u{feff}{}", line("f"))).await;
    assert_eq!(twice.problem(), "invalid_json");
    let later = app
        .import(&format!("{}\n\u{feff}{}", line("g"), line("h")))
        .await;
    assert_eq!(later.json()["failed"][0]["line"], 2);
    for short in ["a", "b", "c", "d", "e", "g"] {
        app.follow(&format!("/{short}"))
            .await
            .assert_redirects_to(AKAMAI);
    }
}

#[tokio::test]
async fn an_export_is_every_link_one_a_line() {
    let app = TestApp::with([("base_url", "https://sho.rt")]).await;
    app.put_record("claim:b", 1_i64.to_le_bytes()).await;
    app.put_record("bad", "not JSON").await;
    app.put_record(
        "spin",
        r#"{"short":"spin","url":"https://spinframework.dev","hits":7}"#,
    )
    .await;
    app.put_record(
        "b",
        r#"{"short":"b","url":"https://a.example","id":"x","created_at":"2026-01-01T00:00:00Z","note":"ü"}"#,
    )
    .await;
    let export = app.export().await;
    assert_eq!(export.header("content-type"), "application/x-ndjson");
    assert_eq!(
        export.text(),
        concat!(
            r#"{"short":"b","url":"https://a.example","created_at":"2026-01-01T00:00:00Z","note":"ü"}"#,
            "\n",
            r#"{"short":"spin","url":"https://spinframework.dev"}"#,
            "\n",
        )
    );
    assert_eq!(app.events_named("unreadable record").len(), 1);
}

#[tokio::test]
async fn the_first_export_lists_the_keys_once_and_the_next_not_at_all() {
    const LINKS: usize = 8193;
    let app = TestApp::start().await;
    for n in 0..LINKS {
        app.put_link(&format!("c{n}")).await;
    }
    for lists in [1, 0] {
        app.host().reset_counts();
        assert_eq!(app.export().await.text().lines().count(), LINKS);
        assert_eq!(app.host().counts().of("key-value.get-keys"), lists);
    }
}

#[tokio::test]
async fn what_was_exported_wiped_and_imported_in_chunks_is_exported_alike() {
    let app = TestApp::start().await;
    for n in 0..200 {
        let mut link =
            json!({ "short": format!("c{n:03}"), "url": format!("https://a.example/{n}") });
        match n % 4 {
            0 => link["note"] = format!("note ü 🦀 {n}").into(),
            1 => link["expires_at"] = "2999-01-01T00:00:00+02:00".into(),
            2 => link["not_before"] = "2998-01-01T00:00:00Z".into(),
            _ => {}
        }
        assert_eq!(app.create(&link).await.status, 201);
    }
    app.replace(
        "c003",
        &json!({ "url": "https://b.example", "expires_at": "2020-01-01T00:00:00Z" }),
    )
    .await;
    app.put_link("tutorial").await;
    let export = app.export().await;
    assert_eq!(export.header("x-order"), "oldest");
    let export = export.text().to_owned();
    assert_eq!(export.lines().count(), 201);

    app.wipe().await;
    let lines: Vec<&str> = export.lines().collect();
    for chunk in lines.chunks(60) {
        let imported = app.import(&(chunk.join("\n") + "\n")).await;
        assert_eq!(report(&imported), (chunk.len() as u64, 0));
    }
    assert_eq!(app.export().await.text(), export);
    app.follow("/c003").await.assert_text(410, "Gone");
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let app = TestApp::start().await;
    app.put_link("mine").await;
    let lines = concat!(
        r#"{"short":"mine","url":"https://evil.example"}"#,
        "\n\n",
        r#"{"short":"new","url":"https://a.example"}"#,
        "\r\n",
        r#"{"short":"new","url":"https://b.example"}"#,
    );
    assert_eq!(report(&app.import(lines).await), (1, 2));
    let export = app.export().await.text().to_owned();
    assert_eq!(report(&app.import(lines).await), (0, 3));
    assert_eq!(app.export().await.text(), export);
    app.follow("/mine").await.assert_redirects_to(AKAMAI);
}

#[tokio::test]
async fn an_import_leaves_an_unreadable_record_to_whom_it_belongs() {
    let app = TestApp::start().await;
    app.put_record("bad", "not JSON").await;
    let line = r#"{"short":"bad","url":"https://a.example"}"#;
    assert_eq!(report(&app.import(line).await), (0, 1));
    let stored = app.host().store().get("bad").await;
    assert_eq!(stored, Ok(Some(b"not JSON".to_vec())));
}

#[tokio::test]
async fn each_refused_line_is_reported_by_number_and_code_and_the_others_are_created() {
    let app = TestApp::with([("blocked_hosts", "evil.example")]).await;
    let own = format!(
        r#"{{"short":"own","url":"http://{}/ok1"}}"#,
        app.host().addr()
    );
    let lines = [
        r#"{"short":"ok1","url":"https://a.example"}"#,
        "not JSON",
        "",
        r#"{"url":"https://a.example"}"#,
        r#"{"short":"a b","url":"https://a.example"}"#,
        r#"{"short":"x","url":"javascript:alert(1)"}"#,
        r#"{"short":"y","url":"https://www.evil.example"}"#,
        r#"{"short":"z","url":"https://a.example","id":"forged"}"#,
        r#"{"short":"w","url":"https://a.example","created_at":"yesterday"}"#,
        "[]",
        &own,
        r#"{"short":"ok2","url":"https://a.example"}"#,
    ];
    let answer = app.import(&lines.join("\n")).await;
    let report = answer.json();
    assert_eq!(
        (&report["created"], &report["skipped"]),
        (&json!(2), &json!(0))
    );
    let failed = report["failed"].as_array().expect("a list");
    let failed: Vec<_> = failed
        .iter()
        .map(|line| {
            (
                line["line"].as_u64().unwrap_or(0),
                line["code"].as_str().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(
        failed,
        [
            (2, "invalid_json"),
            (4, "invalid_field"),
            (5, "invalid_field"),
            (6, "invalid_field"),
            (7, "invalid_field"),
            (8, "unknown_field"),
            (9, "invalid_field"),
            (10, "invalid_json"),
            (11, "invalid_field"),
        ]
    );
    assert_eq!(app.export().await.text().lines().count(), 2);
}

#[tokio::test]
async fn the_list_of_the_tutorials_successor_can_be_imported() {
    let app = TestApp::start().await;
    let list = json!([
        { "short": "aka", "url": AKAMAI, "hits": 12 },
        { "short": "spin", "url": "https://spinframework.dev", "hits": 0 },
    ]);
    let request = app.api(Method::POST, "import").json(list.to_string());
    assert_eq!(report(&request.send().await), (2, 0));
    app.follow("/aka").await.assert_redirects_to(AKAMAI);

    // What this shortener lists, too.
    let listed = app.list("").await.text().to_owned();
    app.wipe().await;
    let request = app.api(Method::POST, "import").json(listed);
    assert_eq!(report(&request.send().await), (2, 0));

    let broken = app.api(Method::POST, "import").json("[{\"short\":");
    assert_eq!(broken.send().await.problem(), "invalid_json");
}

#[tokio::test]
async fn an_import_that_the_store_fails_is_503_and_can_be_sent_again() {
    let app = TestApp::start().await;
    let lines = twenty_lines();
    app.faults().before("key-value.set").skip(10).fail("down");
    let answer = app.import(&lines).await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (503, "unavailable")
    );
    app.faults().clear();
    let (created, skipped) = report(&app.import(&lines).await);
    assert_eq!(created + skipped, 20);
    assert!(skipped > 0, "nothing of the first attempt was kept");
    assert_eq!(app.export().await.text().lines().count(), 20);
    let audited: Vec<Value> = app.events_named("audit");
    let whole = |event: &Value| !event["created"].is_null();
    let first = audited.iter().position(whole).expect("an import");
    assert_eq!(audited[first]["outcome"], "unavailable");
    assert_eq!(audited[first]["created"].as_u64(), Some(skipped));
    // Each link that was created has an event of its own, before that of the import.
    assert_eq!(skipped, first as u64);
}

#[tokio::test]
async fn after_a_write_that_failed_an_import_begins_no_more_lines() {
    let app = TestApp::start().await;
    app.faults().before("key-value.set").fail("read-only");
    let answer = app.import(&twenty_lines()).await;
    assert_eq!(answer.status, 503);
    let writes = app.host().counts().of("key-value.set");
    // Those that were under way at the same time; where calls block, one.
    let under_way = if reuses_instances() { 8 } else { 1 };
    assert!(writes <= under_way, "{writes} writes");
}

#[tokio::test]
async fn an_export_that_the_store_fails_half_way_is_not_taken_for_a_whole_one() {
    let app = TestApp::start().await;
    for n in 0..400 {
        app.put_link(&format!("c{n:03}")).await;
    }
    app.faults()
        .before("key-value.get")
        .key("c300")
        .fail("connection reset");
    let request = format!(
        "GET /_api/export HTTP/1.1\nhost: a.example\nauthorization: Bearer {}\nconnection: close\n\n",
        crate::app::TOKEN
    );
    let answer = app.raw(&request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:.80}");
    assert!(answer.contains("\"c000\"") && !answer.contains("\"c300\""));
    assert!(!answer.ends_with("0\r\n\r\n"), "the closing chunk was sent");
    assert_eq!(app.events_named("answer broken off").len(), 1);
}
