//! `spin:variables@3.0.0` (SDK 6, asynchronous) and `fermyon:spin/variables@2.0.0` (SDK 5).

use std::sync::Arc;

use wasmtime::component::{Accessor, HasSelf};

use crate::{
    bindings::{fermyon::spin::variables as v2, spin::variables::variables as v3},
    error::StoreError,
    instance::Instance,
    services::Services,
    templates::GetError,
};

/// An injected error is the provider's.
async fn get<E: From<GetError>>(
    services: &Services,
    name: &str,
) -> wasmtime::Result<Result<String, E>> {
    let value = match services.variable(name).await {
        Ok(value) => value,
        Err(crash @ StoreError::Crash(_)) => return Err(wasmtime::Error::new(crash)),
        Err(error) => Err(GetError::Provider(error.to_string())),
    };
    Ok(value.map_err(E::from))
}

impl v3::Host for Instance {}

impl v3::HostWithStore for HasSelf<Instance> {
    async fn get<T: Send>(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, v3::Error>> {
        let services = accessor.with(|mut access| Arc::clone(&access.get().services));
        get(&services, &name).await
    }
}

impl v2::Host for Instance {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<String, v2::Error>> {
        get(&self.services, &name).await
    }
}

impl From<GetError> for v2::Error {
    fn from(error: GetError) -> Self {
        match error {
            GetError::InvalidName(message) => Self::InvalidName(message),
            GetError::Undefined(message) => Self::Undefined(message),
            GetError::Provider(message) => Self::Provider(message),
        }
    }
}

impl From<GetError> for v3::Error {
    fn from(error: GetError) -> Self {
        match error {
            GetError::InvalidName(message) => Self::InvalidName(message),
            GetError::Undefined(message) => Self::Undefined(message),
            GetError::Provider(message) => Self::Provider(message),
        }
    }
}
