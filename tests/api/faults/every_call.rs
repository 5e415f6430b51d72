//! Every store call of every operation fails or dawdles, one after the other.

use std::{
    future::ready,
    sync::{Arc, Mutex},
    time::Duration,
};

use embedded_host::{Place, VirtualClock};

use crate::{
    app::TestApp,
    operation::Operation,
    tally::{Stored, Tally},
};

/// Longer than the second within which a write must begin.
const SLOW: Duration = Duration::from_secs(3);

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Fails,
    FailsSlowly,
    IsSlow,
}

const EFFECTS: [Effect; 3] = [Effect::Fails, Effect::FailsSlowly, Effect::IsSlow];

/// What decides which calls an operation makes.
#[derive(Clone, Copy, Debug)]
struct World {
    claims: &'static str,
    contested: bool,
}

impl World {
    /// With one link, and whatever else belongs to it.
    async fn start(self) -> TestApp {
        let clock = VirtualClock::auto();
        let app = TestApp::build(|host| host.clock(&clock).variable("claims", self.claims)).await;
        app.put_link("aka").await;
        if self.contested {
            app.put_record("contested:aka", "1").await;
            app.put_record("contested:new", "1").await;
        }
        app
    }
}

/// A call of an operation: the `nth` of its name and key, counted from 0.
#[derive(Clone, Debug)]
struct Call {
    name: &'static str,
    key: Option<String>,
    nth: usize,
}

impl Call {
    /// Whether this is what the operation is for.
    fn is_deed(&self, operation: Operation) -> bool {
        operation.deed().is_some_and(|(name, key)| {
            self.name == name && (key.is_none() || self.key.as_deref() == key)
        })
    }

    fn happens(&self, effect: Effect, before: bool, app: &TestApp) {
        let place = || -> Place {
            let faults = app.faults();
            let place = match before {
                true => faults.before(self.name),
                false => faults.after(self.name),
            };
            let place = match &self.key {
                Some(key) => place.key(key),
                None => place,
            };
            place.skip(self.nth)
        };
        if effect != Effect::Fails {
            place()
                .times(if effect == Effect::IsSlow { 1 } else { 2 })
                .wait(SLOW);
        }
        if effect != Effect::IsSlow {
            // The first time, a read may be tried again on a new handle.
            place().times(2).fail("too many requests");
        }
    }
}

/// The calls of `operation` in their order, and the status of its answer, where nothing goes wrong.
async fn trace(operation: Operation, world: World) -> (Vec<Call>, u16) {
    let app = world.start().await;
    let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
    let log = Arc::clone(&calls);
    app.faults().before("*").run(move |call| {
        let mut calls = log.lock().expect("no panic");
        // A generated code is another one every time.
        let key = call.key.filter(|_| operation != Operation::Generate);
        let alike = |earlier: &&Call| earlier.name == call.name && earlier.key == key;
        let nth = calls.iter().filter(alike).count();
        let name = call.name;
        calls.push(Call { name, key, nth });
        ready(())
    });
    let answer = operation.run(&app).await;
    assert!(!operation.is_refused(Some(&answer), "no fault"));
    let calls = calls.lock().expect("no panic").clone();
    (calls, answer.status)
}

/// The first of `calls` that must not be slow: an edit asks for the lock, if there is one, after it has looked
/// at it, a create for its claim after it was given a number, or looks once more where there are no claims.
fn timed_from(operation: Operation, calls: &[Call], deed: usize) -> usize {
    let last = |name| calls[..deed].iter().rposition(|call| call.name == name);
    match operation {
        Operation::Create | Operation::Import | Operation::Generate => last("atomics.increment")
            .or(last("key-value.get"))
            .unwrap_or_default(),
        _ => {
            let is_lock = |key: &String| key.starts_with("edit:");
            let look = calls
                .iter()
                .position(|call| call.key.as_ref().is_some_and(is_lock));
            look.map_or(0, |look| look + 1)
        }
    }
}

async fn put_through(operation: Operation, world: World, tally: &mut Tally) {
    let (calls, fine) = trace(operation, world).await;
    // Of a new link, the entry in the catalog is written before it.
    let deed = calls.iter().rposition(|call| call.is_deed(operation));
    for (at, call) in calls.iter().enumerate() {
        for (effect, before) in EFFECTS.map(|e| [(e, true), (e, false)]).concat() {
            let app = world.start().await;
            let stored = Stored::of(&app).await;
            call.happens(effect, before, &app);
            let answer = operation.attempt(&app).await;
            let what = format!("{operation:?}, {world:?}, {call:?} {effect:?}, before: {before}");
            let refused = operation.is_refused(answer.as_ref(), &format!("{what}: {answer:?}"));
            if effect == Effect::IsSlow {
                // Too late for a write that is still to come, and for nothing else.
                let expected = deed
                    .is_some_and(|deed| (timed_from(operation, &calls, deed)..deed).contains(&at));
                assert_eq!(refused, expected, "{what}: {answer:?}");
                if refused && operation != Operation::Generate {
                    assert!(!operation.is_done(&app).await, "{what}");
                }
            }
            let import = operation == Operation::Import && answer.is_some();
            let expected = match refused {
                true if answer.is_none() => None,
                true if !import => Some(503),
                _ => answer
                    .as_ref()
                    .map(|it| if it.status == 503 { 503 } else { fine }),
            };
            tally.expect(answer.as_ref().map(|it| it.status), expected, &what);

            app.faults().clear();
            assert!(refused || operation.is_done(&app).await, "{what}");
            let again = operation.run(&app).await;
            let repeated = [404, 409].contains(&again.status);
            assert!(again.status < 400 || repeated, "{what}, then {again:?}");
            assert!(operation.is_done(&app).await, "{what}, then {again:?}");
            match operation.deed() {
                None => tally.look_at(&app, &stored).await,
                Some(_) => tally.look_for_panics(&app),
            }
        }
    }
}

#[tokio::test]
async fn whatever_store_call_fails_or_dawdles_the_answer_is_right_and_a_retry_finishes() {
    let mut tally = Tally::of("store faults");
    let world = World {
        claims: "auto",
        contested: false,
    };
    for operation in Operation::ALL {
        put_through(operation, world, &mut tally).await;
    }
    tally.end();
}

#[tokio::test]
async fn nor_on_a_code_that_is_contested() {
    let mut tally = Tally::of("store faults on contested codes");
    let world = World {
        claims: "auto",
        contested: true,
    };
    for operation in [
        Operation::Create,
        Operation::Update,
        Operation::Delete,
        Operation::Import,
    ] {
        put_through(operation, world, &mut tally).await;
    }
    tally.end();
}

#[tokio::test]
async fn nor_with_optimistic_claims() {
    let mut tally = Tally::of("store faults with optimistic claims");
    let world = World {
        claims: "optimistic",
        contested: false,
    };
    for operation in [
        Operation::Create,
        Operation::Generate,
        Operation::Update,
        Operation::Delete,
        Operation::Import,
    ] {
        put_through(operation, world, &mut tally).await;
    }
    tally.end();
}
