//! The embedded host: runs a Spin HTTP application on the engine, and behind the interfaces, that Spin 4.0.2 uses.
//!
//! For development and tests, not for production. It is here because Spin itself is in no package registry; it copies
//! what Spin was measured to do, not an idea of it.
//!
//! # Layout
//!
//! What users touch:
//! - [`build`]: makes components' `.wasm` · [`App`]: the components on the engine · [`Manifest`]: `spin.toml`
//! - [`Host`]: serves an app at an address · [`Database`], [`Store`]: its data, in Spin's SQLite file
//! - [`Faults`], [`Gate`]: what goes wrong, and when · [`VirtualClock`]: what time it is
//! - [`Counts`], [`Stats`], [`LogWrite`]: what the components did, cost and wrote · [`runtime_config`]: which file
//!
//! A request, followed through: `server` (hyper) → `site` (Spin's own paths; else which component, by `routes`) →
//! `request` (Spin's headers) → `guest` (an instance, new or reused) → `instance` (what it holds) → a host call:
//! `key_value`, `wasi_key_value`, `configuration` (variables) or `waits` (clocks) → `services` (counts, faults, grants) →
//! `database`, `templates` and `variables`, `clock`.
//!
//! # Components
//!
//! The components of an app share one address, and everything that a [`Host`] shows: the database, the values of
//! variables, the clock, counts, faults, logs and costs. Each has instances of its own, and what its own tables in the
//! manifest grant it: stores and variables. A path goes to the component with the exact route, else to the one with the
//! longest prefix; a path that no route matches is an empty 404.
//!
//! # Example
//!
//! ```ignore
//! let app = App::load(build::shortener(Wasi::P3)?)?.and("admin", build::admin()?)?;
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
mod routes;
mod server;
mod services;
mod site;
mod stats;
mod templates;
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
