//! `GET /_api/export` and `POST /_api/import`, which move all links from one store to another.

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

/// How many links to send as one chunk.
const LINKS_A_CHUNK: usize = 64;

/// How many lines to import concurrently.
const LINES_AT_ONCE: usize = 8;

/// The body for many links: NDJSON, or one JSON array.
const LINKS_BODY: Accept = Accept {
    media_types: &[NDJSON, JSON],
    limit: 1024 * 1024,
};

/// Streams every readable link, one per line, ordered by code.
///
/// The codes are listed before the response begins. So a store that is down causes a 503 and not a
/// truncated export, and a slow client holds no lock on the store.
pub async fn export<S, P>(app: Rc<App<S, P>>, config: &Config) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let all = Selection {
        limit: usize::MAX,
        rules: config.links.codes,
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

/// Creates every link in the body whose code is free, and reports the others.
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
    // Once the store has failed, lines in progress are finished and no others are started.
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
        // Created links stay. Sending the same body again imports the rest.
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
    let new = NewLink::read(line, Purpose::Import, &config.links)?;
    check_hosts(config, &new.destination, sent_to)?;
    // `NewLink::read` has refused an import without a code.
    let code = new.code.clone().ok_or(Problem::NotFound)?;
    let created = creator.create(new.into_link(code)).await;
    created.map_err(|error| Problem::of_create(error, config))
}
