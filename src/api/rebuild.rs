//! `POST /_api/catalog/rebuild`: finding the links that the catalog does not list, and removing counters
//! of clicks that belong to no link.

use super::{Audit, problem::Problem, wire::Rebuilt};
use crate::{
    app::App,
    catalog::{self, Adopted},
    clicks,
    config::Config,
    http::response::{self, JSON, Response},
    platform::Platform,
    store::KeyValue,
};
use http::StatusCode;

/// Finds all links that have no number of their own, whatever is known of them.
pub async fn rebuild<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    config: &Config,
    audit: &mut Audit,
) -> Result<Response, Problem> {
    audit.action = Some("rebuild");
    let adopted = catalog::adopt(&app.store, &app.platform, config.claims).await?;
    let Adopted {
        list,
        outdated,
        counters,
    } = adopted;
    // Lists do not delete these: an adoption that began earlier may still put its list in use.
    for key in outdated {
        app.store.delete(&key).await?;
    }
    clicks::sweep(&app.store, &app.platform, counters).await?;
    let rebuilt = Rebuilt {
        adopted: list.count,
    };
    Ok(response::json(StatusCode::OK, JSON, &rebuilt))
}
