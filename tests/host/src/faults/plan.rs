//! What is to happen to one call: the effects that strike it, carried out before and after its work.

use std::{any::Any, future::Future, pin::Pin, sync::Arc, time::Duration};

use super::Call;
use crate::{clock::Clock, error::StoreError};

type Hook = dyn Fn(Call) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// What a fault does to a call.
#[derive(Clone)]
pub(super) enum Effect {
    Wait(Duration),
    Run(Arc<Hook>),
    Fail(StoreError),
    Answer(Arc<dyn Any + Send + Sync>),
}

/// What the faults want of one call.
#[derive(Default)]
pub(crate) struct Plan {
    pub(super) before: Vec<Effect>,
    pub(super) after: Vec<Effect>,
}

impl Plan {
    /// Carries out `work` as planned. An injected answer must be of the type that the call returns.
    pub(crate) async fn carry_out<T: Clone + 'static>(
        self,
        call: impl Fn() -> Call,
        clock: &Clock,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        if let Some(answer) = settle(self.before, &call, clock).await {
            return answer;
        }
        let outcome = work.await;
        let settled = settle(self.after, &call, clock).await;
        settled.unwrap_or(outcome)
    }
}

async fn settle<T: Clone + 'static>(
    effects: Vec<Effect>,
    call: &impl Fn() -> Call,
    clock: &Clock,
) -> Option<Result<T, StoreError>> {
    for effect in effects {
        match effect {
            Effect::Wait(time) => clock.sleep(time).await,
            Effect::Run(hook) => hook(call()).await,
            Effect::Fail(error) => return Some(Err(error)),
            Effect::Answer(answer) => {
                let answer = answer.downcast_ref::<T>().cloned();
                let misplaced = || StoreError::Crash(format!("{} answers no such type", call()));
                return Some(answer.ok_or_else(misplaced));
            }
        }
    }
    None
}
