//! The admin page, through HTTP as a browser without scripts would see it. What only a real browser can show
//! is in `tests/browser`.
//!
//! - [`operator`]: `Operator`, somebody who is signed in, and what that person does
//! - getting in: [`signing_in`], [`switching_off`]
//! - what the pages do: [`listing`], [`creating`], [`editing`], [`deleting`], [`import_export`], [`counting`]
//! - what nobody else gets done: [`forging`], [`hardening`]

mod counting;
mod creating;
mod deleting;
mod editing;
mod forging;
mod hardening;
mod import_export;
mod listing;
mod operator;
mod signing_in;
mod switching_off;
