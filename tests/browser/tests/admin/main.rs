//! The admin page as people use it: in a headless Chromium, driven through WebDriver. Where there is no Chromium, one
//! line says so and all of this passes, unless `CI` is set.
//!
//! - [`driver`]: the `chromedriver` of this process · [`browser`]: `Browser`, one of its sessions
//! - what people do: [`page`], by label, and [`files`]
//! - what must hold of every page: [`checks`]
//! - the application: [`shortener`] · each of its pages: [`pages`] · all that one does there: [`journey`]
//! - the one in the README: [`picture`]
//! - that the above work: [`harness`], on pages of a [`site`] that fits in a test

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod browser;
mod checks;
mod driver;
mod files;
mod harness;
mod journey;
mod page;
mod pages;
mod picture;
mod shortener;
mod site;
