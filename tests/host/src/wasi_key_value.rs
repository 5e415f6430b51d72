//! `wasi:keyvalue@0.2.0-draft2`, as far as the components use it: the same stores, with counters.

use wasmtime::component::Resource;

use crate::{
    bindings::wasi::keyvalue::{atomics, store},
    database::Store,
    error::{StoreError, answer},
    handles::OpenStore,
    instance::Instance,
};

type Answer<T> = wasmtime::Result<Result<T, store::Error>>;

impl store::Host for Instance {
    async fn open(&mut self, identifier: String) -> Answer<Resource<OpenStore>> {
        let opened = self.services.open("store.open", &identifier).await;
        self.hand_out(opened)
    }
}

impl store::HostBucket for Instance {
    async fn drop(&mut self, bucket: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.take_back(bucket)
    }
}

impl atomics::Host for Instance {
    async fn increment(
        &mut self,
        bucket: Resource<OpenStore>,
        key: String,
        delta: i64,
    ) -> Answer<i64> {
        let (services, store) = self.checkout(&bucket)?;
        let work = async |store: &Store| store.increment(&key, delta).await;
        answer(
            services
                .call_store("atomics.increment", Some(&key), &store, work)
                .await,
        )
    }
}

impl From<StoreError> for store::Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchStore => Self::NoSuchStore,
            StoreError::AccessDenied => Self::AccessDenied,
            StoreError::StoreTableFull => Self::Other("store table full".into()),
            StoreError::Other(message) | StoreError::Crash(message) => Self::Other(message),
        }
    }
}
