//! `GET /{short}`, the hot path: before the answer, one store read, no write, and usually no other host
//! call.

use crate::{
    access_log,
    app::App,
    config::Config,
    domain::{Code, Lifetime, Phase, Sendable},
    http::{
        agent::Agent,
        cache_control, header,
        request::{Incoming, Method, Request},
        response::{self, Response},
    },
    platform::Platform,
    store::{KeyValue, StoreError, Target, Unreadable},
};
use http::StatusCode;
use std::rc::Rc;

/// The maximum length of a location to which a visitor has added something, in bytes. Clients take
/// less, and the hosts of this component not much more.
const MAX_LOCATION_BYTES: usize = 64 * 1024;

/// Why there is no redirect.
enum Refusal {
    /// No link, or none that a visitor may know of.
    NotFound,
    Gone,
    /// What the visitor adds to the destination is too long.
    TooLong,
    /// The record cannot be served. The log says why.
    Unreadable,
    /// The store or a setting could not be read.
    Unavailable,
}

/// Redirects the visitor to the destination of the link that `path`, without its leading slash,
/// names. One trailing slash does not count: people and mail programs add it.
pub async fn follow<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    path: &str,
    request: &Request<impl Incoming>,
) -> Response {
    let (short, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    let rest = if rest == "/" { "" } else { rest };
    match redirect(app, short, rest, request).await {
        Ok(response) => response,
        Err(Refusal::NotFound) => not_found(),
        Err(Refusal::Gone) => response::refusal(StatusCode::GONE, "Gone"),
        Err(Refusal::TooLong) => response::refusal(StatusCode::URI_TOO_LONG, "URI Too Long"),
        Err(Refusal::Unreadable) => {
            response::refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
        Err(Refusal::Unavailable) => {
            response::refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").retry_soon()
        }
    }
}

async fn redirect<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    short: &str,
    rest: &str,
    request: &Request<impl Incoming>,
) -> Result<Response, Refusal> {
    let code = match Code::parse(short) {
        Ok(code) => code,
        Err(_) => code_in_other_letters(app, short).await?,
    };
    let record = app.store.get(code.as_str()).await;
    let (code, record) = match record.map_err(|error| unavailable(&error, &code))? {
        Some(record) => (code, record),
        None => in_other_case(app, &code).await?,
    };
    let target = Target::decode(&record).map_err(|error| unreadable(&error, &code))?;
    let id = target.id;
    let Sendable {
        location,
        needs_permission,
    } = target.sendable;
    if needs_permission {
        let config = that_knows("extra_schemes", app.config().await)?;
        if !config.links.schemes.allow(&location) {
            return Err(unreadable(&Unreadable::scheme(), &code));
        }
    }
    if !rest.is_empty() && !target.pass_on.path {
        return Err(Refusal::NotFound);
    }
    match target.lifetime.phase(|| app.platform.now()) {
        Phase::Active => {}
        Phase::Pending => return Err(Refusal::NotFound),
        Phase::Expired => return Err(Refusal::Gone),
    }
    let location = target
        .pass_on
        .applied(location, rest, request.target.query());
    if location.len() > MAX_LOCATION_BYTES {
        return Err(Refusal::TooLong);
    }
    let config = app.redirect_config().await;
    // A HEAD request is not a visit.
    if request.method == Method::Get {
        if config.log_redirects {
            access_log::log(&code, &location, request);
        }
        if config.clicks.is_on() && !Agent::is_bot(request) {
            app.clicks.add(config.clicks, &code, id.as_deref());
        }
    }
    let cache_control = cache_control(&config, target.lifetime, &app.platform);
    Ok(response::empty(config.redirect_status)
        .with(header::LOCATION, location.into_owned())
        .with(header::CACHE_CONTROL, cache_control)
        .with(header::X_ROBOTS_TAG, "noindex"))
}

/// The code that `segment` spells, which is no code in ASCII.
async fn code_in_other_letters<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    segment: &str,
) -> Result<Code, Refusal> {
    if segment.is_ascii() && !segment.contains('%') {
        return Err(Refusal::NotFound);
    }
    let config = that_knows("unicode_codes", app.redirect_config().await)?;
    let code = config.links.codes.parse_segment(segment);
    code.map_err(|_| Refusal::NotFound)
}

/// The link that `code`, which has none, has in lower case, if case does not count.
async fn in_other_case<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    code: &Code,
) -> Result<(Code, Vec<u8>), Refusal> {
    if code.folded() == code.as_str() {
        return Err(Refusal::NotFound);
    }
    let config = that_knows("case_insensitive_codes", app.redirect_config().await)?;
    let folded = config.links.codes.folded(code).ok_or(Refusal::NotFound)?;
    let record = app.store.get(folded.as_str()).await;
    let record = record.map_err(|error| unavailable(&error, &folded))?;
    Ok((folded, record.ok_or(Refusal::NotFound)?))
}

/// `config`, if it says what `variable` is set to. A default in its place could say that there is no
/// link where there is one.
fn that_knows(variable: &'static str, config: Rc<Config>) -> Result<Rc<Config>, Refusal> {
    match config.knows(variable) {
        true => Ok(config),
        false => Err(Refusal::Unavailable),
    }
}

fn unavailable(error: &StoreError, code: &Code) -> Refusal {
    tracing::error!(code = code.as_str(), error = error.0, "store unavailable");
    Refusal::Unavailable
}

fn unreadable(error: &Unreadable, code: &Code) -> Refusal {
    error.log(code);
    Refusal::Unreadable
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
