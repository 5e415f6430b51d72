//! `wasi:keyvalue@0.2.0-draft2`: the same stores, with counters, compare-and-swap and batches.

use wasmtime::component::Resource;

use crate::{
    bindings::wasi::keyvalue::{atomics, batch, store},
    database::Store,
    error::{StoreError, answer},
    handles::{CompareAndSwap, OpenStore},
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
    async fn get(&mut self, bucket: Resource<OpenStore>, key: String) -> Answer<Option<Vec<u8>>> {
        let (services, store) = self.checkout(&bucket)?;
        answer(services.get("bucket.get", &store, &key).await)
    }

    async fn set(
        &mut self,
        bucket: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> Answer<()> {
        let (services, store) = self.checkout(&bucket)?;
        answer(services.set("bucket.set", &store, &key, &value).await)
    }

    async fn delete(&mut self, bucket: Resource<OpenStore>, key: String) -> Answer<()> {
        let (services, store) = self.checkout(&bucket)?;
        answer(services.delete("bucket.delete", &store, &key).await)
    }

    async fn exists(&mut self, bucket: Resource<OpenStore>, key: String) -> Answer<bool> {
        let (services, store) = self.checkout(&bucket)?;
        answer(services.exists("bucket.exists", &store, &key).await)
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<OpenStore>,
        cursor: Option<String>,
    ) -> Answer<store::KeyResponse> {
        let (services, store) = self.checkout(&bucket)?;
        let work = async |store: &Store| match cursor {
            Some(_) => Err("list_keys: cursor not supported".into()),
            None => store.keys().await,
        };
        let keys = services
            .call_store("bucket.list-keys", None, &store, work)
            .await;
        answer(keys.map(|keys| store::KeyResponse { keys, cursor: None }))
    }

    async fn drop(&mut self, bucket: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.take_back(bucket)
    }
}

impl batch::Host for Instance {
    async fn get_many(
        &mut self,
        bucket: Resource<OpenStore>,
        keys: Vec<String>,
    ) -> Answer<Vec<(String, Option<Vec<u8>>)>> {
        let (services, store) = self.checkout(&bucket)?;
        let work = async |store: &Store| store.get_many(keys).await;
        answer(
            services
                .call_store("batch.get-many", None, &store, work)
                .await,
        )
    }

    async fn set_many(
        &mut self,
        bucket: Resource<OpenStore>,
        key_values: Vec<(String, Vec<u8>)>,
    ) -> Answer<()> {
        let (services, store) = self.checkout(&bucket)?;
        let work = async |store: &Store| store.set_many(key_values).await;
        answer(
            services
                .call_store("batch.set-many", None, &store, work)
                .await,
        )
    }

    async fn delete_many(&mut self, bucket: Resource<OpenStore>, keys: Vec<String>) -> Answer<()> {
        let (services, store) = self.checkout(&bucket)?;
        let work = async |store: &Store| store.delete_many(keys).await;
        answer(
            services
                .call_store("batch.delete-many", None, &store, work)
                .await,
        )
    }
}

impl atomics::HostCas for Instance {
    async fn new(
        &mut self,
        bucket: Resource<OpenStore>,
        key: String,
    ) -> Answer<Resource<CompareAndSwap>> {
        let (services, store) = self.checkout(&bucket)?;
        let work = async |_: &Store| Ok(());
        match services
            .call_store("cas.new", Some(&key), &store, work)
            .await
        {
            Ok(()) => Ok(Ok(self.table.push(CompareAndSwap::new(store, key))?)),
            Err(error) => answer(Err(error)),
        }
    }

    async fn current(&mut self, cas: Resource<CompareAndSwap>) -> Answer<Option<Vec<u8>>> {
        let cas = self.table.get(&cas)?.clone();
        let work = async |store: &Store| store.get(&cas.key).await;
        let value = self
            .services
            .call_store("cas.current", Some(&cas.key), &cas.store, work)
            .await;
        if let Ok(value) = &value {
            cas.see(value.clone());
        }
        answer(value)
    }

    async fn drop(&mut self, cas: Resource<CompareAndSwap>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
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

    async fn swap(
        &mut self,
        cas: Resource<CompareAndSwap>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let cas = self.table.delete(cas)?;
        let work = async |store: &Store| store.swap(&cas.key, cas.seen(), &value).await;
        let swapped = self
            .services
            .call_store("atomics.swap", Some(&cas.key), &cas.store, work)
            .await;
        match swapped {
            Ok(true) => Ok(Ok(())),
            Ok(false) => self.retry(cas).await,
            Err(error) => Ok(answer(Err(error))?.map_err(atomics::CasError::StoreError)),
        }
    }
}

impl Instance {
    /// What a lost swap answers: a new one that has seen the value it lost against.
    async fn retry(
        &mut self,
        lost: CompareAndSwap,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let now = lost.store.store.get(&lost.key).await;
        let now: Result<_, store::Error> = answer(now)?;
        Ok(match now {
            Ok(value) => {
                let next = CompareAndSwap::new(lost.store, lost.key);
                next.see(value);
                Err(atomics::CasError::CasFailed(self.table.push(next)?))
            }
            Err(error) => Err(atomics::CasError::StoreError(error)),
        })
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
