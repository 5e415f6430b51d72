//! `/_api/links/…`: creating links and reading one.

use super::{
    audit::Audit,
    context::{Context, etag},
    problem::Problem,
    wire::{Availability, FieldError, NewLink, Purpose},
};
use crate::{
    domain::{Code, CodeError, Host},
    exclusive::{CreateError, Creator, Repeatable},
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
    let now = context.platform().now();
    let new = NewLink {
        created_at: Some(now.whole_seconds()),
        created_by: Some(context.caller.name.clone()),
        ..NewLink::read(&body, Purpose::Create(now), &context.config.links)?
    };
    audit.code = new.code.clone();
    audit.host = new.destination.host().map(Host::to_string);
    context.check_hosts(&new.destination, sent_to.as_ref())?;

    let repeatable = key.as_ref().map(|key| Repeatable {
        by: &context.caller.name,
        key: key.as_str(),
        body: &body,
    });
    let created = store(context, new, repeatable).await?;
    audit.code = Some(created.stored.link.code.clone());
    audit.is_repeat = created.is_repeat;
    created_response(context, &created).await
}

/// A link that was created, now or when the same request was sent before.
struct Created {
    stored: Stored,
    is_repeat: bool,
}

/// Stores the link, unless the request is `repeatable` and has stored it before.
async fn store<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    new: NewLink,
    repeatable: Option<Repeatable<'_>>,
) -> Result<Created, Problem> {
    let once = match &repeatable {
        Some(request) => Some(context.once(request).await?),
        None => None,
    };
    let creator = Creator {
        request: once.as_ref().map(|once| once.mark.clone()),
        ..context.creator()
    };
    let (rules, length) = (context.config.links.codes, context.config.code_length);
    let with_code = |code| new.clone().into_link(code);
    let outcome = match (new.code.clone(), once) {
        (Some(code), _) => {
            let code = context.code_to_create(code).await?;
            creator.create(with_code(code)).await
        }
        (None, None) => creator.create_generated(rules, length, with_code).await,
        (None, Some(once)) => {
            creator
                .create_once(once.codes(rules, length), with_code)
                .await
        }
    };
    match outcome {
        Ok(stored) => Ok(Created {
            stored,
            is_repeat: false,
        }),
        Err(CreateError::Taken(Some(own))) if creator.has_created(&own) => {
            if own.request != creator.request {
                return Err(Problem::KeyReused);
            }
            Ok(Created {
                stored: *own,
                is_repeat: true,
            })
        }
        Err(error) => Err(context.create_problem(error).await),
    }
}

async fn created_response<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    created: &Created,
) -> Result<Response, Problem> {
    let Created { stored, is_repeat } = created;
    let view = match is_repeat {
        true => context.view(stored).await?,
        false => context.view_of_new(stored),
    };
    let location = view
        .short_url
        .clone()
        .unwrap_or_else(|| format!("/{}", stored.link.code.in_url()));
    Ok(response::json(StatusCode::CREATED, JSON, &view)
        .with(header::LOCATION, location)
        .with(header::ETAG, etag(stored)))
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
    match preconditions.evaluate(&etag) {
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
) -> Result<Response, Problem> {
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
    let availability = Availability { available };
    Ok(response::json(StatusCode::OK, JSON, &availability))
}
