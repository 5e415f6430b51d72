//! The life of links after they are created: listed, replaced, deleted.

use std::time::Duration;

use embedded_host::VirtualClock;
use http::Method;
use serde_json::{Value, json};

use crate::app::{AKAMAI, Answer, TestApp};

/// Keys in the store that are not links, with values that must survive everything.
const FOREIGN: [&str; 5] = ["claim:", "_private", "a b", "robots.txt", "päge"];

impl TestApp {
    pub async fn list(&self, query: &str) -> Answer {
        self.api(Method::GET, &format!("links{query}")).send().await
    }

    pub async fn replace(&self, short: &str, link: &Value) -> Answer {
        let path = format!("links/{short}");
        let request = self.api(Method::PUT, &path);
        request.json(link.to_string()).send().await
    }

    pub async fn delete(&self, short: &str) -> Answer {
        let path = format!("links/{short}");
        self.api(Method::DELETE, &path).send().await
    }

    async fn put_foreign_keys(&self) {
        for key in FOREIGN {
            self.put_record(key, "not ours").await;
        }
    }

    async fn assert_foreign_keys_untouched(&self) {
        for key in FOREIGN {
            let value = self.host().store().get(key).await;
            assert_eq!(value, Ok(Some(b"not ours".to_vec())), "{key}");
        }
    }
}

/// The codes of a list.
fn codes(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let links = answer.json().as_array().cloned().expect("an array");
    let short = |link: &Value| link["short"].as_str().expect("a code").to_owned();
    links.iter().map(short).collect()
}

/// The query of the next page, as a client takes it from the header.
fn next_query(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    let target = link.strip_prefix("</_api/links")?;
    Some(
        target
            .strip_suffix(">; rel=\"next\"")
            .expect("the last parameter")
            .to_owned(),
    )
}

#[tokio::test]
async fn pages_hold_every_link_once_in_the_order_of_their_codes() {
    let app = TestApp::start().await;
    app.put_foreign_keys().await;
    let mut expected: Vec<String> = (0..25).map(|n| format!("c{:02}", n * 7 % 25)).collect();
    expected.extend(["B", "9", "a-1", "c00.x"].map(str::to_owned));
    for short in &expected {
        app.put_link(short).await;
    }
    expected.sort_unstable();
    for limit in [1, 7, 29, 30, 1000] {
        let mut listed = Vec::new();
        let mut query = Some(format!("?limit={limit}"));
        while let Some(page) = query {
            let answer = app.list(&page).await;
            let page = codes(&answer);
            query = next_query(&answer);
            assert!(
                page.len() == limit || query.is_none(),
                "a short page: {page:?}"
            );
            listed.extend(page);
        }
        assert_eq!(listed, expected, "limit {limit}");
    }
    app.assert_foreign_keys_untouched().await;
}

#[tokio::test]
async fn a_page_has_100_links_unless_asked_otherwise() {
    let app = TestApp::start().await;
    for n in 0..101 {
        app.put_link(&format!("c{n:03}")).await;
    }
    let answer = app.list("").await;
    assert_eq!(codes(&answer).len(), 100);
    assert_eq!(
        next_query(&answer).as_deref(),
        Some("?limit=100&cursor=c099")
    );
    assert_eq!(codes(&app.list("?cursor=c099").await), ["c100"]);
}

#[tokio::test]
async fn an_empty_store_is_an_empty_list() {
    let app = TestApp::start().await;
    app.put_foreign_keys().await;
    let answer = app.list("").await;
    assert_eq!((answer.text(), answer.header("link")), ("[]", ""));
}

#[tokio::test]
async fn a_prefix_narrows_the_list_and_its_next_page() {
    let app = TestApp::start().await;
    app.put_foreign_keys().await;
    for short in [
        "spring-1", "spring-2", "spring-3", "spring", "Spring-1", "autumn",
    ] {
        app.put_link(short).await;
    }
    let first = app.list("?prefix=spring-&limit=2").await;
    assert_eq!(codes(&first), ["spring-1", "spring-2"]);
    let second = app.list(&next_query(&first).expect("a next page")).await;
    assert_eq!(codes(&second), ["spring-3"]);
    assert_eq!(next_query(&second), None);
    assert_eq!(
        codes(&app.list("?prefix=claim").await),
        Vec::<String>::new()
    );
    assert_eq!(codes(&app.list("?prefix=").await).len(), 6);
    let named = app.list("?prefix=claim:").await;
    assert_eq!(named.field_errors(), ["prefix invalid_character"]);
}

#[tokio::test]
async fn a_cursor_whose_link_is_gone_still_leads_on() {
    let app = TestApp::start().await;
    for short in ["a", "b", "c"] {
        app.put_link(short).await;
    }
    let first = app.list("?limit=2").await;
    assert_eq!(app.delete("b").await.status, 204);
    let second = app.list(&next_query(&first).expect("a next page")).await;
    assert_eq!(codes(&second), ["c"]);
}

#[tokio::test]
async fn a_wrong_query_names_its_parameter() {
    let app = TestApp::start().await;
    for (query, error) in [
        ("?limit=0", "limit limit"),
        ("?limit=1001", "limit limit"),
        ("?limit=1&limit=1", "limit duplicate"),
        ("?cursor=a%2Fb", "cursor cursor"),
        ("?prefix=%C3%BC", "prefix invalid_character"),
        ("?page=2", "page unknown"),
    ] {
        let answer = app.list(query).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.field_errors(), [error], "{query}");
    }
}

#[tokio::test]
async fn unreadable_records_are_skipped_counted_and_logged() {
    let app = TestApp::start().await;
    for short in ["a", "c"] {
        app.put_link(short).await;
    }
    for short in ["b", "d"] {
        app.put_record(short, "not JSON").await;
    }
    let answer = app.list("").await;
    assert_eq!(codes(&answer), ["a", "c"]);
    assert_eq!(answer.header("x-skipped-records"), "2");
    let logged = app.events_named("unreadable record");
    let logged: Vec<_> = logged.iter().map(|event| event["code"].clone()).collect();
    assert_eq!(logged, ["b", "d"]);
    let page = app.list("?limit=1").await;
    assert_eq!(
        (codes(&page), page.header("x-skipped-records")),
        (vec!["a".to_owned()], "")
    );
}

#[tokio::test]
async fn a_page_reads_the_records_on_it_and_no_others() {
    let app = TestApp::start().await;
    for n in 0..50 {
        app.put_link(&format!("c{n:02}")).await;
    }
    let calls = app.count(app.list("?limit=10")).await;
    let calls: Vec<_> = calls
        .into_iter()
        .filter(|(name, _)| name.starts_with("key-value."))
        .collect();
    assert_eq!(
        calls,
        [
            ("key-value.get", 10),
            ("key-value.get-keys", 1),
            ("key-value.open", 1)
        ]
    );
}

#[tokio::test]
async fn a_list_of_keys_that_breaks_off_is_503_and_never_a_shorter_list() {
    let app = TestApp::start().await;
    for short in ["a", "b", "c"] {
        app.put_link(short).await;
    }
    for path in ["links", "export"] {
        for after in 0..3 {
            app.cut_keys(after, "connection reset");
            let answer = app.api(Method::GET, path).send().await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (503, "unavailable"),
                "{path}"
            );
            app.faults().clear();
        }
    }
    app.faults().before("key-value.get").key("b").fail("down");
    assert_eq!(app.list("").await.problem(), "unavailable");
}

#[tokio::test]
async fn a_link_is_replaced_as_a_whole_and_keeps_its_birthday() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let link = json!({
        "short": "aka", "url": AKAMAI, "note": "old",
        "not_before": "2026-01-01T00:00:00Z", "expires_at": "2027-01-01T00:00:00Z",
    });
    assert_eq!(app.create(&link).await.status, 201);
    clock.advance(Duration::from_secs(60));
    let replaced = app
        .replace("aka", &json!({ "url": "https://b.example/%2f" }))
        .await;
    assert_eq!((replaced.status, replaced.text()), (204, ""));
    let expected = json!({
        "short": "aka", "url": "https://b.example/%2f",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:01:00Z",
    });
    assert_eq!(app.get_link("aka").await.json(), expected);
    app.follow("/aka")
        .await
        .assert_redirects_to("https://b.example/%2f");
}

#[tokio::test]
async fn replacing_never_creates_and_refuses_what_creating_refuses() {
    let app = TestApp::start().await;
    let absent = app.replace("aka", &json!({ "url": AKAMAI })).await;
    assert_eq!(
        (absent.status, absent.problem().as_str()),
        (404, "not_found")
    );
    app.put_link("aka").await;
    let stored = app.host().store().get("aka").await;
    let host = app.host().addr().to_string();
    for (link, error) in [
        (json!({}), "url required"),
        (json!({ "url": "javascript:alert(1)" }), "url scheme"),
        (json!({ "url": format!("http://{host}/x") }), "url own_host"),
        (json!({ "url": AKAMAI, "short": "b" }), "short unknown"),
        (
            json!({ "url": AKAMAI, "created_at": "2020-01-01T00:00:00Z" }),
            "created_at unknown",
        ),
        (
            json!({ "url": AKAMAI, "note": "n".repeat(501) }),
            "note length",
        ),
    ] {
        let refused = app.replace("aka", &link).await;
        assert_eq!(
            (refused.status, refused.field_errors()),
            (400, vec![error.to_owned()])
        );
    }
    assert_eq!(app.host().store().get("aka").await, stored);
}

#[tokio::test]
async fn a_link_of_the_tutorial_can_be_replaced_and_deleted() {
    let app = TestApp::start().await;
    app.put_record(
        "spin",
        r#"{"short":"spin","url":"https://spinframework.dev","hits":7}"#,
    )
    .await;
    assert_eq!(
        app.replace("spin", &json!({ "url": AKAMAI })).await.status,
        204
    );
    assert_eq!(app.get_link("spin").await.json().get("created_at"), None);
    assert_eq!(app.delete("spin").await.status, 204);
    app.follow("/spin").await.assert_text(404, "Not Found");
}

#[tokio::test]
async fn a_deleted_code_is_free_at_once_and_nothing_of_it_is_left() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    app.put_foreign_keys().await;
    for url in [
        "https://a.example",
        "https://b.example",
        "https://c.example",
    ] {
        let created = app.create(&json!({ "short": "aka", "url": url })).await;
        assert_eq!(created.status, 201, "{}", created.text());
        app.follow("/aka").await.assert_redirects_to(url);
        let deleted = app.delete("aka").await;
        assert_eq!((deleted.status, deleted.text()), (204, ""));
        app.follow("/aka").await.assert_text(404, "Not Found");
        assert_eq!(app.available("aka").await.json()["available"], true);
        assert_eq!(app.delete("aka").await.problem(), "not_found");
        let mut keys = app.host().store().keys().await.expect("the keys");
        keys.retain(|key| !FOREIGN.contains(&key.as_str()));
        assert_eq!(keys, Vec::<String>::new());
    }
    assert_eq!(clock.elapsed(), Duration::ZERO);
    app.assert_foreign_keys_untouched().await;
}

#[tokio::test]
async fn keys_that_are_no_codes_can_be_neither_read_nor_changed() {
    let app = TestApp::start().await;
    app.put_foreign_keys().await;
    app.put_record("claim:aka", "not ours").await;
    for key in [
        "claim:",
        "claim:aka",
        "_private",
        "robots.txt",
        "a%20b",
        "p%C3%A4ge",
    ] {
        assert_eq!(app.get_link(key).await.problem(), "not_found", "{key}");
        assert_eq!(app.delete(key).await.problem(), "not_found", "{key}");
        let replaced = app.replace(key, &json!({ "url": AKAMAI })).await;
        assert_eq!(replaced.problem(), "not_found", "{key}");
        assert_eq!(app.available(key).await.status, 400, "{key}");
        app.follow(&format!("/{key}")).await;
    }
    app.assert_foreign_keys_untouched().await;
}

#[tokio::test]
async fn a_replacement_can_end_a_link_at_once_and_bring_it_back() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    // With a claim of its own, as a link of the tutorial app has none: its code is free at once.
    let created = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    assert_eq!(created.status, 201);
    let past = json!({ "url": AKAMAI, "expires_at": "2025-12-31T23:59:59Z" });
    assert_eq!(app.replace("aka", &past).await.status, 204);
    app.follow("/aka").await.assert_text(410, "Gone");
    // A printed code does not change its owner by itself.
    let taken = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    assert_eq!(taken.problem(), "conflict");
    assert_eq!(codes(&app.list("").await), ["aka"]);

    let offset = json!({ "url": AKAMAI, "expires_at": "2026-01-01T02:00:00+01:00" });
    assert_eq!(app.replace("aka", &offset).await.status, 204);
    assert_eq!(
        app.get_link("aka").await.json()["expires_at"],
        "2026-01-01T01:00:00Z"
    );
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    clock.advance(Duration::from_secs(3600));
    app.follow("/aka").await.assert_text(410, "Gone");
    assert_eq!(app.delete("aka").await.status, 204);
    assert_eq!(
        app.create(&json!({ "short": "aka", "url": AKAMAI }))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_note_is_returned_as_it_was_given() {
    let app = TestApp::start().await;
    for note in ["", "Ünïcödé 🦀 \"quoted\" \\ </script>", &"🦀".repeat(500)] {
        let created = app.create(&json!({ "url": AKAMAI, "note": note })).await;
        assert_eq!(created.json()["note"], note);
        let short = created.json()["short"].as_str().expect("a code").to_owned();
        assert_eq!(app.get_link(&short).await.json()["note"], note);
        assert_eq!(
            app.replace(&short, &json!({ "url": AKAMAI, "note": note }))
                .await
                .status,
            204
        );
        assert_eq!(app.get_link(&short).await.json()["note"], note);
        assert_eq!(app.delete(&short).await.status, 204);
    }
    for note in ["a\nb", "\u{0}", "\u{7f}", "\u{85}"] {
        let refused = app.create(&json!({ "url": AKAMAI, "note": note })).await;
        assert_eq!(
            refused.field_errors(),
            ["note invalid_character"],
            "{note:?}"
        );
    }
}

/// What an event says, without what differs from run to run.
fn audited(event: &Value) -> Value {
    let mut event = event.clone();
    let event = event.as_object_mut().expect("an event");
    assert_eq!(event.remove("level"), Some("info".into()));
    assert!(event.remove("duration_ms").is_some_and(|ms| ms.is_u64()));
    for key in ["event", "time"] {
        assert!(event.remove(key).is_some_and(|text| text.is_string()));
    }
    Value::Object(event.clone())
}

#[tokio::test]
async fn each_attempt_to_change_a_link_is_one_event_without_secrets() {
    let app = TestApp::start().await;
    let url = "https://Shop.Example:8443/path-s3cret?query-s3cret";
    app.create(&json!({ "short": "aka", "url": url })).await;
    app.create(&json!({ "short": "aka", "url": url })).await;
    app.create(&json!({ "short": "b", "url": "ftp://s3cret.example" }))
        .await;
    app.replace("aka", &json!({ "url": "https://new.example/s3cret" }))
        .await;
    app.replace("none", &json!({ "url": url })).await;
    app.delete("aka").await;
    app.delete("aka").await;
    app.import("{\"short\":\"i\",\"url\":\"https://a.example/s3cret\"}\n{}\n")
        .await;
    // Reading changes nothing and is not reported.
    app.list("").await;
    app.get_link("i").await;
    app.available("i").await;
    app.export().await;
    app.follow("/i").await;
    app.health().await;

    let event = |action: &str, code: &str, host: &str, outcome: &str| json!({ "action": action, "code": code, "host": host, "outcome": outcome });
    let expected = [
        event("create", "aka", "shop.example", "ok"),
        event("create", "aka", "shop.example", "conflict"),
        event("create", "", "", "invalid_field"),
        event("update", "aka", "new.example", "ok"),
        event("update", "none", "shop.example", "not_found"),
        event("delete", "aka", "new.example", "ok"),
        event("delete", "aka", "", "not_found"),
        event("import", "i", "a.example", "ok"),
        json!({ "action": "import", "created": 1, "outcome": "ok" }),
    ];
    let events: Vec<_> = app.events_named("audit").iter().map(audited).collect();
    assert_eq!(events, expected);
    for write in app.host().log_writes() {
        assert!(!write.text.contains("s3cret"), "{}", write.text);
    }
}
