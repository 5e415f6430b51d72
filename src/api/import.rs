//! `POST /_api/import`: creating many links at once.

use super::{
    audit::Audit,
    context::Context,
    export::NDJSON,
    problem::Problem,
    wire::{self, ImportOutcome, NewLink, Purpose, RefusedLine},
};
use crate::{
    domain::{Address, Link},
    exclusive::{CreateError, Creator},
    http::{
        body::{self, Accept},
        request::{Incoming, Request},
        response::JSON,
    },
    platform::Platform,
    store::{KeyValue, Number, Stored, get_all},
};
use futures::{StreamExt, stream};
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

/// Creates every link in the body whose code is free, and says of each line what came of it.
pub async fn import<S, P>(
    context: &Context<'_, S, P>,
    request: Request<impl Incoming>,
    audit: &mut Audit<'_>,
) -> Result<ImportOutcome, Problem>
where
    S: KeyValue,
    P: Platform,
{
    audit.created = Some(0);
    let sent_to = request.address();
    let body = body::read(request, &LINKS_BODY).await?;
    let importer = Importer {
        context,
        creator: context.creator(),
        sent_to,
        has_failed: Cell::new(false),
    };
    let mut report = ImportOutcome::default();
    let mut failure = None;
    for (chunk, lines) in wire::lines(&body)?.chunks(LINES_TO_LOOK_AT).enumerate() {
        if chunk > 0 {
            context.platform().give_way().await;
        }
        let links = importer.numbered(importer.free_links(lines).await?).await?;
        let created = stream::iter(links).map(async |(line, link)| {
            let outcome = importer.create(link).await?;
            Some((line, outcome))
        });
        let mut outcomes = pin!(created.buffered(LINES_AT_ONCE));
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                None => {}
                Some((line, Ok(stored))) => {
                    report.created.push(line);
                    audit.imported(&stored.link, context.platform());
                }
                Some((line, Err(Problem::Conflict(_)))) => report.skipped.push(line),
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
    Ok(report)
}

/// A line of the body, by its number, and what came of it so far.
type Line<T> = (usize, Result<T, Problem>);

/// Takes the lines of a body through the steps of an import.
struct Importer<'a, S, P> {
    context: &'a Context<'a, S, P>,
    creator: Creator<'a, S, P>,
    sent_to: Option<Address>,
    /// Whether the store has failed. Then creates in progress are finished, and no others begin.
    has_failed: Cell<bool>,
}

impl<S: KeyValue, P: Platform> Importer<'_, S, P> {
    /// The links in `lines`, or why they cannot be created: a code is taken, for one.
    async fn free_links(&self, lines: &[(usize, &[u8])]) -> Result<Vec<Line<Link>>, Problem> {
        let read = lines.iter().map(|(line, text)| (*line, self.read(text)));
        let mut links: Vec<Line<Link>> = read.collect();
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
        let new = NewLink::read(line, Purpose::Import, &self.context.config.links)?;
        let sent_to = self.sent_to.as_ref();
        self.context.check_hosts(&new.destination, sent_to)?;
        // `NewLink::read` has refused an import without a code.
        let code = new.code.clone().ok_or(Problem::NotFound)?;
        let link = new.into_link(code);
        let caller = self.context.caller;
        match caller.is_admin() {
            true => Ok(link),
            // A key must not say that somebody else has done what it does.
            false => Ok(Link {
                created_by: Some(caller.name.clone()),
                updated_by: None,
                ..link
            }),
        }
    }

    /// Gives each of `links` its number, in the order of the lines.
    async fn numbered(
        &self,
        links: Vec<Line<Link>>,
    ) -> Result<Vec<Line<(Link, Option<Number>)>>, Problem> {
        let mut next = match links.iter().filter(|(_, link)| link.is_ok()).count() {
            0 => None,
            free => self.answer(self.creator.draw_numbers(free).await)?,
        };
        let mut draw = || {
            let drawn = next;
            next = drawn.map(Number::above);
            drawn
        };
        let numbered = links
            .into_iter()
            .map(|(line, link)| (line, link.map(|link| (link, draw()))));
        Ok(numbered.collect())
    }

    /// Creates the link of a line, if it has one. `None` if the store has failed before.
    async fn create(
        &self,
        link: Result<(Link, Option<Number>), Problem>,
    ) -> Option<Result<Stored, Problem>> {
        let (link, number) = match link {
            Ok(_) if self.has_failed.get() => return None,
            Ok(numbered) => numbered,
            Err(problem) => return Some(Err(problem)),
        };
        let created = self.answer(self.creator.create_numbered(link, number).await);
        if matches!(created, Err(Problem::Unavailable(_))) {
            self.has_failed.set(true);
        }
        Some(created)
    }

    fn answer<T>(&self, outcome: Result<T, CreateError>) -> Result<T, Problem> {
        outcome.map_err(Problem::of_create)
    }
}
