//! Everything under `/_api/`: for programs, behind the admin token.

mod audit;
mod links;
mod list;
mod transfer;

use crate::{
    auth,
    catalog::{self, Selection},
    config::{BaseUrl, Config},
    create::{CreateError, Creator},
    edit::EditError,
    header,
    link::{Code, Destination, Link},
    platform::Platform,
    policy::OwnAddress,
    problem::{FieldError, Problem},
    request::{Accept, Method, Request, RequestBody},
    response::{self, JSON, Response},
    shortener::Shortener,
    store::{KeyValue, StoreError},
    wire::{Health, LinkView},
};
use audit::Audit;
use http::StatusCode;
use std::rc::Rc;

/// One link in JSON.
const LINK_BODY: Accept = Accept {
    media_types: &[JSON],
    limit: 64 * 1024,
};

/// A key that no link can have, read to see whether the store answers.
const HEALTH_KEY: &str = "health:";

/// Answers a request whose path begins with `/_api/`.
pub async fn respond<S, P, B>(
    shortener: &Rc<Shortener<S, P>>,
    request: Request<B>,
) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
    B: RequestBody,
{
    if request.target.path() == "/_api/health" {
        return match request.method {
            Method::Get => Ok(health(shortener).await),
            _ => Err(Problem::MethodNotAllowed("GET")),
        };
    }
    let mut audit = Audit::begin(&shortener.platform);
    auth::authorize(&request.headers, &shortener.platform).await?;
    let config = &shortener.config().await;
    if let Some(variable) = config.unread {
        return Err(Problem::Unavailable(format!("{variable} was not read")));
    }
    if !config.invalid.is_empty() {
        return Err(Problem::Misconfigured(config.invalid.clone()));
    }
    let answer = manage(shortener, config, request, &mut audit).await;
    audit.end(&answer, &shortener.platform);
    answer
}

/// What an authorized request asks for.
async fn manage<S, P, B>(
    shortener: &Rc<Shortener<S, P>>,
    config: &Config,
    request: Request<B>,
    audit: &mut Audit,
) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
    B: RequestBody,
{
    let method = request.method;
    let path = request.target.path().to_owned();
    let path = path.strip_prefix("/_api/").unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    match (method, segments.as_slice()) {
        (Method::Get, ["links"]) => list::list(shortener, config, &request).await,
        (Method::Post, ["links"]) => links::create(shortener, config, request, audit).await,
        (_, ["links"]) => Err(Problem::MethodNotAllowed("GET, POST")),
        (Method::Get, ["links", short]) => links::read(shortener, config, short).await,
        (Method::Put, ["links", short]) => {
            links::update(shortener, config, short, request, audit).await
        }
        (Method::Delete, ["links", short]) => links::delete(shortener, config, short, audit).await,
        (_, ["links", _]) => Err(Problem::MethodNotAllowed("GET, PUT, DELETE")),
        (Method::Get, ["links", short, "available"]) => links::available(shortener, short).await,
        (_, ["links", _, "available"]) => Err(Problem::MethodNotAllowed("GET")),
        (Method::Get, ["export"]) => transfer::export(Rc::clone(shortener)).await,
        (_, ["export"]) => Err(Problem::MethodNotAllowed("GET")),
        (Method::Post, ["import"]) => transfer::import(shortener, config, request, audit).await,
        (_, ["import"]) => Err(Problem::MethodNotAllowed("POST")),
        _ => Err(Problem::NotFound),
    }
}

/// `GET /_api/health`: whether the store answers, and which version says so. Open to probes, so it
/// says no more than that.
async fn health<S: KeyValue, P: Platform>(shortener: &Shortener<S, P>) -> Response {
    let answer = |status, text| response::json(status, JSON, &Health { status: text });
    let response = match shortener.store.get(HEALTH_KEY).await {
        Ok(_) => answer(StatusCode::OK, "pass"),
        Err(error) => {
            tracing::error!(error = error.0, "store unavailable");
            answer(StatusCode::SERVICE_UNAVAILABLE, "fail").retry_soon()
        }
    };
    response.with(header::X_SHORTENER_VERSION, env!("CARGO_PKG_VERSION"))
}

fn creator<'a, S, P>(shortener: &'a Shortener<S, P>, config: &Config) -> Creator<'a, S, P> {
    Creator {
        store: &shortener.store,
        platform: &shortener.platform,
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
    sent_to: Option<&OwnAddress>,
) -> Result<(), Problem> {
    let public = config.base_url.as_ref().map(BaseUrl::address);
    let own = public.into_iter().chain(sent_to);
    config.hosts.check(destination, own).map_err(|error| {
        let error = FieldError::new("url", error.code(), error);
        Problem::InvalidField(vec![error])
    })
}

fn refuse_create(error: CreateError, config: &Config) -> Problem {
    match error {
        CreateError::Taken(link) => {
            let view = |link: Box<Link>| Box::new(LinkView::new(&link, config.base_url.as_ref()));
            Problem::Conflict(link.map(view))
        }
        CreateError::TooLate => {
            Problem::TryAgain("The store is too slow to create a link safely; nothing was written.")
        }
        CreateError::NoFreeCode => Problem::TryAgain(
            "No free code was found; if this persists, raise the Spin variable code_length.",
        ),
        CreateError::Vanished => {
            Problem::TryAgain("The link was gone when it was read back; it may have been deleted.")
        }
        CreateError::Unclaimed(error) | CreateError::Store(error) => error.into(),
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound => Self::NotFound,
            EditError::Busy => {
                Self::TryAgain("Others are changing the same link; look whether it is still there.")
            }
            EditError::TooLate => {
                Self::TryAgain("The store is too slow to change a link safely; it is as it was.")
            }
            EditError::NoTurn(error) | EditError::Store(error) => error.into(),
        }
    }
}

/// The codes of `selection`. Where they cannot be had, the store may hold too many keys for its host.
async fn codes(store: &impl KeyValue, selection: &Selection) -> Result<Vec<Code>, Problem> {
    let codes = catalog::codes(store, selection).await;
    codes.map_err(|error| Problem::Unlisted(error.0))
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.0)
    }
}
