//! The API under `/_api/`, for programs that hold the admin token.

mod audit;
mod clicks;
mod export;
mod import;
mod links;
mod list;
mod parameters;
pub mod problem;
mod rebuild;
pub mod wire;

use crate::{
    app::App,
    auth,
    catalog::{self, AdoptionError, Catalog, Selection},
    clicks::{Counting, NOT_OFFERED, total, totals},
    config::{BaseUrl, Config, InvalidVariable},
    domain::{Address, Code, Destination},
    exclusive::{Claims, CreateError, Creator},
    http::{
        body::Accept,
        header,
        request::{Incoming, Method, Request},
        resource::{ApiResource, Resource},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::{HEALTH_KEY, KeyValue, StoreError, Stored},
};
use anyhow::{Context, anyhow};
use audit::Audit;
use http::StatusCode;
use problem::Problem;
use std::rc::Rc;
use wire::{FieldError, Health, LinkView};

/// The body for one link.
const LINK_BODY: Accept = Accept {
    media_types: &[JSON],
    limit: 64 * 1024,
};

/// Answers a request whose path begins with `/_api/`.
pub async fn respond<S, P>(app: &Rc<App<S, P>>, request: Request<impl Incoming>) -> Response
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
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
    response.private()
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

/// Answers a request that needs the admin token.
async fn manage<S, P>(
    app: &Rc<App<S, P>>,
    resource: ApiResource<'_>,
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
    ensure_clicks_can_be_counted(app, config).await?;
    let answer = dispatch(app, config, resource, request, &mut audit).await;
    audit.end(&answer, &app.platform);
    answer
}

/// Passes an authorized request to its handler.
async fn dispatch<S, P>(
    app: &Rc<App<S, P>>,
    config: &Config,
    resource: ApiResource<'_>,
    request: Request<impl Incoming>,
    audit: &mut Audit,
) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let method = request.method;
    ensure_allowed(resource, method)?;
    match resource {
        ApiResource::Links if method == Method::Post => {
            links::create(app, config, request, audit).await
        }
        ApiResource::Links => list::list(app, config, &request).await,
        ApiResource::Link(short) => match method {
            Method::Put => links::update(app, config, short, request, audit).await,
            Method::Delete => links::delete(app, config, short, audit).await,
            _ => links::read(app, config, short).await,
        },
        ApiResource::Available(short) => links::available(app, config, short).await,
        ApiResource::Clicks(short) => clicks::clicks(app, config, short, &request).await,
        ApiResource::Export => export::export(Rc::clone(app), config).await,
        ApiResource::Import => import::import(app, config, request, audit).await,
        ApiResource::Rebuild => rebuild::rebuild(app, config, audit).await,
        // The health check has been answered before anybody had to be authorized.
        ApiResource::Unknown | ApiResource::Health => Err(Problem::NotFound),
    }
}

/// Refuses if clicks are to be counted and the store cannot count them.
async fn ensure_clicks_can_be_counted<S: KeyValue, P>(
    app: &App<S, P>,
    config: &Config,
) -> Result<(), Problem> {
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

fn creator<'a, S, P>(app: &'a App<S, P>, config: &Config) -> Creator<'a, S, P> {
    Creator {
        store: &app.store,
        platform: &app.platform,
        claims: config.claims,
    }
}

/// The code in a path. An invalid code cannot have a link, so it is not found.
fn code_in_path(config: &Config, segment: &str) -> Result<Code, Problem> {
    let code = config.links.codes.parse_segment(segment);
    code.map_err(|_| Problem::NotFound)
}

/// The code under which to create a link that asks for `code`: where case does not count, in the one
/// spelling that new links have, but not if an older link has it as it is spelled.
async fn code_to_create(
    store: &impl KeyValue,
    config: &Config,
    code: Code,
) -> Result<Code, Problem> {
    let Some(folded) = config.links.codes.folded(&code) else {
        return Ok(code);
    };
    let Some(record) = store.get(code.as_str()).await? else {
        return Ok(folded);
    };
    let link = Stored::decode(&code, &record).ok().map(Box::new);
    Err(create_problem(store, config, CreateError::Taken(link)).await)
}

/// The problem for a failed create of one link. If the code is taken, it shows by which.
async fn create_problem(store: &impl KeyValue, config: &Config, error: CreateError) -> Problem {
    let CreateError::Taken(Some(link)) = error else {
        return Problem::of_create(error);
    };
    match view(store, &link, config).await {
        Ok(view) => Problem::Conflict(Some(Box::new(view))),
        Err(error) => error.into(),
    }
}

/// Refuses destinations on this shortener's own host and on hosts that the operator does not allow.
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

/// The link that a path names.
async fn find(store: &impl KeyValue, config: &Config, segment: &str) -> Result<Stored, Problem> {
    let mut code = code_in_path(config, segment)?;
    let mut record = store.get(code.as_str()).await?;
    if record.is_none()
        && let Some(folded) = config.links.codes.folded(&code)
    {
        record = store.get(folded.as_str()).await?;
        code = folded;
    }
    Stored::decode(&code, &record.ok_or(Problem::NotFound)?)
        .with_context(|| format!("the record of {code}"))
        .map_err(Problem::Internal)
}

/// How the API shows one link.
async fn view(
    store: &impl KeyValue,
    link: &Stored,
    config: &Config,
) -> Result<LinkView, StoreError> {
    let view = LinkView::new(&link.link, config.base_url.as_ref());
    match config.clicks.is_on() {
        false => Ok(view),
        true => Ok(LinkView {
            clicks: Some(total(store, link).await?),
            ..view
        }),
    }
}

/// How the API shows `links`: with their clicks, if these are counted.
async fn views(
    store: &impl KeyValue,
    links: &[Stored],
    base_url: Option<&BaseUrl>,
    counting: Counting,
) -> Result<Vec<LinkView>, StoreError> {
    let views = links
        .iter()
        .map(|stored| LinkView::new(&stored.link, base_url));
    if !counting.is_on() {
        return Ok(views.collect());
    }
    let totals = totals(store, links).await?;
    let with_clicks = |(view, total): (LinkView, u64)| LinkView {
        clicks: Some(total),
        ..view
    };
    Ok(views.zip(totals).map(with_clicks).collect())
}

/// The codes of `selection`. A failure is a problem of its own, because the store may hold more
/// keys than its host can list.
async fn codes(store: &impl KeyValue, selection: &Selection) -> Result<Vec<Code>, Problem> {
    catalog::codes(store, selection)
        .await
        .map_err(|error| Problem::Unlisted(error.into()))
}

/// The catalog, completed if it lacks links; `None` if there can be none.
async fn catalog<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    config: &Config,
) -> Result<Option<Catalog>, Problem> {
    if config.claims == Claims::Optimistic {
        return Ok(None);
    }
    if let Some(catalog) = Catalog::load(&app.store).await? {
        return Ok(Some(catalog));
    }
    match catalog::adopt(&app.store, &app.platform, config.claims).await {
        Ok(adopted) => Ok(Some(Catalog::with(&app.store, adopted.list).await?)),
        Err(AdoptionError::Unsupported) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
