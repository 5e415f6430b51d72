//! The host: one application, one database, one address.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    app::App,
    clock::{Clock, VirtualClock},
    counts::{Counters, Counts},
    database::{Database, Store},
    error::StoreError,
    faults::Faults,
    logs::{LogSource, LogWrite, Logs},
    manifest::Manifest,
    server,
    services::Common,
    site::Site,
    stats::{Statistics, Stats},
    variables::{VariableSources, Variables, VariablesError},
};

/// The label of the store that [`Host::store`] shows.
const DEFAULT_STORE: &str = "default";

/// An app being served. Dropping it cuts all its connections.
pub struct Host {
    address: SocketAddr,
    common: Arc<Common>,
    stop: oneshot::Sender<()>,
    server: Server,
}

/// Why a host does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The database file cannot be opened.
    #[error("cannot open the database: {0}")]
    Database(#[from] StoreError),
    /// The variables do not fit the manifest.
    #[error(transparent)]
    Variables(#[from] VariablesError),
    /// The manifest does not say which of its components the app's first one is.
    #[error("the manifest has no component behind the route \"/...\", nor has it only one")]
    NoFirst,
    /// The app has a component that the manifest has not.
    #[error("the manifest has no component \"{0}\"")]
    UnknownComponent(String),
    /// The app has two components for one of the manifest.
    #[error("the app has two components \"{0}\"")]
    SameComponent(String),
    /// A component cannot be run.
    #[error(transparent)]
    Component(#[from] wasmtime::Error),
}

/// What is to be served, and how.
#[must_use = "nothing is served before `start`"]
pub struct HostBuilder {
    app: App,
    manifest: Manifest,
    address: SocketAddr,
    location: Location,
    sources: VariableSources,
    clock: Clock,
    logs: Logs,
}

enum Location {
    Memory,
    File(PathBuf),
    Open(Database),
}

impl HostBuilder {
    /// Keeps data in memory, which is the default.
    pub fn memory(mut self) -> Self {
        self.location = Location::Memory;
        self
    }

    /// Keeps data in this SQLite file.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.location = Location::File(path.into());
        self
    }

    /// Keeps data in a database that is already open: that of a host before this one.
    pub fn database(mut self, database: Database) -> Self {
        self.location = Location::Open(database);
        self
    }

    /// Sets a variable that the manifest declares, before all other sources.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.sources.set(name, value);
        self
    }

    /// Takes variables from these sources instead; a new builder has none, which leaves the manifest's defaults.
    pub fn variables(mut self, sources: VariableSources) -> Self {
        self.sources = sources;
        self
    }

    /// Listens here instead of on a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Lets the guest, and the waits of injected faults, live in virtual time.
    pub fn clock(mut self, clock: &VirtualClock) -> Self {
        self.clock = Clock::Virtual(clock.clone());
        self
    }

    /// Sends what the guest writes to this process' stdout and stderr instead of keeping it.
    pub fn echo_logs(mut self) -> Self {
        self.logs = Logs::echoing();
        self
    }

    /// Starts to serve.
    pub async fn start(self) -> Result<Host, StartError> {
        let database = match self.location {
            Location::Memory => Database::in_memory()?,
            Location::File(path) => Database::file(path)?,
            Location::Open(database) => database,
        };
        let common = Arc::new(Common {
            database,
            variables: Variables::new(&self.manifest, self.sources)?,
            clock: self.clock,
            counters: Counters::default(),
            faults: Faults::default(),
            logs: self.logs,
            statistics: Statistics::default(),
        });
        let site = Arc::new(Site::new(&self.app, &self.manifest, &common)?);
        let address = self.address;
        let cannot_listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let (stop, stopped) = oneshot::channel();
        let server = Server(tokio::spawn(server::run(listener, site, stopped)));
        Ok(Host {
            address,
            common,
            stop,
            server,
        })
    }
}

impl Host {
    /// Prepares to serve `app` as `manifest` says.
    ///
    /// A component of the manifest that the app does not have is left out with its routes: their paths go to the next
    /// route that matches them.
    pub fn builder(app: &App, manifest: &Manifest) -> HostBuilder {
        HostBuilder {
            app: app.clone(),
            manifest: manifest.clone(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            location: Location::Memory,
            sources: VariableSources::default(),
            clock: Clock::real(),
            logs: Logs::default(),
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The store with the label `default`, past the components and all faults and counts.
    pub fn store(&self) -> Store {
        self.common.database.store(DEFAULT_STORE)
    }

    /// The database, to be handed to a next host.
    pub fn database(&self) -> Database {
        self.common.database.clone()
    }

    /// The calls of the guest to the host so far.
    pub fn counts(&self) -> Counts {
        self.common.counters.read()
    }

    /// Starts to count calls at zero again.
    pub fn reset_counts(&self) {
        self.common.counters.reset();
    }

    /// Faults in host calls.
    pub fn faults(&self) -> &Faults {
        &self.common.faults
    }

    /// What serving has cost so far.
    pub fn stats(&self) -> Stats {
        self.common.statistics.read()
    }

    /// Every write of the guest, and what the host had to say about it.
    pub fn log_writes(&self) -> Vec<LogWrite> {
        self.common.logs.read()
    }

    /// The lines the guest has written to stdout and stderr.
    pub fn logs(&self) -> Vec<String> {
        let writes = self.log_writes();
        let guest = writes
            .iter()
            .filter(|write| write.source != LogSource::Host);
        let text: String = guest.map(|write| write.text.as_str()).collect();
        text.lines().map(str::to_owned).collect()
    }

    /// Sets a variable while serving, as an operator who rotates a token does.
    pub fn set_variable(&self, name: &str, value: &str) -> Result<(), VariablesError> {
        self.common.variables.set(name, value)
    }

    /// Stops listening, and returns when all requests under way have been answered: never, if one hangs.
    pub async fn shutdown(self) {
        // The server is gone only if it was cancelled.
        let _ = self.stop.send(());
        self.server.ended().await;
    }
}

/// The server's task, which ends with its owner.
struct Server(JoinHandle<()>);

impl Server {
    async fn ended(mut self) {
        // An error is a cancelled task: ended as well.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}
