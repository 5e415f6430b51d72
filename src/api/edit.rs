//! `/_api/links/{short}`: replacing, patching and deleting a link.
//!
//! Preconditions are looked at while the editor holds the lock on the code. So of any number of changes
//! to the same version, one is made.

use super::{
    audit::Audit,
    context::Context,
    links::LINK_BODY,
    problem::Problem,
    version::etag,
    wire::{LinkPatch, NewLink, Purpose, Refusal},
};
use crate::{
    clicks,
    domain::{Code, Host, Link},
    exclusive::EditError,
    http::{
        body::{self, Accept},
        header,
        preconditions::{Preconditions, Verdict},
        request::{Incoming, Request},
        response::{self, Response},
    },
    platform::Platform,
    store::{KeyValue, StoreError, Stored},
};
use anyhow::anyhow;
use http::StatusCode;

/// RFC 7396.
pub const MERGE_PATCH: &str = "application/merge-patch+json";

/// The body for a change to a link.
const PATCH_BODY: Accept = Accept {
    media_types: &[MERGE_PATCH],
    ..LINK_BODY
};

/// Why a link was not edited.
enum NotEdited {
    Edit(EditError),
    /// It is not the version the client means, but this one, unless its record is unreadable.
    Changed(Option<Box<Stored>>),
    /// It would break a rule.
    Refused(Refusal),
    /// Its record is unreadable, so that no part of it could stay.
    Unreadable,
}

/// `PUT /_api/links/{short}`: replaces everything except the code and what is known of its creation.
pub async fn replace<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: Request<impl Incoming>,
    audit: &mut Audit<'_>,
) -> Result<Response, Problem> {
    let sent_to = request.address();
    let (code, preconditions) = target(context, short, &request, audit)?;
    let body = body::read(request, &LINK_BODY).await?;
    let new = NewLink::read(&body, Purpose::Update, &context.config.links)?;
    audit.host = new.destination.host().map(Host::to_string);
    context.check_hosts(&new.destination, sent_to.as_ref())?;

    let replacement = context.edited(new.into_link(code.clone()));
    let replace = |found: Option<&Stored>| {
        check(&preconditions, found)?;
        let found = found.map(|stored| &stored.link);
        Ok(Link {
            created_at: found.and_then(|link| link.created_at),
            created_by: found.and_then(|link| link.created_by.clone()),
            earlier_clicks: found.map_or(0, |link| link.earlier_clicks),
            ..replacement
        })
    };
    match context.editor().update(&code, replace).await {
        // Without an entity tag: what is stored is not byte for byte what was sent (RFC 9110
        // section 9.3.4).
        Ok(_) => Ok(response::empty(StatusCode::NO_CONTENT)),
        Err(error) => Err(problem(context, &code, error).await),
    }
}

/// `PATCH /_api/links/{short}`: replaces what the patch has, and removes what it has as `null`.
pub async fn patch<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: Request<impl Incoming>,
    audit: &mut Audit<'_>,
) -> Result<Response, Problem> {
    let sent_to = request.address();
    let (code, preconditions) = target(context, short, &request, audit)?;
    let body = body::read(request, &PATCH_BODY).await?;
    let patch = LinkPatch::read(&body, &context.config.links)?;
    if let Some(destination) = patch.destination() {
        audit.host = destination.host().map(Host::to_string);
        context.check_hosts(destination, sent_to.as_ref())?;
    }

    let change = |found: Option<&Stored>| {
        check(&preconditions, found)?;
        let found = found.ok_or(NotEdited::Unreadable)?;
        let patched = patch.apply(&found.link).map_err(NotEdited::Refused)?;
        Ok(context.edited(patched))
    };
    match context.editor().update(&code, change).await {
        Ok(stored) => {
            audit.host = stored.link.destination.host().map(Host::to_string);
            let response = response::empty(StatusCode::NO_CONTENT);
            Ok(response.with(header::ETAG, etag(&stored)))
        }
        Err(error) => Err(problem(context, &code, error).await),
    }
}

/// `DELETE /_api/links/{short}`
pub async fn delete<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: &Request<impl Incoming>,
    audit: &mut Audit<'_>,
) -> Result<Response, Problem> {
    let (code, preconditions) = target(context, short, request, audit)?;
    let check = |found: Option<&Stored>| check(&preconditions, found);
    match context.editor().delete(&code, check).await {
        Ok(deleted) => {
            if let Some(deleted) = deleted {
                audit.host = deleted.link.destination.host().map(Host::to_string);
                remove_clicks(context, &deleted).await;
            }
            Ok(response::empty(StatusCode::NO_CONTENT))
        }
        Err(error) => Err(problem(context, &code, error).await),
    }
}

/// The code of the link that a request wants to change, and in which version.
fn target<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: &Request<impl Incoming>,
    audit: &mut Audit<'_>,
) -> Result<(Code, Preconditions), Problem> {
    let preconditions = Preconditions::of(request)?;
    let code = context.code_in_path(short)?;
    audit.code = Some(code.clone());
    Ok((code, preconditions))
}

/// Refuses a link that is not the version the client means. An unreadable one has no version.
fn check(preconditions: &Preconditions, found: Option<&Stored>) -> Result<(), NotEdited> {
    match preconditions.evaluate(found.map(etag).as_deref()) {
        Verdict::Proceed => Ok(()),
        Verdict::Known | Verdict::Failed => Err(NotEdited::Changed(found.cloned().map(Box::new))),
    }
}

async fn problem<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    code: &Code,
    error: NotEdited,
) -> Problem {
    match error {
        NotEdited::Edit(error) => error.into(),
        NotEdited::Changed(found) => context.changed(found.map(|found| *found)).await,
        NotEdited::Refused(refusal) => refusal.into(),
        NotEdited::Unreadable => Problem::Internal(anyhow!("the record of {code} is unreadable")),
    }
}

/// Without its link a counter means nothing, so a failure is not reported to the client.
async fn remove_clicks<S: KeyValue, P: Platform>(context: &Context<'_, S, P>, deleted: &Stored) {
    let removed = clicks::remove(context.store(), context.platform(), deleted).await;
    if let Err(StoreError(error)) = removed {
        let code = deleted.link.code.as_str();
        tracing::warn!(code, error, "counters of a deleted link not removed");
    }
}

impl From<EditError> for NotEdited {
    fn from(error: EditError) -> Self {
        Self::Edit(error)
    }
}
