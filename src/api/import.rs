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
    store::{KeyValue, Number},
};
use futures::{StreamExt, stream};
use http::StatusCode;
use std::{cell::Cell, pin::pin};

/// How many lines to import concurrently.
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
    let importer = &importer;
    let lines = stream::iter(wire::lines(&body)?);
    let checked = lines
        .map(async |(line, text)| (line, importer.check(text).await))
        .buffered(LINES_AT_ONCE);
    // One after the other, so that the numbers are in the order of the lines.
    let numbered = checked.then(async |(line, checked)| (line, importer.number(checked).await));
    let created = numbered
        .map(async |(line, numbered)| (line, importer.create(numbered).await))
        .buffered(LINES_AT_ONCE);
    let mut outcomes = pin!(created);
    let mut report = ImportReport::default();
    let mut failure = None;
    while let Some((line, outcome)) = outcomes.next().await {
        match outcome {
            None => {}
            Some(Ok(link)) => {
                report.created = report.created.saturating_add(1);
                audit.imported(&link, &app.platform);
            }
            Some(Err(Problem::Conflict(_))) => {
                report.skipped = report.skipped.saturating_add(1);
            }
            Some(Err(unavailable @ Problem::Unavailable(_))) => {
                failure.get_or_insert(unavailable);
            }
            Some(Err(problem)) => {
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

/// Takes each line through three steps.
struct Importer<'a, S, P> {
    creator: Creator<'a, S, P>,
    config: &'a Config,
    sent_to: Option<Address>,
    /// Whether the store has failed. Then steps in progress are finished, and no others begin.
    has_failed: Cell<bool>,
}

/// How a step of a line ended. `None` if it did not begin.
type Outcome<T> = Option<Result<T, Problem>>;

impl<S: KeyValue, P: Platform> Importer<'_, S, P> {
    /// Reads the link in a line, and looks whether its code is free.
    async fn check(&self, line: &[u8]) -> Outcome<Link> {
        self.step(Some(Ok(line)), async |line| {
            let new = NewLink::read(line, Purpose::Import, &self.config.links)?;
            check_hosts(self.config, &new.destination, self.sent_to.as_ref())?;
            // `NewLink::read` has refused an import without a code.
            let code = new.code.clone().ok_or(Problem::NotFound)?;
            self.ended(self.creator.ensure_free(&code).await)?;
            Ok(new.into_link(code))
        })
        .await
    }

    async fn number(&self, checked: Outcome<Link>) -> Outcome<(Link, Option<Number>)> {
        self.step(checked, async |link| {
            let number = self.ended(self.creator.draw_number().await)?;
            Ok((link, number))
        })
        .await
    }

    async fn create(&self, numbered: Outcome<(Link, Option<Number>)>) -> Outcome<Link> {
        self.step(numbered, async |(link, number)| {
            self.ended(self.creator.create_numbered(link, number).await)
        })
        .await
    }

    /// Takes a line one step further, if the step before went well.
    async fn step<T, U>(
        &self,
        before: Outcome<T>,
        step: impl AsyncFnOnce(T) -> Result<U, Problem>,
    ) -> Outcome<U> {
        match before? {
            Ok(_) if self.has_failed.get() => None,
            Ok(value) => Some(step(value).await),
            Err(problem) => Some(Err(problem)),
        }
    }

    fn ended<T>(&self, outcome: Result<T, CreateError>) -> Result<T, Problem> {
        outcome.map_err(|error| {
            let problem = Problem::of_create(error, self.config);
            if matches!(problem, Problem::Unavailable(_)) {
                self.has_failed.set(true);
            }
            problem
        })
    }
}
