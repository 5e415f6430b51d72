//! `POST /_api/catalog/rebuild`: finding the links that the catalog does not list.

use super::{Audit, adoption, problem::Problem, wire::Rebuilt};
use crate::{
    app::App,
    catalog::Adopted,
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
    let Adopted { list, outdated } = adoption(app, config).run().await?;
    // Lists do not delete these: an adoption that began earlier may still put its list in use.
    for key in outdated {
        app.store.delete(&key).await?;
    }
    let rebuilt = Rebuilt {
        adopted: list.count,
    };
    Ok(response::json(StatusCode::OK, JSON, &rebuilt))
}
