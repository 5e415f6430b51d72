//! Eight clients at once, who create, replace, delete and follow the same few links.

use std::sync::{Arc, Mutex};

use embedded_host::VirtualClock;
use futures::future::join_all;
use history::{History, Kind, Outcome, Tag};
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

/// What the clients were told of one code.
#[derive(Default)]
struct Told(Mutex<History>);

impl Told {
    fn begin(&self, kind: Kind) -> usize {
        self.0.lock().expect("no panic").begin(kind)
    }

    fn end(&self, operation: usize, outcome: Outcome) {
        let mut history = self.0.lock().expect("no panic");
        history.end(operation, outcome);
        // With its answer it has happened, or never will.
        history.close(operation);
        assert!(history.is_linearizable(), "{operation}: {outcome:?}");
    }
}

/// A number for each operation, by which the history knows the link it writes.
fn tag(client: usize, step: usize) -> Tag {
    Tag::try_from(client * OPERATIONS + step).expect("a thousand operations")
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

/// The link that is stored under `code`, by its number.
async fn stored(app: &TestApp, code: &str) -> Option<Tag> {
    let answer = app.follow(&format!("/{code}")).await;
    assert_leads_to_its_own(&answer, code);
    let location = (answer.status == 301).then(|| answer.location().to_owned())?;
    let parts: Vec<&str> = location.split(['/', '.']).collect();
    let number = |at: usize| parts[at].parse().expect("a number");
    Some(tag(number(2), number(5)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_interleaved_operations_of_eight_clients_are_linearizable() {
    let clock = VirtualClock::new();
    let app = Arc::new(TestApp::build(|host| host.clock(&clock)).await);
    keep_ticking(clock);
    let start = Arc::new(Barrier::new(CLIENTS));
    let told: Arc<[Told; CODES.len()]> = Arc::default();
    let clients = (0..CLIENTS).map(|client| {
        let (app, start, told) = (Arc::clone(&app), Arc::clone(&start), Arc::clone(&told));
        tokio::spawn(async move {
            let mut dice = Dice(client as u64);
            let mut vanished = 0;
            start.wait().await;
            for step in 0..OPERATIONS {
                let index = dice.roll(CODES.len());
                let (code, told) = (CODES[index], &told[index]);
                let url = destination(client, code, step);
                match dice.roll(4) {
                    0 => {
                        let operation = told.begin(Kind::Create(tag(client, step)));
                        let answer = app.create(&json!({ "short": code, "url": url })).await;
                        let outcome = match answer.status {
                            201 => Outcome::Done,
                            409 => Outcome::Refused,
                            // One of several who took over a claim, and the winner's link has
                            // been deleted before it could be seen whose it was.
                            503 if answer.text().contains("was gone when it was read back") => {
                                vanished += 1;
                                Outcome::Unknown
                            }
                            status => panic!("create: {status} {}", answer.text()),
                        };
                        told.end(operation, outcome);
                    }
                    1 => {
                        let operation = told.begin(Kind::Update(tag(client, step)));
                        let answer = app.replace(code, &json!({ "url": url })).await;
                        told.end(operation, changed(&answer));
                    }
                    2 => {
                        let operation = told.begin(Kind::Delete);
                        let answer = app.delete(code).await;
                        told.end(operation, changed(&answer));
                    }
                    _ => assert_leads_to_its_own(&app.follow(&format!("/{code}")).await, code),
                }
            }
            vanished
        })
    });
    let vanished: usize = join_all(clients)
        .await
        .into_iter()
        .map(|vanished| vanished.expect("no panic"))
        .sum();
    let operations = CLIENTS * OPERATIONS;
    println!("{operations} operations, {vanished} creates whose link was gone when read back");

    for (code, told) in CODES.iter().zip(told.iter()) {
        let left = stored(&app, code).await;
        let mut history = told.0.lock().expect("no panic");
        history.observe(left);
        assert!(history.is_linearizable(), "{code}: {left:?} in the end");
    }
}

fn changed(answer: &Answer) -> Outcome {
    match answer.status {
        204 => Outcome::Done,
        404 => Outcome::Refused,
        status => panic!("{status} {}", answer.text()),
    }
}
