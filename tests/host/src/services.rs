//! What all instances of one host share, and the one door through which every host call goes.

use std::{collections::HashSet, sync::Arc, sync::atomic::AtomicU64};

use crate::{
    clock::Clock,
    counts::Counters,
    database::{Database, Store},
    error::StoreError,
    faults::{Call, Faults},
    handles::OpenStore,
    logs::Logs,
    stats::Statistics,
    variables::Variables,
};

pub(crate) struct Services {
    pub(crate) database: Database,
    /// The labels in the manifest's `key_value_stores`.
    pub(crate) granted: HashSet<String>,
    pub(crate) variables: Variables,
    pub(crate) clock: Clock,
    pub(crate) counters: Counters,
    pub(crate) faults: Faults,
    pub(crate) logs: Logs,
    pub(crate) statistics: Statistics,
}

impl Services {
    /// Counts a call and carries it out, or what the injected faults make of it.
    pub(crate) async fn call<T: Clone + 'static>(
        &self,
        name: &'static str,
        key: Option<&str>,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.counters.add(name);
        let call = || Call {
            name,
            key: key.map(str::to_owned),
        };
        let plan = self.faults.plan(name, key);
        plan.carry_out(call, &self.clock, work).await
    }

    /// The same for a call on an open store, which may be broken.
    pub(crate) async fn call_store<T: Clone + 'static>(
        &self,
        name: &'static str,
        key: Option<&str>,
        store: &OpenStore,
        work: impl AsyncFnOnce(&Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.call(name, key, async {
            self.faults.check_handle(&store.opened)?;
            work(&store.store).await
        })
        .await
    }

    /// A `get`, under the name it has in the guest's interface; the calls below likewise.
    pub(crate) async fn get(
        &self,
        name: &'static str,
        store: &OpenStore,
        key: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let work = async |store: &Store| store.get(key).await;
        self.call_store(name, Some(key), store, work).await
    }

    pub(crate) async fn set(
        &self,
        name: &'static str,
        store: &OpenStore,
        key: &str,
        value: &[u8],
    ) -> Result<(), StoreError> {
        let work = async |store: &Store| store.set(key, value).await;
        self.call_store(name, Some(key), store, work).await
    }

    pub(crate) async fn delete(
        &self,
        name: &'static str,
        store: &OpenStore,
        key: &str,
    ) -> Result<(), StoreError> {
        let work = async |store: &Store| store.delete(key).await;
        self.call_store(name, Some(key), store, work).await
    }

    /// Opens a store, if the manifest grants it.
    pub(crate) async fn open(
        &self,
        name: &'static str,
        label: &str,
    ) -> Result<OpenStore, StoreError> {
        self.call(name, Some(label), async {
            if !self.granted.contains(label) {
                return Err(StoreError::AccessDenied);
            }
            Ok(OpenStore::new(
                self.database.open(label),
                AtomicU64::new(self.faults.epoch()),
            ))
        })
        .await
    }
}

/// Shared by all instances and by the [`Host`](crate::Host).
pub(crate) type SharedServices = Arc<Services>;
