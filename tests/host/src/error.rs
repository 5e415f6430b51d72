//! What can go wrong in a store call, as the guest sees it.

/// How a call to the store (or, when injected, to the variables) fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Too many open stores.
    #[error("too many open stores")]
    StoreTableFull,
    /// The host knows no store of that label.
    #[error("no such store")]
    NoSuchStore,
    /// `key_value_stores` in the manifest does not grant that label.
    #[error("access denied")]
    AccessDenied,
    /// Anything else, in the words of the backend.
    #[error("{0}")]
    Other(String),
    /// No answer at all: the host panics, and the instance dies under every request it is serving.
    #[error("instance killed: {0}")]
    Crash(String),
}

impl From<&str> for StoreError {
    fn from(message: &str) -> Self {
        Self::Other(message.to_owned())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Other(format!("{error:?}"))
    }
}

/// Turns the outcome of a call into what a generated binding returns: an answer for the guest, or a trap.
pub(crate) fn answer<T, E: From<StoreError>>(
    outcome: Result<T, StoreError>,
) -> wasmtime::Result<Result<T, E>> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(crash @ StoreError::Crash(_)) => Err(wasmtime::Error::new(crash)),
        Err(error) => Ok(Err(error.into())),
    }
}
