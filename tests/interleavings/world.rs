//! The world the actors of a schedule share: a store, a clock and a history.
//!
//! Time passes in ticks of half a delay bound, which is all that the protocol's timing distinguishes: a store
//! call takes effect before one tick has passed, a sleeper wakes on the first tick that is late
//! enough, or later.

use history::{History, Kind, Outcome};
use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    fmt,
    hash::{Hash, Hasher},
    mem,
    time::Duration,
};
use url_shortener::exclusive::DELAY_BOUND;

/// Half a delay bound: the time a store call may take.
pub fn tick() -> Duration {
    DELAY_BOUND / 2
}

#[derive(Clone, Debug, Hash)]
pub enum Call {
    Get(String),
    Set(String, Vec<u8>),
    Delete(String),
    Increment(String, i64),
    Keys,
}

#[derive(Clone, Debug, Hash)]
pub enum Answer {
    Value(Option<Vec<u8>>),
    Done,
    Count(i64),
    Keys(Vec<String>),
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
    /// `None` for one of an adoption, which no history shows.
    operation: Option<usize>,
}

#[derive(Default)]
pub struct State {
    pub now: u32,
    pub values: BTreeMap<String, Vec<u8>>,
    /// The records of all links that were ever stored.
    pub links_ever: BTreeSet<Vec<u8>>,
    pub counters: BTreeMap<String, i64>,
    pub phases: Vec<Phase>,
    pub orphans: Vec<Orphan>,
    pub history: History,
    /// What the same request was marked with.
    pub marks: BTreeSet<String>,
    /// How often it was marked.
    pub marked: usize,
    /// The operation that each actor is in.
    operations: Vec<Option<usize>>,
    /// Operations of which nobody will say how they ended. Each may still happen, up to when the
    /// last of its calls has taken effect.
    untold: Vec<usize>,
    /// What each actor has seen so far. Its own state is a function of that.
    seen: Vec<u64>,
}

impl State {
    /// Adds an actor that has not started yet, and returns its number.
    pub fn join(&mut self) -> usize {
        self.phases.push(Phase::NotStarted);
        self.seen.push(0);
        self.operations.push(None);
        self.phases.len() - 1
    }

    pub fn begin(&mut self, actor: usize, kind: Kind) {
        let operation = self.history.begin(kind);
        self.note(actor, operation);
        self.operations[actor] = Some(operation);
    }

    /// Ends the actor's operation, if it is in one.
    pub fn end(&mut self, actor: usize, outcome: Outcome) {
        let Some(operation) = self.operations[actor].take() else {
            return;
        };
        self.history.end(operation, outcome);
        if outcome == Outcome::Unknown {
            self.untold.push(operation);
            self.close_what_is_over();
        }
    }

    pub fn carry_out(&mut self, call: Call) -> Answer {
        match call {
            Call::Get(key) => Answer::Value(self.read(&key)),
            Call::Set(key, value) => {
                if !key.contains(':') {
                    self.links_ever.insert(value.clone());
                }
                self.values.insert(key, value);
                Answer::Done
            }
            Call::Delete(key) => {
                self.values.remove(&key);
                self.counters.remove(&key);
                Answer::Done
            }
            Call::Keys => {
                let keys = self.values.keys().chain(self.counters.keys());
                Answer::Keys(keys.cloned().collect())
            }
            Call::Increment(key, by) => {
                let counter = self.counters.entry(key).or_default();
                *counter += by;
                Answer::Count(*counter)
            }
        }
    }

    /// What is stored under `key`; a counter in the form that SQLite has it in.
    pub fn read(&self, key: &str) -> Option<Vec<u8>> {
        let counter = || Some(self.counters.get(key)?.to_le_bytes().to_vec());
        self.values.get(key).cloned().or_else(counter)
    }

    /// The actor goes over to `next` and waits for its call no more. The call is lost, or `lands` later.
    pub fn leave_call(&mut self, actor: usize, next: Phase, lands: bool) {
        let left = mem::replace(&mut self.phases[actor], next);
        if let (true, Phase::Calling { call, due }) = (lands, left) {
            let operation = self.operations[actor];
            self.orphans.push(Orphan {
                call,
                due,
                operation,
            });
        }
    }

    pub fn land(&mut self, orphan: usize) {
        let Orphan { call, .. } = self.orphans.remove(orphan);
        self.carry_out(call);
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
            let goes_on = orphans
                .iter()
                .any(|orphan| orphan.operation == Some(*untold));
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
        (&self.orphans, &self.history, &self.seen, &self.links_ever).hash(&mut hasher);
        (&self.operations, &self.untold, rest).hash(&mut hasher);
        hasher.finish()
    }

    /// What the actor has seen so far, as a number.
    pub fn seen_by(&self, actor: usize) -> u64 {
        self.seen[actor]
    }

    pub fn note(&mut self, actor: usize, what: impl Hash) {
        let mut hasher = DefaultHasher::new();
        (self.seen[actor], what).hash(&mut hasher);
        self.seen[actor] = hasher.finish();
    }
}
