//! The page in a browser from which an operator manages links.
//!
//! For every Spin: it is built for WASI 0.2, which each of them serves. An instance serves only one request,
//! and nobody waits for the page but the operator.
#![cfg(target_family = "wasm")]

use url_shortener::admin;
use url_shortener_wasi02::{answer, app, from_host, send};
use wasi::{
    exports::http::incoming_handler::Guest,
    http::types::{IncomingRequest, ResponseOutparam},
};

struct Component;

/// A module of its own, because the generated bindings need `unsafe`.
#[allow(unsafe_code)]
mod export {
    use super::Component;
    wasi::http::proxy::export!(Component);
}

impl Guest for Component {
    fn handle(request: IncomingRequest, client: ResponseOutparam) {
        let app = app();
        send(answer(admin::respond(&app, from_host(request))), client);
    }
}
