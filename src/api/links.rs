//! `/_api/links/…`: creating links and reading one.

use super::{
    audit::Audit,
    context::Context,
    problem::Problem,
    version::etag,
    wire::{Availability, FieldError, LinkView, NewLink, Purpose, chosen_code},
};
use crate::{
    domain::{Code, CodeError, Host},
    exclusive::{CreateError, Creator, Once},
    http::{
        body::{self, Accept},
        header,
        idempotency_key::IdempotencyKey,
        preconditions::{Preconditions, Verdict},
        request::{Incoming, Request},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::{KeyValue, StoreError, Stored},
};
use http::StatusCode;

/// The body for one link.
pub const LINK_BODY: Accept = Accept {
    media_types: &[JSON],
    limit: 64 * 1024,
};

/// `POST /_api/links`
pub async fn create<S, P>(
    context: &Context<'_, S, P>,
    request: Request<impl Incoming>,
    audit: &mut Audit<'_>,
) -> Result<Response, Problem>
where
    S: KeyValue,
    P: Platform,
{
    let sent_to = request.address();
    let key = IdempotencyKey::of(&request)?;
    let body = body::read(request, &LINK_BODY).await?;
    let known = match &key {
        None => None,
        Some(key) => context.once_if_secret_exists(key.as_str(), &body).await?,
    };
    // Before anything is refused: a repeat may come when the link's times are past, or its host is
    // not allowed any more.
    if let Some(once) = &known
        && let Some(own) = find_own(context, once, &body).await?
    {
        return repeated(context, once, own, audit).await;
    }

    let now = context.platform().now();
    let new = NewLink {
        created_at: Some(now.whole_seconds()),
        created_by: Some(context.caller.name.clone()),
        ..NewLink::read(&body, Purpose::Create(now), &context.config.links)?
    };
    audit.code = new.code.clone();
    audit.host = new.destination.host().map(Host::to_string);
    context.check_hosts(&new.destination, sent_to.as_ref())?;
    let once = match (&key, known) {
        (Some(key), None) => Some(context.once_drawing_secret(key.as_str(), &body).await?),
        (_, known) => known,
    };
    match (store(context, new, once.as_ref()).await, once) {
        (Ok(link), _) => {
            audit.code = Some(link.link.code.clone());
            Ok(created(&link, context.view_of_new(&link)))
        }
        (Err(CreateError::Taken(Some(own))), Some(once)) if once.mark.has_key_of(&own) => {
            repeated(context, &once, *own, audit).await
        }
        (Err(error), _) => Err(context.create_problem(error).await),
    }
}

/// Stores the link under the code that it asks for, or under a generated one.
async fn store<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    new: NewLink,
    once: Option<&Once>,
) -> Result<Stored, CreateError> {
    let creator = Creator {
        request: once.map(|once| once.mark.clone()),
        ..context.creator()
    };
    let (rules, length) = (context.config.links.codes, context.config.code_length);
    let with_code = |code| new.clone().into_link(code);
    match (new.code.clone(), once) {
        (Some(code), _) => {
            let code = context.code_to_create(code).await?;
            creator.create(with_code(code)).await
        }
        (None, None) => creator.create_generated(rules, length, with_code).await,
        (None, Some(once)) => {
            let codes = once.codes(rules, length);
            creator.create_once(codes, with_code).await
        }
    }
}

/// The link that a request with this `body` has created before, or one with the same key.
async fn find_own<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    once: &Once,
    body: &[u8],
) -> Result<Option<Stored>, StoreError> {
    let rules = &context.config.links;
    let mut codes = once.codes(rules.codes, context.config.code_length);
    codes.extend(chosen_code(body, rules));
    once.find(context.store(), &codes).await
}

/// The answer to a request that has created the link `own` before.
async fn repeated<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    once: &Once,
    own: Stored,
    audit: &mut Audit<'_>,
) -> Result<Response, Problem> {
    audit.code = Some(own.link.code.clone());
    if own.request.as_ref() != Some(&once.mark) {
        return Err(Problem::KeyReused);
    }
    audit.host = own.link.destination.host().map(Host::to_string);
    audit.is_repeat = true;
    Ok(created(&own, context.view(&own).await?))
}

fn created(link: &Stored, view: LinkView) -> Response {
    let location = view
        .short_url
        .clone()
        .unwrap_or_else(|| format!("/{}", link.link.code.in_url()));
    response::json(StatusCode::CREATED, JSON, &view)
        .with(header::LOCATION, location)
        .with(header::ETAG, etag(link))
}

/// `GET /_api/links/{short}`: the link, even if it has expired or is not active yet.
pub async fn read<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: &Request<impl Incoming>,
) -> Result<Response, Problem> {
    let preconditions = Preconditions::of(request)?;
    let link = context.find(short).await?;
    let etag = etag(&link);
    match preconditions.evaluate(Some(&etag)) {
        Verdict::Failed => Err(context.changed(Some(link)).await),
        Verdict::Known => {
            let known = response::empty(StatusCode::NOT_MODIFIED);
            Ok(known.with(header::ETAG, etag))
        }
        Verdict::Proceed => {
            let view = context.view(&link).await?;
            let response = response::json(StatusCode::OK, JSON, &view);
            Ok(response.with(header::ETAG, etag))
        }
    }
}

/// `GET /_api/links/{short}/available`
pub async fn available<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
) -> Result<Availability, Problem> {
    let rules = context.config.links.codes;
    let refuse = |error: CodeError| {
        let error = FieldError::new("short", error.code(), error);
        Problem::InvalidField(vec![error])
    };
    let code = rules.parse_segment(short).map_err(refuse)?;
    let new = rules.for_new(&code).map_err(refuse)?;
    let is_free = async |code: &Code| {
        Ok::<_, StoreError>(context.store().get(code.as_str()).await?.is_none())
    };
    let available = is_free(&code).await? && (new == code || is_free(&new).await?);
    Ok(Availability { available })
}
