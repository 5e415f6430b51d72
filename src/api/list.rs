//! `GET /_api/links`: the links, a page at a time.
//!
//! The newest come first, by the catalog. Where there is none, and where the client wants it so, they
//! come in the order of their codes. The header `X-Order` says which it is.

mod query;

use super::{context::Context, problem::Problem, view::views};
use crate::{
    catalog::{self, Catalog, Found, Page, Selection},
    domain::Code,
    http::{
        header,
        request::{Incoming, Request},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::{KeyValue, Number},
};
use http::StatusCode;
pub use query::{Query, Start};

/// The order in which links are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Newest,
    Oldest,
    Code,
}

impl Order {
    /// The name in queries and in `X-Order`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Code => "code",
        }
    }
}

/// Answers with a JSON array, and with a `Link` to the next page if there is one (RFC 8288).
pub async fn list<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    request: &Request<impl Incoming>,
) -> Result<Response, Problem> {
    let query = Query::parse(request.target.query(), context.config.links.codes)?;
    let limit = query.limit;
    let (found, order, next) = page(context, query).await?;
    let views = views(
        context.store(),
        &found.links,
        context.config.base_url.as_ref(),
        context.config.clicks,
    )
    .await?;
    let mut response =
        response::json(StatusCode::OK, JSON, &views).with(header::X_ORDER, order.name());
    if let Some(next) = next {
        let next = format!("</_api/links?{}>; rel=\"next\"", next.query(limit));
        response = response.with(header::LINK, next);
    }
    if found.skipped > 0 {
        response = response.with(header::X_SKIPPED_RECORDS, found.skipped.to_string());
    }
    Ok(response)
}

/// The links of a page, their order, and where the next page begins if there is one.
pub type Listed = (Found, Order, Option<Start>);

/// Reads the page that `query` asks for.
pub async fn page<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    Query { limit, start }: Query,
) -> Result<Listed, Problem> {
    match start {
        Start::Code(selection) => by_code(context, selection, limit).await,
        Start::Newest(from) => match (context.catalog().await?, from) {
            (Some(catalog), from) => by_number(context, catalog, from, limit).await,
            (None, None) => by_code(context, Selection::default(), limit).await,
            (None, Some(_)) => Err(query::foreign_cursor()),
        },
    }
}

async fn by_number<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    catalog: Catalog,
    from: Option<Number>,
    limit: usize,
) -> Result<Listed, Problem> {
    let rules = context.config.links.codes;
    let Page { found, next } = catalog::page(context.store(), rules, catalog, from, limit).await?;
    Ok((
        found,
        Order::Newest,
        next.map(|from| Start::Newest(Some(from))),
    ))
}

async fn by_code<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    selection: Selection,
    limit: usize,
) -> Result<Listed, Problem> {
    // One code more than fits on the page shows whether there is a next page.
    let selection = Selection {
        limit: limit.saturating_add(1),
        rules: context.config.links.codes,
        ..selection
    };
    let mut codes = context.codes(&selection).await?;
    let next = next_page(&selection, limit, &mut codes);
    let found = catalog::links(context.store(), &codes).await?;
    Ok((found, Order::Code, next))
}

/// Truncates `codes` to the page, and returns where the next page begins if there is one.
fn next_page(selection: &Selection, limit: usize, codes: &mut Vec<Code>) -> Option<Start> {
    if codes.len() <= limit {
        return None;
    }
    codes.truncate(limit);
    Some(Start::Code(Selection {
        after: codes.last().cloned(),
        ..selection.clone()
    }))
}
