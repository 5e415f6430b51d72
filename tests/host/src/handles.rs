//! What the guest's store handles stand for, and how many of them an instance may have.

use std::sync::{Arc, atomic::AtomicU64};

use wasmtime::component::Resource;

use crate::{
    database::Store,
    error::{StoreError, answer},
    instance::Instance,
};

/// Stores that an instance may have open at once, through all interfaces together, as in Spin.
const MAX_OPEN_STORES: usize = 256;

impl Instance {
    /// A handle for the store that was `opened`, or what the guest is told instead.
    pub(crate) fn hand_out<E: From<StoreError>>(
        &mut self,
        opened: Result<OpenStore, StoreError>,
    ) -> wasmtime::Result<Result<Resource<OpenStore>, E>> {
        let room = match self.open_stores < MAX_OPEN_STORES {
            true => opened,
            false => opened.and(Err(StoreError::StoreTableFull)),
        };
        let handle = match room {
            Ok(store) => Ok(self.table.push(store)?),
            Err(error) => Err(error),
        };
        self.open_stores += usize::from(handle.is_ok());
        answer(handle)
    }

    /// Takes a handle back.
    pub(crate) fn take_back(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        self.open_stores -= 1;
        Ok(())
    }
}

/// An open store: `store` in Spin's interfaces, `bucket` in WASI's.
#[derive(Clone)]
pub struct OpenStore {
    pub(crate) store: Store,
    /// The epoch it was opened in: see [`Faults`](crate::Faults).
    pub(crate) opened: Arc<AtomicU64>,
}

impl OpenStore {
    pub(crate) fn new(store: Store, opened: AtomicU64) -> Self {
        Self {
            store,
            opened: Arc::new(opened),
        }
    }
}
