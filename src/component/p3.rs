//! WASI 0.3 by way of `spin-sdk` 6.
//!
//! The entry point is exported by hand instead of with the SDK's `#[http_service]`: the macro
//! converts a request before the handler sees it and turns what it cannot convert into an empty
//! 500, and a response's headers are copied twice on the way out.

// The exported bindings are generated and need `unsafe`.
#![allow(unsafe_code)]

use super::{CHUNK, Instance, STORE, instance, open_once};
use crate::{
    link::Timestamp,
    platform::{Platform, VariableError},
    request::{BrokenOff, Method, Request, RequestBody, RequestTarget},
    response::{Body, Response},
    routes,
    store::{Connect, IncrementError, KeyValue, StoreError},
};
use futures::{Stream, StreamExt, lock::Mutex, stream};
use spin_sdk::{
    experimental::wasi::keyvalue::{atomics, store as buckets},
    key_value::{Error, Store},
    wasip3::{
        clocks::{monotonic_clock, system_clock},
        exports::http::handler::Guest,
        http::types::{self, ErrorCode, Fields, Trailers},
        random::random,
        spawn, wit_future, wit_stream,
    },
    wit_bindgen::{FutureWriter, StreamReader, StreamResult, yield_async},
};
use std::{
    cell::{LazyCell, OnceCell},
    rc::Rc,
    time::Duration,
};

thread_local! {
    /// Lives as long as the instance, which serves up to 16 requests at once from one thread.
    static INSTANCE: Rc<Instance<SpinStore, Spin>> = instance(SpinStore, Spin);
}

struct Component;

spin_sdk::wasip3::http::service::export!(Component);

impl Guest for Component {
    async fn handle(request: types::Request) -> Result<types::Response, ErrorCode> {
        let shortener = INSTANCE.with(Rc::clone);
        let request = from_host(&shortener, request);
        to_host(routes::respond(&shortener, request).await)
    }
}

fn from_host(
    shortener: &Instance<SpinStore, Spin>,
    request: types::Request,
) -> Request<types::Request> {
    let method = method(&request.get_method());
    let target = RequestTarget::new(request.get_path_with_query().unwrap_or_default());
    let authority = || request.get_authority();
    // Asked for only if a header is read, and given back before the body is.
    let sent = LazyCell::new(|| request.get_headers());
    let headers = routes::headers(shortener, method, &target, authority, |name| sent.get(name));
    drop(sent);
    Request {
        method,
        target,
        headers,
        body: request,
    }
}

fn method(method: &types::Method) -> Method {
    match method {
        types::Method::Get => Method::Get,
        types::Method::Head => Method::Head,
        types::Method::Post => Method::Post,
        types::Method::Put => Method::Put,
        types::Method::Delete => Method::Delete,
        _ => Method::Other,
    }
}

impl RequestBody for types::Request {
    async fn read(self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), BrokenOff> {
        let (_, consumed) = wit_future::new(|| Ok(()));
        let (mut body, end) = Self::consume_body(self, consumed);
        loop {
            match body.read(Vec::with_capacity(CHUNK)).await {
                (StreamResult::Complete(_), chunk) if take(&chunk) => (),
                (StreamResult::Complete(_), _) => return Ok(()),
                // A client that went away in the middle shows here, and not in the stream.
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

/// The contents of an answer, and what ends them: its trailers, of which there are none, or an error.
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
                    // Breaks the connection off: nobody must take a part for the whole.
                    tracing::error!(error = error.0, "answer broken off");
                    end = Err(ErrorCode::InternalError(None));
                    break;
                }
            };
            // The client went away and does not want the rest.
            if !unwritten.is_empty() {
                break;
            }
        }
        drop(writer);
        let _ = trailers.write(end).await;
    });
    contents
}

/// One call for each header, and not one with a list of copies: 6,000 instructions less a redirect.
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
        let seconds = system_clock::now().seconds;
        Timestamp::from_unix_seconds(seconds.try_into().unwrap_or_default())
    }

    fn uptime(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    async fn sleep(&self, duration: Duration) {
        let nanoseconds = duration.as_nanos().try_into().unwrap_or(u64::MAX);
        monotonic_clock::wait_for(nanoseconds).await;
    }

    fn random(&self, length: usize) -> Vec<u8> {
        random::get_random_bytes(length as u64)
    }

    async fn variable(&self, name: &str) -> Result<String, VariableError> {
        let value = spin_sdk::variables::get(name).await;
        value.map_err(|error| VariableError(error.to_string()))
    }
}

struct SpinStore;

/// The store by three interfaces, as each has something that no other has: Spin's own for what is
/// done often, without holding up the instance; the one before it for a list of keys that comes as
/// a whole; and the draft of `wasi:keyvalue` for the increment.
struct Handle {
    store: Store,
    listed: OnceCell<listing::Store>,
    /// Held by the one list that is being taken.
    listing: Mutex<()>,
    bucket: OnceCell<buckets::Bucket>,
}

/// `fermyon:spin/key-value@2.0.0`, reduced to the list of keys.
///
/// Every host offers it, as each component of SDK 5 imports it. `list-keys` of `wasi:keyvalue` does
/// the same, but a host that refuses that interface would then have no list either.
mod listing {
    use spin_sdk::wit_bindgen;

    wit_bindgen::generate!({
        inline: r"
            package url-shortener:listing;

            world listing {
                import fermyon:spin/key-value@2.0.0;
            }

            package fermyon:spin@2.0.0 {
                interface key-value {
                    resource store {
                        open: static func(label: string) -> result<store, error>;
                        get-keys: func() -> result<list<string>, error>;
                    }
                    variant error {
                        store-table-full,
                        no-such-store,
                        access-denied,
                        other(string),
                    }
                }
            }
        ",
        runtime_path: "wit_bindgen::rt",
        generate_all,
    });

    pub use fermyon::spin::key_value::{Error, Store};
}

impl Connect for SpinStore {
    type Handle = Handle;

    async fn connect(&self) -> Result<Handle, StoreError> {
        let store = Store::open(STORE).await.map_err(failed)?;
        Ok(Handle {
            store,
            listed: OnceCell::new(),
            listing: Mutex::default(),
            bucket: OnceCell::new(),
        })
    }
}

impl Handle {
    fn listed(&self) -> Result<&listing::Store, listing::Error> {
        open_once(&self.listed, || listing::Store::open(STORE))
    }

    fn bucket(&self) -> Result<&buckets::Bucket, buckets::Error> {
        open_once(&self.bucket, || buckets::open(STORE))
    }
}

impl KeyValue for Handle {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key).await.map_err(failed)
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.store.set(key, value).await.map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store.delete(key).await.map_err(failed)
    }

    /// Blocks the instance while it lasts. So lists take turns, and whoever came meanwhile goes
    /// before the next one: nobody waits for more than one list.
    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        let _turn = self.listing.lock().await;
        let keys = self.listed().and_then(|listed| listed.get_keys());
        yield_async().await;
        keys.map_err(unlisted)
    }

    async fn increment(&self, key: &str) -> Result<i64, IncrementError> {
        self.bucket()
            .and_then(|bucket| atomics::increment(bucket, key, 1))
            .map_err(|error| not_incremented(error, key))
    }
}

fn failed(error: Error) -> StoreError {
    StoreError(error.to_string())
}

fn unlisted(error: listing::Error) -> StoreError {
    StoreError(match error {
        listing::Error::StoreTableFull => "too many open stores".to_owned(),
        listing::Error::NoSuchStore => "no such store".to_owned(),
        listing::Error::AccessDenied => "access denied".to_owned(),
        listing::Error::Other(text) => text,
    })
}

fn not_incremented(error: buckets::Error, key: &str) -> IncrementError {
    match error {
        buckets::Error::Other(text) => IncrementError::from_text(text, key),
        buckets::Error::NoSuchStore | buckets::Error::AccessDenied => IncrementError::Unsupported,
    }
}
