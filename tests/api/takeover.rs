//! Creators that die, dawdle, or have no atomic increment: no code is lost to them, no link
//! that was acknowledged, and no answer is a 500.

use std::time::Duration;

use embedded_host::{StoreError, VirtualClock};
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    answer::Answer,
    app::{TestApp, instances_for},
};

const LEASE: Duration = Duration::from_secs(2);
const WARNING: &str = "claims are optimistic: creation is not exclusive";

fn link(url: &str) -> Value {
    json!({ "short": "aka", "url": url })
}

/// Creates whose waits take no real time.
async fn start() -> (TestApp, VirtualClock) {
    let clock = VirtualClock::auto();
    (TestApp::build(|host| host.clock(&clock)).await, clock)
}

/// A create whose instance may die.
async fn try_create(app: &TestApp, url: &str) -> Answer {
    let request = app.api(Method::POST, "links");
    request.json(link(url).to_string()).send_unchecked().await
}

#[tokio::test]
async fn a_creator_may_die_before_or_after_any_of_its_store_calls() {
    let mut deaths = 0;
    for before in [true, false] {
        for call in 1.. {
            let (mut app, clock) = start().await;
            app.expect_lost_instances();
            let place = match before {
                true => app.faults().before("*"),
                false => app.faults().after("*"),
            };
            place.nth(call).die();
            if try_create(&app, "https://dead.example").await.status == 201 {
                break;
            }
            deaths += 1;
            let died = clock.elapsed();
            let next = app.create(&link("https://next.example")).await;
            assert!(clock.elapsed() - died <= 3 * LEASE, "call {call}");
            let leads_to = match next.status {
                201 => "https://next.example",
                // It had written. Nobody was told, but the link is whole, and the client is shown it.
                409 => "https://dead.example",
                other => panic!("call {call}: {other}"),
            };
            if next.status == 409 {
                assert_eq!(next.json()["link"]["url"], leads_to, "call {call}");
            }
            app.follow("/aka").await.assert_redirects_to(leads_to);
        }
    }
    // Two openings, increment, look, write, mark, read-back; each before and after.
    assert_eq!(deaths, 14);
}

#[tokio::test]
async fn of_eight_creators_that_take_over_one_orphan_one_wins() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    app.host()
        .store()
        .increment("claim:aka", 1)
        .await
        .expect("a claim");
    let mut creators = JoinSet::new();
    for creator in 0..8 {
        let body = link(&format!("https://{creator}.example")).to_string();
        let request = app.api(Method::POST, "links").json(body);
        creators.spawn(async move { (creator, request.send().await) });
    }
    let mut winners = Vec::new();
    while !creators.is_empty() {
        let left = creators.len();
        tokio::select! {
            Some(answered) = creators.join_next() => {
                let (creator, answer) = answered.expect("no panic");
                match answer.status {
                    201 => winners.push(creator),
                    _ => assert_eq!(answer.problem(), "conflict"),
                }
            }
            // All who are left are asleep.
            () = clock.sleepers(left) => {
                clock.advance(Duration::from_millis(100));
                tokio::task::yield_now().await;
            }
        }
    }
    let [winner] = winners.as_slice() else {
        panic!("{winners:?}")
    };
    let visited = app.follow("/aka").await;
    visited.assert_redirects_to(&format!("https://{winner}.example"));
}

#[tokio::test]
async fn a_creator_that_is_slow_to_get_to_its_write_writes_nothing() {
    for slow in ["atomics.increment", "key-value.get"] {
        let (app, _) = start().await;
        let place = app.faults().before(slow).nth(1);
        place.wait(LEASE / 2 + Duration::from_millis(1));
        let answer = app.create(&link("https://slow.example")).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (503, "unavailable")
        );
        assert_eq!(answer.header("retry-after"), "2");
        assert_eq!(app.host().store().get("aka").await, Ok(None), "{slow}");
        let retried = app.create(&link("https://slow.example")).await;
        assert_eq!(retried.status, 201, "{slow}");
    }
}

#[tokio::test]
async fn a_code_that_was_taken_over_can_be_deleted_and_created_again() {
    let (app, clock) = start().await;
    app.host()
        .store()
        .increment("claim:aka", 1)
        .await
        .expect("a claim");
    assert_eq!(app.create(&link("https://1.example")).await.status, 201);
    assert!(clock.elapsed() <= 3 * LEASE);
    let deleted = app.api(Method::DELETE, "links/aka").send().await;
    assert_eq!(deleted.status, 204);
    assert_eq!(
        app.host().store().keys().await,
        Ok(vec!["contested:aka".to_owned()])
    );
    let started = clock.elapsed();
    assert_eq!(app.create(&link("https://2.example")).await.status, 201);
    assert_eq!(clock.elapsed() - started, LEASE);
    app.follow("/aka")
        .await
        .assert_redirects_to("https://2.example");
}

#[tokio::test]
async fn a_host_without_a_usable_increment_still_creates_and_warns_once_per_instance() {
    type Break = fn(&TestApp);
    let broken: [(&str, Break); 5] = [
        ("refused", |app| {
            app.faults()
                .before("store.open")
                .fail(StoreError::AccessDenied)
        }),
        ("failing", |app| {
            app.faults().before("atomics.increment").fail("not here")
        }),
        ("throttled", |app| {
            app.faults().before("store.open").fail("too many requests")
        }),
        ("zero", |app| {
            app.faults().before("atomics.increment").answer_number(0)
        }),
        ("negative", |app| {
            app.faults().before("atomics.increment").answer_number(-1)
        }),
    ];
    for (name, breaks) in broken {
        let (app, _) = start().await;
        breaks(&app);
        let kept = app.keep_instance().await;
        for short in ["a", "b"] {
            let link = json!({ "short": short, "url": "https://1.example" });
            assert_eq!(app.create(&link).await.status, 201, "{name}");
            assert_eq!(app.create(&link).await.problem(), "conflict", "{name}");
        }
        // The four creates.
        assert_eq!(app.events_named(WARNING).len(), instances_for(4), "{name}");
        kept.release().await;
    }
}
