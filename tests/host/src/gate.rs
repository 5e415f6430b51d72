//! A gate in the way of host calls: what makes a race in a test happen the same way every time.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

/// Holds calls back until a test lets them through. Clones are the same gate.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    arrived: watch::Sender<usize>,
    permits: Semaphore,
}

impl Gate {
    /// A closed gate.
    pub fn closed() -> Self {
        Self(Arc::new(Inner {
            arrived: watch::Sender::new(0),
            permits: Semaphore::new(0),
        }))
    }

    /// Returns once `count` calls have come to the gate, those that have passed included.
    pub async fn arrived(&self, count: usize) {
        let mut arrived = self.0.arrived.subscribe();
        let enough = arrived.wait_for(|arrived| *arrived >= count).await;
        enough.expect("the gate owns the sender");
    }

    /// Lets `count` calls through, now or when they come.
    pub fn admit(&self, count: usize) {
        self.0.permits.add_permits(count);
    }

    /// Lets all calls through from now on.
    pub fn open(&self) {
        self.0.permits.close();
    }

    pub(crate) async fn pass(self) {
        self.0.arrived.send_modify(|arrived| *arrived += 1);
        // A closed semaphore is an open gate.
        if let Ok(permit) = self.0.permits.acquire().await {
            permit.forget();
        }
    }
}
