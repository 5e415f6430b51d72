//! `GET /_api/export`: every link, as lines that an import takes.

use super::{context::Context, list::Order, problem::Problem, view::views};
use crate::{
    app::App,
    catalog::{self, Catalog, Found, Selection},
    clicks::Counting,
    domain::{Code, CodeRules},
    http::{
        header,
        response::{self, Response},
    },
    platform::Platform,
    store::{KeyValue, StoreError},
};
use futures::stream;
use std::{rc::Rc, vec};

pub const NDJSON: &str = "application/x-ndjson";

/// How many links to read for one chunk.
const LINKS_A_CHUNK: usize = 128;

/// An export that is under way.
struct Exporting<S, P> {
    app: Rc<App<S, P>>,
    rules: CodeRules,
    counting: Counting,
    rest: Rest,
}

/// What is left to export.
enum Rest {
    Numbers(Catalog),
    Codes(vec::IntoIter<Code>),
}

/// Streams every readable link, one per line: the oldest first, so that an import in this order
/// numbers them in this order. If not every link is in the catalog, in the order of the codes.
///
/// Before the response begins, the catalog or the keys have been read. So a store that is down
/// causes a 503 and not a truncated export. Nothing is locked between two chunks.
pub async fn export<S, P>(context: &Context<'_, S, P>) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let rules = context.config.links.codes;
    let (rest, order) = match context.catalog().await? {
        Some(catalog) => (Rest::Numbers(catalog), Order::Oldest),
        None => {
            let all = Selection {
                limit: usize::MAX,
                rules,
                ..Selection::default()
            };
            let codes = context.codes(&all).await?;
            (Rest::Codes(codes.into_iter()), Order::Code)
        }
    };
    let exporting = Exporting {
        app: Rc::clone(context.app),
        rules,
        counting: context.config.clicks,
        rest,
    };
    let chunks = stream::try_unfold(exporting, async |mut exporting| {
        let lines = exporting.next_lines().await?;
        Ok(lines.map(|lines| (lines, exporting)))
    });
    Ok(response::stream(NDJSON, chunks).with(header::X_ORDER, order.name()))
}

impl<S: KeyValue, P: Platform> Exporting<S, P> {
    /// The lines of the next chunk that has any; `None` at the end.
    async fn next_lines(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let store = &self.app.store;
        while !self.rest.is_empty() {
            let links = self.rest.next_chunk(store, self.rules).await?.links;
            let mut lines = Vec::new();
            // The short URL belongs to this deployment, not to the link.
            for view in views(store, &links, None, self.counting).await? {
                lines.extend(serde_json::to_vec(&view).unwrap_or_default());
                lines.push(b'\n');
            }
            if !self.rest.is_empty() {
                self.app.platform.give_way().await;
            }
            // A chunk without a byte would end the response.
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }
}

impl Rest {
    fn is_empty(&self) -> bool {
        match self {
            Self::Numbers(catalog) => catalog.is_empty(),
            Self::Codes(codes) => codes.as_slice().is_empty(),
        }
    }

    async fn next_chunk(
        &mut self,
        store: &impl KeyValue,
        rules: CodeRules,
    ) -> Result<Found, StoreError> {
        match self {
            Self::Numbers(catalog) => {
                let numbers = catalog.take_lowest(LINKS_A_CHUNK);
                catalog::read(store, rules, *catalog, numbers).await
            }
            Self::Codes(codes) => {
                let codes: Vec<Code> = codes.by_ref().take(LINKS_A_CHUNK).collect();
                catalog::links(store, &codes).await
            }
        }
    }
}
