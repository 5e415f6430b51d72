//! `GET /{short}`: the hot path. One store read, no write, no other host call.

use crate::{
    config::Config,
    link::{Code, Phase},
    platform::Platform,
    response::{self, Response},
    shortener::Shortener,
    store::{KeyValue, Target},
};
use http::{HeaderValue, StatusCode, header};

/// Sends a visitor to where the code `short` leads.
pub async fn follow<S: KeyValue, P: Platform>(
    shortener: &Shortener<S, P>,
    short: &str,
) -> Response {
    let Ok(code) = Code::parse(short) else {
        return not_found();
    };
    let record = match shortener.store.get(code.as_str()).await {
        Ok(Some(record)) => record,
        Ok(None) => return not_found(),
        Err(error) => {
            tracing::error!(code = code.as_str(), error = error.0, "store unavailable");
            return unavailable();
        }
    };
    let target = match Target::decode(&record) {
        Ok(target) => target,
        Err(error) => {
            let error = error.to_string();
            tracing::error!(code = code.as_str(), error, "unreadable record");
            return response::text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
        }
    };
    match target.lifetime.phase(|| shortener.platform.now()) {
        Phase::Active => redirect(&target.location, shortener.config().await),
        Phase::Pending => not_found(),
        Phase::Expired => response::text(StatusCode::GONE, "Gone"),
    }
}

/// The answer for a code that leads nowhere, whatever the reason.
pub fn not_found() -> Response {
    response::text(StatusCode::NOT_FOUND, "Not Found")
}

fn redirect(location: &str, config: &Config) -> Response {
    // A target's location is visible ASCII, so this cannot fail.
    let Ok(location) = HeaderValue::from_str(location) else {
        return not_found();
    };
    let mut response = response::empty(config.redirect_status);
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, config.redirect_cache_control.clone());
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

fn unavailable() -> Response {
    let mut response = response::text(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}
