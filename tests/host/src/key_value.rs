//! Spin's key-value interfaces: `spin:key-value@3.0.0` (SDK 6, asynchronous) and `fermyon:spin/key-value@2.0.0` (SDK 5).

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::mpsc;
use wasmtime::{
    StoreContextMut,
    component::{
        Accessor, Destination, FutureReader, HasSelf, Resource, StreamProducer, StreamReader,
        StreamResult,
    },
};

use crate::{
    bindings::{fermyon::spin::key_value as v2, spin::key_value::key_value as v3},
    database::Store,
    error::{StoreError, answer},
    faults::KeysCut,
    handles::OpenStore,
    instance::Instance,
    services::SharedServices,
};

/// What the guest is told of a `get-keys`: the keys, and whether they were all.
type KeysAnswer = (StreamReader<String>, FutureReader<Result<(), v3::Error>>);

impl v3::Host for Instance {}

impl v3::HostStore for Instance {
    async fn drop(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.take_back(store)
    }
}

/// What a call needs before it can leave the instance to itself.
fn checkout<T>(
    accessor: &Accessor<T, HasSelf<Instance>>,
    store: &Resource<OpenStore>,
) -> wasmtime::Result<(SharedServices, OpenStore)> {
    accessor.with(|mut access| access.get().checkout(store))
}

impl v3::HostStoreWithStore for HasSelf<Instance> {
    async fn open<T: Send>(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<OpenStore>, v3::Error>> {
        let services = accessor.with(|mut access| Arc::clone(&access.get().services));
        let opened = services.open("key-value.open", &label).await;
        accessor.with(|mut access| access.get().hand_out(opened))
    }

    async fn get<T: Send>(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, v3::Error>> {
        let (services, store) = checkout(accessor, &store)?;
        answer(services.get("key-value.get", &store, &key).await)
    }

    async fn set<T: Send>(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), v3::Error>> {
        let (services, store) = checkout(accessor, &store)?;
        answer(services.set("key-value.set", &store, &key, &value).await)
    }

    async fn delete<T: Send>(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<(), v3::Error>> {
        let (services, store) = checkout(accessor, &store)?;
        answer(services.delete("key-value.delete", &store, &key).await)
    }

    async fn get_keys<T: Send>(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
    ) -> wasmtime::Result<KeysAnswer> {
        let (services, store) = checkout(accessor, &store)?;
        let work = async |_: &Store| Ok(KeysCut::None);
        let cut = match services
            .call_store("key-value.get-keys", None, &store, work)
            .await
        {
            Ok(cut) => cut,
            Err(crash @ StoreError::Crash(_)) => return Err(wasmtime::Error::new(crash)),
            // Opening the stream cannot fail: the error is how it ends.
            Err(error) => Some((0, error)),
        };
        let (keys, end) = store.store.stream_keys(cut);
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, Keys(keys))?;
            let end = FutureReader::new(&mut access, async { answer(end.await?) })?;
            Ok((keys, end))
        })
    }
}

/// Hands keys to the guest one at a time, as Spin does.
struct Keys(mpsc::Receiver<String>);

impl<D> StreamProducer<D> for Keys {
    type Item = String;
    type Buffer = Option<String>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, String, Option<String>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        match self.0.poll_recv(context) {
            Poll::Ready(Some(key)) => {
                destination.set_buffer(Some(key));
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Ready(None) => Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Instance {
    /// The services and an open store, cloned out of the instance.
    pub(crate) fn checkout(
        &self,
        store: &Resource<OpenStore>,
    ) -> wasmtime::Result<(SharedServices, OpenStore)> {
        let store = self.table.get(store)?.clone();
        Ok((Arc::clone(&self.services), store))
    }
}

impl v2::Host for Instance {}

impl v2::HostStore for Instance {
    async fn open(
        &mut self,
        label: String,
    ) -> wasmtime::Result<Result<Resource<OpenStore>, v2::Error>> {
        let opened = self.services.open("key-value.open", &label).await;
        self.hand_out(opened)
    }

    async fn get(
        &mut self,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, v2::Error>> {
        let (services, store) = self.checkout(&store)?;
        answer(services.get("key-value.get", &store, &key).await)
    }

    async fn set(
        &mut self,
        store: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), v2::Error>> {
        let (services, store) = self.checkout(&store)?;
        answer(services.set("key-value.set", &store, &key, &value).await)
    }

    async fn delete(
        &mut self,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<(), v2::Error>> {
        let (services, store) = self.checkout(&store)?;
        answer(services.delete("key-value.delete", &store, &key).await)
    }

    async fn get_keys(
        &mut self,
        store: Resource<OpenStore>,
    ) -> wasmtime::Result<Result<Vec<String>, v2::Error>> {
        let (services, store) = self.checkout(&store)?;
        let work = async |store: &Store| store.keys().await;
        answer(
            services
                .call_store("key-value.get-keys", None, &store, work)
                .await,
        )
    }

    async fn drop(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.take_back(store)
    }
}

/// The two versions of the interface name the same errors.
macro_rules! same_errors {
    ($version:ident) => {
        impl From<StoreError> for $version::Error {
            fn from(error: StoreError) -> Self {
                match error {
                    StoreError::StoreTableFull => Self::StoreTableFull,
                    StoreError::NoSuchStore => Self::NoSuchStore,
                    StoreError::AccessDenied => Self::AccessDenied,
                    StoreError::Other(message) | StoreError::Crash(message) => Self::Other(message),
                }
            }
        }
    };
}

same_errors!(v2);
same_errors!(v3);
