//! Where the default store is: Spin's `runtime-config.toml`, as far as this host follows it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where Spin keeps the default store, next to the manifest, if nothing says otherwise.
const DEFAULT_FILE: &str = ".spin/sqlite_key_value.db";

/// A place for data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In memory, gone with the process.
    Memory,
    /// In this SQLite file.
    File(PathBuf),
}

/// Why a runtime configuration cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is not a runtime configuration.
    #[error("not a runtime configuration: {0}")]
    Invalid(#[from] toml::de::Error),
    /// It asks for a store that only Spin has.
    #[error(
        "the default store is of type \"{0}\", but this development host only does SQLite (type \"spin\")"
    )]
    Unsupported(String),
}

/// Where `runtime-config.toml` in `directory` puts the default store; without that file, Spin's usual place there.
///
/// As in Spin, a stanza of type `spin` without a `path` means memory.
pub fn default_store(directory: &Path) -> Result<Location, RuntimeConfigError> {
    let path = directory.join("runtime-config.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(RuntimeConfigError::Unreadable { path, source }),
    };
    let config: File = toml::from_str(&text)?;
    let Some(store) = config.key_value_store.default else {
        return Ok(Location::File(directory.join(DEFAULT_FILE)));
    };
    if store.kind != "spin" {
        return Err(RuntimeConfigError::Unsupported(store.kind));
    }
    Ok(match store.path {
        Some(path) => Location::File(directory.join(path)),
        None => Location::Memory,
    })
}

#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    key_value_store: Stores,
}

#[derive(Default, Deserialize)]
struct Stores {
    default: Option<StoreConfig>,
}

#[derive(Deserialize)]
struct StoreConfig {
    #[serde(rename = "type")]
    kind: String,
    path: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn default_store_of(config: &str) -> Result<Location, RuntimeConfigError> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        std::fs::write(path.join("runtime-config.toml"), config).expect("a file");
        default_store(path).map(|location| match location {
            Location::File(file) => {
                Location::File(file.strip_prefix(path).expect("inside").to_owned())
            }
            Location::Memory => Location::Memory,
        })
    }

    #[test]
    fn spins_rules_for_the_path_hold() -> Result<(), RuntimeConfigError> {
        let memory = "[key_value_store.default]\ntype = 'spin'";
        assert_eq!(default_store_of(memory)?, Location::Memory);

        let file = "[key_value_store.default]\ntype = 'spin'\npath = 'data/links.db'";
        assert_eq!(
            default_store_of(file)?,
            Location::File("data/links.db".into())
        );

        let other_label = "[key_value_store.other]\ntype = 'redis'\nurl = 'redis://x'";
        assert_eq!(
            default_store_of(other_label)?,
            Location::File(DEFAULT_FILE.into())
        );
        Ok(())
    }

    #[test]
    fn other_backends_are_refused_in_a_sentence() {
        let redis = "[key_value_store.default]\ntype = 'redis'\nurl = 'redis://x'";
        let refusal = default_store_of(redis)
            .expect_err("no Redis here")
            .to_string();
        assert!(refusal.contains("only does SQLite"), "{refusal}");
    }
}
