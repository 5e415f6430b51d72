//! The key-value data: Spin's SQLite file, with Spin's table, so that `spin up` and this host serve the same links.
//!
//! One connection behind one blocking mutex, as in Spin, with what follows from it. A call waits for the mutex inside
//! the task of the instance that made it, which then polls nothing else of that instance. A `get-keys` stream holds the
//! mutex until it has been read to its end: where its reader and a waiting call are of one instance, both wait for
//! good. And a counter whose value is not 8 bytes long breaks the store for the rest of its life.
//!
//! Here is the connection and whose turn it is; what is called on it, store by store, is in `store`.

mod store;

pub use store::Store;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::Connection;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task,
};

use crate::error::StoreError;

/// An open database; clones share it. It may outlive the host that serves from it.
#[derive(Clone)]
pub struct Database {
    connection: Arc<Mutex<Connection>>,
    broken: Arc<AtomicBool>,
    path: Option<PathBuf>,
}

impl Database {
    /// A database that lives in memory and dies with its last clone.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?, None)
    }

    /// Opens the database file, and creates it and its directory if they are missing.
    pub fn file(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)
                .map_err(|error| StoreError::Other(error.to_string()))?;
        }
        Self::prepare(Connection::open(path)?, Some(path.to_owned()))
    }

    fn prepare(connection: Connection, path: Option<PathBuf>) -> Result<Self, StoreError> {
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS spin_key_value (
                store TEXT NOT NULL,
                key TEXT NOT NULL,
                value BLOB NOT NULL,
                PRIMARY KEY (store, key)
            )",
        )?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            broken: Arc::default(),
            path,
        })
    }

    /// The file, or `None` for a database in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The store with this label; labels share the file, not the keys.
    pub fn store(&self, label: &str) -> Store {
        Store::new(self.clone(), label)
    }

    /// The same as Spin opens it for a guest: on a thread that may block, although nothing here does. It is felt: the
    /// thread's other tasks move to another one, and an answer that was about to be sent whole goes out in two parts.
    pub(crate) fn open(&self, label: &str) -> Store {
        in_place(|| self.store(label))
    }

    /// Runs `work` when its turn has come, and blocks the caller's task until then.
    fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        in_place(|| {
            let mut connection = self.lock();
            self.check()?;
            work(&mut connection)
        })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Spin panics in a poisoned lock at every call; here the instance that calls dies the same way.
    fn check(&self) -> Result<(), StoreError> {
        match self.broken.load(Ordering::SeqCst) {
            true => Err(StoreError::Crash("the store is poisoned".into())),
            false => Ok(()),
        }
    }
}

/// Runs `work` where it may block the thread.
fn in_place<T>(work: impl FnOnce() -> T) -> T {
    let on_worker_thread = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
    if on_worker_thread {
        task::block_in_place(work)
    } else {
        work()
    }
}
