//! `POST /_api/import`: creating many links at once.

use super::{
    Audit, check_hosts, creator,
    export::NDJSON,
    problem::Problem,
    wire::{self, ImportReport, NewLink, Purpose, RefusedLine},
};
use crate::{
    app::App,
    config::Config,
    domain::{Address, Link},
    exclusive::{CreateError, Creator},
    http::{
        body::{self, Accept},
        request::{Incoming, Request},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::{KeyValue, get_all},
};
use futures::{StreamExt, stream};
use http::StatusCode;
use std::{cell::Cell, pin::pin};

/// For how many lines to look at once whether their codes are free.
const LINES_TO_LOOK_AT: usize = 64;

/// How many links to create concurrently.
const LINES_AT_ONCE: usize = 8;

/// The body for many links: NDJSON, or one JSON array.
const LINKS_BODY: Accept = Accept {
    media_types: &[NDJSON, JSON],
    limit: 1024 * 1024,
};

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
    let importer = Importer {
        creator: creator(app, config),
        config,
        sent_to,
        has_failed: Cell::new(false),
    };
    let mut report = ImportReport::default();
    let mut failure = None;
    for lines in wire::lines(&body)?.chunks(LINES_TO_LOOK_AT) {
        let links = importer.free_links(lines).await?;
        // One after the other, so that the numbers are in the order of the lines.
        let numbered = stream::iter(links).then(async |(line, link)| {
            let draw = async |link| Ok((link, importer.creator.draw_number().await?));
            Some((line, importer.step(link, draw).await?))
        });
        let created = numbered.map(async |numbered| {
            let (line, numbered) = numbered?;
            let create =
                async |(link, number)| importer.creator.create_numbered(link, number).await;
            Some((line, importer.step(numbered, create).await?))
        });
        let mut outcomes = pin!(created.buffered(LINES_AT_ONCE));
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
                    let refused = RefusedLine::new(line, problem.code(), detail);
                    report.failed.push(refused);
                }
            }
        }
        if let Some(unavailable) = failure {
            // Created links stay. Sending the same body again imports the rest.
            return Err(unavailable);
        }
    }
    Ok(response::json(StatusCode::OK, JSON, &report))
}

/// Takes the lines of a body through the steps of an import.
struct Importer<'a, S, P> {
    creator: Creator<'a, S, P>,
    config: &'a Config,
    sent_to: Option<Address>,
    /// Whether the store has failed. Then steps in progress are finished, and no others begin.
    has_failed: Cell<bool>,
}

impl<S: KeyValue, P: Platform> Importer<'_, S, P> {
    /// The links in `lines`, or why they cannot be created: a code is taken, for one.
    async fn free_links(
        &self,
        lines: &[(usize, &[u8])],
    ) -> Result<Vec<(usize, Result<Link, Problem>)>, Problem> {
        let read = lines.iter().map(|(line, text)| (*line, self.read(text)));
        let mut links: Vec<(usize, Result<Link, Problem>)> = read.collect();
        let codes = links.iter().filter_map(|(_, link)| link.as_ref().ok());
        let codes = codes.map(|link| link.code.to_string()).collect();
        let mut records = get_all(self.creator.store, codes).await?.into_iter();
        for (_, link) in &mut links {
            if link.is_ok() && records.next().flatten().is_some() {
                *link = Err(Problem::Conflict(None));
            }
        }
        Ok(links)
    }

    fn read(&self, line: &[u8]) -> Result<Link, Problem> {
        let new = NewLink::read(line, Purpose::Import, &self.config.links)?;
        check_hosts(self.config, &new.destination, self.sent_to.as_ref())?;
        // `NewLink::read` has refused an import without a code.
        let code = new.code.clone().ok_or(Problem::NotFound)?;
        Ok(new.into_link(code))
    }

    /// Takes a line a step further, if what was `before` went well. `None` if it did not begin.
    async fn step<T, U>(
        &self,
        before: Result<T, Problem>,
        step: impl AsyncFnOnce(T) -> Result<U, CreateError>,
    ) -> Option<Result<U, Problem>> {
        let value = match before {
            Ok(_) if self.has_failed.get() => return None,
            Ok(value) => value,
            Err(problem) => return Some(Err(problem)),
        };
        let outcome = step(value).await;
        let outcome = outcome.map_err(|error| Problem::of_create(error, self.config));
        if matches!(outcome, Err(Problem::Unavailable(_))) {
            self.has_failed.set(true);
        }
        Some(outcome)
    }
}
