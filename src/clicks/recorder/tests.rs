//! When an instance writes its clicks, step by step, on a platform where a sleep ends at the next poll.

use super::*;
use crate::{
    clicks::counters::Counters,
    domain::Timestamp,
    fakes::{FakePlatform, Memory, logged},
    platform::VariableError,
};
use futures::{FutureExt, executor::block_on};
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

/// A store that says what was added to which counter, and fails when it is told to.
#[derive(Default)]
struct Rigged {
    memory: Memory,
    added: RefCell<Vec<(String, i64)>>,
    failures: Cell<usize>,
    is_unsupported: Cell<bool>,
    /// Whether an increment suspends before and after it takes effect.
    suspends: bool,
}

impl KeyValue for Rigged {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.memory.get(key).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.memory.set(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.memory.delete(key).await
    }

    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.memory.keys().await
    }

    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        if self.is_unsupported.get() {
            return Err(IncrementError::Unsupported);
        }
        if self.failures.get() > 0 {
            self.failures.set(self.failures.get() - 1);
            return Err(IncrementError::Failed(StoreError("busy".to_owned())));
        }
        if self.suspends {
            suspend().await;
        }
        self.added.borrow_mut().push((key.to_owned(), by));
        let count = self.memory.increment(key, by).await;
        if self.suspends {
            suspend().await;
        }
        count
    }
}

/// A platform on which a sleep ends when the sleeper is polled again, and whose clock runs on by the
/// given time whenever it is read.
#[derive(Default)]
struct Sleepy(FakePlatform, Cell<Duration>);

impl Platform for Sleepy {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn uptime(&self) -> Duration {
        self.0.advance(self.1.get());
        self.0.uptime()
    }

    async fn sleep(&self, duration: Duration) {
        suspend().await;
        self.0.sleep(duration).await;
    }

    fn requests_per_instance(&self) -> usize {
        self.0.requests_per_instance()
    }

    fn random(&self, length: usize) -> Vec<u8> {
        self.0.random(length)
    }

    async fn variable(&self, name: &str) -> Result<String, VariableError> {
        self.0.variable(name).await
    }
}

/// Suspends once.
async fn suspend() {
    let mut has_suspended = false;
    poll_fn(|context| {
        if has_suspended {
            return Poll::Ready(());
        }
        has_suspended = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// An instance, as far as clicks are concerned.
struct World {
    store: Rigged,
    platform: Sleepy,
    recorder: Recorder,
}

impl Default for World {
    fn default() -> Self {
        Self {
            store: Rigged::default(),
            platform: Sleepy::default(),
            recorder: Recorder::new(128),
        }
    }
}

impl World {
    /// Answers a request that follows `short`.
    fn follow(&self, counting: Counting, short: &str) {
        let _under_way = self.recorder.begin_request();
        self.recorder
            .add(counting, &Code::parse(short).unwrap(), Some("id"));
    }

    fn due(&self) -> Due {
        self.recorder.due(&self.platform)
    }

    /// Does what a component does with the answer to a request.
    async fn settle(&self) {
        match self.due() {
            Due::Nothing => {}
            Due::Write => self.recorder.write(&self.store, &self.platform).await,
            Due::Finish => self.recorder.finish(&self.store, &self.platform).await,
        }
    }

    /// What was added to the counters since this was last asked: key and clicks.
    fn added(&self) -> Vec<String> {
        let added = self.store.added.take().into_iter();
        added.map(|(key, by)| format!("{key} {by}")).collect()
    }

    fn count(&self, key: &str) -> i64 {
        block_on(crate::store::count(&self.store, key)).unwrap()
    }
}

/// Polls once, and says whether the future suspended.
fn suspends(future: &mut Pin<&mut impl Future<Output = ()>>) -> bool {
    future.as_mut().now_or_never().is_none()
}

#[test]
fn a_click_is_written_at_once_and_what_comes_while_the_instance_rests_goes_out_together() {
    let world = World::default();
    world.follow(Counting::Total, "aka");
    let mut settle = pin!(world.settle());
    // The host takes the answer first.
    assert!(suspends(&mut settle));
    assert_eq!(world.added(), [""; 0]);
    assert!(suspends(&mut settle));
    assert_eq!(world.added(), ["clicks:aka:id 1"]);

    for short in ["aka", "bob", "aka"] {
        world.follow(Counting::Total, short);
        // One who rests already is enough.
        assert!(!suspends(&mut pin!(world.settle())));
    }
    assert!(suspends(&mut settle));
    // It gives way between two counters.
    assert_eq!(world.added(), ["clicks:aka:id 2"]);
    assert!(suspends(&mut settle));
    assert_eq!(world.added(), ["clicks:bob:id 1"]);
    assert!(!suspends(&mut settle));
    assert_eq!(world.due(), Due::Nothing);
}

#[test]
fn in_a_burst_the_instance_rests_first() {
    let world = World::default();
    world.follow(Counting::Total, "aka");
    let mut settle = pin!(world.settle());
    for _ in 0..2 {
        assert!(suspends(&mut settle));
        world.follow(Counting::Total, "aka");
        assert_eq!(world.added(), [""; 0]);
    }
    assert!(suspends(&mut settle));
    assert_eq!(world.added(), ["clicks:aka:id 3"]);
}

#[test]
fn nothing_is_written_while_a_request_is_under_way() {
    let world = World::default();
    let under_way = world.recorder.begin_request();
    for short in ["aka", "bob"] {
        world.follow(Counting::Total, short);
    }
    assert_eq!(world.due(), Due::Nothing);
    assert!(!suspends(&mut pin!(world.settle())));
    assert_eq!(world.added(), [""; 0]);

    drop(under_way);
    let mut settle = pin!(world.settle());
    assert!(suspends(&mut settle));
    assert!(suspends(&mut settle));
    // A request that comes between two counters goes first, and sees to the rest.
    let under_way = world.recorder.begin_request();
    while suspends(&mut settle) {}
    assert_eq!(world.added(), ["clicks:aka:id 1"]);
    drop(under_way);
    assert_eq!(world.due(), Due::Write);
    block_on(world.settle());
    assert_eq!(world.added(), ["clicks:bob:id 1"]);
}

#[test]
fn the_last_request_of_an_instance_leaves_nothing_unwritten() {
    let world = World {
        recorder: Recorder::new(3),
        ..World::default()
    };
    world.follow(Counting::Daily, "aka");
    let mut resting = pin!(world.settle());
    assert!(suspends(&mut resting));
    let under_way = world.recorder.begin_request();
    world.follow(Counting::Daily, "bob");
    // The instance has had its last request, but another one will be answered later.
    assert_eq!(world.due(), Due::Nothing);
    drop(under_way);
    assert_eq!(world.due(), Due::Finish);
    world.store.failures.set(LAST_PAUSES.len());
    block_on(world.settle());
    let expected = [
        "clicks:aka:id 1",
        "clicks:aka:id:2030-01-01 1",
        "clicks:bob:id 1",
        "clicks:bob:id:2030-01-01 1",
    ];
    assert_eq!(world.added(), expected);
    while suspends(&mut resting) {}
    assert_eq!(world.added(), [""; 0]);
}

#[test]
fn an_instance_that_was_idle_for_long_does_not_suspend_either() {
    let world = World::default();
    for short in ["a", "b", "c", "d"] {
        world.follow(Counting::Total, short);
    }
    let mut settle = pin!(world.settle());
    assert!(suspends(&mut settle));
    assert!(suspends(&mut settle));
    world.platform.0.advance(SAFE_IDLE);
    assert!(!suspends(&mut settle));
    assert_eq!(world.added().len(), 4);

    // A request in between, and the host begins to wait anew.
    for short in ["a", "b", "c"] {
        world.follow(Counting::Total, short);
    }
    let mut settle = pin!(world.settle());
    assert!(suspends(&mut settle));
    assert!(suspends(&mut settle));
    world.platform.0.advance(SAFE_IDLE);
    world.follow(Counting::Total, "z");
    assert_eq!(world.due(), Due::Nothing);
    assert!(suspends(&mut settle));
}

#[test]
fn what_could_not_be_written_goes_out_with_the_next_round() {
    let world = World::default();
    world.store.failures.set(2);
    world.follow(Counting::Total, "aka");
    let mut settle = pin!(world.settle());
    assert!(suspends(&mut settle));
    assert!(suspends(&mut settle));
    world.follow(Counting::Total, "aka");
    assert_eq!(world.added(), [""; 0]);
    while suspends(&mut settle) {}
    assert_eq!(world.added(), ["clicks:aka:id 2"]);
}

#[test]
fn a_counter_that_fails_does_not_hold_up_the_others() {
    let world = World::default();
    world.store.failures.set(MAX_FAILURES as usize - 1);
    for short in ["a", "b", "c"] {
        world.follow(Counting::Total, short);
    }
    let mut settle = pin!(world.settle());
    while world.store.failures.get() > 0 {
        assert!(suspends(&mut settle));
    }
    assert!(suspends(&mut settle));
    assert_eq!(world.added(), ["clicks:c:id 1"]);
    while suspends(&mut settle) {}
    assert_eq!(world.added(), ["clicks:a:id 1", "clicks:b:id 1"]);
}

#[test]
fn a_store_that_takes_long_to_fail_is_tried_once_at_the_end() {
    let world = World {
        recorder: Recorder::new(2),
        ..World::default()
    };
    for short in ["a", "b"] {
        world.follow(Counting::Total, short);
    }
    world.store.failures.set(100);
    world.platform.1.set(SLOW);
    block_on(world.settle());
    assert_eq!(world.store.failures.get(), 99);
}

#[test]
fn what_is_lost_is_told_by_its_number() {
    let ((), log) = logged(|| {
        let world = World {
            recorder: Recorder::new(1),
            ..World::default()
        };
        world.store.failures.set(100);
        world.follow(Counting::Total, "aka");
        block_on(world.settle());
    });
    assert!(log.contains(r#""event":"clicks lost","clicks":1"#), "{log}");
}

#[test]
fn a_store_that_stays_away_loses_nothing_that_a_later_click_can_save() {
    let world = World::default();
    world.store.failures.set(100);
    world.follow(Counting::Total, "aka");
    // Until the instance has been idle for too long.
    block_on(world.settle());
    world.store.failures.set(0);
    world.follow(Counting::Total, "aka");
    block_on(world.settle());
    assert_eq!(world.added(), ["clicks:aka:id 2"]);
}

#[test]
fn a_click_counts_on_the_day_on_which_it_is_written() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let world = World::default();
    // It takes a millisecond to be written, and then the instance rests.
    world.platform.0.advance(DAY - REST);
    for _ in 0..2 {
        world.follow(Counting::Daily, "aka");
        block_on(world.settle());
    }
    assert_eq!(world.count("clicks:aka:id"), 2);
    assert_eq!(world.count("clicks:aka:id:2030-01-01"), 1);
    assert_eq!(world.count("clicks:aka:id:2030-01-02"), 1);
}

#[test]
fn the_first_click_of_a_day_removes_the_day_that_has_become_too_old() {
    let world = World::default();
    let today = world.platform.now().day();
    let counters = Counters::of(&Code::parse("aka").unwrap(), Some("id"));
    let [kept, outdated] = [DAYS_KEPT - 1, DAYS_KEPT].map(|age| counters.on(today.minus(age)));
    for key in [&kept, &outdated] {
        block_on(world.store.memory.increment(key, 7)).unwrap();
    }
    world.follow(Counting::Daily, "aka");
    block_on(world.settle());
    assert_eq!((world.count(&kept), world.count(&outdated)), (7, 0));

    block_on(world.store.memory.increment(&outdated, 7)).unwrap();
    world.follow(Counting::Daily, "aka");
    block_on(world.settle());
    assert_eq!(world.count(&outdated), 7);
}

#[test]
fn a_host_without_increments_is_reported_once_and_nothing_is_kept() {
    let (due, log) = logged(|| {
        let world = World::default();
        world.store.is_unsupported.set(true);
        for _ in 0..2 {
            world.follow(Counting::Daily, "aka");
            block_on(world.settle());
        }
        world.due()
    });
    assert_eq!(due, Due::Nothing);
    assert_eq!(log.matches("misconfigured").count(), 1, "{log}");
}

#[test]
fn an_instance_that_dies_at_any_point_loses_what_it_has_not_written_and_counts_nothing_twice() {
    let shorts = ["a", "b", "a"];
    let clicks_of = |short| shorts.iter().filter(|other| **other == short).count() as i64;
    let mut deaths = 0;
    for polls in 0.. {
        let mut world = World::default();
        world.store.suspends = true;
        for short in shorts {
            world.follow(Counting::Daily, short);
        }
        let mut settle = Box::pin(world.settle());
        let is_dead = (0..polls).all(|_| suspends(&mut settle.as_mut()));
        drop(settle);
        for short in ["a", "b"] {
            for key in [
                format!("clicks:{short}:id"),
                format!("clicks:{short}:id:2030-01-01"),
            ] {
                let count = world.count(&key);
                assert!(
                    [0, clicks_of(short)].contains(&count),
                    "{polls} polls: {count}"
                );
                assert!(is_dead || count > 0, "{key} was not written");
            }
        }
        if !is_dead {
            break;
        }
        deaths += 1;
    }
    // Before it begins; before and after each of four increments, before which it gives way; while it
    // rests; and after removing each of two counters that have become too old.
    assert_eq!(deaths, 1 + 4 * 3 + 1 + 2);
}
