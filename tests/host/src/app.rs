//! The components on the engine, ready to be instantiated: the slow part of a start, done once a process.

use std::{path::Path, sync::Arc};

use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
use wasmparser::Parser;
use wasmtime::{
    Cache, Config, Engine, Error, InstanceAllocationStrategy, PoolingAllocationConfig, Result,
    component::{Component, HasSelf, InstancePre, Linker},
    error::Context as _,
};
use wasmtime_wasi_http::{
    p2::{self, bindings::ProxyPre},
    p3::{self, bindings::ServicePre},
};

use wit_component::ComponentEncoder;

use crate::{bindings, instance::Instance, waits};

/// As many instances at once as Spin allows.
const MAX_INSTANCES: u32 = 1_000;

/// Memory that Spin keeps mapped in an instance's slot from one instance to the next.
const KEEP_MEMORY: usize = 2 << 20;
const KEEP_TABLE: usize = 512 << 10;

/// Compiled components on one engine. Clones share them, and any number of [`Host`](crate::Host)s can serve them.
#[derive(Clone)]
pub struct App {
    pub(crate) engine: Engine,
    /// Of the component behind `/...`, whatever its id.
    pub(crate) first: Handler,
    /// Of all others, with their ids.
    pub(crate) further: Vec<(String, Handler)>,
}

/// What a component exports to take requests.
#[derive(Clone)]
pub(crate) enum Handler {
    /// `wasi:http/incoming-handler@0.2`: a new instance for every request.
    Wasi02(ProxyPre<Instance>),
    /// `wasi:http/handler@0.3.0-rc-2026-03-15`: instances are reused.
    Wasi03(Arc<InstancePre<Instance>>),
}

impl App {
    /// Compiles the component in this file, or finds the result in the cache of an earlier run.
    ///
    /// It is served as the manifest's component behind the route `/...`, whatever its id. Without such a route, the
    /// manifest must have no other component.
    pub fn load(wasm: impl AsRef<Path>) -> Result<Self> {
        Self::compile(wasm.as_ref(), false)
    }

    /// The same, with a component that counts the fuel it burns (see [`Stats`](crate::Stats)), which makes it slower.
    pub fn load_metered(wasm: impl AsRef<Path>) -> Result<Self> {
        Self::compile(wasm.as_ref(), true)
    }

    /// Adds a component, which is served as the manifest's component of this id.
    pub fn and(mut self, component_id: &str, wasm: impl AsRef<Path>) -> Result<Self> {
        let handler = Handler::compile(&self.engine, wasm.as_ref())?;
        self.further.push((component_id.to_owned(), handler));
        Ok(self)
    }

    fn compile(wasm: &Path, metered: bool) -> Result<Self> {
        let engine = engine(metered)?;
        Ok(Self {
            first: Handler::compile(&engine, wasm)?,
            further: Vec::new(),
            engine,
        })
    }
}

impl Handler {
    fn compile(engine: &Engine, wasm: &Path) -> Result<Self> {
        let component = read_component(wasm)
            .and_then(|bytes| Component::new(engine, bytes))
            .with_context(|| format!("cannot load {}", wasm.display()))?;
        let pre = linker(engine)?.instantiate_pre(&component)?;
        Ok(match ProxyPre::new(pre.clone()) {
            Ok(pre) => Self::Wasi02(pre),
            Err(_) => {
                ServicePre::new(pre.clone()).context("no HTTP handler that Spin 4.0 serves")?;
                Self::Wasi03(Arc::new(pre))
            }
        })
    }
}

/// The component in this file; a module built for WASI 0.1 is made one, in the way Spin does it.
pub fn read_component(wasm: impl AsRef<Path>) -> Result<Vec<u8>> {
    let bytes = std::fs::read(wasm)?;
    if Parser::is_component(&bytes) {
        return Ok(bytes);
    }
    let adapter = WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| encoder.adapter("wasi_snapshot_preview1", adapter))
        .and_then(|mut encoder| encoder.encode());
    component.map_err(Error::from_anyhow)
}

/// Spin's settings. Where its pool of instances does not fit into the address space, neither Spin nor this host uses one.
fn engine(metered: bool) -> Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    config.consume_fuel(metered);
    // Without a home directory there is no cache, and every start compiles.
    config.cache(Cache::from_file(None).ok());
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(MAX_INSTANCES)
        .total_memories(MAX_INSTANCES)
        .total_tables(2 * MAX_INSTANCES)
        .total_stacks(MAX_INSTANCES)
        .total_core_instances(4 * MAX_INSTANCES)
        .table_elements(100_000)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .max_tables_per_component(64)
        .max_memories_per_component(32)
        .max_memory_size(4 << 30)
        .linear_memory_keep_resident(KEEP_MEMORY)
        .table_keep_resident(KEEP_TABLE);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).or_else(|_| {
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config)
    })
}

/// Everything a component may import.
fn linker(engine: &Engine) -> Result<Linker<Instance>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    p2::add_only_http_to_linker_async(&mut linker)?;
    p3::add_to_linker(&mut linker)?;
    waits::add_to_linker(&mut linker)?;
    bindings::Imports::add_to_linker::<_, HasSelf<Instance>>(&mut linker, |instance| instance)?;
    Ok(linker)
}
