//! Builds components, so that neither `cargo run` nor a test ever serves yesterday's.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    str::FromStr,
};

use serde::Deserialize;

/// Which of Spin's two interfaces the URL shortener is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wasi {
    /// WASI 0.2, for Spin 3.2 and later: a module that its host makes a component of.
    P2,
    /// WASI 0.3, for Spin 4: the default.
    P3,
}

/// A name of neither interface.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither p2 nor p3")]
pub struct UnknownWasi(String);

impl FromStr for Wasi {
    type Err = UnknownWasi;

    fn from_str(name: &str) -> Result<Self, UnknownWasi> {
        match name {
            "p2" => Ok(Self::P2),
            "p3" => Ok(Self::P3),
            _ => Err(UnknownWasi(name.to_owned())),
        }
    }
}

impl Wasi {
    /// What the environment variable `SHORTENER_WASI` says, so that one suite of tests runs on both; the default
    /// without it. A misspelt name is an error: it would test the other one.
    pub fn of_environment() -> Result<Self, UnknownWasi> {
        match std::env::var_os("SHORTENER_WASI") {
            Some(name) => name.to_string_lossy().parse(),
            None => Ok(Self::P3),
        }
    }

    /// The URL shortener's manifest for it.
    pub fn manifest(self) -> PathBuf {
        workspace().join(match self {
            Self::P2 => "spin.p2.toml",
            Self::P3 => "spin.toml",
        })
    }

    fn target(self) -> &'static str {
        match self {
            Self::P2 => "wasm32-wasip1",
            Self::P3 => "wasm32-wasip2",
        }
    }

    /// The package that is the URL shortener for it.
    fn package(self) -> &'static str {
        match self {
            Self::P2 => "url-shortener-spin3",
            Self::P3 => "url-shortener-spin4",
        }
    }
}

/// Settings of the build that started us, and of coverage tools around it, that are not meant for the component.
const FOREIGN_SETTINGS: [&str; 7] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTDOCFLAGS",
    "LLVM_PROFILE_FILE",
];

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A program is missing.
    #[error("cannot run {program}: {source}")]
    Missing {
        /// The program.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// A program said why on stderr.
    #[error("`{0}` failed")]
    Failed(String),
    /// The package has no library that makes a component.
    #[error("package {0} did not make a component")]
    NoComponent(String),
}

/// The root of this workspace.
pub fn workspace() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    workspace.canonicalize().unwrap_or(workspace)
}

/// Builds the library of a package of this workspace, optimised, and returns the component's file.
///
/// Adds the compiler's target with rustup if it is missing. Concurrent callers wait for each other in cargo.
pub fn component(package: &str) -> Result<PathBuf, BuildError> {
    library(package, Wasi::P3.target())
}

/// Builds the URL shortener for one of its interfaces, as [`component`] does.
pub fn shortener(wasi: Wasi) -> Result<PathBuf, BuildError> {
    library(wasi.package(), wasi.target())
}

/// Builds the page that manages links, as [`component`] does: one for both interfaces of the URL shortener.
pub fn admin() -> Result<PathBuf, BuildError> {
    library("url-shortener-admin", Wasi::P2.target())
}

fn library(package: &str, target: &str) -> Result<PathBuf, BuildError> {
    ensure_target(target)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut build = Command::new(cargo);
    build
        .args(["build", "--release", "--target", target, "--lib"])
        .args(["--package", package])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(workspace());
    for setting in FOREIGN_SETTINGS {
        build.env_remove(setting);
    }
    let messages = output(&mut build)?;
    let library = package.replace('-', "_");
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.target.name == library)
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|it| it == "wasm"))
        .ok_or_else(|| BuildError::NoComponent(package.to_owned()))
}

/// What cargo says of a finished library; its other messages look different.
#[derive(Deserialize)]
struct Message {
    target: Target,
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn ensure_target(target: &str) -> Result<(), BuildError> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]);
    if Path::new(output(&mut rustc)?.trim()).is_dir() {
        return Ok(());
    }
    output(Command::new("rustup").args(["target", "add", target])).map(drop)
}

/// Runs a command and returns what it prints; its stderr is ours.
fn output(command: &mut Command) -> Result<String, BuildError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|source| BuildError::Missing {
        program: program.clone(),
        source,
    })?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(BuildError::Failed(format!("{command:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_interfaces_have_names() {
        assert_eq!("p2".parse(), Ok(Wasi::P2));
        assert_eq!("p3".parse(), Ok(Wasi::P3));
        for name in ["", "P2", "p1", " p2", "wasi-p2"] {
            assert_eq!(name.parse::<Wasi>(), Err(UnknownWasi(name.to_owned())));
        }
    }
}
