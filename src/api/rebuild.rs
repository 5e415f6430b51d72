//! `POST /_api/catalog/rebuild`: finding the links that the catalog does not list, and removing counters
//! of clicks that belong to no link.

use super::{context::Context, problem::Problem, wire::Rebuilt};
use crate::{
    catalog::{self, Adopted},
    clicks,
    http::response::{self, JSON, Response},
    platform::Platform,
    store::KeyValue,
};
use http::StatusCode;

/// Finds all links that have no number of their own, whatever is known of them.
pub async fn rebuild<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
) -> Result<Response, Problem> {
    let (store, platform) = (context.store(), context.platform());
    let adopted = catalog::adopt(store, platform, context.config.claims).await?;
    let Adopted {
        list,
        outdated,
        counters,
    } = adopted;
    // Lists do not delete these: an adoption that began earlier may still put its list in use.
    for key in outdated {
        store.delete(&key).await?;
    }
    clicks::sweep(store, platform, counters).await?;
    let rebuilt = Rebuilt {
        adopted: list.count,
    };
    Ok(response::json(StatusCode::OK, JSON, &rebuilt))
}
