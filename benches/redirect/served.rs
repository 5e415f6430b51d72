//! A component in the embedded host, with its links in a SQLite file of its own, as `spin up` keeps them.

use embedded_host::{App, Database, Host, Manifest, build};
use tempfile::TempDir;

use crate::{ask::TOKEN, links, subject::Subject};

/// A host, and the directory that goes with it.
pub struct Served {
    pub host: Host,
    /// Removed at the end.
    _directory: TempDir,
}

impl Served {
    /// Serves `app` with this many links and the manifest's defaults.
    pub async fn start(app: &App, links: usize) -> Self {
        Self::with(app, links, &[]).await
    }

    /// The same with these variables.
    pub async fn with(app: &App, links: usize, variables: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("links.db");
        let database = Database::file(&file).expect("a database");
        links::fill(&file, links);
        let manifest = build::workspace().join("spin.toml");
        let manifest = Manifest::load(manifest).expect("spin.toml is a manifest");
        let mut host = Host::builder(app, &manifest)
            .database(database)
            .variable("admin_token", TOKEN);
        for (name, value) in variables {
            host = host.variable(*name, *value);
        }
        Self {
            host: host.start().await.expect("the host starts"),
            _directory: directory,
        }
    }

    /// Serves each of these components, with one link.
    pub async fn each(subjects: &[Subject]) -> Vec<Self> {
        let mut served = Vec::new();
        for subject in subjects {
            served.push(Self::start(&subject.app(), 1).await);
        }
        served
    }
}
