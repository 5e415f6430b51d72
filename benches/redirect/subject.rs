//! The components that are compared, built as they are shipped.

use std::path::PathBuf;

use embedded_host::{
    App, build,
    build::{BuildError, Wasi},
};

/// A component on trial.
pub struct Subject {
    /// What the tables call it.
    pub name: &'static str,
    wasm: PathBuf,
}

impl Subject {
    /// The rows of every comparison, in this order: [`SHORTENER`], [`FLOOR`], [`TUTORIAL`].
    pub fn all() -> [Self; 3] {
        let floor = build::component("floor");
        let tutorial = build::component("tutorial");
        [
            Self::shortener(),
            Self::built("floor", floor),
            Self::built("tutorial", tutorial),
        ]
    }

    /// This project's component.
    pub fn shortener() -> Self {
        Self::built("url-shortener", build::shortener(Wasi::P3))
    }

    fn built(name: &'static str, wasm: Result<PathBuf, BuildError>) -> Self {
        let wasm = wasm.expect("the component builds");
        Self { name, wasm }
    }

    /// The component on the engine.
    pub fn app(&self) -> App {
        App::load(&self.wasm).expect("the component loads")
    }

    /// The same, counting its fuel.
    pub fn metered(&self) -> App {
        App::load_metered(&self.wasm).expect("the component loads")
    }

    /// How large it is.
    pub fn bytes(&self) -> usize {
        std::fs::read(&self.wasm).expect("a file").len()
    }
}

/// Positions in what [`Subject::all`] returns.
pub const SHORTENER: usize = 0;
pub const FLOOR: usize = 1;
pub const TUTORIAL: usize = 2;
