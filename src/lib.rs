//! A hardened URL shortener that is one WebAssembly component for [Spin](https://spinframework.dev).
//!
//! Visitors follow short links; a program that holds the admin token creates them; the operator
//! configures it through Spin variables. `docs/api.md` has the HTTP contract,
//! `docs/architecture.md` the reasons.
//!
//! # Layout
//!
//! | module | what it is about |
//! |---|---|
//! | `component` | the wasm boundary: the only one that uses Spin's SDKs. No decisions |
//! | [`routes`] | method and path -> handler |
//! | [`redirect`] | `GET /{short}`, the hot path |
//! | [`api`] | everything under `/_api/`: one link, lists, export and import, the events of changes |
//! | [`wire`] | the API's JSON <-> the domain |
//! | [`auth`] | the admin token |
//! | [`catalog`] | the stored links in order, a page at a time |
//! | [`claims`] | who is the first, by the store's atomic increment |
//! | [`create`] | exclusive creation, over any store |
//! | [`edit`] | changing and deleting, one at a time per code |
//! | [`store`] | the key-value store's contract; keys, records, a connection that opens itself again |
//! | [`visit`] | the log's line for a visitor who was sent on |
//! | [`policy`] | which hosts a link may lead to |
//! | [`link`] | link, code, destination: types that only `parse` can build |
//! | [`config`] | Spin variables -> settings |
//! | [`problem`] | error -> status and `application/problem+json` |
//! | [`request`] | a request: method, target, the headers that are read, its body up to a limit |
//! | [`response`] | how an answer is built |
//! | [`header`] | the names of the header fields that are read or written |
//! | [`overlap`] | a few things at the same time, their outcomes in order |
//! | [`telemetry`] | events -> one line of JSON each |
//! | `interleavings` | a test: `create` and `edit` in every order of their store calls |
//! | `laws`, `testing` | what no input may break, and fakes: for tests and fuzzing only |
//! | [`shortener`], [`platform`] | what an instance keeps, and what it asks of its host |
//!
//! Dependencies point one way: `link` <- `store` <- `claims` <- `create`, `edit` <- `api` <- `routes` <-
//! `component`, and `redirect` stands between `store` and `routes`.
//!
//! # One request, followed through
//!
//! `GET /abc` arrives in `component`, which hands it to [`routes::respond`] together with the
//! instance's [`shortener::Shortener`]. No API path, so [`redirect::follow`] parses `abc` as a
//! [`link::Code`], reads the record of that key through [`store::KeyValue`], decodes the
//! [`store::Target`] in it and answers `301` with its location. `component` turns that answer into
//! the host's form.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

pub mod api;
pub mod auth;
pub mod catalog;
pub mod claims;
pub mod config;
pub mod create;
pub mod edit;
pub mod header;
pub mod link;
pub mod overlap;
pub mod platform;
pub mod policy;
pub mod problem;
pub mod redirect;
pub mod request;
pub mod response;
pub mod routes;
pub mod shortener;
pub mod store;
pub mod telemetry;
pub mod visit;
pub mod wire;

#[cfg(target_family = "wasm")]
mod component;
#[cfg(test)]
mod interleavings;

#[cfg(any(test, feature = "testing"))]
pub mod laws;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
