//! What all instances of one component share, and the one door through which every host call goes.

use std::sync::{Arc, atomic::AtomicU64};

use crate::{
    clock::Clock,
    counts::Counters,
    database::{Database, Store},
    error::StoreError,
    faults::{Call, Faults},
    handles::OpenStore,
    logs::Logs,
    manifest::Grants,
    stats::Statistics,
    templates::GetError,
    variables::Variables,
};

/// What all components of one [`Host`](crate::Host) share with it.
pub(crate) struct Common {
    pub(crate) database: Database,
    pub(crate) variables: Variables,
    pub(crate) clock: Clock,
    pub(crate) counters: Counters,
    pub(crate) faults: Faults,
    pub(crate) logs: Logs,
    pub(crate) statistics: Statistics,
}

/// The same behind the grants of one component.
pub(crate) struct Services {
    pub(crate) common: Arc<Common>,
    pub(crate) grants: Grants,
}

/// Shared by all instances of a component.
pub(crate) type SharedServices = Arc<Services>;

impl Services {
    /// Counts a call and carries it out, or what the injected faults make of it.
    pub(crate) async fn call<T: Clone + 'static>(
        &self,
        name: &'static str,
        key: Option<&str>,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.common.counters.add(name);
        let call = || Call {
            name,
            key: key.map(str::to_owned),
        };
        let plan = self.common.faults.plan(name, key);
        plan.carry_out(call, &self.common.clock, work).await
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
            self.common.faults.check_handle(&store.opened)?;
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

    /// Opens a store, if the component is granted it.
    pub(crate) async fn open(
        &self,
        name: &'static str,
        label: &str,
    ) -> Result<OpenStore, StoreError> {
        self.call(name, Some(label), async {
            if !self.grants.stores.contains(label) {
                return Err(StoreError::AccessDenied);
            }
            Ok(OpenStore::new(
                self.common.database.open(label),
                AtomicU64::new(self.common.faults.epoch()),
            ))
        })
        .await
    }

    /// What the component's variable is now: every `get` asks anew, as in Spin.
    pub(crate) async fn variable(
        &self,
        name: &str,
    ) -> Result<Result<String, GetError>, StoreError> {
        let work = async { Ok(self.grants.variables.get(name, &self.common.variables)) };
        self.call("variables.get", Some(name), work).await
    }
}
