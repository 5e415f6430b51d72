//! The embedded host: runs a Spin HTTP component on the engine, and behind the interfaces, that Spin 4.0.2 uses.
//!
//! For development and tests, not for production. It is here because Spin itself is in no package registry; it copies
//! what Spin was measured to do, not an idea of it.
//!
//! # Layout
//!
//! What users touch:
//! - [`build`]: makes the component's `.wasm` · [`App`]: the component on the engine · [`Manifest`]: `spin.toml`
//! - [`Host`]: serves an app at an address · [`Database`], [`Store`]: its data, in Spin's SQLite file
//! - [`Faults`], [`Gate`]: what goes wrong, and when · [`VirtualClock`]: what time it is
//! - [`Counts`], [`Stats`], [`LogWrite`]: what the component did, cost and wrote · [`runtime_config`]: which file
//!
//! A request, followed through: `server` (hyper, Spin's own routes) → `request` (Spin's headers) → `guest` (an instance,
//! new or reused) → `instance` (what it holds) → a host call: `key_value`, `wasi_key_value`, `configuration` (variables) or
//! `waits` (clocks) → `services` (counts, faults) → `database`, `variables`, `clock`.
//!
//! # Example
//!
//! ```ignore
//! let app = App::load(build::shortener(Wasi::P3)?)?;
//! let manifest = Manifest::load(build::workspace().join("spin.toml"))?;
//! let host = Host::builder(&app, &manifest).variable("admin_token", TOKEN).start().await?;
//! host.faults().before("key-value.get").nth(1).fail("too many requests");
//! // … requests to host.addr() …
//! assert_eq!(host.counts().of("key-value.get"), 2);
//! host.shutdown().await;
//! ```

pub mod build;
pub mod runtime_config;

mod app;
mod bindings;
mod clock;
mod configuration;
mod counts;
mod database;
mod error;
mod faults;
mod gate;
mod guest;
mod handles;
mod host;
mod instance;
mod key_value;
mod logs;
mod manifest;
mod request;
mod server;
mod services;
mod stats;
mod variables;
mod waits;
mod wasi_key_value;

pub use app::{App, read_component};
pub use clock::VirtualClock;
pub use counts::Counts;
pub use database::{Database, Store};
pub use error::StoreError;
pub use faults::{Call, Faults, Place};
pub use gate::Gate;
pub use host::{Host, HostBuilder, StartError};
pub use logs::{LogSource, LogWrite};
pub use manifest::{Manifest, ManifestError};
pub use stats::Stats;
pub use variables::{VariableSources, VariablesError};
