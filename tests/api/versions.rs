//! Entity tags: who has seen a link changes that version of it, or nothing.

use embedded_host::VirtualClock;
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
    exclusive::{LATENCY, keep_ticking, start_hosts},
    request::TestRequest,
};

const OTHER: &str = "https://other.example";
const CLIENTS: usize = 16;
const CHANGES: [Method; 3] = [Method::PUT, Method::PATCH, Method::DELETE];

impl TestApp {
    /// A request for the link `aka` under a condition; if it is a change, to lead to `url`.
    fn under(&self, method: Method, name: &'static str, tags: &str, url: &str) -> TestRequest {
        let request = self.api(method.clone(), "links/aka").header(name, tags);
        let body = json!({ "url": url }).to_string();
        match method.as_str() {
            "PUT" => request.json(body),
            "PATCH" => request.merge_patch(body),
            _ => request,
        }
    }

    async fn conditional(&self, method: Method, name: &'static str, tags: &str) -> Answer {
        self.under(method, name, tags, OTHER).send().await
    }

    async fn etag(&self) -> String {
        let answer = self.get_link("aka").await;
        assert_eq!(answer.status, 200);
        answer.header("etag").to_owned()
    }
}

#[tokio::test]
async fn a_version_that_is_known_is_not_sent_again() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let etag = app.etag().await;
    let weak = format!("W/{etag}");
    for (tags, status) in [
        (etag.as_str(), 304),
        (&weak, 304),
        ("*", 304),
        (&format!("\"x\", {etag}"), 304),
        ("\"x\"", 200),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = app.conditional(method.clone(), "if-none-match", tags).await;
            assert_eq!(answer.status, status, "{method} {tags}");
            assert_eq!(answer.header("etag"), etag, "{method} {tags}");
            let has_body = status == 200 && method == Method::GET;
            assert_eq!(!answer.body.is_empty(), has_body, "{method} {tags}");
        }
    }
    for (tags, status) in [
        (etag.as_str(), 200),
        ("*", 200),
        (&weak, 412),
        ("\"x\"", 412),
    ] {
        let answer = app.conditional(Method::GET, "if-match", tags).await;
        assert_eq!(answer.status, status, "{tags}");
    }
}

#[tokio::test]
async fn every_edit_makes_another_version() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let created = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    let mut seen = vec![created.header("etag").to_owned()];
    assert_eq!(app.etag().await, seen[0]);
    // There and back within one second.
    for url in [OTHER, AKAMAI, OTHER, AKAMAI] {
        assert_eq!(app.replace("aka", &json!({ "url": url })).await.status, 204);
        seen.push(app.etag().await);
        let patched = app.conditional(Method::PATCH, "if-match", "*").await;
        assert_eq!(patched.status, 204);
        seen.push(patched.header("etag").to_owned());
        assert_eq!(app.etag().await, *seen.last().expect("one"));
    }
    app.delete("aka").await;
    let created = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    seen.push(created.header("etag").to_owned());
    // What else writes the record: the tutorial's app, for one.
    for url in [AKAMAI, OTHER] {
        app.put_record("aka", json!({ "short": "aka", "url": url }).to_string())
            .await;
        seen.push(app.etag().await);
    }
    let different: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert_eq!(different.len(), seen.len(), "{seen:?}");
    assert_eq!(app.etag().await, app.etag().await);
}

#[tokio::test]
async fn clicks_make_no_other_version() {
    let app = TestApp::with([("clicks", "total")]).await;
    app.put_link("aka").await;
    let etag = app.etag().await;
    let counted = app.host().store().increment("clicks:aka:", 1).await;
    assert_eq!(counted, Ok(1));
    assert_eq!(app.get_link("aka").await.json()["clicks"], 1);
    assert_eq!(app.etag().await, etag);
    let known = app.conditional(Method::GET, "if-none-match", &etag).await;
    assert_eq!(known.status, 304);
}

/// The link `aka` in its second version: the tags of the first and of the second.
async fn with_two_versions(app: &TestApp) -> (String, String) {
    app.put_link("aka").await;
    let stale = app.etag().await;
    let newer = json!({ "url": AKAMAI, "note": "newer" });
    assert_eq!(app.replace("aka", &newer).await.status, 204);
    (stale, app.etag().await)
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_changed() {
    for method in CHANGES {
        let app = TestApp::start().await;
        let (stale, etag) = with_two_versions(&app).await;
        let record = app.host().store().get("aka").await;
        for tags in [stale.as_str(), "\"x\"", &format!("W/{etag}")] {
            let answer = app.conditional(method.clone(), "if-match", tags).await;
            let told = (answer.status, answer.problem());
            assert_eq!(told, (412, "changed".to_owned()), "{method} {tags}");
            assert_eq!(answer.header("etag"), etag, "{method} {tags}");
            assert_eq!(answer.json()["link"]["note"], "newer", "{method} {tags}");
            let kept = app.host().store().get("aka").await;
            assert_eq!(kept, record, "{method} {tags}");
        }
        let either = format!("{stale}, {etag}");
        let answer = app.conditional(method.clone(), "if-match", &either).await;
        assert_eq!(answer.status, 204, "{method}");
        let again = app.conditional(method.clone(), "if-match", &etag).await;
        let expected = if method == Method::DELETE { 404 } else { 412 };
        assert_eq!(again.status, expected, "{method}");
    }
}

#[tokio::test]
async fn what_is_no_entity_tag_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let (_, etag) = with_two_versions(&app).await;
    let unquoted = etag.trim_matches('"');
    for method in CHANGES.into_iter().chain([Method::GET]) {
        for (name, error) in [
            ("if-match", "if-match entity_tag"),
            ("if-none-match", "if-none-match entity_tag"),
        ] {
            for tags in [unquoted, "", "\"x"] {
                let answer = app.conditional(method.clone(), name, tags).await;
                assert_eq!(answer.status, 400, "{method} {tags}");
                assert_eq!(answer.field_errors(), [error], "{method} {tags}");
            }
        }
    }
    assert_eq!(app.etag().await, etag);
}

#[tokio::test]
async fn a_condition_never_makes_a_link_of_none() {
    let app = TestApp::start().await;
    for method in CHANGES {
        for (name, tags) in [
            ("if-match", "*"),
            ("if-none-match", "*"),
            ("if-match", "\"x\""),
        ] {
            let answer = app.conditional(method.clone(), name, tags).await;
            assert_eq!(answer.status, 404, "{method} {name} {tags}");
        }
    }
    app.put_link("aka").await;
    for method in CHANGES {
        let answer = app.conditional(method.clone(), "if-none-match", "*").await;
        assert_eq!(answer.status, 412, "{method}");
    }
}

#[tokio::test]
async fn a_record_that_is_unreadable_has_no_version() {
    let app = TestApp::start().await;
    for (method, tags, status) in [
        (Method::PUT, "\"x\"", 412),
        (Method::DELETE, "\"x\"", 412),
        (Method::PATCH, "\"x\"", 412),
        (Method::PATCH, "*", 500),
        (Method::PUT, "*", 204),
    ] {
        app.put_record("aka", "not JSON").await;
        let answer = app.conditional(method.clone(), "if-match", tags).await;
        assert_eq!(answer.status, status, "{method} {tags}");
        assert_eq!(answer.header("etag"), "", "{method} {tags}");
        if status == 412 {
            assert_eq!(answer.json()["link"], Value::Null);
        }
    }
}

/// The lock is what decides: each looks at the version while it has it. On different hosts, because the
/// increment holds up a whole instance.
#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_edits_of_one_version_one_succeeds() {
    for method in CHANGES {
        for _ in 0..8 {
            let (apps, clock) = start_hosts("auto").await;
            keep_ticking(clock);
            apps[0].put_claimed_link("aka").await;
            let etag = apps[0].etag().await;
            for app in &apps {
                app.faults().before("*").wait(LATENCY);
            }
            let mut clients = JoinSet::new();
            for client in 0..CLIENTS {
                let app = &apps[client % apps.len()];
                let url = format!("https://{client}.example");
                let request = app.under(method.clone(), "if-match", &etag, &url);
                clients.spawn(async move { (client, request.send().await.status) });
            }
            let answers = clients.join_all().await;
            let won = answers.iter().filter(|(_, status)| *status == 204);
            let winners: Vec<usize> = won.map(|(client, _)| *client).collect();
            let [winner] = winners.as_slice() else {
                panic!("{method}: {answers:?}");
            };
            let late = if method == Method::DELETE { 404 } else { 412 };
            let is_late = |(client, status): &(usize, u16)| client == winner || *status == late;
            assert!(answers.iter().all(is_late), "{method}: {answers:?}");
            if method != Method::DELETE {
                let url = apps[0].get_link("aka").await.json()["url"].clone();
                assert_eq!(url, format!("https://{winner}.example"));
            }
        }
    }
}
