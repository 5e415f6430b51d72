//! Faults that tests inject into host calls, while requests are running.
//!
//! A fault is a place, where calls pass, and an effect on them:
//!
//! ```ignore
//! host.faults().before("key-value.set").key("abc").nth(2).fail("too many requests");
//! host.faults().after("atomics.increment").die();
//! host.faults().before("*").wait(Duration::from_millis(20));
//! ```
//!
//! *Before* a call, the store has not been touched, and an effect that answers keeps it untouched. *After* it, the store
//! has done its work, and only the answer is at stake. Effects on the same call happen in the order they were added,
//! until one of them settles the answer.
//!
//! A call that waits holds up its whole instance if its interface is a blocking one (`wasi:keyvalue`, all of SDK 5): to
//! make two such calls meet at a gate, they must come from two instances.
//!
//! Here is which fault strikes which call; what then becomes of the call is in `plan`.

mod plan;

use std::{
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{error::StoreError, gate::Gate};
use plan::{Effect, Plan};

/// One call from the guest to the host, as hooks see it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The interface and the function, as in [`Counts`](crate::Counts).
    pub name: &'static str,
    /// The key, or the variable, or the label of the store to open, if the call has one.
    pub key: Option<String>,
}

/// The faults of one host; clones share them.
#[derive(Clone, Default)]
pub struct Faults(Arc<Inner>);

#[derive(Default)]
struct Inner {
    rules: Mutex<Vec<Rule>>,
    /// Whether `rules` holds anything: spares the hot path the lock.
    armed: AtomicBool,
    /// Handles opened in an earlier epoch are broken.
    epoch: AtomicU64,
    break_once: AtomicBool,
}

impl Faults {
    /// A place just before calls named `name`: `"key-value.get"`, `"key-value.*"`, or `"*"` for every store call.
    pub fn before(&self, name: &str) -> Place {
        Place::new(self.clone(), name, Moment::Before)
    }

    /// A place just after calls named `name` have been carried out.
    pub fn after(&self, name: &str) -> Place {
        Place::new(self.clone(), name, Moment::After)
    }

    /// Removes all faults. Calls that hang and handles that are broken stay so.
    pub fn clear(&self) {
        self.rules().clear();
        self.0.armed.store(false, Ordering::SeqCst);
    }

    /// From now on the first call on each handle that is open now fails, as after a restart of Redis.
    pub fn break_handles_once(&self) {
        self.break_open_handles(true);
    }

    /// From now on every call on a handle that is open now fails; a new one works.
    pub fn break_handles(&self) {
        self.break_open_handles(false);
    }

    fn break_open_handles(&self, once: bool) {
        self.0.break_once.store(once, Ordering::SeqCst);
        self.0.epoch.fetch_add(1, Ordering::SeqCst);
    }

    fn rules(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, rule: Rule) {
        self.rules().push(rule);
        self.0.armed.store(true, Ordering::SeqCst);
    }

    /// The epoch that a handle opened now belongs to.
    pub(crate) fn epoch(&self) -> u64 {
        self.0.epoch.load(Ordering::SeqCst)
    }

    /// Fails if the handle that was opened in `opened` is broken; moves it to today if one failure was to be all.
    pub(crate) fn check_handle(&self, opened: &AtomicU64) -> Result<(), StoreError> {
        let now = self.epoch();
        if opened.load(Ordering::SeqCst) >= now {
            return Ok(());
        }
        if self.0.break_once.load(Ordering::SeqCst) {
            opened.store(now, Ordering::SeqCst);
        }
        Err("broken pipe".into())
    }

    /// What is to happen before and after this call. Every fault that counts calls counts this one.
    pub(crate) fn plan(&self, name: &'static str, key: Option<&str>) -> Plan {
        let mut plan = Plan::default();
        if !self.0.armed.load(Ordering::SeqCst) {
            return plan;
        }
        for rule in self.rules().iter_mut() {
            if rule.place.covers(name, key) && rule.strikes() {
                match rule.place.moment {
                    Moment::Before => plan.before.push(rule.effect.clone()),
                    Moment::After => plan.after.push(rule.effect.clone()),
                }
            }
        }
        plan
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Moment {
    Before,
    After,
}

/// Where a fault strikes; the last method of the chain says what it does there.
#[must_use = "a place has no effect before `fail`, `wait`, `die` … says which"]
pub struct Place {
    faults: Faults,
    moment: Moment,
    name: String,
    key: Option<String>,
    skip: usize,
    times: usize,
}

impl Place {
    fn new(faults: Faults, name: &str, moment: Moment) -> Self {
        Self {
            faults,
            moment,
            name: name.to_owned(),
            key: None,
            skip: 0,
            times: usize::MAX,
        }
    }

    fn covers(&self, name: &str, key: Option<&str>) -> bool {
        let named = match self.name.strip_suffix('*') {
            Some("") => !name.starts_with("variables."),
            Some(prefix) => name.starts_with(prefix),
            None => name == self.name,
        };
        named && (self.key.is_none() || self.key.as_deref() == key)
    }

    /// Only calls for this key, variable or label.
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Lets the first `calls` pass.
    pub fn skip(mut self, calls: usize) -> Self {
        self.skip = calls;
        self
    }

    /// Strikes this many times, then never again.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Strikes once, at the `n`-th such call from now; the first is 1.
    pub fn nth(self, n: usize) -> Self {
        self.skip(n.saturating_sub(1)).times(1)
    }

    /// The call answers this error.
    pub fn fail(self, error: impl Into<StoreError>) {
        self.install(Effect::Fail(error.into()));
    }

    /// The call kills its instance, with all requests it is serving. Nothing later happens in it.
    pub fn die(self) {
        self.fail(StoreError::Crash("by a fault".into()));
    }

    /// The call takes this much longer, on the host's clock.
    pub fn wait(self, time: Duration) {
        self.install(Effect::Wait(time));
    }

    /// The call never answers.
    pub fn hang(self) {
        self.run(|_| std::future::pending());
    }

    /// The call stops at the gate until the test lets it through.
    pub fn gate(self, gate: &Gate) {
        let gate = gate.clone();
        self.run(move |_| gate.clone().pass());
    }

    /// The call waits for whatever the test does.
    pub fn run<F>(self, hook: impl Fn(Call) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.install(Effect::Run(Arc::new(move |call| Box::pin(hook(call)))));
    }

    /// A `get` answers these bytes, or that the key is absent.
    pub fn answer_value(self, value: Option<&[u8]>) {
        self.install(Effect::Answer(Arc::new(value.map(<[u8]>::to_vec))));
    }

    /// An `increment` answers this number.
    pub fn answer_number(self, number: i64) {
        self.install(Effect::Answer(Arc::new(number)));
    }

    /// A `get-keys` stream (`spin:key-value@3.0.0` only) ends in this error after so many keys.
    pub fn cut_keys(self, after: usize, error: impl Into<StoreError>) {
        let cut: KeysCut = Some((after, error.into()));
        self.install(Effect::Answer(Arc::new(cut)));
    }

    fn install(self, effect: Effect) {
        let faults = self.faults.clone();
        faults.add(Rule {
            place: self,
            effect,
        });
    }
}

/// Where and how a `get-keys` stream ends early.
pub(crate) type KeysCut = Option<(usize, StoreError)>;

struct Rule {
    place: Place,
    effect: Effect,
}

impl Rule {
    /// Whether this call's turn has come.
    fn strikes(&mut self) -> bool {
        if self.place.skip > 0 {
            self.place.skip -= 1;
            return false;
        }
        let strikes = self.place.times > 0;
        self.place.times = self.place.times.saturating_sub(1);
        strikes
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.key.as_deref().unwrap_or(""))
    }
}
