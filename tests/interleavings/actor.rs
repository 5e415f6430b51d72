//! One who creates, changes or deletes: it runs until it calls the store or sleeps, and goes on when
//! the scheduler says so.

use super::world::{Answer, Call, Phase, State, tick};
use futures::lock::Mutex;
use history::{Kind, Outcome};
use std::{cell::RefCell, future::poll_fn, rc::Rc, task::Poll, time::Duration};
use url_shortener::{
    domain::Timestamp,
    platform::{Platform, VariableError},
    store::{IncrementError, KeyValue, StoreError},
};

/// One actor's view of the world: its store and its platform.
#[derive(Clone)]
pub struct Actor {
    pub id: usize,
    pub state: Rc<RefCell<State>>,
    calling: Rc<Mutex<()>>,
}

impl Actor {
    /// Adds an actor that has not started yet.
    pub fn join(state: &Rc<RefCell<State>>) -> Self {
        let id = state.borrow_mut().join();
        let state = Rc::clone(state);
        let calling = Rc::default();
        Self { id, state, calling }
    }

    pub fn begin(&self, kind: Kind) {
        self.state.borrow_mut().begin(self.id, kind);
    }

    pub fn end(&self, outcome: Outcome) {
        self.state.borrow_mut().end(self.id, outcome);
    }

    /// Notes what it has marked a request with.
    pub fn mark(&self, mark: String) {
        let mut state = self.state.borrow_mut();
        state.marks.insert(mark);
        state.marked += 1;
    }

    pub fn retire(&self) {
        self.state.borrow_mut().phases[self.id] = Phase::Ended;
    }

    /// One call after the other, also if the actor makes several at once.
    async fn call(&self, call: Call) -> Answer {
        let _turn = self.calling.lock().await;
        {
            let mut state = self.state.borrow_mut();
            let due = state.now + 1;
            state.phases[self.id] = Phase::Calling { call, due };
        }
        poll_fn(|context| {
            let mut state = self.state.borrow_mut();
            let Phase::Answered(answer) = &state.phases[self.id] else {
                // The scheduler polls when it likes. Streams in between want to be woken for that.
                context.waker().wake_by_ref();
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

    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        match self.call(Call::Keys).await {
            Answer::Keys(keys) => Ok(keys),
            Answer::Failed => Err(failed()),
            other => panic!("a list of keys answered {other:?}"),
        }
    }

    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        match self.call(Call::Increment(key.to_owned(), by)).await {
            Answer::Count(count) => Ok(count),
            Answer::Failed => Err(IncrementError::Failed(failed())),
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
        Timestamp::from_unix(0, 0)
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
        poll_fn(|context| {
            let woken = self.state.borrow().now >= until;
            if woken {
                Poll::Ready(())
            } else {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await;
    }

    /// Others may always go first here.
    async fn give_way(&self) {}

    fn requests_per_instance(&self) -> usize {
        usize::MAX
    }

    /// Different for every actor and every draw.
    fn random(&self, length: usize) -> Vec<u8> {
        let mut state = self.state.borrow_mut();
        state.note(self.id, "random");
        let drawn = state.seen_by(self.id).to_be_bytes();
        let bytes = drawn.iter().cycle().take(length - 1).copied();
        bytes.chain([u8::try_from(self.id).unwrap()]).collect()
    }

    async fn variable(&self, _: &str) -> Result<String, VariableError> {
        panic!("nothing here reads a variable")
    }
}
