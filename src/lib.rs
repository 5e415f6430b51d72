//! A hardened URL shortener as a plain library. The components in `components/` put it behind
//! [Spin](https://spinframework.dev)'s interfaces.
//!
//! Visitors follow short links; programs that hold the admin token or a key create them; the operator
//! configures it through Spin variables. `docs/api.md` has the HTTP contract,
//! `docs/architecture.md` the reasons.
//!
//! # Layers
//!
//! Each layer uses only those above it. `tests/layers.rs` checks that.
//!
//! | layer | module | what it is about |
//! |---|---|---|
//! | 1 | [`domain`] | link, short code, destination, host: types that are valid if they exist |
//! | 2 | [`platform`] | what is asked of the host besides the store: time, randomness, variables |
//! | 2 | [`store`] | the contract of the key-value store; keys, records, a store that reconnects |
//! | 3 | [`exclusive`] | claims, creating and editing: of competitors for a code or a version, one wins |
//! | 3 | [`clicks`] | how often each link was followed |
//! | 4 | [`catalog`] | the stored links in order, a page at a time |
//! | 3 | [`http`] | requests and responses, and which methods each path answers |
//! | 3 | [`telemetry`] | events, one line of JSON each |
//! | 4 | [`config`] | Spin variables -> settings |
//! | 5 | [`app`] | the state that all requests of an instance share |
//! | 5 | `auth` | who sends a request: the admin token, and keys with their scopes |
//! | 6 | `access_log` | the event for a visitor who was sent on |
//! | 7 | `redirect` | `GET /{short}`, the hot path |
//! | 7 | [`api`] | everything under `/_api/`, its JSON, and its one map from errors to statuses |
//! | 8 | [`routes`] | request -> handler |
//! | 8 | [`admin`] | the page in a browser, which a component of its own serves |
//!
//! # A redirect, followed through
//!
//! `GET /abc` arrives in a component, which hands it to [`routes::respond`] together with the
//! instance's [`app::App`]. [`http::resource`] says that the path names a short code, so
//! `redirect::follow` parses `abc` as a [`domain::Code`], reads the record under that key through
//! [`store::KeyValue`], decodes the [`store::Target`] in it and answers `301` with its location: `404` without a link or
//! before its time, `410` after it, `503` if the store does not answer. The component turns that
//! response into the host's form.
//!
//! # A create, followed through
//!
//! `POST /_api/links` goes to [`api::respond`], which lets it pass if `auth::authorize` knows its sender
//! and that sender may create links (`api::access`). The
//! handler reads the body ([`http::body`]), turns it into an [`api::wire::NewLink`], checks its host
//! against the operator's [`domain::HostPolicy`], and gives it to [`exclusive::Creator`]. What goes
//! wrong on the way becomes an [`api::problem::Problem`], and that becomes the response.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

mod access_log;
#[cfg(feature = "admin")]
pub mod admin;
pub mod api;
pub mod app;
mod auth;
pub mod catalog;
pub mod clicks;
pub mod config;
pub mod domain;
pub mod exclusive;
pub mod http;
pub mod platform;
mod redirect;
pub mod routes;
pub mod store;
pub mod telemetry;

// The fakes use this crate by its name, as every other user of it does.
#[cfg(test)]
extern crate self as url_shortener;
#[cfg(test)]
#[path = "../tests/fakes/src/lib.rs"]
mod fakes;
