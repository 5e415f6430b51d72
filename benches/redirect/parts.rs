//! What is measured, part by part.

mod admin;
mod api;
mod clicks;
mod fuel;
mod latency;
mod lists;
mod redirect;
mod size;
mod wrk;

use tokio::runtime::{Builder, Runtime};

use crate::report::Section;

/// A part that can be run alone, by its name.
#[derive(Clone, Copy)]
pub enum Part {
    /// Fuel, host calls and bytes: the same on every machine.
    Fuel,
    /// Requests a second, times and CPU.
    Redirect,
    /// The same at one connection, by another's client.
    Wrk,
    /// A redirect among more and more links.
    Size,
    /// Redirects from a slow store.
    Latency,
    /// Creating.
    Api,
    /// Listing, and redirects beside it.
    Lists,
    /// Redirects whose clicks are counted.
    Clicks,
    /// The admin page's list, beside the API's.
    Admin,
}

impl Part {
    pub const ALL: [Self; 9] = [
        Self::Fuel,
        Self::Redirect,
        Self::Wrk,
        Self::Size,
        Self::Latency,
        Self::Api,
        Self::Lists,
        Self::Clicks,
        Self::Admin,
    ];

    pub fn named(name: &str) -> Self {
        let part = Self::ALL.into_iter().find(|part| part.name() == name);
        part.unwrap_or_else(|| panic!("no part is called {name}: {:?}", Self::ALL.map(Self::name)))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Redirect => "redirect",
            Self::Wrk => "wrk",
            Self::Size => "size",
            Self::Latency => "latency",
            Self::Api => "api",
            Self::Lists => "lists",
            Self::Clicks => "clicks",
            Self::Admin => "admin",
        }
    }

    /// What serves in this part: as many threads as Spin has, one for each core. On one thread alone, events come in
    /// the same order every time, as counting wants it.
    pub fn runtime(self) -> Runtime {
        let mut threads = match self {
            Self::Fuel => Builder::new_current_thread(),
            _ => Builder::new_multi_thread(),
        };
        threads.enable_all().build().expect("a runtime")
    }

    pub async fn run(self) -> Section {
        match self {
            Self::Fuel => fuel::run().await,
            Self::Redirect => redirect::run().await,
            Self::Wrk => wrk::run().await,
            Self::Size => size::run().await,
            Self::Latency => latency::run().await,
            Self::Api => api::run().await,
            Self::Lists => lists::run().await,
            Self::Clicks => clicks::run().await,
            Self::Admin => admin::run().await,
        }
    }
}
