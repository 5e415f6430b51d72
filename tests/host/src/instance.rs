//! One instance of a component: what its wasmtime store holds, and how it comes and goes.

use std::{sync::Arc, time::Instant};

use http_body_util::combinators::UnsyncBoxBody;
use wasmtime::{AsContext, Engine, Store, component::ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    WasiHttpCtx,
    p2::{self, body::HyperOutgoingBody, types::HostFutureIncomingResponse},
    p3,
};

use crate::{logs::LogSource, services::SharedServices, stats::MemoryMeter};

/// Fuel an instance starts with, where fuel is metered: more than it can burn.
const FULL_TANK: u64 = u64::MAX;

/// No deadline, as in Spin: interruption is compiled in but nothing interrupts.
const NO_DEADLINE: u64 = u64::MAX / 2;

/// The host's side of an instance.
pub(crate) struct Instance {
    pub(crate) services: SharedServices,
    pub(crate) table: ResourceTable,
    /// How many stores in `table` are open.
    pub(crate) open_stores: usize,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: NoOutbound,
    memory: MemoryMeter,
    /// When its start began; taken by the first request.
    born: Option<Instant>,
    /// What was in the tank when the last request ended.
    fuel: u64,
}

impl Instance {
    /// An empty wasmtime store for a new instance.
    pub(crate) fn store(engine: &Engine, services: &SharedServices) -> Store<Self> {
        let common = &services.common;
        let wasi = WasiCtx::builder()
            .stdout(common.logs.stream(LogSource::Stdout))
            .stderr(common.logs.stream(LogSource::Stderr))
            .wall_clock(common.clock.clone())
            .monotonic_clock(common.clock.clone())
            .build();
        let instance = Self {
            services: Arc::clone(services),
            table: ResourceTable::new(),
            open_stores: 0,
            wasi,
            http: WasiHttpCtx::new(),
            outbound: NoOutbound,
            memory: MemoryMeter::default(),
            born: Some(Instant::now()),
            fuel: FULL_TANK,
        };
        let mut store = Store::new(engine, instance);
        store.limiter(|instance| &mut instance.memory);
        store.set_epoch_deadline(NO_DEADLINE);
        // Fails where fuel is not metered.
        let _ = store.set_fuel(FULL_TANK);
        store
    }

    /// To be called when the instance takes a request; its first one ends its start.
    pub(crate) fn receive(&mut self) {
        let statistics = &self.services.common.statistics;
        statistics.received();
        if let Some(born) = self.born.take() {
            statistics.started(born.elapsed());
        }
    }

    /// To be called when a request has been served.
    pub(crate) fn served(mut store: impl wasmtime::AsContextMut<Data = Self>) {
        let mut store = store.as_context_mut();
        let left = store.as_context().get_fuel().unwrap_or(FULL_TANK);
        let instance = store.data_mut();
        let burnt = instance.fuel.saturating_sub(left);
        instance.fuel = left;
        let statistics = &instance.services.common.statistics;
        statistics.served(burnt, instance.memory.bytes);
    }
}

impl WasiView for Instance {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl p2::WasiHttpView for Instance {
    fn http(&mut self) -> p2::WasiHttpCtxView<'_> {
        p2::WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.outbound,
        }
    }
}

impl p3::WasiHttpView for Instance {
    fn http(&mut self) -> p3::WasiHttpCtxView<'_> {
        p3::WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.outbound,
        }
    }
}

/// Refuses every request of the guest to other servers, as Spin does without `allowed_outbound_hosts`.
struct NoOutbound;

impl p2::WasiHttpHooks for NoOutbound {
    fn send_request(
        &mut self,
        _request: hyper::Request<HyperOutgoingBody>,
        _config: p2::types::OutgoingRequestConfig,
    ) -> p2::HttpResult<HostFutureIncomingResponse> {
        Err(p2::bindings::http::types::ErrorCode::HttpRequestDenied.into())
    }
}

type Http3Error = p3::bindings::http::types::ErrorCode;
type Http3Result<T> = Result<T, wasmtime_wasi::TrappableError<Http3Error>>;
type Transfer = Box<dyn Future<Output = Result<(), Http3Error>> + Send>;
type Http3Response = http::Response<UnsyncBoxBody<bytes::Bytes, Http3Error>>;

impl p3::WasiHttpHooks for NoOutbound {
    fn send_request(
        &mut self,
        _request: http::Request<UnsyncBoxBody<bytes::Bytes, Http3Error>>,
        _options: Option<p3::RequestOptions>,
        _sent: Transfer,
    ) -> Box<dyn Future<Output = Http3Result<(Http3Response, Transfer)>> + Send> {
        Box::new(async { Err(Http3Error::HttpRequestDenied.into()) })
    }
}
