//! Simultaneous creates of one code: one wins, the others are told so.

use std::time::Duration;

use embedded_host::{Gate, VirtualClock};
use http::Method;
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
};

/// Hosts on one store, so that creates meet in different instances: the atomic increment holds up
/// the whole instance that makes it.
const HOSTS: usize = 4;
const CREATORS: usize = 16;
const ROUNDS: usize = 200;
/// Rounds under way at once, each on a code of its own.
const ROUNDS_AT_ONCE: usize = 8;
pub const LATENCY: Duration = Duration::from_millis(5);

fn destination(creator: usize) -> String {
    format!("https://{creator}.example")
}

/// Makes a clock go on as fast as this program gets to it, so that no overload of the machine makes a store too slow
/// to write to.
pub fn keep_ticking(clock: VirtualClock) {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LATENCY).await;
            clock.advance(LATENCY);
        }
    });
}

/// Hosts on one store, on one clock.
pub async fn start_hosts(claims: &str) -> (Vec<TestApp>, VirtualClock) {
    let clock = VirtualClock::new();
    let first = TestApp::build(|host| host.variable("claims", claims).clock(&clock)).await;
    let mut apps = vec![first];
    while apps.len() < HOSTS {
        let database = apps[0].host().database();
        let next = TestApp::build(|host| {
            let host = host.database(database).clock(&clock);
            host.variable("claims", claims)
        });
        apps.push(next.await);
    }
    (apps, clock)
}

/// Who got 201 in one round of simultaneous creates of `short`, after a look at the other answers.
async fn winners(apps: &[TestApp], short: &str) -> Vec<usize> {
    let mut creators = JoinSet::new();
    for creator in 0..CREATORS {
        let link = json!({ "short": short, "url": destination(creator) });
        let app = &apps[creator % apps.len()];
        let request = app.api(Method::POST, "links").json(link.to_string());
        creators.spawn(async move { (creator, request.send().await) });
    }
    let mut winners = Vec::new();
    for (creator, answer) in creators.join_all().await {
        match answer.status {
            201 => winners.push(creator),
            _ => assert_eq!(
                (answer.status, answer.problem().as_str()),
                (409, "conflict")
            ),
        }
    }
    winners
}

/// The winners of every round.
async fn play(claims: &str) -> Vec<Vec<usize>> {
    let (apps, clock) = start_hosts(claims).await;
    for app in &apps {
        app.faults().before("*").wait(LATENCY);
    }
    keep_ticking(clock);
    let mut rounds = Vec::new();
    for batch in (0..ROUNDS).step_by(ROUNDS_AT_ONCE) {
        let codes: Vec<_> = (batch..batch + ROUNDS_AT_ONCE)
            .map(|n| format!("r{n}"))
            .collect();
        let played = futures::future::join_all(codes.iter().map(|code| winners(&apps, code))).await;
        for (code, winners) in codes.iter().zip(played) {
            if let [winner] = winners.as_slice() {
                let visited = apps[0].follow(&format!("/{code}")).await;
                visited.assert_redirects_to(&destination(*winner));
            }
            rounds.push(winners);
        }
    }
    rounds
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_simultaneous_creates_one_wins_in_each_of_200_rounds() {
    for (round, winners) in play("auto").await.iter().enumerate() {
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
    }
}

/// Not a test of anything: the figure in `docs/consistency.md`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn how_often_optimistic_creates_win_twice() {
    let rounds = play("optimistic").await;
    // Whoever writes last finds its own link.
    assert!(rounds.iter().all(|winners| !winners.is_empty()));
    let twice = rounds.iter().filter(|winners| winners.len() > 1).count();
    println!(
        "claims=optimistic: two or more winners in {twice} of {} rounds",
        rounds.len()
    );
}

/// That the test of 200 rounds can tell: the same round, without claims, and with all creates looking
/// before one of them writes.
#[tokio::test]
async fn of_sixteen_optimistic_creates_that_look_before_anybody_writes_all_win() {
    let (apps, _clock) = start_hosts("optimistic").await;
    let (writes, looks) = (Gate::closed(), Gate::closed());
    looks.open();
    for app in &apps {
        app.faults().before("key-value.set").gate(&writes);
        app.faults().after("key-value.get").gate(&looks);
    }
    let one_after_another = async {
        writes.arrived(CREATORS).await;
        for creator in 1..=CREATORS {
            writes.admit(1);
            // It has read back, and nobody else has written.
            looks.arrived(CREATORS + creator).await;
        }
    };
    let (winners, ()) = futures::join!(winners(&apps, "aka"), one_after_another);
    println!(
        "check-then-set: {} of {CREATORS} creators won",
        winners.len()
    );
    assert_eq!(winners.len(), CREATORS);
}

/// A create of the code `aka` that is under way while others are.
fn begin_create(app: &TestApp, url: &str) -> JoinHandle<Answer> {
    let link = json!({ "short": "aka", "url": url });
    let request = app.api(Method::POST, "links").json(link.to_string());
    tokio::spawn(request.send())
}

/// The least that can go wrong: without claims, two creates that look before either writes both
/// win if the first reads back before the second writes.
#[tokio::test]
async fn two_optimistic_creates_can_both_win() {
    let app = TestApp::with([("claims", "optimistic")]).await;
    let gate = Gate::closed();
    let write = app.faults().before("key-value.set").key("aka");
    write.gate(&gate);
    let first = begin_create(&app, "https://1.example");
    gate.arrived(1).await;
    let second = begin_create(&app, "https://2.example");
    gate.arrived(2).await;
    gate.admit(1);
    assert_eq!(first.await.expect("an answer").status, 201);
    gate.admit(1);
    assert_eq!(second.await.expect("an answer").status, 201);
    let visited = app.follow("/aka").await;
    visited.assert_redirects_to("https://2.example");
}

/// What reading back is for: on a host without claims, or one whose increments can tie.
#[tokio::test]
async fn a_creator_that_reads_back_anothers_link_is_told_so() {
    let app = TestApp::with([("claims", "optimistic")]).await;
    let (writes, read_backs) = (Gate::closed(), Gate::closed());
    app.faults().before("key-value.set").gate(&writes);
    let reads = app.faults().before("key-value.get").key("aka");
    // Each looks twice before it writes.
    reads.skip(4).gate(&read_backs);
    let first = begin_create(&app, "https://1.example");
    writes.arrived(1).await;
    let second = begin_create(&app, "https://2.example");
    writes.arrived(2).await;
    for written in 1..=2 {
        writes.admit(1);
        read_backs.arrived(written).await;
    }
    read_backs.open();
    let first = first.await.expect("an answer");
    assert_eq!(first.problem(), "conflict");
    assert_eq!(first.json()["link"]["url"], "https://2.example");
    assert_eq!(second.await.expect("an answer").status, 201);
}

#[tokio::test]
async fn the_same_order_of_events_with_claims_has_one_winner() {
    let clock = VirtualClock::new();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    let gate = Gate::closed();
    let write = app.faults().before("key-value.set").key("aka");
    write.gate(&gate);
    let first = begin_create(&app, "https://1.example");
    gate.arrived(1).await;
    let second = begin_create(&app, "https://2.example");
    // It has found the code free and waits for the first.
    clock.sleepers(1).await;
    gate.open();
    assert_eq!(first.await.expect("an answer").status, 201);
    clock.advance(Duration::from_millis(100));
    assert_eq!(second.await.expect("an answer").problem(), "conflict");
    let visited = app.follow("/aka").await;
    visited.assert_redirects_to("https://1.example");
}

#[tokio::test]
async fn links_from_before_claims_existed_keep_their_codes() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let answers: [Answer; 2] = [
        app.create(&json!({ "short": "aka", "url": destination(1) }))
            .await,
        app.create(&json!({ "short": "aka", "url": destination(2) }))
            .await,
    ];
    for answer in answers {
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (409, "conflict")
        );
        assert_eq!(answer.json()["link"]["url"], AKAMAI);
    }
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
}
