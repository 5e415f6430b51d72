//! `POST /_api/catalog/rebuild`: finding the links that the catalog does not list.

use super::{Audit, adoption, problem::Problem, wire::Rebuilt};
use crate::{
    app::App,
    catalog::{Adopted, AdoptionError},
    config::Config,
    http::response::{self, JSON, Response},
    platform::Platform,
    store::KeyValue,
};
use http::StatusCode;

/// Lists look for such links themselves, but only once, and not if they would have to look at many.
pub async fn rebuild<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    config: &Config,
    audit: &mut Audit,
) -> Result<Response, Problem> {
    audit.action = Some("rebuild");
    let adopted = adoption(app, config, usize::MAX).run().await;
    let Adopted { list, outdated } = adopted.map_err(|error| match error {
        AdoptionError::Unsupported | AdoptionError::TooManyNumbers => Problem::NoCatalog,
        AdoptionError::Unlisted(error) => Problem::Unlisted(error.into()),
        AdoptionError::Store(error) => error.into(),
    })?;
    // Only here: of many lists that find the catalog incomplete at once, the one that is last to put its
    // list in use need not be the one that was last to begin.
    for key in outdated {
        app.store.delete(&key).await?;
    }
    let rebuilt = Rebuilt {
        adopted: list.count,
    };
    Ok(response::json(StatusCode::OK, JSON, &rebuilt))
}
