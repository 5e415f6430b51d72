//! `Idempotency-Key`: a create that is sent again, and makes one link.

use std::time::Duration;

use embedded_host::VirtualClock;
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    answer::Answer,
    app::{AKAMAI, TOKEN, TestApp, instances_for},
    exclusive::keep_ticking,
};

const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";
const CI: &str = "t0ken-of-ci-7d0c3e9b";
const SECRET: [u8; 64] = [b'7'; 64];

impl TestApp {
    async fn create_once(&self, key: &str, body: &str) -> Answer {
        self.create_once_by(TOKEN, key, body).await
    }

    async fn create_once_by(&self, token: &str, key: &str, body: &str) -> Answer {
        let request = self.api_by(token, Method::POST, "links");
        let request = request.header("idempotency-key", key);
        request.json(body.to_owned()).send().await
    }

    /// The codes of all links.
    async fn codes(&self) -> Vec<String> {
        let keys = self.host().store().keys().await.expect("the keys");
        keys.into_iter().filter(|key| !key.contains(':')).collect()
    }
}

/// On a store that has its secret, and a clock whose waits take no real time.
async fn start() -> TestApp {
    let clock = VirtualClock::auto();
    let keys = format!("ci:create:{CI}");
    let app = TestApp::build(|host| host.clock(&clock).variable("api_keys", &keys)).await;
    let secret = app.host().store().set("idempotency:secret", SECRET).await;
    secret.expect("the store takes it");
    app
}

fn body() -> String {
    json!({ "url": AKAMAI, "note": "once" }).to_string()
}

#[tokio::test]
async fn a_repeat_gets_the_link_that_the_first_has_created() {
    let app = start().await;
    let first = app.create_once(KEY, &body()).await;
    assert_eq!(first.status, 201);
    let code = first.json()["short"].as_str().expect("a code").to_owned();
    assert_eq!(code.len(), 7);
    for key in [KEY.to_owned(), format!("\"{KEY}\"")] {
        let again = app.create_once(&key, &body()).await;
        assert_eq!(again.whole(), first.whole(), "{key}");
    }
    assert_eq!(app.codes().await, std::slice::from_ref(&code));
    let outcomes = app.events_named("audit").into_iter();
    let outcomes: Vec<Value> = outcomes.map(|event| event["outcome"].clone()).collect();
    assert_eq!(outcomes, ["ok", "repeated", "repeated"]);
    // It is shown as it is now.
    app.replace(&code, &json!({ "url": "https://other.example" }))
        .await;
    let again = app.create_once(KEY, &body()).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.json()["url"], "https://other.example");
    assert_eq!(
        again.header("etag"),
        app.get_link(&code).await.header("etag")
    );
    // Without its link, a key means nothing.
    app.delete(&code).await;
    let anew = app.create_once(KEY, &body()).await;
    assert_eq!((anew.status, &anew.json()["short"]), (201, &json!(code)));
}

/// What was right for the first need not be right any more when the repeat comes.
#[tokio::test]
async fn a_repeat_is_not_refused_for_times_that_have_passed_or_rules_that_have_changed() {
    for short in [Value::Null, json!("chosen")] {
        let clock = VirtualClock::new();
        let app = TestApp::build(|host| host.clock(&clock)).await;
        let secret = app.host().store().set("idempotency:secret", SECRET).await;
        secret.expect("the store takes it");
        let link = json!({
            "short": short, "url": AKAMAI,
            "not_before": "2026-01-01T00:00:01Z", "expires_at": "2026-01-01T00:01:00Z",
        });
        let first = app.create_once(KEY, &link.to_string()).await;
        assert_eq!(first.status, 201);
        for hours in [1, 22] {
            clock.advance(Duration::from_secs(3600 * hours));
            let again = app.create_once(KEY, &link.to_string()).await;
            assert_eq!(again.whole(), first.whole(), "{short}");
        }
        let anew = app.create_once("another", &link.to_string()).await;
        assert_eq!(anew.status, 400, "{short}");

        let database = app.host().database();
        let stricter = TestApp::build(|host| {
            let host = host.database(database).clock(&clock);
            host.variable("blocked_hosts", "akamai.com")
        });
        let again = stricter.await.create_once(KEY, &link.to_string()).await;
        assert_eq!(again.whole(), first.whole(), "{short}");
    }
}

#[tokio::test]
async fn other_keys_and_other_clients_create_other_links() {
    let app = start().await;
    for (token, key) in [(TOKEN, KEY), (TOKEN, "another"), (CI, KEY), (CI, "another")] {
        let created = app.create_once_by(token, key, &body()).await;
        assert_eq!(created.status, 201, "{key}");
    }
    assert_eq!(app.codes().await.len(), 4);
    for _ in 0..2 {
        assert_eq!(app.post(body()).await.status, 201);
    }
    assert_eq!(app.codes().await.len(), 6);
}

#[tokio::test]
async fn a_key_with_another_body_is_refused_and_creates_nothing() {
    let app = start().await;
    app.create_once(KEY, &body()).await;
    for other in [
        json!({ "url": AKAMAI }).to_string(),
        format!("{} ", body()),
        json!({ "url": "https://other.example", "note": "once" }).to_string(),
    ] {
        let answer = app.create_once(KEY, &other).await;
        let told = (answer.status, answer.problem());
        assert_eq!(told, (422, "idempotency_key_reused".to_owned()), "{other}");
    }
    assert_eq!(app.codes().await.len(), 1);
    // What cannot be a link uses no key up.
    assert_eq!(app.create_once("next", "{}").await.status, 400);
    assert_eq!(app.create_once("next", &body()).await.status, 201);
}

#[tokio::test]
async fn a_key_that_breaks_a_rule_is_named() {
    let app = start().await;
    for (key, error) in [
        ("", "idempotency-key length"),
        (&"k".repeat(256), "idempotency-key length"),
        ("a b", "idempotency-key invalid_character"),
        ("\"a", "idempotency-key invalid_character"),
    ] {
        let answer = app.create_once(key, &body()).await;
        assert_eq!(
            (answer.status, answer.field_errors()),
            (400, vec![error.to_owned()]),
            "{key}"
        );
    }
    let request = app.api(Method::POST, "links").json(body());
    let request = request
        .header("idempotency-key", "a")
        .header("idempotency-key", "a");
    assert_eq!(
        request.send().await.field_errors(),
        ["idempotency-key duplicate"]
    );
    assert_eq!(app.codes().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_in_the_store() {
    let app = TestApp::start().await;
    for body in ["{}", "[", r#"{"url":"ftp://a.example"}"#] {
        assert_eq!(app.create_once(KEY, body).await.status, 400, "{body}");
    }
    assert_eq!(app.host().store().keys().await, Ok(vec![]));
}

#[tokio::test]
async fn a_chosen_code_can_be_created_once_too() {
    let app = start().await;
    let chosen = json!({ "short": "aka", "url": AKAMAI }).to_string();
    let first = app.create_once(KEY, &chosen).await;
    assert_eq!((first.status, &first.json()["short"]), (201, &json!("aka")));
    assert_eq!(app.create_once(KEY, &chosen).await.whole(), first.whole());
    for (token, key) in [(TOKEN, "another"), (CI, KEY)] {
        let answer = app.create_once_by(token, key, &chosen).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (409, "conflict")
        );
    }
    let plain = app.post(chosen.clone()).await;
    assert_eq!((plain.status, plain.problem().as_str()), (409, "conflict"));
    let other = json!({ "short": "aka", "url": "https://other.example" }).to_string();
    assert_eq!(app.create_once(KEY, &other).await.status, 422);
    // Another body without `short` is not noticed, and does not hide the first.
    assert_eq!(app.create_once(KEY, &body()).await.status, 201);
    assert_eq!(app.create_once(KEY, &chosen).await.whole(), first.whole());
}

#[tokio::test]
async fn repeats_that_come_at_once_create_one_link() {
    for _ in 0..8 {
        let clock = VirtualClock::new();
        let app = TestApp::build(|host| host.clock(&clock)).await;
        keep_ticking(clock.clone());
        // Of different hosts on one store: in one instance, the first would always be ahead.
        let database = app.host().database();
        let other = TestApp::build(|host| host.database(database).clock(&clock)).await;
        let mut clients = JoinSet::new();
        for client in 0..16 {
            let app = [&app, &other][client % 2];
            let request = app
                .api(Method::POST, "links")
                .header("idempotency-key", KEY);
            clients.spawn(request.json(body()).send());
        }
        let answers = clients.join_all().await;
        let first = answers[0].json()["short"].clone();
        for answer in answers {
            assert_eq!((answer.status, &answer.json()["short"]), (201, &first));
        }
        assert_eq!(app.codes().await, [first.as_str().expect("a code")]);
    }
}

#[tokio::test]
async fn a_repeat_finds_or_makes_the_one_link_wherever_the_first_has_died() {
    let mut deaths = 0;
    for before in [true, false] {
        for nth in 1.. {
            let mut app = start().await;
            app.expect_lost_instances();
            let place = match before {
                true => app.faults().before("*"),
                false => app.faults().after("*"),
            };
            place.nth(nth).die();
            let request = app
                .api(Method::POST, "links")
                .header("idempotency-key", KEY);
            let first = request.json(body()).send_unchecked().await;
            app.faults().clear();
            let repeats = [
                app.create_once(KEY, &body()).await,
                app.create_once(KEY, &body()).await,
            ];
            let codes = app.codes().await;
            for repeat in &repeats {
                assert_eq!(repeat.status, 201, "{nth}: {repeat:?}");
                assert_eq!(
                    [repeat.json()["short"].as_str()],
                    [codes.first().map(String::as_str)]
                );
            }
            assert_eq!(codes.len(), 1, "{nth}: {codes:?}");
            if first.status == 201 {
                break;
            }
            deaths += 1;
        }
    }
    // Opening the store, the secret, five codes to look at, the code again, number, entry, claim, code again,
    // link, mark, and the link read back.
    assert!(deaths >= 2 * 12, "{deaths}");
    println!("deaths of a create that is repeated: {deaths} tried, one link each");
}

#[tokio::test]
async fn a_code_of_somebody_else_is_passed_over() {
    let app = start().await;
    let first = app.create_once(KEY, &body()).await.json()["short"].clone();
    let first = first.as_str().expect("a code");
    app.delete(first).await;
    app.put_link(first).await;
    let second = app.create_once(KEY, &body()).await.json()["short"].clone();
    assert_ne!(second, first);
    // Also when the first code is free again.
    app.delete(first).await;
    assert_eq!(app.create_once(KEY, &body()).await.json()["short"], second);
}

#[tokio::test]
async fn the_first_of_all_agrees_on_a_secret_with_the_others() {
    let clock = VirtualClock::auto();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let first = app.create_once(KEY, &body()).await;
    assert_eq!(first.status, 201);
    let secret = app.host().store().get("idempotency:secret").await;
    let secret = secret.expect("a store").expect("a secret");
    assert_eq!(secret.len(), 64);
    let waited = clock.elapsed();
    assert_eq!(app.create_once(KEY, &body()).await.whole(), first.whole());
    assert_eq!(clock.elapsed(), waited);
    for write in app.host().log_writes() {
        let secret = String::from_utf8_lossy(&secret);
        assert!(!write.text.contains(&*secret), "{}", write.text);
    }
}

#[tokio::test]
async fn a_warm_instance_reads_the_secret_once() {
    let app = start().await;
    let kept = app.keep_instance().await;
    let reads = app
        .faults()
        .before("key-value.get")
        .key("idempotency:secret");
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&count);
    reads.run(move |_| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async {}
    });
    for key in ["a", "b", "c"] {
        assert_eq!(app.create_once(key, &body()).await.status, 201);
    }
    let count = count.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(count, instances_for(3));
    kept.release().await;
}
