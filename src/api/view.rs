//! How the API shows links: with their clicks, if these are counted.

use super::{context::Context, wire::LinkView};
use crate::{
    auth::Scope,
    clicks::{Counting, total, totals},
    config::BaseUrl,
    platform::Platform,
    store::{KeyValue, StoreError, Stored},
};

impl<S: KeyValue, P: Platform> Context<'_, S, P> {
    /// The link in a problem. Whoever may not read links is not shown one.
    pub async fn shown(&self, link: Option<&Stored>) -> Result<Option<Box<LinkView>>, StoreError> {
        match link.filter(|_| self.caller.may(Scope::Read)) {
            None => Ok(None),
            Some(link) => Ok(Some(Box::new(self.view(link).await?))),
        }
    }

    /// How the API shows one link.
    pub async fn view(&self, link: &Stored) -> Result<LinkView, StoreError> {
        let view = LinkView::new(&link.link, self.config.base_url.as_ref());
        match self.config.clicks.is_on() {
            false => Ok(view),
            true => Ok(LinkView {
                clicks: Some(total(self.store(), link).await?),
                ..view
            }),
        }
    }

    /// How the API shows a link that nobody has followed yet.
    pub fn view_of_new(&self, link: &Stored) -> LinkView {
        let counting = self.config.clicks.is_on();
        LinkView {
            clicks: counting.then_some(link.link.earlier_clicks),
            ..LinkView::new(&link.link, self.config.base_url.as_ref())
        }
    }
}

/// How the API shows `links`: with their clicks, if these are counted.
pub async fn views(
    store: &impl KeyValue,
    links: &[Stored],
    base_url: Option<&BaseUrl>,
    counting: Counting,
) -> Result<Vec<LinkView>, StoreError> {
    let views = links
        .iter()
        .map(|stored| LinkView::new(&stored.link, base_url));
    if !counting.is_on() {
        return Ok(views.collect());
    }
    let totals = totals(store, links).await?;
    let with_clicks = |(view, total): (LinkView, u64)| LinkView {
        clicks: Some(total),
        ..view
    };
    Ok(views.zip(totals).map(with_clicks).collect())
}
