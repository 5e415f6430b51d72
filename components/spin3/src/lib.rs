//! The URL shortener behind WASI 0.2, for Spin 3.2 and later and for SpinKube.
#![cfg(target_family = "wasm")]

use futures::FutureExt;
use std::rc::Rc;
use url_shortener::{clicks::Due, routes};
use url_shortener_wasi02::{SpinApp, answer, from_host, send, start};
use wasi::{
    exports::http::incoming_handler::Guest,
    http::types::{IncomingRequest, ResponseOutparam},
};

thread_local! {
    /// Shared, because WASI allows an instance to get several requests. Spin gives it only one.
    static APP: Rc<SpinApp> = start();
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
