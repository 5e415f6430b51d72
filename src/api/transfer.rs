//! `GET /_api/export` and `POST /_api/import`: all links out of one store and into another.

use super::{
    Audit, check_hosts, creator,
    problem::Problem,
    wire::{self, ImportReport, LinkView, NewLink, Purpose, RefusedLine},
};
use crate::{
    app::App,
    catalog::{self, Selection},
    config::Config,
    domain::{Address, Code, Link},
    exclusive::Creator,
    http::{
        body::{self, Accept},
        request::{Incoming, Request},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::{KeyValue, StoreError},
};
use futures::{Stream, StreamExt, stream};
use http::StatusCode;
use std::{cell::Cell, pin::pin, rc::Rc};

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
pub async fn export<S, P>(app: Rc<App<S, P>>) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let all = Selection {
        limit: usize::MAX,
        ..Selection::default()
    };
    let codes = super::codes(&app.store, &all).await?;
    Ok(response::stream(NDJSON, chunks(app, codes)))
}

fn chunks<S: KeyValue, P: Platform>(
    app: Rc<App<S, P>>,
    codes: Vec<Code>,
) -> impl Stream<Item = Result<Vec<u8>, StoreError>> {
    let codes = codes.into_iter();
    stream::try_unfold((app, codes), async |(app, mut codes)| {
        let mut lines = Vec::new();
        while lines.is_empty() {
            let chunk: Vec<Code> = codes.by_ref().take(LINKS_A_CHUNK).collect();
            if chunk.is_empty() {
                return Ok(None);
            }
            for link in catalog::links(&app.store, chunk).await?.links {
                // The short URL belongs to this deployment, not to the link.
                let view = LinkView::new(&link, None);
                lines.extend(serde_json::to_vec(&view).unwrap_or_default());
                lines.push(b'\n');
            }
        }
        Ok(Some((lines, (app, codes))))
    })
}

/// Creates every link of the body whose code is free, and reports the others.
pub async fn import<S, P>(
    app: &App<S, P>,
    config: &Config,
    request: Request<impl Incoming>,
    audit: &mut Audit,
) -> Result<Response, Problem>
where
    S: KeyValue,
    P: Platform,
{
    audit.action = Some("import");
    audit.created = Some(0);
    let sent_to = request.address();
    let body = body::read(request, &LINKS_BODY).await?;
    let creator = creator(app, config);
    // Once the store has failed, lines under way are seen through and no others are begun.
    let failed = Cell::new(false);
    let import = async |(line, text): (usize, &[u8])| {
        if failed.get() {
            return None;
        }
        let outcome = import_line(&creator, config, sent_to.as_ref(), text).await;
        failed.set(failed.get() || matches!(outcome, Err(Problem::Unavailable(_))));
        Some((line, outcome))
    };
    let lines = wire::lines(&body)?.into_iter();
    let mut outcomes = pin!(stream::iter(lines.map(import)).buffered(LINES_AT_ONCE));
    let mut report = ImportReport::default();
    let mut failure = None;
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            None => {}
            Some((_, Ok(link))) => {
                report.created = report.created.saturating_add(1);
                audit.imported(&link, &app.platform);
            }
            Some((_, Err(Problem::Conflict(_)))) => {
                report.skipped = report.skipped.saturating_add(1);
            }
            Some((_, Err(unavailable @ Problem::Unavailable(_)))) => {
                failure.get_or_insert(unavailable);
            }
            Some((line, Err(problem))) => {
                let detail = problem.detail().into_owned();
                report
                    .failed
                    .push(RefusedLine::new(line, problem.code(), detail));
            }
        }
    }
    match failure {
        // What was created stays. The same body, sent again, does the rest.
        Some(unavailable) => Err(unavailable),
        None => Ok(response::json(StatusCode::OK, JSON, &report)),
    }
}

async fn import_line<S: KeyValue, P: Platform>(
    creator: &Creator<'_, S, P>,
    config: &Config,
    sent_to: Option<&Address>,
    line: &[u8],
) -> Result<Link, Problem> {
    let new = NewLink::read(line, Purpose::Import)?;
    check_hosts(config, &new.destination, sent_to)?;
    // An import without a code is refused when it is read.
    let code = new.code.clone().ok_or(Problem::NotFound)?;
    let created = creator.create(new.into_link(code)).await;
    created.map_err(|error| Problem::of_create(error, config))
}
