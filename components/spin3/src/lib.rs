//! The URL shortener behind WASI 0.2, for Spin 3.2 and later and for SpinKube. It uses the store
//! and the variables through `spin-sdk` 5.2.
//!
//! This component only translates; the library makes all decisions. It exports the entry point by
//! hand instead of with the SDK's `#[http_component]`, because that macro buffers the whole body
//! before the handler sees the request, and sends the text of an error to the client.
//!
//! Every host call blocks, so every future here is ready when it is first polled. An instance
//! serves only one request, so this delays nobody else.
#![cfg(target_family = "wasm")]

use ::http::StatusCode;
use futures::{FutureExt, Stream, StreamExt};
use spin_sdk::{
    key_value::{Error, Store},
    variables,
    wit::wasi::keyvalue::{atomics, store as buckets},
};
use std::{cell::OnceCell, rc::Rc, time::Duration};
use url_shortener::{
    app::App,
    clicks::Due,
    domain::Timestamp,
    http::{
        body::CHUNK_BYTES,
        header,
        request::{BrokenOff, Incoming, Method, Request, RequestTarget},
        response::{self, Body, Response},
    },
    platform::{Platform, VariableError},
    routes,
    store::{Connect, IncrementError, KeyValue, LABEL, Reconnecting, StoreError, open_once},
    telemetry,
};
use wasi::{
    clocks::{monotonic_clock, wall_clock},
    exports::http::incoming_handler::Guest,
    http::types::{
        self, Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
    },
    io::streams::{OutputStream, StreamError},
    random::random,
};

thread_local! {
    /// Shared, because WASI allows an instance to get several requests. Spin gives it only one.
    static APP: Rc<App<Reconnecting<SpinStore>, Spin>> = {
        telemetry::init_stderr();
        Rc::new(App::new(Reconnecting::new(SpinStore), Spin))
    };
}

struct Component;

/// A module of its own, because the generated bindings need `unsafe`.
#[allow(unsafe_code)]
mod export {
    use super::Component;
    wasi::http::proxy::export!(Component);
}

impl Guest for Component {
    fn handle(request: IncomingRequest, client: ResponseOutparam) {
        let app = APP.with(Rc::clone);
        let response = routes::respond(&app, from_host(request)).now_or_never();
        // The future is always ready. If it ever is not, the client gets an empty 500.
        let fault = || response::empty(StatusCode::INTERNAL_SERVER_ERROR);
        send(response.unwrap_or_else(fault), client);
        // An instance lives until this function returns.
        let _ = settle(&app).now_or_never();
    }
}

/// Writes what is left of the request's click.
async fn settle(app: &App<Reconnecting<SpinStore>, Spin>) {
    if app.clicks.due(&app.platform) == Due::Finish {
        app.clicks.finish(&app.store, &app.platform).await;
        while app.clicks.remove_outdated(&app.store).await {}
    }
}

fn from_host(request: IncomingRequest) -> Request<HostRequest> {
    let method = method(&request.method());
    let target = RequestTarget::new(request.path_with_query().unwrap_or_default());
    Request::new(method, target, HostRequest(request))
}

struct HostRequest(IncomingRequest);

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
        self.0.headers().get(&name.to_owned())
    }

    fn authority(&self) -> Option<String> {
        self.0.authority()
    }

    async fn read_body(self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff> {
        // The stream is declared last so that it is dropped first: WASI requires it to be dropped
        // before its body.
        let body = self.0.consume().map_err(|()| BrokenOff)?;
        let stream = body.stream().map_err(|()| BrokenOff)?;
        loop {
            match stream.blocking_read(CHUNK_BYTES as u64) {
                Ok(chunk) if take(&chunk) => (),
                Ok(_) | Err(StreamError::Closed) => return Ok(()),
                Err(StreamError::LastOperationFailed(_)) => return Err(BrokenOff),
            }
        }
    }
}

/// Sends the response to the client, the body as fast as the client takes it.
fn send(response: Response, client: ResponseOutparam) {
    // No text in these errors, because Spin would show it to the client.
    let refuse = |client| ResponseOutparam::set(client, Err(types::ErrorCode::InternalError(None)));
    let Some(outgoing) = head(&response) else {
        return refuse(client);
    };
    if leaves_out_its_body(&response) {
        // A body that is opened and stays empty would be broken off.
        return ResponseOutparam::set(client, Ok(outgoing));
    }
    let Some((contents, stream)) = open_body(&outgoing) else {
        return refuse(client);
    };
    let send_head = || ResponseOutparam::set(client, Ok(outgoing));
    let whole = match response.body {
        Body::Empty => {
            send_head();
            true
        }
        Body::Full(bytes) => {
            // What the host gets before the head goes out in the same TCP write.
            let rest = write_at_once(&stream, &bytes);
            send_head();
            rest.is_ok_and(|rest| write_all(&stream, rest).is_ok())
        }
        Body::Stream(chunks) => {
            send_head();
            write_chunks(&stream, chunks)
        }
    };
    drop(stream);
    // Without `finish` the host aborts the response, so that the client does not take a part for
    // the whole.
    if whole {
        let _ = OutgoingBody::finish(contents, None);
    }
}

/// Whether the response is one to `HEAD`, and its `Content-Length` that of a body it does not have.
fn leaves_out_its_body(response: &Response) -> bool {
    let is_length = |(name, value): (&str, &str)| name == header::CONTENT_LENGTH && value != "0";
    matches!(response.body, Body::Empty) && response.headers().any(is_length)
}

/// The head of a response on the host's side.
fn head(response: &Response) -> Option<OutgoingResponse> {
    let field = |(name, value): (&str, &str)| (name.to_owned(), value.as_bytes().to_vec());
    let fields: Vec<_> = response.headers().map(field).collect();
    let outgoing = OutgoingResponse::new(Fields::from_list(&fields).ok()?);
    outgoing.set_status_code(response.status.as_u16()).ok()?;
    Some(outgoing)
}

/// The body of a response on the host's side, and the stream that writes it.
fn open_body(outgoing: &OutgoingResponse) -> Option<(OutgoingBody, OutputStream)> {
    let body = outgoing.body().ok()?;
    let stream = body.write().ok()?;
    Some((body, stream))
}

/// Writes all chunks. Returns `false` if a chunk failed or the client went away.
fn write_chunks(
    stream: &OutputStream,
    mut chunks: impl Stream<Item = Result<Vec<u8>, StoreError>> + Unpin,
) -> bool {
    loop {
        match chunks.next().now_or_never() {
            Some(Some(Ok(chunk))) if write_all(stream, &chunk).is_ok() => (),
            Some(Some(Err(error))) => {
                tracing::error!(error = error.0, "answer broken off");
                return false;
            }
            Some(None) => return true,
            Some(Some(Ok(_))) | None => return false,
        }
    }
}

/// Writes as much as the host takes without waiting, and returns the rest.
fn write_at_once<'a>(stream: &OutputStream, bytes: &'a [u8]) -> Result<&'a [u8], StreamError> {
    let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
    let (now, later) = bytes.split_at(room.min(bytes.len()));
    stream.write(now)?;
    Ok(later)
}

/// Writes everything, and waits whenever the host is not ready.
fn write_all(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    while !bytes.is_empty() {
        stream.subscribe().block();
        bytes = write_at_once(stream, bytes)?;
    }
    stream.blocking_flush()
}

struct Spin;

impl Platform for Spin {
    fn now(&self) -> Timestamp {
        let now = wall_clock::now();
        Timestamp::from_unix(now.seconds, now.nanoseconds)
    }

    fn uptime(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    async fn sleep(&self, duration: Duration) {
        let nanoseconds = duration.as_nanos().try_into().unwrap_or(u64::MAX);
        monotonic_clock::subscribe_duration(nanoseconds).block();
    }

    fn requests_per_instance(&self) -> usize {
        1
    }

    fn random(&self, length: usize) -> Vec<u8> {
        random::get_random_bytes(length as u64)
    }

    async fn variable(&self, name: &str) -> Result<String, VariableError> {
        variables::get(name).map_err(|error| VariableError(error.to_string()))
    }
}

struct SpinStore;

/// The store through Spin's own interface, and through the `wasi:keyvalue` draft for the increment,
/// which Spin's interface lacks.
struct Handle {
    store: Store,
    bucket: OnceCell<buckets::Bucket>,
}

impl Connect for SpinStore {
    type Handle = Handle;

    async fn connect(&self) -> Result<Handle, StoreError> {
        let store = Store::open(LABEL).map_err(failed)?;
        let bucket = OnceCell::new();
        Ok(Handle { store, bucket })
    }
}

impl Handle {
    fn bucket(&self) -> Result<&buckets::Bucket, buckets::Error> {
        open_once(&self.bucket, || buckets::open(LABEL))
    }
}

impl KeyValue for Handle {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key).map_err(failed)
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.store.set(key, value).map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store.delete(key).map_err(failed)
    }

    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.store.get_keys().map_err(failed)
    }

    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        self.bucket()
            .and_then(|bucket| atomics::increment(bucket, key, by))
            .map_err(|error| not_incremented(error, key))
    }
}

fn failed(error: Error) -> StoreError {
    StoreError(error.to_string())
}

fn not_incremented(error: buckets::Error, key: &str) -> IncrementError {
    match error {
        buckets::Error::Other(text) => IncrementError::from_text(text, key),
        buckets::Error::NoSuchStore | buckets::Error::AccessDenied => IncrementError::Unsupported,
    }
}
