//! `GET /_api/export` and `POST /_api/import`: all links out of one store and into another.

use super::{Audit, check_hosts, creator, refuse_create};
use crate::{
    catalog::{self, Selection},
    config::Config,
    create::Creator,
    link::{Code, Link},
    overlap::overlapping,
    platform::Platform,
    policy::OwnAddress,
    problem::Problem,
    request::{Accept, Request, RequestBody, read_body, request_address},
    response::{self, JSON, Response},
    shortener::Shortener,
    store::{KeyValue, StoreError},
    wire::{self, ImportReport, LinkView, NewLink, Purpose, RefusedLine},
};
use futures::{Stream, StreamExt, stream};
use http::StatusCode;
use std::{cell::OnceCell, rc::Rc};

const NDJSON: &str = "application/x-ndjson";

/// Links sent as one chunk.
const LINKS_A_CHUNK: usize = 64;

/// Lines imported at the same time.
const LINES_AT_ONCE: usize = 8;

/// Many links: NDJSON, or one JSON array.
const LINKS_BODY: Accept = Accept {
    media_types: &[NDJSON, JSON],
    limit: 1024 * 1024,
};

/// Streams every readable link, one a line, in the order of their codes.
///
/// The codes are listed before the answer begins: a store that is down is a 503, not a stump, and
/// however slowly the client reads, nothing of the store is held meanwhile.
pub async fn export<S, P>(shortener: Rc<Shortener<S, P>>) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let all = Selection {
        limit: usize::MAX,
        ..Selection::default()
    };
    let codes = super::codes(&shortener.store, &all).await?;
    Ok(response::stream(NDJSON, chunks(shortener, codes)))
}

fn chunks<S: KeyValue, P: Platform>(
    shortener: Rc<Shortener<S, P>>,
    codes: Vec<Code>,
) -> impl Stream<Item = Result<Vec<u8>, StoreError>> {
    let codes = codes.into_iter();
    stream::try_unfold((shortener, codes), async |(shortener, mut codes)| {
        let mut lines = Vec::new();
        while lines.is_empty() {
            let chunk: Vec<Code> = codes.by_ref().take(LINKS_A_CHUNK).collect();
            if chunk.is_empty() {
                return Ok(None);
            }
            for link in catalog::links(&shortener.store, chunk).await?.links {
                // The short URL belongs to this deployment, not to the link.
                let view = LinkView::new(&link, None);
                lines.extend(serde_json::to_vec(&view).unwrap_or_default());
                lines.push(b'\n');
            }
        }
        Ok(Some((lines, (shortener, codes))))
    })
}

/// Creates every link of the body whose code is free, and reports the others.
pub async fn import<S, P, B>(
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
    audit.action = Some("import");
    audit.created = Some(0);
    let sent_to = request_address(&request.headers);
    let body = read_body(request, &LINKS_BODY).await?;
    let creator = creator(shortener, config);
    // What the store said when it failed. Lines under way are then seen through, others not begun.
    let failure = OnceCell::new();
    let import = async |(line, text): (usize, &[u8])| {
        if failure.get().is_some() {
            return None;
        }
        let outcome = import_line(&creator, config, sent_to.as_ref(), text).await;
        if let Err(Problem::Unavailable(error)) = &outcome {
            let _ = failure.set(error.clone());
        }
        Some((line, outcome))
    };
    let lines = wire::lines(&body)?.into_iter();
    let outcomes = overlapping(lines.map(import), LINES_AT_ONCE);
    let mut outcomes = std::pin::pin!(outcomes);
    let mut report = ImportReport::default();
    while let Some(outcome) = outcomes.next().await {
        let Some((line, outcome)) = outcome else {
            continue;
        };
        match outcome {
            Ok(link) => {
                report.created = report.created.saturating_add(1);
                audit.imported(&link, &shortener.platform);
            }
            Err(Problem::Conflict(_)) => report.skipped = report.skipped.saturating_add(1),
            Err(Problem::Unavailable(_)) => {}
            Err(problem) => report.failed.push(RefusedLine::new(line, &problem)),
        }
    }
    // What was created stays; sending the same body again does the rest.
    if let Some(error) = failure.get() {
        return Err(Problem::Unavailable(error.clone()));
    }
    Ok(response::json(StatusCode::OK, JSON, &report))
}

async fn import_line<S: KeyValue, P: Platform>(
    creator: &Creator<'_, S, P>,
    config: &Config,
    sent_to: Option<&OwnAddress>,
    line: &[u8],
) -> Result<Link, Problem> {
    let new = NewLink::read(line, Purpose::Import)?;
    check_hosts(config, &new.destination, sent_to)?;
    // An import without a code is refused when it is read.
    let code = new.code.clone().ok_or(Problem::NotFound)?;
    let created = creator.create(new.into_link(code)).await;
    created.map_err(|error| refuse_create(error, config))
}
