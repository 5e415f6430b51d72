//! Does everybody take the same for the secret of the idempotent creates?

use super::{
    actor::Actor,
    explore::{Bound, Explored, Scenario, Script, Shared, explore},
    world::State,
};
use std::{cell::RefCell, rc::Rc};
use url_shortener::{
    domain::KeyName,
    exclusive::{Idempotency, Repeatable},
    platform::Platform,
    store::{IDEMPOTENCY_DRAFT, KeyValue},
};

/// Marks a request, which needs the secret, as often as it is told to.
async fn recognise(actor: Actor, times: usize) {
    let by = KeyName::admin();
    let request = Repeatable {
        by: &by,
        key: "key",
        body: b"{}",
    };
    for _ in 0..times {
        // As another instance each time.
        let idempotency = Idempotency::default();
        if let Ok(once) = idempotency
            .once_drawing_secret(&actor, &actor, &request)
            .await
        {
            actor.mark(once.mark.key);
        }
    }
    actor.retire();
}

/// Takes the first draft for the secret.
async fn take_at_once(actor: Actor) {
    let draft = match actor.get(IDEMPOTENCY_DRAFT).await.unwrap() {
        Some(draft) => draft,
        None => {
            let draft = actor.random(8);
            actor.set(IDEMPOTENCY_DRAFT, &draft).await.unwrap();
            draft
        }
    };
    actor.mark(format!("{draft:?}"));
    actor.retire();
}

fn judge_any_time(state: &State) -> Result<(), String> {
    match state.marks.len() {
        0 | 1 => Ok(()),
        _ => Err(format!("several secrets: {:?}", state.marks)),
    }
}

fn judge(state: &Shared) -> Result<(), String> {
    judge_any_time(&state.borrow())
}

/// An empty store, and actors that recognise a request so many times.
fn world(times: &[usize]) -> (Shared, Vec<Script>) {
    let state = Rc::new(RefCell::new(State::default()));
    let script = |times: &usize| Box::pin(recognise(Actor::join(&state), *times)) as _;
    let scripts = times.iter().map(script).collect();
    (state, scripts)
}

fn check(times: &[usize], bound: Bound) -> Result<Explored, String> {
    let set_up = || world(times);
    let scenario = Scenario {
        set_up: &set_up,
        always: &judge_any_time,
        judge: &judge,
    };
    explore(&scenario, bound)
}

#[test]
fn undisturbed_everybody_gets_a_secret() {
    let set_up = || world(&[1, 2, 1]);
    let scenario = Scenario {
        set_up: &set_up,
        always: &judge_any_time,
        judge: &|state| {
            let all_ended = state.borrow().marked == 4;
            judge_any_time(&state.borrow())?;
            all_ended.then_some(()).ok_or("no secret".to_owned())
        },
    };
    let bound = Bound {
        deviations: 0,
        faults: 0,
    };
    explore(&scenario, bound).expect("one secret");
}

#[test]
fn everybody_takes_the_same_for_the_secret() {
    for (times, deviations, faults) in [
        (&[1, 1][..], 6, 0),
        (&[1, 1], 3, 1),
        (&[1, 1], 1, 2),
        (&[1, 2, 1], 3, 0),
        (&[1, 1, 1], 1, 1),
    ] {
        let bound = Bound { deviations, faults };
        match check(times, bound) {
            Ok(Explored { schedules, states }) => {
                println!("{times:?}: holds with {bound:?}; {schedules} schedules, {states} states");
            }
            Err(told) => panic!("{times:?}: {told}"),
        }
    }
}

#[test]
fn who_takes_the_first_draft_is_caught() {
    let set_up = || {
        let state = Rc::new(RefCell::new(State::default()));
        let scripts = (0..2).map(|_| Box::pin(take_at_once(Actor::join(&state))) as _);
        let scripts = scripts.collect();
        (state, scripts)
    };
    let scenario = Scenario {
        set_up: &set_up,
        always: &judge_any_time,
        judge: &judge,
    };
    let bound = Bound {
        deviations: 1,
        faults: 0,
    };
    let told = explore(&scenario, bound).expect_err("two secrets");
    assert!(told.starts_with("several secrets"), "{told}");
}
