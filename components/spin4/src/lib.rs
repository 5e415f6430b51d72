//! The URL shortener behind WASI 0.3, for Spin 4 and Akamai Functions. It uses the host through
//! `spin-sdk` 6.
//!
//! This component only translates; the library makes all decisions. It exports the entry point by
//! hand instead of with the SDK's `#[http_service]`, because that macro converts a request before
//! the handler sees it, answers with an empty 500 if it cannot, and copies a response's headers
//! twice.
#![cfg(target_family = "wasm")]
// The generated export bindings need `unsafe`.
#![allow(unsafe_code)]

mod listing;
mod scheduled;
mod store;

use futures::{Stream, StreamExt, stream};
use scheduled::Scheduled;
use spin_sdk::{
    wasip3::{
        clocks::{monotonic_clock, system_clock},
        exports::http::handler::Guest,
        http::types::{self, ErrorCode, Fields, Trailers},
        random::random,
        spawn, wit_future, wit_stream,
    },
    wit_bindgen::{FutureWriter, StreamReader, StreamResult},
};
use std::{cell::OnceCell, rc::Rc, time::Duration};
use store::SpinStore;
use url_shortener::{
    app::App,
    clicks::Due,
    domain::Timestamp,
    http::{
        body::CHUNK_BYTES,
        request::{BrokenOff, Incoming, Method, Request, RequestTarget},
        response::{Body, Response},
    },
    platform::{Platform, VariableError},
    routes,
    store::{Reconnecting, StoreError},
    telemetry,
};

/// How many requests Spin 4 gives an instance, unless its operator sets `--max-instance-reuse-count`.
const REQUESTS_PER_INSTANCE: usize = 128;

thread_local! {
    /// Lives as long as the instance, which serves up to 16 requests at once from one thread.
    static APP: Rc<App<Scheduled<Reconnecting<SpinStore>>, Spin>> = {
        telemetry::init_stderr();
        let store = Scheduled::new(Reconnecting::new(SpinStore));
        Rc::new(App::new(store, Spin))
    };
}

struct Component;

spin_sdk::wasip3::http::service::export!(Component);

impl Guest for Component {
    async fn handle(request: types::Request) -> Result<types::Response, ErrorCode> {
        let app = APP.with(Rc::clone);
        let response = routes::respond(&app, from_host(request)).await;
        match app.clicks.due(&app.platform) {
            Due::Nothing => {}
            Due::Write => {
                spawn(async move { app.clicks.write(&app.store, &app.platform).await });
            }
            Due::Finish => app.clicks.finish(&app.store, &app.platform).await,
        }
        to_host(response)
    }
}

fn from_host(request: types::Request) -> Request<HostRequest> {
    let method = method(&request.get_method());
    let target = RequestTarget::new(request.get_path_with_query().unwrap_or_default());
    let headers = OnceCell::new();
    Request::new(method, target, HostRequest { headers, request })
}

struct HostRequest {
    /// Fetched when the first header is read. Declared before the request, so it is dropped first.
    headers: OnceCell<Fields>,
    request: types::Request,
}

fn method(method: &types::Method) -> Method {
    match method {
        types::Method::Get => Method::Get,
        types::Method::Head => Method::Head,
        types::Method::Post => Method::Post,
        types::Method::Put => Method::Put,
        types::Method::Patch => Method::Patch,
        types::Method::Delete => Method::Delete,
        types::Method::Options => Method::Options,
        _ => Method::Other,
    }
}

impl Incoming for HostRequest {
    fn header(&self, name: &str) -> Vec<Vec<u8>> {
        let headers = self.headers.get_or_init(|| self.request.get_headers());
        headers.get(name)
    }

    fn authority(&self) -> Option<String> {
        self.request.get_authority()
    }

    async fn read_body(self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff> {
        drop(self.headers);
        let (_, consumed) = wit_future::new(|| Ok(()));
        let (mut body, end) = types::Request::consume_body(self.request, consumed);
        loop {
            match body.read(Vec::with_capacity(CHUNK_BYTES)).await {
                (StreamResult::Complete(_), chunk) if take(&chunk) => (),
                (StreamResult::Complete(_), _) => return Ok(()),
                // This result shows that the client went away. The stream does not.
                _ => return end.await.map(drop).map_err(|_| BrokenOff),
            }
        }
    }
}

fn to_host(response: Response) -> Result<types::Response, ErrorCode> {
    let headers = fields(&response)?;
    let (trailers, end) = wit_future::new(|| Ok(None));
    let contents = match response.body {
        Body::Empty => None,
        Body::Full(bytes) => Some(contents_of(stream::iter([Ok(bytes)]), trailers)),
        Body::Stream(chunks) => Some(contents_of(chunks, trailers)),
    };
    let (outgoing, _sent) = types::Response::new(headers, contents, end);
    outgoing
        .set_status_code(response.status.as_u16())
        .map_err(|()| ErrorCode::InternalError(None))?;
    Ok(outgoing)
}

/// Streams the contents of a response. `trailers` ends them: without trailers, or with an error.
fn contents_of(
    mut chunks: impl Stream<Item = Result<Vec<u8>, StoreError>> + Unpin + 'static,
    trailers: FutureWriter<Result<Option<Trailers>, ErrorCode>>,
) -> StreamReader<u8> {
    let (mut writer, contents) = wit_stream::new();
    spawn(async move {
        let mut end = Ok(None);
        while let Some(chunk) = chunks.next().await {
            let unwritten = match chunk {
                Ok(chunk) => writer.write_all(chunk).await,
                Err(error) => {
                    // Aborts the response, so that the client does not take a part for the whole.
                    tracing::error!(error = error.0, "answer broken off");
                    end = Err(ErrorCode::InternalError(None));
                    break;
                }
            };
            // The client went away.
            if !unwritten.is_empty() {
                break;
            }
        }
        drop(writer);
        let _ = trailers.write(end).await;
    });
    contents
}

/// The response's headers. One call per header is cheaper than one call with a list of copies.
fn fields(response: &Response) -> Result<Fields, ErrorCode> {
    let fields = Fields::new();
    for (name, value) in response.headers() {
        fields
            .append(name, value.as_bytes())
            .map_err(|_| ErrorCode::InternalError(None))?;
    }
    Ok(fields)
}

struct Spin;

impl Platform for Spin {
    fn now(&self) -> Timestamp {
        let now = system_clock::now();
        Timestamp::from_unix(now.seconds.try_into().unwrap_or_default(), now.nanoseconds)
    }

    fn uptime(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    async fn sleep(&self, duration: Duration) {
        let nanoseconds = duration.as_nanos().try_into().unwrap_or(u64::MAX);
        monotonic_clock::wait_for(nanoseconds).await;
    }

    fn requests_per_instance(&self) -> usize {
        REQUESTS_PER_INSTANCE
    }

    fn random(&self, length: usize) -> Vec<u8> {
        random::get_random_bytes(length as u64)
    }

    async fn variable(&self, name: &str) -> Result<String, VariableError> {
        spin_sdk::variables::get(name)
            .await
            .map_err(|error| VariableError(error.to_string()))
    }
}
