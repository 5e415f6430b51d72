//! Runs a scenario in every order of its steps, up to a bound.
//!
//! Depth first. A future cannot be copied, so going back means running the scenario again from
//! the start up to the decision that is to change. A state that has been reached before with at
//! least as much of the bound left is not explored again.

use super::{
    actor::Actor,
    world::{Answer, Phase, State},
};
use history::Outcome;
use std::{
    cell::RefCell,
    collections::HashMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Waker},
};

/// How far a schedule may deviate from letting each actor run until it sleeps or ends.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// Switches away from an actor that could go on, answers that are held back, and ticks that
    /// pass while somebody could go on: so many in all.
    pub deviations: u8,
    /// Actors that die, and calls that fail.
    pub faults: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The actor's call takes effect, if it is in one, and it runs on.
    Run(usize),
    /// The actor's call takes effect, and the answer is a tick or more away.
    Hold(usize),
    /// The actor dies, and its call is lost.
    Die(usize),
    /// The actor dies, and its call will still take effect.
    DieCalling(usize),
    /// The actor's call fails and is lost, and the actor runs on.
    Fail(usize),
    /// The actor's call fails but will still take effect, and the actor runs on.
    FailCalling(usize),
    /// A call that nobody waits for takes effect.
    Land(usize),
    Tick,
}

pub type Script = Pin<Box<dyn Future<Output = ()>>>;

pub type Shared = Rc<RefCell<State>>;

pub struct Scenario<'a> {
    /// Makes the world before anybody has started, and the actors in it.
    pub set_up: &'a dyn Fn() -> (Shared, Vec<Script>),
    /// Judges a world at any time.
    pub always: &'a dyn Fn(&State) -> Result<(), String>,
    /// Judges a world in which all have ended.
    pub judge: &'a dyn Fn(&Shared) -> Result<(), String>,
}

#[derive(Debug, Default)]
pub struct Explored {
    pub schedules: usize,
    pub states: usize,
}

struct Run {
    state: Shared,
    scripts: Vec<Option<Script>>,
    last: Option<usize>,
    left: Bound,
    /// What has happened, in words: only kept when there is something to tell.
    log: Option<Vec<String>>,
}

/// Explores all of `scenario`, or stops at the first schedule that goes wrong and tells it.
pub fn explore(scenario: &Scenario<'_>, bound: Bound) -> Result<Explored, String> {
    let mut explored = Explored::default();
    let mut reached: HashMap<u64, u8> = HashMap::new();
    let mut decisions: Vec<(Vec<Step>, usize)> = Vec::new();
    loop {
        let mut run = Run::new(scenario, bound);
        run.replay(&decisions);
        loop {
            let steps = run.steps();
            let always = (scenario.always)(&run.state.borrow());
            let verdict = if !run.state.borrow().history.is_linearizable() {
                Err("not linearizable".to_owned())
            } else if always.is_err() {
                always
            } else if steps.is_empty() {
                assert!(run.state.borrow().is_over(), "stuck half-way");
                (scenario.judge)(&run.state)
            } else {
                Ok(())
            };
            if let Err(why) = verdict {
                let mut run = Run::new(scenario, bound);
                run.log = Some(vec![why]);
                run.replay(&decisions);
                return Err(run.log.unwrap_or_default().join("\n"));
            }
            if steps.is_empty() {
                break;
            }
            let here = run.state.borrow().fingerprint((run.last, run.left.faults));
            let left = run.left.deviations;
            match reached.get(&here) {
                Some(before) if *before >= left => break,
                _ => reached.insert(here, left),
            };
            let first = steps[0];
            decisions.push((steps, 0));
            run.take(first);
        }
        explored.schedules += 1;
        while decisions.last().is_some_and(|(s, i)| i + 1 == s.len()) {
            decisions.pop();
        }
        let Some((_, chosen)) = decisions.last_mut() else {
            explored.states = reached.len();
            return Ok(explored);
        };
        *chosen += 1;
    }
}

impl Run {
    fn new(scenario: &Scenario<'_>, left: Bound) -> Self {
        let (state, scripts) = (scenario.set_up)();
        Self {
            state,
            scripts: scripts.into_iter().map(Some).collect(),
            last: None,
            left,
            log: None,
        }
    }

    fn replay(&mut self, decisions: &[(Vec<Step>, usize)]) {
        for (steps, chosen) in decisions {
            self.take(steps[*chosen]);
        }
    }

    /// What may happen next within what is left of the bound; nothing only when all have ended.
    fn steps(&self) -> Vec<Step> {
        let state = self.state.borrow();
        let mut steps = Vec::new();
        let overdue = |phase: &Phase| phase.is_overdue(state.now);
        let pressing = state.phases.iter().any(overdue)
            || state.orphans.iter().any(|orphan| orphan.due <= state.now);
        for (actor, phase) in state.phases.iter().enumerate() {
            let calling = matches!(phase, Phase::Calling { .. });
            if pressing && !overdue(phase) {
                continue;
            }
            if phase.can_go_on(state.now) {
                steps.push(Step::Run(actor));
            }
            if calling {
                steps.push(Step::Hold(actor));
            }
            if calling || matches!(phase, Phase::Sleeping { .. }) {
                steps.push(Step::Die(actor));
            }
            if calling {
                steps.extend([
                    Step::DieCalling(actor),
                    Step::Fail(actor),
                    Step::FailCalling(actor),
                ]);
            }
        }
        for (index, orphan) in state.orphans.iter().enumerate() {
            if !pressing || orphan.due <= state.now {
                steps.push(Step::Land(index));
            }
        }
        // Time matters only to what is under way.
        let under_way = |phase: &Phase| {
            use Phase::{Calling, Held, Sleeping};
            matches!(phase, Calling { .. } | Held { .. } | Sleeping { .. })
        };
        let waiting = state.phases.iter().any(under_way) || !state.orphans.is_empty();
        if waiting && !pressing {
            steps.push(Step::Tick);
        }
        steps.retain(|step| {
            let cost = self.cost(*step, &state);
            cost.deviations <= self.left.deviations && cost.faults <= self.left.faults
        });
        // The undisturbed course first: it is the one that every budget allows.
        steps.sort_by_key(|step| self.cost(*step, &state).deviations);
        steps
    }

    fn cost(&self, step: Step, state: &State) -> Bound {
        let [free, deviation, fault] =
            [(0, 0), (1, 0), (0, 1)].map(|(deviations, faults)| Bound { deviations, faults });
        let could_go_on = |actor: usize| {
            let phase = &state.phases[actor];
            !matches!(phase, Phase::NotStarted) && phase.can_go_on(state.now)
        };
        match step {
            // No choice: no call takes longer.
            Step::Run(actor) if state.phases[actor].is_overdue(state.now) => free,
            Step::Run(actor) => match self.last {
                Some(last) if last != actor && could_go_on(last) => deviation,
                _ => free,
            },
            Step::Hold(_) => deviation,
            Step::Die(_) | Step::DieCalling(_) | Step::Fail(_) | Step::FailCalling(_) => fault,
            Step::Land(_) => free,
            Step::Tick if (0..state.phases.len()).any(could_go_on) => deviation,
            Step::Tick => free,
        }
    }

    fn take(&mut self, step: Step) {
        let cost = self.cost(step, &self.state.borrow());
        self.left.deviations -= cost.deviations;
        self.left.faults -= cost.faults;
        self.record(step);
        match step {
            Step::Run(actor) => {
                self.last = Some(actor);
                self.run(actor);
            }
            Step::Hold(actor) => {
                let mut state = self.state.borrow_mut();
                let Phase::Calling { call, .. } = state.phases[actor].clone() else {
                    panic!("{step:?} of an actor that is in no call");
                };
                let (answer, since) = (state.carry_out(call), state.now);
                state.phases[actor] = Phase::Held { answer, since };
            }
            Step::Die(actor) | Step::DieCalling(actor) => {
                self.scripts[actor] = None;
                let lands = matches!(step, Step::DieCalling(_));
                let mut state = self.state.borrow_mut();
                state.leave_call(actor, Phase::Dead, lands);
                state.end(actor, Outcome::Unknown);
            }
            Step::Fail(actor) | Step::FailCalling(actor) => {
                let failed = Phase::Answered(Answer::Failed);
                let lands = matches!(step, Step::FailCalling(_));
                self.state.borrow_mut().leave_call(actor, failed, lands);
                self.last = Some(actor);
                self.run(actor);
            }
            Step::Land(orphan) => self.state.borrow_mut().land(orphan),
            Step::Tick => self.state.borrow_mut().now += 1,
        }
    }

    fn run(&mut self, actor: usize) {
        {
            let mut state = self.state.borrow_mut();
            let answered = match state.phases[actor].clone() {
                Phase::Calling { call, .. } => Some(state.carry_out(call)),
                Phase::Held { answer, .. } => Some(answer),
                _ => None,
            };
            if let Some(answer) = answered {
                state.phases[actor] = Phase::Answered(answer);
            }
        }
        let script = self.scripts[actor].as_mut().unwrap();
        let mut context = Context::from_waker(Waker::noop());
        if script.as_mut().poll(&mut context).is_ready() {
            self.state.borrow_mut().phases[actor] = Phase::Ended;
        }
    }

    fn record(&mut self, step: Step) {
        let Some(log) = &mut self.log else { return };
        let state = self.state.borrow();
        let doing = match step {
            Step::Run(actor) | Step::Hold(actor) | Step::Fail(actor) | Step::FailCalling(actor) => {
                match &state.phases[actor] {
                    Phase::Calling { call, .. } => call.to_string(),
                    other => format!("{other:?}"),
                }
            }
            Step::Land(orphan) => state.orphans[orphan].call.to_string(),
            _ => String::new(),
        };
        log.push(format!("  t={} {step:?} {doing}", state.now));
    }
}

/// Runs one actor alone to its end, and returns how many ticks that took.
pub fn run_alone(state: &Shared, script: impl FnOnce(Actor) -> Script) -> u32 {
    let actor = Actor::join(state);
    let started = state.borrow().now;
    let id = actor.id;
    let mut scripts: Vec<Option<Script>> = (0..id).map(|_| None).collect();
    scripts.push(Some(script(actor)));
    let left = Bound {
        deviations: 0,
        faults: 0,
    };
    let mut run = Run {
        state: Rc::clone(state),
        scripts,
        last: None,
        left,
        log: None,
    };
    loop {
        let phase = state.borrow().phases[id].clone();
        match phase {
            Phase::Ended => break,
            _ if phase.can_go_on(state.borrow().now) => run.run(id),
            _ => state.borrow_mut().now += 1,
        }
    }
    state.borrow().now - started
}
