//! A component's side of WASI 0.2, for Spin 3.2 and later and for SpinKube: requests and responses, and the
//! store and the variables through `spin-sdk` 5.2.
//!
//! It only translates; the library makes all decisions. A component exports the entry point by hand instead
//! of with the SDK's `#[http_component]`, because that macro buffers the whole body before the handler sees
//! the request, and sends the text of an error to the client.
//!
//! Every host call blocks, so every future here is ready when it is first polled. An instance serves only
//! one request, so this delays nobody else.
//!
//! Every function is `#[inline]`: so a component is no larger than if all of this were its own.
#![cfg(target_family = "wasm")]

mod platform;
mod request;
mod response;
mod store;

pub use platform::Spin;
pub use request::{HostRequest, from_host};
pub use response::{answer, send};
pub use store::SpinStore;

use std::rc::Rc;
use url_shortener::{app::App, store::Reconnecting, telemetry};

/// The state of an instance on this host.
pub type SpinApp = App<Reconnecting<SpinStore>, Spin>;

thread_local! {
    /// Shared, because WASI allows an instance to get several requests. Spin gives it only one.
    static APP: Rc<SpinApp> = {
        telemetry::init_stderr();
        Rc::new(App::new(Reconnecting::new(SpinStore), Spin))
    };
}

/// That of this instance.
#[inline]
pub fn app() -> Rc<SpinApp> {
    APP.with(Rc::clone)
}
