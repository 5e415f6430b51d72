//! Creators that die, dawdle, or whose increments fail or are not offered: no code is lost to them, no link
//! that was acknowledged, and no answer is a 500.

use std::{pin::pin, time::Duration};

use embedded_host::{Gate, StoreError, VirtualClock};
use futures::{FutureExt, future::select};
use http::Method;
use serde_json::{Value, json};
use tokio::{
    spawn,
    task::{JoinSet, yield_now},
};

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp, instances_for},
};

const DELAY_BOUND: Duration = Duration::from_secs(2);
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
            assert!(clock.elapsed() - died <= 3 * DELAY_BOUND, "call {call}");
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
    // Two openings, look, number, entry, claim, look, write, mark, read-back; each before and after.
    assert_eq!(deaths, 20);
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
    // The claim, and the look after it.
    for (slow, nth) in [("atomics.increment", 2), ("key-value.get", 2)] {
        let (app, _) = start().await;
        let place = app.faults().before(slow).nth(nth);
        place.wait(DELAY_BOUND / 2 + Duration::from_millis(1));
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
    assert!(clock.elapsed() <= 3 * DELAY_BOUND);
    let deleted = app.api(Method::DELETE, "links/aka").send().await;
    assert_eq!(deleted.status, 204);
    assert_eq!(
        app.host().store().keys().await,
        Ok(["catalog:new", "contested:aka"].map(str::to_owned).to_vec())
    );
    let started = clock.elapsed();
    assert_eq!(app.create(&link("https://2.example")).await.status, 201);
    assert_eq!(clock.elapsed() - started, DELAY_BOUND);
    app.follow("/aka")
        .await
        .assert_redirects_to("https://2.example");
}

#[tokio::test]
async fn a_host_that_offers_no_increment_creates_asks_once_and_warns_once_per_instance() {
    type Break = fn(&TestApp);
    let broken: [(&str, Break, &str); 3] = [
        (
            "refused",
            |app| {
                let open = app.faults().before("store.open");
                open.fail(StoreError::AccessDenied);
            },
            "store.open",
        ),
        (
            "unknown",
            |app| {
                let open = app.faults().before("store.open");
                open.fail(StoreError::NoSuchStore);
            },
            "store.open",
        ),
        (
            "said in words",
            |app| {
                let increment = app.faults().before("atomics.increment");
                increment.fail("atomics are not supported");
            },
            "atomics.increment",
        ),
    ];
    for (name, breaks, asked) in broken {
        let (app, _) = start().await;
        breaks(&app);
        let kept = app.keep_instance().await;
        app.host().reset_counts();
        for short in ["a", "b"] {
            let link = json!({ "short": short, "url": "https://1.example" });
            assert_eq!(app.create(&link).await.status, 201, "{name}");
            assert_eq!(app.create(&link).await.problem(), "conflict", "{name}");
        }
        // The two creates of a free code.
        let instances = instances_for(2);
        assert_eq!(app.host().counts().of(asked), instances as u64, "{name}");
        assert_eq!(app.events_named(WARNING).len(), instances, "{name}");
        kept.release().await;
    }
}

#[tokio::test]
async fn an_increment_that_fails_is_503_and_nothing_is_written_or_changed() {
    type Break = fn(&TestApp);
    let broken: [(&str, Break); 4] = [
        ("failing", |app| {
            app.faults().before("atomics.increment").fail("not here");
        }),
        ("throttled", |app| {
            app.faults().before("store.open").fail("too many requests");
        }),
        ("zero", |app| {
            app.faults().before("atomics.increment").answer_number(0);
        }),
        ("negative", |app| {
            app.faults().before("atomics.increment").answer_number(-1);
        }),
    ];
    for (name, breaks) in broken {
        let (app, _) = start().await;
        app.put_claimed_link("old").await;
        let keys = app.host().store().keys().await;
        breaks(&app);
        let link = json!({ "short": "new", "url": "https://1.example" });
        let generated = json!({ "url": "https://1.example" });
        let goal = json!({ "url": "https://2.example" });
        let refused = [
            app.create(&link).await,
            app.create(&generated).await,
            app.replace("old", &goal).await,
            app.api(Method::DELETE, "links/old").send().await,
        ];
        for answer in refused {
            assert_eq!(answer.problem(), "unavailable", "{name}");
            assert_eq!(answer.header("retry-after"), "2", "{name}");
        }
        assert_eq!(app.host().store().keys().await, keys, "{name}");
        app.follow("/old").await.assert_redirects_to(AKAMAI);
        assert!(app.events_named(WARNING).is_empty(), "{name}");

        app.faults().clear();
        assert_eq!(app.create(&link).await.status, 201, "{name}");
    }
}

#[tokio::test]
async fn an_increment_whose_answer_is_lost_costs_a_take_over_and_no_second_winner() {
    let (app, clock) = start().await;
    app.faults()
        .after("atomics.increment")
        .nth(1)
        .fail("connection reset");
    let started = clock.elapsed();
    assert_eq!(app.create(&link("https://1.example")).await.status, 201);
    assert!(clock.elapsed() - started <= 3 * DELAY_BOUND);
    let second = app.create(&link("https://2.example")).await;
    assert_eq!(second.problem(), "conflict");
    app.follow("/aka")
        .await
        .assert_redirects_to("https://1.example");
}

#[tokio::test]
async fn whose_increment_fails_leaves_the_code_to_the_first_claimant_who_is_about_to_write() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let database = app.host().database();
    let other = TestApp::build(|host| host.database(database).clock(&clock)).await;
    let writes = Gate::closed();
    for app in [&app, &other] {
        let link = app.faults().before("key-value.set").key("aka");
        link.gate(&writes);
    }
    let create = |app: &TestApp, url: &str| {
        let body = link(url).to_string();
        spawn(app.api(Method::POST, "links").json(body).send())
    };
    let first = create(&app, "https://first.example");
    writes.arrived(1).await;
    // The second one's first try fails. Then it tries again, or is about to write as well.
    let tried_again = Gate::closed();
    tried_again.open();
    let increments = || other.faults().before("atomics.increment").key("claim:aka");
    increments().times(1).fail("contended");
    increments().skip(1).gate(&tried_again);
    let second = create(&other, "https://second.example");
    let (again, write) = (pin!(tried_again.arrived(1)), pin!(writes.arrived(2)));
    pass_time_until(&clock, select(again, write)).await;
    writes.admit(1);
    assert_eq!(first.await.expect("no panic").status, 201);
    writes.open();
    let second = pass_time_until(&clock, second).await.expect("no panic");
    assert_eq!(second.status, 409, "{second:?}");
    app.follow("/aka")
        .await
        .assert_redirects_to("https://first.example");
}

/// What `event` gives, for which those may have to wait who sleep.
async fn pass_time_until<T>(clock: &VirtualClock, mut event: impl Future<Output = T> + Unpin) -> T {
    loop {
        if let Some(outcome) = (&mut event).now_or_never() {
            return outcome;
        }
        clock.advance(Duration::from_millis(1));
        yield_now().await;
    }
}

#[tokio::test]
async fn of_sixteen_creators_whose_increments_fail_at_random_at_most_one_wins() {
    for round in 0..30 {
        let (app, _) = start().await;
        for n in 0..8 {
            let increment = match (round + n) % 2 {
                0 => app.faults().before("atomics.increment"),
                _ => app.faults().after("atomics.increment"),
            };
            increment.nth(1 + (7 * n + round) % 20).fail("contended");
        }
        let mut creators = JoinSet::new();
        for creator in 0..16 {
            let body = link(&format!("https://{creator}.example")).to_string();
            creators.spawn(app.api(Method::POST, "links").json(body).send());
        }
        let statuses: Vec<u16> = creators
            .join_all()
            .await
            .iter()
            .map(|it| it.status)
            .collect();
        let won = statuses.iter().filter(|it| **it == 201).count();
        assert!(won <= 1, "round {round}: {statuses:?}");
        let right = |it: &u16| matches!(*it, 201 | 409 | 503);
        assert!(statuses.iter().all(right), "round {round}: {statuses:?}");
        // The code is not lost: it is somebody's, or can still be created.
        let next = app.create(&link("https://next.example")).await;
        assert!(matches!(next.status, 201 | 409), "round {round}: {next:?}");
    }
}
