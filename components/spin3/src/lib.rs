//! The URL shortener behind WASI 0.2, for Spin 3.2 and later and for SpinKube.
#![cfg(target_family = "wasm")]

use futures::FutureExt;
use url_shortener::{clicks::Due, routes};
use url_shortener_wasi02::{SpinApp, answer, app, from_host, send};
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
        let response = answer(routes::respond(&app, from_host(request)));
        send(response, client);
        // An instance lives until this function returns.
        let _ = settle(&app).now_or_never();
    }
}

/// Writes what is left of the request's click.
async fn settle(app: &SpinApp) {
    if app.clicks.due(&app.platform) == Due::Finish {
        app.clicks.finish(&app.store, &app.platform).await;
        while app.clicks.remove_outdated(&app.store).await {}
    }
}
