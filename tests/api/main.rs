//! The contract (`docs/api.md`), row by row, through HTTP: the built `.wasm` in the embedded host.
//! `SHORTENER_WASI=p2 cargo test --test api` runs all of it on the build for WASI 0.2.
//!
//! - [`app`]: `TestApp`, a shortener on a free port, and the verbs of its users
//! - [`request`]: `TestRequest`, what is asked · [`answer`]: `Answer`, and what must hold of every one
//! - [`raw`]: requests and answers byte for byte · [`operation`]: everything that uses the store
//! - [`tally`]: what became of a class of hostile inputs, counted
//! - visitors: [`tutorial`], [`redirect`], [`lifetime`]
//! - the API: [`create`], [`repeated`], [`read`], [`clicks`], [`list`], [`manage`], [`patch`], [`versions`],
//!   [`transfer`], [`many`], [`traffic`], [`body`], [`size`], [`destination`], [`code`], [`method`]
//! - who may use it: [`auth`], [`access`], [`cors`]
//! - the page in a browser: [`admin`]
//! - strangers: [`hostile`]; nobody waits for a list: [`isolation`]
//! - creating a code once, whatever happens: [`exclusive`], [`takeover`], [`interrupted`]
//! - operators: [`configuration`], [`misconfiguration`], [`health`], [`events`], [`restart`], [`faults`]
//! - the contract for programs, which every exchange here is held against: [`openapi`]
//! - what it costs: [`cost`], [`fuel`], and on demand [`figures`]

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod access;
mod admin;
mod answer;
mod app;
mod auth;
mod body;
mod catalog;
mod clicks;
mod code;
mod code_settings;
mod configuration;
mod cors;
mod cost;
mod create;
mod destination;
mod events;
mod exclusive;
mod faults;
mod figures;
mod fuel;
mod health;
mod hostile;
mod interrupted;
mod isolation;
mod lifetime;
mod list;
mod manage;
mod many;
mod method;
mod misconfiguration;
mod openapi;
mod operation;
mod pass_on;
mod patch;
mod raw;
mod read;
mod redirect;
mod repeated;
mod request;
mod restart;
mod size;
mod takeover;
mod tally;
mod traffic;
mod transfer;
mod tutorial;
mod versions;
