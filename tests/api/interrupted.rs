//! Updates and deletes that die on the way: the link is as it was or as it was asked to be, and can be
//! changed again. How long that takes then, docs/consistency.md says.

use std::time::Duration;

use embedded_host::VirtualClock;
use serde_json::json;

use crate::{
    app::{AKAMAI, TestApp},
    operation::Operation,
};

const DELAY_BOUND: Duration = Duration::from_secs(2);
/// How often a waiting editor tries to get the lock.
const TRY_EVERY: Duration = Duration::from_millis(20);

/// With the link `aka` as a create leaves it, and waits that take no real time.
async fn start() -> (TestApp, VirtualClock) {
    let clock = VirtualClock::auto();
    let mut app = TestApp::build(|host| host.clock(&clock)).await;
    app.expect_lost_instances();
    app.put_claimed_link("aka").await;
    let claimed = app.host().store().increment("claim:aka", 1).await;
    assert_eq!(claimed, Ok(1));
    (app, clock)
}

/// Lets `operation` die just before or after its `nth` store call; `false` if it has no such call.
async fn dies(app: &TestApp, operation: Operation, before: bool, nth: usize) -> bool {
    let place = match before {
        true => app.faults().before("*"),
        false => app.faults().after("*"),
    };
    place.nth(nth).die();
    let answer = operation.run(app).await;
    app.faults().clear();
    assert!([204, 500].contains(&answer.status), "{answer:?}");
    answer.status == 500
}

#[tokio::test]
async fn an_edit_may_die_before_or_after_any_of_its_store_calls() {
    let mut deaths = 0;
    for operation in [Operation::Update, Operation::Delete] {
        // The second change finds the lock of the dead taken, and the code contested; only a delete
        // has to make sure that no update brings the link back.
        for (next, at_most) in [
            (Operation::Update, DELAY_BOUND),
            (Operation::Delete, 2 * DELAY_BOUND),
        ] {
            for before in [true, false] {
                for nth in 1.. {
                    let (app, clock) = start().await;
                    if !dies(&app, operation, before, nth).await {
                        break;
                    }
                    deaths += 1;
                    let what = format!("{operation:?}, call {nth}, before: {before}, {next:?}");
                    let visited = app.follow("/aka").await;
                    let is_done = operation.is_done(&app).await;
                    let is_as_before = visited.location() == AKAMAI;
                    assert_ne!(is_done, is_as_before, "{what}: {visited:?}");

                    let died = clock.elapsed();
                    let answer = next.run(&app).await;
                    let took = clock.elapsed() - died;
                    let gone = operation == Operation::Delete && is_done;
                    assert_eq!(answer.status, if gone { 404 } else { 204 }, "{what}");
                    assert!(took < at_most + TRY_EVERY, "{what}: {took:?}");
                    assert!(gone || next.is_done(&app).await, "{what}");

                    // Nothing is left that would make anybody wait for the lock again.
                    let again = clock.elapsed();
                    next.run(&app).await;
                    let took = clock.elapsed() - again;
                    assert!(took <= DELAY_BOUND, "{what}: {took:?} once more");
                }
            }
        }
    }
    // Of an update: two openings, look at the lock, increment, look, write, lock released. Of a delete: claim and link
    // removed, and the looks for the mark and for counters. Each before and after, and each followed by two.
    assert_eq!(deaths, 4 * (7 + 10));
    println!("deaths of edits: {deaths} tried, no link lost");
}

#[tokio::test]
async fn a_delete_that_dies_after_the_claim_leaves_the_link_and_no_claim_to_wait_for() {
    let (app, clock) = start().await;
    app.faults().after("key-value.delete").nth(1).die();
    assert_eq!(Operation::Delete.run(&app).await.status, 500);
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    assert_eq!(Operation::Delete.run(&app).await.status, 204);
    app.follow("/aka").await.assert_text(404, "Not Found");

    let started = clock.elapsed();
    let created = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    assert_eq!(created.status, 201);
    // One delay bound for the mark that the second delete has left, and none for a claimant.
    assert_eq!(clock.elapsed() - started, DELAY_BOUND);
}

/// It may still take effect, and a delete's claim is gone already: whoever comes next must wait, and not be first
/// beside a creator who took the claim meanwhile.
#[tokio::test]
async fn an_edit_whose_write_failed_keeps_its_turn_and_leaves_the_code_to_be_marked() {
    for (edit, write) in [
        (Operation::Update, "key-value.set"),
        (Operation::Delete, "key-value.delete"),
    ] {
        let (app, clock) = start().await;
        let link = app.faults().before(write).key("aka");
        link.times(1).fail("down");
        assert_eq!(edit.run(&app).await.status, 503);
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        let mark = app.host().store().get("contested:aka").await;
        assert_eq!(mark, Ok(None), "{edit:?}");

        let started = clock.elapsed();
        assert_eq!(Operation::Delete.run(&app).await.status, 204);
        // A delay bound for the lock that was not released, and one for an update that may be under way.
        let took = clock.elapsed() - started;
        assert!(
            took >= 2 * DELAY_BOUND && took < 2 * DELAY_BOUND + TRY_EVERY,
            "{edit:?}: {took:?}"
        );
        let mark = app.host().store().get("contested:aka").await;
        assert!(mark.expect("a store").is_some(), "{edit:?}");
    }
}

#[tokio::test]
async fn optimistic_edits_never_ask_for_the_increment() {
    let app = TestApp::with([("claims", "optimistic")]).await;
    app.put_link("aka").await;
    for operation in [Operation::Update, Operation::Delete] {
        let counts = app.count(async {
            assert_eq!(operation.run(&app).await.status, 204);
        });
        let counts = counts.await;
        let asked =
            |(name, _): &(&str, u64)| name.starts_with("atomics") || name.starts_with("store");
        assert!(!counts.iter().any(asked), "{operation:?}: {counts:?}");
    }
    assert_eq!(app.host().store().keys().await, Ok(vec![]));
}
