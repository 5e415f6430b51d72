//! `/_api/links/…`: the life of one link.

use super::{Audit, LINK_BODY, check_hosts, code_in_path, creator, refuse_create};
use crate::{
    config::Config,
    edit::Editor,
    header,
    link::{Code, Link},
    platform::Platform,
    problem::{FieldError, Problem},
    request::{Request, RequestBody, read_body, request_address},
    response::{self, JSON, Response},
    shortener::Shortener,
    store::{KeyValue, Stored},
    wire::{Availability, LinkView, NewLink, Purpose},
};
use http::StatusCode;

/// `POST /_api/links`
pub async fn create<S, P, B>(
    shortener: &Shortener<S, P>,
    config: &Config,
    request: Request<B>,
    audit: &mut Audit,
) -> Result<Response, Problem>
where
    S: KeyValue,
    P: Platform,
    B: RequestBody,
{
    audit.action = Some("create");
    let sent_to = request_address(&request.headers);
    let body = read_body(request, &LINK_BODY).await?;
    let now = shortener.platform.now();
    let new = NewLink {
        created_at: Some(now),
        ..NewLink::read(&body, Purpose::Create(now))?
    };
    new.destination.host().clone_into(&mut audit.host);
    check_hosts(config, &new.destination, sent_to.as_ref())?;

    let creator = creator(shortener, config);
    let created = match new.code.clone() {
        Some(code) => {
            code.as_str().clone_into(&mut audit.code);
            creator.create(new.into_link(code)).await
        }
        None => {
            let with_code = |code| new.clone().into_link(code);
            creator
                .create_generated(config.code_length, with_code)
                .await
        }
    };
    let link = created.map_err(|error| refuse_create(error, config))?;
    link.code.as_str().clone_into(&mut audit.code);
    Ok(created_response(&link, config))
}

fn created_response(link: &Link, config: &Config) -> Response {
    let view = LinkView::new(link, config.base_url.as_ref());
    let short_url = view.short_url.clone();
    let location = short_url.unwrap_or_else(|| format!("/{}", link.code));
    response::json(StatusCode::CREATED, JSON, &view).with(header::LOCATION, location)
}

/// `GET /_api/links/{short}`: the link, also when it is expired or not yet active.
pub async fn read<S: KeyValue, P: Platform>(
    shortener: &Shortener<S, P>,
    config: &Config,
    short: &str,
) -> Result<Response, Problem> {
    let code = code_in_path(short)?;
    let record = shortener.store.get(code.as_str()).await?;
    let record = record.ok_or(Problem::NotFound)?;
    let stored = Stored::decode(&code, &record)
        .map_err(|error| Problem::Internal(format!("record of {code}: {error}")))?;
    let view = LinkView::new(&stored.link, config.base_url.as_ref());
    Ok(response::json(StatusCode::OK, JSON, &view))
}

/// `GET /_api/links/{short}/available`
pub async fn available<S: KeyValue, P: Platform>(
    shortener: &Shortener<S, P>,
    short: &str,
) -> Result<Response, Problem> {
    let code = Code::parse(short).map_err(|error| {
        let error = FieldError::new("short", error.code(), error);
        Problem::InvalidField(vec![error])
    })?;
    let available = shortener.store.get(code.as_str()).await?.is_none();
    let availability = Availability { available };
    Ok(response::json(StatusCode::OK, JSON, &availability))
}

/// `PUT /_api/links/{short}`: replaces everything but the code and the time of creation.
pub async fn update<S, P, B>(
    shortener: &Shortener<S, P>,
    config: &Config,
    short: &str,
    request: Request<B>,
    audit: &mut Audit,
) -> Result<Response, Problem>
where
    S: KeyValue,
    P: Platform,
    B: RequestBody,
{
    audit.action = Some("update");
    let sent_to = request_address(&request.headers);
    let code = code_in_path(short)?;
    code.as_str().clone_into(&mut audit.code);
    let body = read_body(request, &LINK_BODY).await?;
    let new = NewLink::read(&body, Purpose::Update)?;
    new.destination.host().clone_into(&mut audit.host);
    check_hosts(config, &new.destination, sent_to.as_ref())?;

    let replacement = Link {
        updated_at: Some(shortener.platform.now()),
        ..new.into_link(code.clone())
    };
    let replace = |found: Option<Link>| Link {
        created_at: found.and_then(|link| link.created_at),
        ..replacement
    };
    editor(shortener, config).update(&code, replace).await?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// `DELETE /_api/links/{short}`
pub async fn delete<S: KeyValue, P: Platform>(
    shortener: &Shortener<S, P>,
    config: &Config,
    short: &str,
    audit: &mut Audit,
) -> Result<Response, Problem> {
    audit.action = Some("delete");
    let code = code_in_path(short)?;
    code.as_str().clone_into(&mut audit.code);
    if let Some(deleted) = editor(shortener, config).delete(&code).await? {
        deleted.destination.host().clone_into(&mut audit.host);
    }
    Ok(response::empty(StatusCode::NO_CONTENT))
}

fn editor<'a, S, P>(shortener: &'a Shortener<S, P>, config: &Config) -> Editor<'a, S, P> {
    Editor {
        store: &shortener.store,
        platform: &shortener.platform,
        claims: config.claims,
    }
}
