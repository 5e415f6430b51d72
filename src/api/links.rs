//! `/_api/links/…`: creating, reading, updating and deleting one link.

use super::{
    Audit, LINK_BODY, check_hosts, code_in_path, code_to_create, create_problem, creator, find,
    problem::Problem,
    view,
    wire::{Availability, FieldError, LinkView, NewLink, Purpose},
};
use crate::{
    app::App,
    clicks,
    config::Config,
    domain::{Code, CodeError, Host, Link},
    exclusive::Editor,
    http::{
        body, header,
        request::{Incoming, Request},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::{KeyValue, StoreError, Stored},
};
use http::StatusCode;

/// `POST /_api/links`
pub async fn create<S, P>(
    app: &App<S, P>,
    config: &Config,
    request: Request<impl Incoming>,
    audit: &mut Audit,
) -> Result<Response, Problem>
where
    S: KeyValue,
    P: Platform,
{
    audit.action = Some("create");
    let sent_to = request.address();
    let body = body::read(request, &LINK_BODY).await?;
    let now = app.platform.now();
    let new = NewLink {
        created_at: Some(now.whole_seconds()),
        ..NewLink::read(&body, Purpose::Create(now), &config.links)?
    };
    audit.host = new.destination.host().map(Host::to_string);
    check_hosts(config, &new.destination, sent_to.as_ref())?;

    let creator = creator(app, config);
    let created = match new.code.clone() {
        Some(code) => {
            audit.code = Some(code.clone());
            let code = code_to_create(&app.store, config, code).await?;
            creator.create(new.into_link(code)).await
        }
        None => {
            let with_code = |code| new.clone().into_link(code);
            creator
                .create_generated(config.links.codes, config.code_length, with_code)
                .await
        }
    };
    match created {
        Ok(link) => {
            audit.code = Some(link.code.clone());
            Ok(created_response(&link, config))
        }
        Err(error) => Err(create_problem(&app.store, config, error).await),
    }
}

fn created_response(link: &Link, config: &Config) -> Response {
    let view = LinkView {
        clicks: config.clicks.is_on().then_some(link.earlier_clicks),
        ..LinkView::new(link, config.base_url.as_ref())
    };
    let location = view
        .short_url
        .clone()
        .unwrap_or_else(|| format!("/{}", link.code.in_url()));
    response::json(StatusCode::CREATED, JSON, &view).with(header::LOCATION, location)
}

/// `GET /_api/links/{short}`: the link, even if it has expired or is not active yet.
pub async fn read<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    config: &Config,
    short: &str,
) -> Result<Response, Problem> {
    let link = find(&app.store, config, short).await?;
    let view = view(&app.store, &link, config).await?;
    Ok(response::json(StatusCode::OK, JSON, &view))
}

/// `GET /_api/links/{short}/available`
pub async fn available<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    config: &Config,
    short: &str,
) -> Result<Response, Problem> {
    let rules = config.links.codes;
    let refuse = |error: CodeError| {
        let error = FieldError::new("short", error.code(), error);
        Problem::InvalidField(vec![error])
    };
    let code = rules.parse_segment(short).map_err(refuse)?;
    let new = rules.for_new(&code).map_err(refuse)?;
    let is_free =
        async |code: &Code| Ok::<_, StoreError>(app.store.get(code.as_str()).await?.is_none());
    let available = is_free(&code).await? && (new == code || is_free(&new).await?);
    let availability = Availability { available };
    Ok(response::json(StatusCode::OK, JSON, &availability))
}

/// `PUT /_api/links/{short}`: replaces everything except the code and the time of creation.
pub async fn update<S, P>(
    app: &App<S, P>,
    config: &Config,
    short: &str,
    request: Request<impl Incoming>,
    audit: &mut Audit,
) -> Result<Response, Problem>
where
    S: KeyValue,
    P: Platform,
{
    audit.action = Some("update");
    let sent_to = request.address();
    let code = code_in_path(config, short)?;
    audit.code = Some(code.clone());
    let body = body::read(request, &LINK_BODY).await?;
    let new = NewLink::read(&body, Purpose::Update, &config.links)?;
    audit.host = new.destination.host().map(Host::to_string);
    check_hosts(config, &new.destination, sent_to.as_ref())?;

    let replacement = Link {
        updated_at: Some(app.platform.now().whole_seconds()),
        ..new.into_link(code.clone())
    };
    let replace = |found: Option<Link>| Link {
        created_at: found.as_ref().and_then(|link| link.created_at),
        earlier_clicks: found.map_or(0, |link| link.earlier_clicks),
        ..replacement
    };
    editor(app, config).update(&code, replace).await?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// `DELETE /_api/links/{short}`
pub async fn delete<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    config: &Config,
    short: &str,
    audit: &mut Audit,
) -> Result<Response, Problem> {
    audit.action = Some("delete");
    let code = code_in_path(config, short)?;
    audit.code = Some(code.clone());
    if let Some(deleted) = editor(app, config).delete(&code).await? {
        audit.host = deleted.link.destination.host().map(Host::to_string);
        remove_clicks(app, &deleted).await;
    }
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// Without its link a counter means nothing, so a failure is not reported to the client.
async fn remove_clicks<S: KeyValue, P: Platform>(app: &App<S, P>, deleted: &Stored) {
    let removed = clicks::remove(&app.store, &app.platform, deleted).await;
    if let Err(StoreError(error)) = removed {
        let code = deleted.link.code.as_str();
        tracing::warn!(code, error, "counters of a deleted link not removed");
    }
}

fn editor<'a, S, P>(app: &'a App<S, P>, config: &Config) -> Editor<'a, S, P> {
    Editor {
        store: &app.store,
        platform: &app.platform,
        claims: config.claims,
    }
}
