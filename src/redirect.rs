//! `GET /{short}`, the hot path: one store read, no write, and usually no other host call.

use crate::{
    access_log,
    app::App,
    config::Config,
    domain::{Code, Lifetime, Phase, Sendable},
    http::{
        cache_control, header,
        request::{Incoming, Method, Request},
        response::{self, Response},
    },
    platform::Platform,
    store::{KeyValue, StoreError, Target, Unreadable},
};
use http::StatusCode;

/// Redirects the visitor to the destination of the link that `path`, without its leading slash,
/// names. One trailing slash does not count: people and mail programs add it.
pub async fn follow<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    path: &str,
    request: &Request<impl Incoming>,
) -> Response {
    let (short, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    let rest = if rest == "/" { "" } else { rest };
    let Some(code) = code_in_path(app, short).await else {
        return not_found();
    };
    let record = match find(app, &code).await {
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
            error.log(&code);
            return unreadable();
        }
    };
    let Sendable {
        location,
        needs_permission,
    } = target.sendable;
    if needs_permission && !app.config().await.links.schemes.allow(&location) {
        Unreadable::url().log(&code);
        return unreadable();
    }
    if !rest.is_empty() && !target.pass_on.path {
        return not_found();
    }
    match target.lifetime.phase(|| app.platform.now()) {
        Phase::Active => {
            let config = app.redirect_config().await;
            let query = request.target.query();
            let location = target.pass_on.applied(location, rest, query);
            // A HEAD request is not a visit.
            if config.log_redirects && request.method == Method::Get {
                access_log::log(&code, &location, request);
            }
            let cache_control = cache_control(&config, target.lifetime, &app.platform);
            response::empty(config.redirect_status)
                .with(header::LOCATION, location.into_owned())
                .with(header::CACHE_CONTROL, cache_control)
                .with(header::X_ROBOTS_TAG, "noindex")
        }
        Phase::Pending => not_found(),
        Phase::Expired => response::refusal(StatusCode::GONE, "Gone"),
    }
}

/// The code that a segment of a path spells. Only one that is not ASCII needs a setting.
async fn code_in_path<S: KeyValue, P: Platform>(app: &App<S, P>, segment: &str) -> Option<Code> {
    match Code::parse(segment) {
        Ok(code) => Some(code),
        Err(_) if !segment.contains('%') => None,
        Err(_) => app
            .redirect_config()
            .await
            .links
            .codes
            .parse_segment(segment)
            .ok(),
    }
}

/// The record under `code`, or the one in lower case if case does not count. Only a code with
/// upper-case letters that has no link needs that setting.
async fn find<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    code: &Code,
) -> Result<Option<Vec<u8>>, StoreError> {
    let record = app.store.get(code.as_str()).await?;
    if record.is_some() || !code.as_str().contains(char::is_uppercase) {
        return Ok(record);
    }
    match app.redirect_config().await.links.codes.in_lower_case(code) {
        Some(lower) => app.store.get(lower.as_str()).await,
        None => Ok(None),
    }
}

/// The response where there is no link to follow. It does not reveal that a link is pending.
pub fn not_found() -> Response {
    response::refusal(StatusCode::NOT_FOUND, "Not Found")
}

/// What the operator has set, but no cache may outlive the link.
fn cache_control(config: &Config, lifetime: Lifetime, platform: &impl Platform) -> String {
    match lifetime.expires_at {
        None => config.redirect_cache_control.clone(),
        Some(end) => {
            let left = platform.now().seconds_until(end);
            cache_control::capped(&config.redirect_cache_control, left)
        }
    }
}

fn unreadable() -> Response {
    response::refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

fn unavailable() -> Response {
    response::refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").retry_soon()
}
