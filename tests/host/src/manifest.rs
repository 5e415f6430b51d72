//! The part of `spin.toml` that this host obeys: variables, store grants, the route.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// The only route this host serves: everything.
const ROUTE: &str = "/...";

/// A Spin manifest, version 2, with one component behind the route `/...`.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) component_id: String,
    pub(crate) key_value_stores: Vec<String>,
    pub(crate) declared: BTreeMap<String, Declaration>,
    pub(crate) templates: BTreeMap<String, String>,
}

/// Why a manifest cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is not a manifest.
    #[error("not a Spin manifest: {0}")]
    Invalid(#[from] toml::de::Error),
    /// It is one, but not for this host.
    #[error("this host serves one component under the route \"{ROUTE}\": {0}")]
    Unsupported(String),
}

/// `[variables] x = { default = "…" }` or `{ required = true }`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Declaration {
    pub(crate) default: Option<String>,
    #[serde(default)]
    pub(crate) secret: bool,
}

impl Manifest {
    /// Reads the manifest file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ManifestError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| ManifestError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Reads a manifest from its text.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let file: File = toml::from_str(text)?;
        let [trigger] = &file.trigger.http[..] else {
            let count = file.trigger.http.len();
            return Err(ManifestError::Unsupported(format!("{count} triggers")));
        };
        if trigger.route != ROUTE {
            let route = format!("route \"{}\"", trigger.route);
            return Err(ManifestError::Unsupported(route));
        }
        let Some(component) = file.component.get(&trigger.component) else {
            let missing = format!("no component \"{}\"", trigger.component);
            return Err(ManifestError::Unsupported(missing));
        };
        Ok(Self {
            name: file.application.name,
            version: file.application.version,
            component_id: trigger.component.clone(),
            key_value_stores: component.key_value_stores.clone(),
            templates: component.variables.clone(),
            declared: file.variables,
        })
    }
}

#[derive(Deserialize)]
struct File {
    application: Application,
    #[serde(default)]
    variables: BTreeMap<String, Declaration>,
    trigger: Triggers,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
struct Application {
    name: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Triggers {
    http: Vec<HttpTrigger>,
}

#[derive(Deserialize)]
struct HttpTrigger {
    route: String,
    component: String,
}

#[derive(Clone, Deserialize)]
struct Component {
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    key_value_stores: Vec<String>,
}
