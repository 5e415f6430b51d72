//! The API under `/_api/`, for programs that hold the admin token or a key.

mod access;
pub(crate) mod audit;
mod clicks;
pub(crate) mod context;
pub(crate) mod edit;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod links;
pub(crate) mod list;
mod parameters;
pub mod problem;
mod rebuild;
pub(crate) mod version;
pub(crate) mod view;
pub mod wire;

use crate::{
    app::App,
    auth,
    clicks::NOT_OFFERED,
    config::{Config, InvalidVariable},
    http::{
        cors, header,
        request::{Incoming, Method, Request},
        resource::{ApiResource, Resource},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::{HEALTH_KEY, KeyValue},
};
use access::Access;
use anyhow::anyhow;
use audit::Audit;
use context::Context;
use http::StatusCode;
use problem::Problem;
use std::rc::Rc;
use wire::{Health, ImportReport};

/// Answers a request whose path begins with `/_api/`.
pub async fn respond<S, P>(app: &Rc<App<S, P>>, request: Request<impl Incoming>) -> Response
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let origin = sharing_origin(app, &request).await;
    if let Some(origin) = &origin
        && cors::is_preflight(&request)
    {
        return cors::preflight(origin.clone()).private();
    }
    let path = request.target.path().to_owned();
    let resource = ApiResource::at(&path);
    let response = match resource {
        ApiResource::Health => health(app, request.method).await,
        _ => manage(app, resource, request).await,
    };
    let response = response.unwrap_or_else(|problem| {
        problem.log();
        problem.into_response()
    });
    match origin {
        Some(origin) => cors::share(response, origin).private(),
        None => response.private(),
    }
}

/// The origin of the page that has sent `request`, if the operator lets its scripts use the API.
async fn sharing_origin<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    request: &Request<impl Incoming>,
) -> Option<String> {
    let origin = request.header(header::ORIGIN)?;
    let config = app.config().await;
    config.cors_origins.contain(&origin).then_some(origin)
}

/// `GET /_api/health`: whether the store answers, and the version of the shortener. Probes need no
/// token, so it reveals nothing else.
async fn health<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    method: Method,
) -> Result<Response, Problem> {
    ensure_allowed(ApiResource::Health, method)?;
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

/// Answers a request that needs the admin token or a key.
async fn manage<S, P>(
    app: &Rc<App<S, P>>,
    resource: ApiResource<'_>,
    request: Request<impl Incoming>,
) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let started = app.platform.uptime();
    let caller = &auth::authorize(&request, &app.platform).await?;
    let config = &app.config().await;
    ensure_ready(app, config).await?;
    let mut audit = Audit::begin(caller, started);
    let context = Context {
        app,
        config,
        caller,
    };
    let answer = dispatch(&context, resource, request, &mut audit).await;
    audit.end(&answer, &app.platform);
    answer
}

/// Passes a request to its handler, if its sender may do that.
async fn dispatch<S, P>(
    context: &Context<'_, S, P>,
    resource: ApiResource<'_>,
    request: Request<impl Incoming>,
    audit: &mut Audit<'_>,
) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let method = request.method;
    ensure_allowed(resource, method)?;
    let Access { scope, action } = Access::of(resource, method).ok_or(Problem::NotFound)?;
    audit.action = action;
    if !context.caller.may(scope) {
        return Err(Problem::Forbidden(scope));
    }
    match resource {
        ApiResource::Links if method == Method::Post => {
            links::create(context, request, audit).await
        }
        ApiResource::Links => list::list(context, &request).await,
        ApiResource::Link(short) => match method {
            Method::Put => edit::replace(context, short, request, audit).await,
            Method::Patch => edit::patch(context, short, request, audit).await,
            Method::Delete => edit::delete(context, short, &request, audit).await,
            _ => links::read(context, short, &request).await,
        },
        ApiResource::Available(short) => {
            let availability = links::available(context, short).await?;
            Ok(response::json(StatusCode::OK, JSON, &availability))
        }
        ApiResource::Clicks(short) => clicks::clicks(context, short, &request).await,
        ApiResource::Export => export::export(context).await,
        ApiResource::Import => {
            let report = import::import(context, request, audit).await?;
            Ok(response::json(
                StatusCode::OK,
                JSON,
                &ImportReport::from(report),
            ))
        }
        ApiResource::Rebuild => rebuild::rebuild(context).await,
        // `Access::of` has already refused these.
        ApiResource::Unknown | ApiResource::Health => Err(Problem::NotFound),
    }
}

/// Refuses if a variable was not read or is invalid, or if clicks are to be counted and the store cannot
/// count them.
pub async fn ensure_ready<S: KeyValue, P>(app: &App<S, P>, config: &Config) -> Result<(), Problem> {
    if let Some(variable) = config.unread {
        return Err(Problem::Unavailable(anyhow!("{variable} was not read")));
    }
    if !config.invalid.is_empty() {
        return Err(Problem::Misconfigured(config.invalid.clone()));
    }
    if !config.clicks.is_on() || app.clicks.can_count(&app.store).await {
        return Ok(());
    }
    Err(Problem::Misconfigured(vec![InvalidVariable {
        variable: "clicks",
        rule: NOT_OFFERED.to_owned(),
    }]))
}

fn ensure_allowed(resource: ApiResource<'_>, method: Method) -> Result<(), Problem> {
    match Resource::Api(resource).refuses(method) {
        Some(allow) => Err(Problem::MethodNotAllowed(allow)),
        None => Ok(()),
    }
}
