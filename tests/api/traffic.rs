//! Eight clients at once, who create, replace, delete and follow the same few links.

use std::sync::Arc;

use embedded_host::VirtualClock;
use futures::future::join_all;
use serde_json::json;
use tokio::sync::Barrier;

use crate::{answer::Answer, app::TestApp, exclusive::keep_ticking};

const CLIENTS: usize = 8;
const OPERATIONS: usize = 125;
/// Few enough that the clients meet all the time.
const CODES: [&str; 24] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "m", "n", "p", "q", "r", "s", "t", "u",
    "v", "w", "x", "y", "z",
];

/// A sequence of numbers that looks random and is the same every time (an LCG of Knuth's).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}

/// What one client has done to one code.
#[derive(Clone, Copy, Default)]
struct Changes {
    created: usize,
    deleted: usize,
    /// Creates that were told that their link was gone when they looked.
    vanished: usize,
}

/// A destination that tells whose it is.
fn destination(client: usize, code: &str, step: usize) -> String {
    format!("https://{client}.example/{code}/{step}")
}

/// Every answer must be one that some order of the operations allows: a visitor is sent to a
/// destination that somebody has given to this very code, or nowhere.
fn assert_leads_to_its_own(answer: &Answer, code: &str) {
    match answer.status {
        301 => {
            let parts: Vec<&str> = answer.location().split('/').collect();
            assert!(
                parts[2].ends_with(".example") && parts[3] == code,
                "{parts:?}"
            );
        }
        404 => answer.assert_text(404, "Not Found"),
        status => panic!("{status} for a visitor"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_interleaved_operations_of_eight_clients_are_all_answered_by_the_contract() {
    let clock = VirtualClock::new();
    let app = Arc::new(TestApp::build(|host| host.clock(&clock)).await);
    keep_ticking(clock);
    let start = Arc::new(Barrier::new(CLIENTS));
    let clients = (0..CLIENTS).map(|client| {
        let (app, start) = (Arc::clone(&app), Arc::clone(&start));
        tokio::spawn(async move {
            let mut dice = Dice(client as u64);
            let mut changes = [Changes::default(); CODES.len()];
            start.wait().await;
            for step in 0..OPERATIONS {
                let index = dice.roll(CODES.len());
                let code = CODES[index];
                let url = destination(client, code, step);
                match dice.roll(4) {
                    0 => {
                        let answer = app.create(&json!({ "short": code, "url": url })).await;
                        match answer.status {
                            201 => changes[index].created += 1,
                            409 => assert_eq!(answer.problem(), "conflict"),
                            // One of several who took over a claim, and the winner's link has
                            // been deleted before it could be seen whose it was.
                            503 if answer.text().contains("was gone when it was read back") => {
                                changes[index].vanished += 1;
                            }
                            status => panic!("create: {status} {}", answer.text()),
                        }
                    }
                    1 => {
                        let answer = app.replace(code, &json!({ "url": url })).await;
                        assert!(matches!(answer.status, 204 | 404), "{}", answer.text());
                    }
                    2 => {
                        let answer = app.delete(code).await;
                        match answer.status {
                            204 => changes[index].deleted += 1,
                            404 => assert_eq!(answer.problem(), "not_found"),
                            status => panic!("delete: {status} {}", answer.text()),
                        }
                    }
                    _ => assert_leads_to_its_own(&app.follow(&format!("/{code}")).await, code),
                }
            }
            changes
        })
    });
    let changes = join_all(clients).await;
    let changes: Vec<_> = changes.into_iter().map(|c| c.expect("no panic")).collect();

    let operations = CLIENTS * OPERATIONS;
    let of_all = changes.iter().flatten();
    let vanished: usize = of_all.map(|changes| changes.vanished).sum();
    println!("{operations} operations, {vanished} creates whose link was gone when read back");

    // No acknowledged link is lost: each was deleted, or is left. It says nothing from above: a creator whose
    // link is deleted and followed by another's before it reads back is told of the other.
    for (index, code) in CODES.iter().enumerate() {
        let sum = |count: fn(&Changes) -> usize| -> usize {
            changes.iter().map(|changes| count(&changes[index])).sum()
        };
        let left = usize::from(app.get_link(code).await.status == 200);
        let (created, ended) = (sum(|c| c.created), sum(|c| c.deleted) + left);
        assert!(
            created <= ended,
            "{code}: {created} created, {ended} deleted or left"
        );
        if left == 1 {
            assert_eq!(app.delete(code).await.status, 204);
        }
    }
}
