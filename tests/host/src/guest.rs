//! Runs requests in a component: in a new instance each, or in instances that are reused.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::{Request, Response, body::Incoming};
use tokio::sync::oneshot;
use wasmtime::{Engine, component::Accessor};
use wasmtime_wasi_http::{
    handler::{HandlerState, Proxy, ProxyHandler, ProxyPre, StoreBundle},
    p2::{WasiHttpView as _, bindings as wasi02},
    p3::{Request as GuestRequest, bindings as wasi03},
};

use crate::{app::Handler, instance::Instance, services::SharedServices};

/// Requests that Spin gives one instance of a WASI 0.3 component: in all, and at once.
const REUSES: usize = 128;
const CONCURRENT_REUSES: usize = 16;

/// How long Spin keeps an idle instance.
const IDLE: Duration = Duration::from_secs(1);

pub(crate) type Body = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// One component, serving.
pub(crate) enum Guest {
    Wasi02 {
        pre: wasi02::ProxyPre<Instance>,
        engine: Engine,
        services: SharedServices,
    },
    Wasi03(ProxyHandler<Instances>),
}

impl Guest {
    pub(crate) fn new(
        engine: Engine,
        handler: &Handler,
        services: SharedServices,
    ) -> wasmtime::Result<Self> {
        Ok(match handler {
            Handler::Wasi02(pre) => Self::Wasi02 {
                pre: pre.clone(),
                engine,
                services,
            },
            Handler::Wasi03(pre) => Self::Wasi03(ProxyHandler::new(
                Instances { engine, services },
                ProxyPre::P3(wasi03::ServicePre::new(pre.as_ref().clone())?),
            )),
        })
    }

    /// Answers a request; an error stands for the empty 500 that the client gets.
    pub(crate) async fn serve(
        &self,
        request: Request<Incoming>,
    ) -> wasmtime::Result<Response<Body>> {
        match self {
            Self::Wasi02 {
                pre,
                engine,
                services,
            } => serve_wasi02(pre, Instance::store(engine, services), request).await,
            Self::Wasi03(handler) => serve_wasi03(handler, request).await,
        }
    }
}

async fn serve_wasi02(
    pre: &wasi02::ProxyPre<Instance>,
    mut store: wasmtime::Store<Instance>,
    request: Request<Incoming>,
) -> wasmtime::Result<Response<Body>> {
    let proxy = pre.instantiate_async(&mut store).await?;
    store.data_mut().receive();
    let (sender, response) = oneshot::channel();
    let scheme = wasi02::http::types::Scheme::Http;
    let request = store
        .data_mut()
        .http()
        .new_incoming_request(scheme, request)?;
    let outparam = store.data_mut().http().new_response_outparam(sender)?;

    // The guest goes on after it has set its response: it still has to write the body.
    let guest = tokio::spawn(async move {
        let handler = proxy.wasi_http_incoming_handler();
        let outcome = handler.call_handle(&mut store, request, outparam).await;
        Instance::served(&mut store);
        if let Err(error) = &outcome {
            let logs = &store.data().services.common.logs;
            logs.host(format_args!("{error:#}"));
        }
        outcome
    });
    match response.await {
        Ok(response) => Ok(response?.map(|body| body.map_err(Into::into).boxed_unsync())),
        Err(_) => {
            guest.await??;
            Err(wasmtime::format_err!(
                "the guest returned without a response"
            ))
        }
    }
}

async fn serve_wasi03(
    handler: &ProxyHandler<Instances>,
    request: Request<Incoming>,
) -> wasmtime::Result<Response<Body>> {
    let request =
        request.map(|body| body.map_err(wasi03::http::types::ErrorCode::from_hyper_request_error));
    let (sender, response) = oneshot::channel();
    let logs = handler.state().services.common.logs.clone();
    handler.spawn(
        None,
        Box::new(move |accessor, proxy| {
            Box::pin(async move {
                if let Err(error) = handle(accessor, proxy, request, sender).await {
                    logs.host(format_args!("{error:#}"));
                }
                accessor.with(|mut access| Instance::served(&mut access));
            })
        }),
    );
    Ok(response.await?)
}

/// Runs one request in an instance, and stays with it until the client has read the response.
async fn handle<B>(
    accessor: &Accessor<Instance>,
    proxy: &Proxy,
    request: Request<B>,
    client: oneshot::Sender<Response<Body>>,
) -> wasmtime::Result<()>
where
    B: http_body::Body<Data = Bytes, Error = wasi03::http::types::ErrorCode> + Send + 'static,
{
    accessor.with(|mut access| access.data_mut().receive());
    let Proxy::P3(service) = proxy else {
        wasmtime::bail!("a WASI 0.2 component among reusable instances");
    };
    let (request, received) = GuestRequest::from_http(request);
    let response = service.handle(accessor, request).await??;
    let response = accessor.with(|access| response.into_http(access, received))?;

    let (reading, read) = oneshot::channel::<()>();
    let response = response.map(|body| {
        let body = body.map_err(move |error| {
            // Owned by the body, so that it is dropped when hyper is done with the body.
            let _reading = &reading;
            error.into()
        });
        body.boxed_unsync()
    });
    if client.send(response).is_ok() {
        // Ends in an error, always: the sender is only dropped.
        let _ = read.await;
    }
    Ok(())
}

/// Starts instances of a WASI 0.3 component and says how far they are reused.
pub(crate) struct Instances {
    engine: Engine,
    services: SharedServices,
}

impl HandlerState for Instances {
    type StoreData = Instance;

    fn new_store(&self, _request: Option<u64>) -> wasmtime::Result<StoreBundle<Instance>> {
        Ok(StoreBundle {
            store: Instance::store(&self.engine, &self.services),
            write_profile: Box::new(|_| ()),
        })
    }

    fn request_timeout(&self) -> Duration {
        Duration::MAX
    }

    fn idle_instance_timeout(&self) -> Duration {
        IDLE
    }

    fn max_instance_reuse_count(&self) -> usize {
        REUSES
    }

    fn max_instance_concurrent_reuse_count(&self) -> usize {
        CONCURRENT_REUSES
    }

    fn handle_worker_error(&self, error: wasmtime::Error) {
        let logs = &self.services.common.logs;
        logs.host(format_args!("instance lost: {error:#}"));
    }
}
