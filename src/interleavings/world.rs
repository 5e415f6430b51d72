//! The world the actors of a schedule share: a store, a clock and a history.
//!
//! An actor runs until it calls the store or sleeps, and goes on when the scheduler says so. Time
//! passes in ticks of half a lease, which is all that the protocol's timing distinguishes: a store
//! call takes effect before one tick has passed, a sleeper wakes on the first tick that is late
//! enough, or later.

use super::history::{History, Kind, Outcome};
use crate::{
    claims::LEASE,
    link::Timestamp,
    platform::{Platform, VariableError},
    store::{IncrementError, KeyValue, StoreError},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, hash_map::DefaultHasher},
    fmt,
    future::poll_fn,
    hash::{Hash, Hasher},
    rc::Rc,
    task::Poll,
    time::Duration,
};

/// Half a lease: the time a store call may take.
pub fn tick() -> Duration {
    LEASE / 2
}

#[derive(Clone, Debug, Hash)]
pub enum Call {
    Get(String),
    Set(String, Vec<u8>),
    Delete(String),
    Increment(String),
}

#[derive(Clone, Debug, Hash)]
pub enum Answer {
    Value(Option<Vec<u8>>),
    Done,
    Count(i64),
    /// An error, which says nothing about whether the call has taken effect or will.
    Failed,
}

/// Where an actor stands between two decisions of the scheduler.
#[derive(Clone, Debug, Hash)]
pub enum Phase {
    NotStarted,
    /// Its call has not taken effect, and will before the clock passes `due`.
    Calling {
        call: Call,
        due: u32,
    },
    /// Its call has taken effect; the answer arrives on a later tick.
    Held {
        answer: Answer,
        since: u32,
    },
    Answered(Answer),
    Sleeping {
        until: u32,
    },
    Ended,
    Dead,
}

impl Phase {
    pub fn can_go_on(&self, now: u32) -> bool {
        match self {
            Self::NotStarted | Self::Calling { .. } => true,
            Self::Held { since, .. } => *since < now,
            Self::Sleeping { until } => *until <= now,
            Self::Answered(_) | Self::Ended | Self::Dead => false,
        }
    }

    /// Whether its call has to take effect before anything else happens.
    pub fn is_overdue(&self, now: u32) -> bool {
        matches!(self, Self::Calling { due, .. } if *due <= now)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(key, value) => write!(f, "Set({key}, {})", String::from_utf8_lossy(value)),
            other => write!(f, "{other:?}"),
        }
    }
}

/// A call that nobody waits for any more, still to take effect.
#[derive(Clone, Debug, Hash)]
pub struct Orphan {
    pub call: Call,
    pub due: u32,
    operation: usize,
}

#[derive(Default)]
pub struct State {
    pub now: u32,
    pub values: BTreeMap<String, Vec<u8>>,
    pub counters: BTreeMap<String, i64>,
    pub phases: Vec<Phase>,
    pub orphans: Vec<Orphan>,
    pub history: History,
    /// The operation that each actor is in.
    operations: Vec<Option<usize>>,
    /// Operations of which nobody will say how they ended. Each may still happen, up to when the
    /// last of its calls has taken effect.
    untold: Vec<usize>,
    /// What each actor has seen so far. Its own state is a function of that.
    seen: Vec<u64>,
}

impl State {
    pub fn carry_out(&mut self, call: Call) -> Answer {
        match call {
            Call::Get(key) => Answer::Value(self.values.get(&key).cloned()),
            Call::Set(key, value) => {
                self.values.insert(key, value);
                Answer::Done
            }
            Call::Delete(key) => {
                self.values.remove(&key);
                self.counters.remove(&key);
                Answer::Done
            }
            Call::Increment(key) => {
                let counter = self.counters.entry(key).or_default();
                *counter += 1;
                Answer::Count(*counter)
            }
        }
    }

    /// Nobody waits for the actor's call any more, and it will still take effect.
    pub fn orphan(&mut self, actor: usize, call: Call, due: u32) {
        let operation = self.operations[actor].expect("who calls is in an operation");
        self.orphans.push(Orphan {
            call,
            due,
            operation,
        });
    }

    pub fn land(&mut self, orphan: usize) {
        let Orphan { call, .. } = self.orphans.remove(orphan);
        self.carry_out(call);
        self.close_what_is_over();
    }

    /// Nobody will say how the actor's operation ended, if it is in one.
    pub fn leave_untold(&mut self, actor: usize) {
        self.untold.extend(self.operations[actor].take());
        self.close_what_is_over();
    }

    fn close_what_is_over(&mut self) {
        let Self {
            orphans,
            history,
            untold,
            ..
        } = self;
        untold.retain(|untold| {
            let goes_on = orphans.iter().any(|orphan| orphan.operation == *untold);
            if !goes_on {
                history.close(*untold);
            }
            goes_on
        });
    }

    pub fn is_over(&self) -> bool {
        let over = |phase: &Phase| matches!(phase, Phase::Ended | Phase::Dead);
        self.phases.iter().all(over) && self.orphans.is_empty()
    }

    /// Equal for two states that nothing later can tell apart.
    pub fn fingerprint(&self, rest: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.now, &self.values, &self.counters, &self.phases).hash(&mut hasher);
        (&self.orphans, &self.history, &self.seen).hash(&mut hasher);
        (&self.operations, &self.untold, rest).hash(&mut hasher);
        hasher.finish()
    }

    fn note(&mut self, actor: usize, what: impl Hash) {
        let mut hasher = DefaultHasher::new();
        (self.seen[actor], what).hash(&mut hasher);
        self.seen[actor] = hasher.finish();
    }
}

/// One actor's view of the world: its store and its platform.
#[derive(Clone)]
pub struct Actor {
    pub id: usize,
    pub state: Rc<RefCell<State>>,
}

impl Actor {
    /// Adds an actor that has not started yet.
    pub fn join(state: &Rc<RefCell<State>>) -> Self {
        let mut inner = state.borrow_mut();
        inner.phases.push(Phase::NotStarted);
        inner.seen.push(0);
        inner.operations.push(None);
        let id = inner.phases.len() - 1;
        let state = Rc::clone(state);
        Self { id, state }
    }

    pub fn begin(&self, kind: Kind) -> usize {
        let mut state = self.state.borrow_mut();
        let operation = state.history.begin(kind);
        state.note(self.id, operation);
        state.operations[self.id] = Some(operation);
        operation
    }

    pub fn end(&self, operation: usize, outcome: Outcome) {
        let mut state = self.state.borrow_mut();
        if outcome == Outcome::Unknown {
            state.leave_untold(self.id);
        } else {
            state.history.end(operation, outcome);
            state.operations[self.id] = None;
        }
    }

    pub fn retire(&self) {
        self.state.borrow_mut().phases[self.id] = Phase::Ended;
    }

    async fn call(&self, call: Call) -> Answer {
        {
            let mut state = self.state.borrow_mut();
            let due = state.now + 1;
            state.phases[self.id] = Phase::Calling { call, due };
        }
        poll_fn(|_| {
            let mut state = self.state.borrow_mut();
            let Phase::Answered(answer) = &state.phases[self.id] else {
                return Poll::Pending;
            };
            let answer = answer.clone();
            state.note(self.id, &answer);
            Poll::Ready(answer)
        })
        .await
    }
}

impl KeyValue for Actor {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.call(Call::Get(key.to_owned())).await {
            Answer::Value(value) => Ok(value),
            Answer::Failed => Err(failed()),
            other => panic!("a get answered {other:?}"),
        }
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let call = Call::Set(key.to_owned(), value.to_owned());
        written(self.call(call).await)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        written(self.call(Call::Delete(key.to_owned())).await)
    }

    async fn keys(&self, _: &mut dyn FnMut(String)) -> Result<(), StoreError> {
        panic!("nothing here lists keys")
    }

    async fn increment(&self, key: &str) -> Result<i64, IncrementError> {
        match self.call(Call::Increment(key.to_owned())).await {
            Answer::Count(count) => Ok(count),
            other => panic!("an increment answered {other:?}"),
        }
    }
}

fn written(answer: Answer) -> Result<(), StoreError> {
    match answer {
        Answer::Done => Ok(()),
        Answer::Failed => Err(failed()),
        other => panic!("a write answered {other:?}"),
    }
}

fn failed() -> StoreError {
    StoreError("failed".to_owned())
}

impl Platform for Actor {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(0)
    }

    fn uptime(&self) -> Duration {
        let mut state = self.state.borrow_mut();
        let now = state.now;
        state.note(self.id, now);
        tick() * now
    }

    async fn sleep(&self, duration: Duration) {
        let ticks = duration.as_nanos().div_ceil(tick().as_nanos());
        let until = {
            let mut state = self.state.borrow_mut();
            let until = state.now + u32::try_from(ticks).unwrap();
            state.phases[self.id] = Phase::Sleeping { until };
            until
        };
        poll_fn(|_| {
            let woken = self.state.borrow().now >= until;
            if woken {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Different for every actor and every draw.
    fn random(&self, length: usize) -> Vec<u8> {
        let mut state = self.state.borrow_mut();
        state.note(self.id, "random");
        let drawn = state.seen[self.id].to_be_bytes();
        let bytes = drawn.iter().cycle().take(length - 1).copied();
        bytes.chain([u8::try_from(self.id).unwrap()]).collect()
    }

    async fn variable(&self, _: &str) -> Result<String, VariableError> {
        panic!("nothing here reads a variable")
    }
}
