//! `cargo run`: builds the components and serves them, for development.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use embedded_host::{
    App, Host, Manifest, VariableSources,
    build::{self, Wasi},
    runtime_config::{self, Location},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Builds the URL shortener and serves it on this machine, for development; in production, run it with Spin.
#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// The SQLite file to keep links in [default: as runtime-config.toml says, else .spin/sqlite_key_value.db]
    #[arg(long, value_name = "FILE", conflicts_with = "memory")]
    data: Option<PathBuf>,
    /// Keep links in memory, and lose them at the end.
    #[arg(long)]
    memory: bool,
    /// Set a Spin variable; may be repeated.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = assignment)]
    variables: Vec<(String, String)>,
    /// Which of Spin's interfaces to build for: p3 (Spin 4) or p2 (Spin 3)
    #[arg(long, value_name = "WASI", default_value = "p3")]
    wasi: Wasi,
    /// The manifest [default: this workspace's, spin.toml or spin.p2.toml]
    #[arg(long, value_name = "SPIN.TOML")]
    from: Option<PathBuf>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The component that manages links, and where spin.toml has it.
const ADMIN: &str = "admin";
const ADMIN_PATH: &str = "/_admin/";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> anyhow::Result<()> {
    let manifest_path = options
        .from
        .clone()
        .unwrap_or_else(|| options.wasi.manifest());
    let manifest = Manifest::load(&manifest_path)?;
    let location = location(&options, &manifest_path)?;
    let mut variables = VariableSources::of_process();
    for (name, value) in &options.variables {
        variables.set(name, value);
    }
    variables.check(&manifest)?;

    let with_admin = manifest.has_component(ADMIN);
    let app = app(options.wasi, with_admin)?;
    let host = Host::builder(&app, &manifest)
        .listen(options.listen)
        .variables(variables)
        .echo_logs();
    let host = match &location {
        Location::Memory => host.memory(),
        Location::File(path) => host.file(path),
    };
    let host = host.start().await?;

    // Before anybody is told that there is something to end.
    let mut ends = Ends::listen()?;
    let address = host.addr();
    println!("Serving http://{address}");
    if with_admin {
        println!("Links are managed at http://{address}{ADMIN_PATH}");
    }
    match location {
        Location::Memory => println!("Links are kept in memory, and lost at the end"),
        Location::File(path) => println!("Links are kept in {}", path.display()),
    }
    println!("This is the development host, not for production: there, run `spin up`");
    ends.asked().await;
    // Asked twice, it does not wait for anybody.
    tokio::select! {
        () = host.shutdown() => (),
        () = ends.asked() => (),
    }
    Ok(())
}

/// The URL shortener, and the page that manages its links where the manifest has one.
fn app(wasi: Wasi, with_admin: bool) -> anyhow::Result<App> {
    eprintln!("Building the components: about a minute the first time");
    let shortener = build::shortener(wasi)?;
    let admin = with_admin.then(build::admin).transpose()?;
    eprintln!("Compiling them for this machine: some seconds after every change");
    let app = App::load(shortener)?;
    Ok(match admin {
        Some(admin) => app.and(ADMIN, admin)?,
        None => app,
    })
}

fn location(options: &Options, manifest: &Path) -> anyhow::Result<Location> {
    Ok(match (&options.data, options.memory) {
        (Some(file), _) => Location::File(file.clone()),
        (None, true) => Location::Memory,
        (None, false) => {
            runtime_config::default_store(manifest.parent().unwrap_or(Path::new(".")))?
        }
    })
}

/// The two ways to ask this process to end.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
}

impl Ends {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Returns when somebody asks.
    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }
}
