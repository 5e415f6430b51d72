//! Everything under `/_api/`: for programs, behind the admin token.

mod audit;
mod links;
mod list;
pub mod problem;
mod transfer;
pub mod wire;

use crate::{
    app::App,
    auth,
    catalog::{self, Selection},
    config::{BaseUrl, Config},
    domain::{Address, Code, Destination},
    exclusive::Creator,
    http::{
        body::Accept,
        header,
        request::{Incoming, Method, Request},
        resource::{ApiResource, Resource},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::KeyValue,
};
use anyhow::anyhow;
use audit::Audit;
use http::StatusCode;
use problem::Problem;
use std::rc::Rc;
use wire::{FieldError, Health};

/// One link in JSON.
const LINK_BODY: Accept = Accept {
    media_types: &[JSON],
    limit: 64 * 1024,
};

/// A key that no link can have. Reading it shows whether the store answers.
const HEALTH_KEY: &str = "health:";

/// Answers a request whose path begins with `/_api/`.
pub async fn respond<S, P>(app: &Rc<App<S, P>>, request: Request<impl Incoming>) -> Response
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let response = match Resource::at(request.target.path()) {
        Resource::Api(ApiResource::Health) => health(app, request.method).await,
        _ => manage(app, request).await,
    };
    let response = response.unwrap_or_else(|problem| {
        problem.log();
        problem.into_response()
    });
    response.private()
}

/// `GET /_api/health`: whether the store answers, and which version says so. It is open to probes,
/// so it says no more than that.
async fn health<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    method: Method,
) -> Result<Response, Problem> {
    if let Some(allow) = Resource::Api(ApiResource::Health).refuses(method) {
        return Err(Problem::MethodNotAllowed(allow));
    }
    let answer = |status, text| response::json(status, JSON, &Health { status: text });
    let response = match app.store.get(HEALTH_KEY).await {
        Ok(_) => answer(StatusCode::OK, "pass"),
        Err(error) => {
            tracing::error!(error = error.0, "store unavailable");
            answer(StatusCode::SERVICE_UNAVAILABLE, "fail").retry_soon()
        }
    };
    Ok(response.with(header::X_SHORTENER_VERSION, env!("CARGO_PKG_VERSION")))
}

/// Answers a request that needs the admin token.
async fn manage<S, P>(
    app: &Rc<App<S, P>>,
    request: Request<impl Incoming>,
) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let mut audit = Audit::begin(&app.platform);
    auth::authorize(&request, &app.platform).await?;
    let config = &app.config().await;
    if let Some(variable) = config.unread {
        return Err(Problem::Unavailable(anyhow!("{variable} was not read")));
    }
    if !config.invalid.is_empty() {
        return Err(Problem::Misconfigured(config.invalid.clone()));
    }
    let answer = dispatch(app, config, request, &mut audit).await;
    audit.end(&answer, &app.platform);
    answer
}

/// The handler of an authorized request.
async fn dispatch<S, P>(
    app: &Rc<App<S, P>>,
    config: &Config,
    request: Request<impl Incoming>,
    audit: &mut Audit,
) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    use ApiResource::{Available, Export, Import, Link, Links};
    let path = request.target.path().to_owned();
    let resource = Resource::at(&path);
    if let Some(allow) = resource.refuses(request.method) {
        return Err(Problem::MethodNotAllowed(allow));
    }
    let Resource::Api(resource) = resource else {
        return Err(Problem::NotFound);
    };
    match (request.method, resource) {
        (Method::Get, Links) => list::list(app, config, &request).await,
        (Method::Post, Links) => links::create(app, config, request, audit).await,
        (Method::Get, Link(short)) => links::read(app, config, short).await,
        (Method::Put, Link(short)) => links::update(app, config, short, request, audit).await,
        (Method::Delete, Link(short)) => links::delete(app, config, short, audit).await,
        (Method::Get, Available(short)) => links::available(app, short).await,
        (Method::Get, Export) => transfer::export(Rc::clone(app)).await,
        (Method::Post, Import) => transfer::import(app, config, request, audit).await,
        _ => Err(Problem::NotFound),
    }
}

fn creator<'a, S, P>(app: &'a App<S, P>, config: &Config) -> Creator<'a, S, P> {
    Creator {
        store: &app.store,
        platform: &app.platform,
        claims: config.claims,
    }
}

/// The code in a path. What is no valid code cannot have a link.
fn code_in_path(short: &str) -> Result<Code, Problem> {
    Code::parse(short).map_err(|_| Problem::NotFound)
}

/// Refuses destinations on this shortener's own host and on hosts the operator does not allow.
fn check_hosts(
    config: &Config,
    destination: &Destination,
    sent_to: Option<&Address>,
) -> Result<(), Problem> {
    let public = config.base_url.as_ref().map(BaseUrl::address);
    let own = public.into_iter().chain(sent_to);
    config.hosts.check(destination, own).map_err(|error| {
        let error = FieldError::new("url", error.code(), error);
        Problem::InvalidField(vec![error])
    })
}

/// The codes of `selection`. Where they cannot be had, the store may hold too many keys for its
/// host.
async fn codes(store: &impl KeyValue, selection: &Selection) -> Result<Vec<Code>, Problem> {
    let codes = catalog::codes(store, selection).await;
    codes.map_err(|error| Problem::Unlisted(error.into()))
}
