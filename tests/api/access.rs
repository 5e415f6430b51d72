//! Who may do what: the keys of `api_keys`, what each may do, and how it shows who did it.

use std::{collections::BTreeSet, time::Duration};

use embedded_host::{Counts, VirtualClock};
use http::Method;
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    app::{AKAMAI, TOKEN, TestApp, instances_for},
    openapi::documented_scopes,
    tally::{Stored, Tally},
};

const READER: &str = "t0ken-reads-1c5a7f20";
const CREATOR: &str = "t0ken-creates-8d2e6b";
const EDITOR: &str = "t0ken-edits-43f9a01c";
const DELETER: &str = "t0ken-deletes-7be5d8";
const ALL: &str = "t0ken-everything-0a9";
const STRANGER: &str = "t0ken-of-a-stranger1";

/// The keys, and the scopes of each.
const KEYS: [(&str, &str, &str); 5] = [
    ("dash", "read", READER),
    ("ci", "create", CREATOR),
    ("cron", "edit", EDITOR),
    ("janitor", "delete", DELETER),
    ("backend", "read+create+edit+delete", ALL),
];

/// Every route that asks for a key: what it gets, the scope that it needs, and the status if it has that.
/// `None`: every key will do.
const ROUTES: [(Method, &str, &str, Option<&str>, u16); 21] = [
    (Method::GET, "links", "", Some("read"), 200),
    (Method::HEAD, "links", "", Some("read"), 200),
    (Method::POST, "links", "json", Some("create"), 201),
    (Method::GET, "links/aka", "", Some("read"), 200),
    (Method::HEAD, "links/aka", "", Some("read"), 200),
    (Method::PUT, "links/aka", "json", Some("edit"), 204),
    (Method::PATCH, "links/aka", "patch", Some("edit"), 204),
    (Method::DELETE, "links/aka", "", Some("delete"), 204),
    (Method::GET, "links/aka/available", "", Some("create"), 200),
    (Method::HEAD, "links/aka/available", "", Some("create"), 200),
    (Method::GET, "links/aka/clicks", "", Some("read"), 200),
    (Method::HEAD, "links/aka/clicks", "", Some("read"), 200),
    (Method::GET, "export", "", Some("read"), 200),
    (Method::HEAD, "export", "", Some("read"), 200),
    (Method::POST, "import", "lines", Some("create"), 200),
    (Method::POST, "catalog/rebuild", "", Some("admin"), 200),
    (Method::POST, "links/aka", "json", None, 405),
    (Method::DELETE, "export", "", None, 405),
    (Method::GET, "none", "", None, 404),
    (Method::GET, "links/aka/none", "", None, 404),
    (Method::POST, "", "json", None, 404),
];

/// The variable `api_keys` with all [`KEYS`].
fn api_keys() -> String {
    let entries = KEYS.map(|(name, scopes, key)| format!("{name}:{scopes}:{key}"));
    entries.join(",\n")
}

/// A shortener with all [`KEYS`] that counts clicks, and the link `aka`.
async fn start() -> TestApp {
    let keys = api_keys();
    let app = TestApp::with([("api_keys", keys.as_str()), ("clicks", "total")]).await;
    app.put_link("aka").await;
    app
}

impl TestApp {
    /// The request of a row of [`ROUTES`], with this `key` if there is one.
    async fn knock(&self, method: Method, path: &str, body: &str, key: Option<&str>) -> Answer {
        let request = match key {
            Some(key) => self.api_by(key, method, path),
            None => self.request(method, &format!("/_api/{path}")),
        };
        let request = match body {
            "json" => request.json(format!(r#"{{"url":"{AKAMAI}"}}"#)),
            "patch" => request.merge_patch(r#"{"note":"patched"}"#),
            "lines" => {
                let request = request.header("content-type", "application/x-ndjson");
                request.body(format!(r#"{{"short":"imported","url":"{AKAMAI}"}}"#))
            }
            _ => request,
        };
        request.send().await
    }

    async fn create_by(&self, key: &str, link: &Value) -> Answer {
        let request = self.api_by(key, Method::POST, "links");
        request.json(link.to_string()).send().await
    }

    async fn import_by(&self, key: &str, line: &str) {
        let request = self.api_by(key, Method::POST, "import");
        let request = request.header("content-type", "application/x-ndjson");
        let answer = request.body(line.to_owned()).send().await;
        assert_eq!(answer.json()["created"], 1, "{}", answer.text());
    }

    /// The member of the link `short` as the API shows it.
    async fn member(&self, short: &str, name: &str) -> Value {
        self.get_link(short).await.json()[name].clone()
    }
}

#[test]
fn the_routes_and_their_scopes_are_those_of_the_document() {
    let rows = ROUTES
        .into_iter()
        .filter_map(|(method, path, _, needed, _)| {
            let path = format!("/_api/{}", path.replace("aka", "{short}"));
            Some((method.to_string(), path, needed?.to_owned()))
        });
    let rows: BTreeSet<_> = rows.collect();
    assert_eq!(rows, documented_scopes());
}

#[tokio::test]
async fn each_route_is_open_to_those_who_have_its_scope() {
    let app = start().await;
    let mut tally = Tally::of("requests by who sent them");
    for (method, path, body, needed, status) in ROUTES {
        let holders = KEYS.map(|(_, scopes, key)| (Some(key), scopes));
        let others = [
            (Some(TOKEN), "read+create+edit+delete+admin"),
            (Some(STRANGER), ""),
            (None, ""),
        ];
        for (key, scopes) in holders.into_iter().chain(others) {
            app.put_link("aka").await;
            let before = Stored::of(&app).await;
            let answer = app.knock(method.clone(), path, body, key).await;
            let may = needed.is_none_or(|needed| scopes.split('+').any(|scope| scope == needed));
            let expected = match (scopes, may) {
                ("", _) => 401,
                (_, false) => 403,
                (_, true) => status,
            };
            let what = format!("{method} {path} by {key:?}");
            tally.expect(Some(answer.status), Some(expected), &what);
            if expected == 403 && method != Method::HEAD {
                let told = (answer.problem(), answer.json()["scope"].clone());
                assert_eq!(told, ("forbidden".to_owned(), json!(needed)), "{what}");
            }
            if [401, 403].contains(&expected) {
                assert_eq!(Stored::of(&app).await, before, "{what}");
            }
        }
    }
    tally.end();
}

#[tokio::test]
async fn who_may_not_do_a_thing_costs_the_store_nothing() {
    let app = TestApp::with([("api_keys", api_keys().as_str())]).await;
    for key in [READER, STRANGER] {
        let refused = app.knock(Method::DELETE, "links/aka", "", Some(key));
        let calls = app.count(refused).await;
        let asked = calls.iter().map(|(name, _)| *name);
        assert!(asked.eq(["variables.get"]), "{calls:?}");
    }
}

#[tokio::test]
async fn a_key_costs_no_more_calls_than_the_admin_token() {
    let app = start().await;
    for (method, path, body, needed, status) in ROUTES {
        // The key may do all that any key may.
        if needed.is_none_or(|needed| needed == "admin") {
            continue;
        }
        let mut calls = Vec::new();
        let kept = app.keep_instance().await;
        app.list("").await;
        for key in [TOKEN, ALL] {
            app.put_link("aka").await;
            app.delete("imported").await;
            app.host().reset_counts();
            let answer = app.knock(method.clone(), path, body, Some(key)).await;
            assert_eq!(answer.status, status, "{method} {path}");
            let Counts(counts) = app.host().counts();
            calls.push(counts);
        }
        kept.release().await;
        assert_eq!(calls[0], calls[1], "{method} {path}");
    }
}

#[tokio::test]
async fn links_and_events_tell_whose_key_it_was() {
    let app = start().await;
    app.create_by(CREATOR, &json!({ "short": "made", "url": AKAMAI }))
        .await;
    assert_eq!(app.member("made", "created_by").await, "ci");
    assert_eq!(app.member("made", "updated_by").await, Value::Null);
    app.knock(Method::PUT, "links/made", "json", Some(EDITOR))
        .await;
    assert_eq!(app.member("made", "created_by").await, "ci");
    assert_eq!(app.member("made", "updated_by").await, "cron");
    app.knock(Method::PATCH, "links/made", "patch", Some(TOKEN))
        .await;
    assert_eq!(app.member("made", "created_by").await, "ci");
    assert_eq!(app.member("made", "updated_by").await, "admin");
    // Nobody knows who has made a link of the tutorial.
    assert_eq!(app.member("aka", "created_by").await, Value::Null);
    app.knock(Method::DELETE, "links/aka", "", Some(READER))
        .await;
    app.knock(Method::DELETE, "links/aka", "", Some(DELETER))
        .await;
    app.import_by(CREATOR, r#"{"short":"moved","url":"https://akamai.com"}"#)
        .await;
    let told = |event: &Value| {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        [text("action"), text("by"), text("outcome")].join(" ")
    };
    let events: Vec<String> = app.events_named("audit").iter().map(told).collect();
    let expected = [
        "create ci ok",
        "update cron ok",
        "update admin ok",
        "delete dash forbidden",
        "delete janitor ok",
        "import ci ok",
        "import ci ok",
    ];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn only_the_admin_may_import_in_the_name_of_others() {
    let app = start().await;
    let line = |short: &str| {
        let link = json!({
            "short": short, "url": AKAMAI, "created_by": "somebody", "updated_by": "another",
        });
        link.to_string()
    };
    app.import_by(TOKEN, &line("by-admin")).await;
    assert_eq!(app.member("by-admin", "created_by").await, "somebody");
    assert_eq!(app.member("by-admin", "updated_by").await, "another");
    app.import_by(CREATOR, &line("by-ci")).await;
    assert_eq!(app.member("by-ci", "created_by").await, "ci");
    assert_eq!(app.member("by-ci", "updated_by").await, Value::Null);
    for name in ["", "Somebody", "a b", &"n".repeat(33)] {
        let link = json!({ "short": "x", "url": AKAMAI, "created_by": name });
        let answer = app.import(&link.to_string()).await;
        let failed = answer.json()["failed"][0].clone();
        assert_eq!(failed["code"], "invalid_field", "{name}: {failed}");
        let detail = failed["detail"].as_str().expect("a sentence");
        assert!(detail.starts_with("created_by "), "{name}: {detail}");
    }
}

#[tokio::test]
async fn who_may_not_read_links_is_shown_none() {
    let app = start().await;
    let link = json!({ "short": "aka", "url": "https://other.example" });
    let taken = app.create_by(CREATOR, &link).await;
    assert_eq!((taken.status, taken.problem().as_str()), (409, "conflict"));
    assert_eq!(taken.json()["link"], Value::Null);
    let taken = app.create_by(ALL, &link).await;
    assert_eq!(taken.json()["link"]["url"], AKAMAI);
    for (key, shown) in [(EDITOR, Value::Null), (ALL, json!(AKAMAI))] {
        let request = app.api_by(key, Method::PUT, "links/aka");
        let request = request
            .header("if-match", "\"another\"")
            .json(format!(r#"{{"url":"{AKAMAI}"}}"#));
        let changed = request.send().await;
        assert_eq!(
            (changed.status, changed.problem().as_str()),
            (412, "changed")
        );
        assert_eq!(changed.json()["link"]["url"], shown);
    }
}

#[tokio::test]
async fn a_key_is_replaced_while_its_clients_change_over() {
    const NEXT: &str = "t0ken-of-ci-next-5d1";
    let app = TestApp::with([("api_keys", "")]).await;
    let kept = app.keep_instance().await;
    let statuses = async || {
        let mut statuses = Vec::new();
        for key in [CREATOR, NEXT] {
            let answer = app.create_by(key, &json!({ "url": AKAMAI })).await;
            if answer.status == 201 {
                assert_eq!(answer.json()["created_by"], "ci");
            }
            statuses.push(answer.status);
        }
        statuses
    };
    // printf %s t0ken-of-ci-next-5d1 | sha256sum
    let digest = "sha256=29bb296efb4a17fd042370c95386612a0258ce0eab0a2b8721a151553097e2a3";
    let old = format!("ci:create:{CREATOR}");
    let next = format!("ci:create:{NEXT}");
    let both = format!("{old}, ci.next:create:{NEXT}");
    let set = |value: &str| {
        app.host()
            .set_variable("api_keys", value)
            .expect("declared")
    };
    assert_eq!(statuses().await, [401, 401]);
    for (keys, expected) in [
        (old.as_str(), [201, 401]),
        (&both, [201, 201]),
        (&next, [401, 201]),
        (&format!("ci:create:{digest}"), [401, 201]),
        ("", [401, 401]),
    ] {
        set(keys);
        assert_eq!(statuses().await, expected, "{keys}");
    }
    app.assert_one_instance();
    kept.release().await;
}

#[tokio::test]
async fn keys_that_cannot_be_used_shut_the_api_and_the_entry_is_named() {
    let many: Vec<String> = (0..33)
        .map(|n| format!("k{n}:read:t0ken-number-{n:08}"))
        .collect();
    for (keys, named) in [
        (
            format!("ci:create:{CREATOR},dash:reads:{READER}"),
            "entry 2 (dash): its scopes",
        ),
        (
            format!("ci:create:{CREATOR}\ndash:read:t0ken-short"),
            "entry 2 (dash): its key",
        ),
        (
            format!("ci:create:{CREATOR},ci:read:{READER}"),
            "entry 2 (ci): its name is given twice",
        ),
        (
            format!("ci:create:{CREATOR},dash:read:{CREATOR}"),
            "entry 2 (dash): its key is also",
        ),
        (
            format!("ci:create:{CREATOR},dash:read:{TOKEN}"),
            "entry 2 (dash): its key is also",
        ),
        (
            format!("ci:create:{CREATOR},admin:read:{READER}"),
            "entry 2 (admin): its name",
        ),
        (
            format!("ci:create:{CREATOR},dash:read:sha256={READER}"),
            "entry 2 (dash): its key",
        ),
        (format!("{CREATOR}:create:ci"), "entry 1: its key"),
        (many.join(","), "at most 32 entries"),
    ] {
        let app = TestApp::with([("api_keys", keys.as_str())]).await;
        app.put_link("aka").await;
        let kept = app.keep_instance().await;
        for (key, told) in [
            (TOKEN, named),
            (CREATOR, "the log says which"),
            (STRANGER, "the log"),
        ] {
            let answer = app.api_by(key, Method::GET, "links/aka").send().await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (503, "misconfigured"),
                "{keys}"
            );
            let detail = answer.json()["detail"].to_string();
            assert!(
                detail.contains("the Spin variable api_keys "),
                "{keys}: {detail}"
            );
            assert!(detail.contains(told), "{keys}: {detail}");
            assert!(!detail.contains("t0ken"), "{keys}: {detail}");
            let is_named = ["entry 1", "entry 2"]
                .iter()
                .any(|entry| detail.contains(entry));
            assert!(key == TOKEN || !is_named, "{keys}: {detail}");
        }
        let stranger = app.follow("/_api/links/aka").await;
        assert_eq!(stranger.problem(), "unauthorized", "{keys}");
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        let logged = app.events_named("misconfigured: the API is closed");
        assert_eq!(logged.len(), instances_for(3), "{keys}: {logged:?}");
        let rule = logged[0]["rule"].to_string();
        assert!(rule.contains(named), "{keys}: {rule}");
        kept.release().await;
    }
}

#[tokio::test]
async fn a_provider_that_fails_to_tell_the_keys_is_an_outage_and_no_open_door() {
    let app = start().await;
    let keys = app.faults().before("variables.get").key("api_keys");
    keys.fail("vault: connection refused");
    for key in [TOKEN, READER, STRANGER] {
        let answer = app.api_by(key, Method::GET, "links/aka").send().await;
        let told = (answer.status, answer.problem());
        assert_eq!(told, (503, "unavailable".to_owned()));
    }
    let stranger = app.follow("/_api/links/aka").await;
    assert_eq!(stranger.problem(), "unauthorized");
}

#[tokio::test]
async fn refusals_are_logged_once_a_second_with_their_number() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let kept = app.keep_instance().await;
    let guess = async |times: usize| {
        for _ in 0..times {
            let answer = app.api_by(STRANGER, Method::GET, "links").send().await;
            assert_eq!(answer.status, 401);
        }
    };
    let counts = || {
        let events = app.events_named("unauthorized");
        let count = |event: &Value| event["count"].as_u64().expect("a number");
        events.iter().map(count).collect::<Vec<_>>()
    };
    guess(5).await;
    clock.advance(Duration::from_secs(1));
    guess(2).await;
    match instances_for(2) {
        1 => assert_eq!(counts(), [1, 5]),
        // Each instance has one request.
        _ => assert_eq!(counts(), [1; 7]),
    }
    assert_eq!(app.events_named("unauthorized")[0]["level"], "warn");
    kept.release().await;
}
