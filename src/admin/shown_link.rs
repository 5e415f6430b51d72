//! A link as pages show it.

use super::{destination::ShownDestination, moment::Moment};
use crate::{
    api::wire::LinkView,
    domain::{Code, Lifetime, Phase, Timestamp},
    store::Stored,
};

pub struct ShownLink {
    pub code: String,
    /// Of the link's own page.
    pub path: String,
    pub short_url: String,
    pub destination: ShownDestination,
    pub state: State,
    pub note: Option<String>,
    pub created: Option<Moment>,
    pub created_by: Option<String>,
    pub updated: Option<Moment>,
    pub updated_by: Option<String>,
    /// What of a visitor's request goes on to the destination.
    pub pass_on: Vec<&'static str>,
    /// `None` if clicks are not counted.
    pub clicks: Option<u64>,
}

/// Whether a link redirects now, in words, and as a name for the stylesheet.
pub struct State {
    pub name: &'static str,
    pub words: &'static str,
    pub starts: Option<Moment>,
    pub expires: Option<Moment>,
}

impl ShownLink {
    /// `stored`, which the API shows as `view`.
    pub fn new(stored: &Stored, view: LinkView, now: Timestamp) -> Self {
        let link = &stored.link;
        Self {
            path: path_of(&link.code),
            short_url: view
                .short_url
                .unwrap_or_else(|| format!("/{}", link.code.in_url())),
            destination: ShownDestination::new(&link.destination),
            state: State::new(link.lifetime, now),
            created: link.created_at.map(Moment::new),
            updated: link.updated_at.map(Moment::new),
            code: view.short,
            note: view.note,
            created_by: view.created_by,
            updated_by: view.updated_by,
            pass_on: view.pass_on,
            clicks: view.clicks,
        }
    }

    /// The short URL without its scheme, which nobody types.
    pub fn spoken(&self) -> &str {
        let url = self.short_url.as_str();
        url.split_once("://").map_or(url, |(_, rest)| rest)
    }
}

/// Where the page for the link under `code` is.
pub fn path_of(code: &Code) -> String {
    format!("/_admin/links/{}", code.in_url())
}

impl State {
    fn new(lifetime: Lifetime, now: Timestamp) -> Self {
        let (name, words) = match lifetime.phase(|| now) {
            Phase::Pending => ("scheduled", "Scheduled"),
            Phase::Active => ("active", "Active"),
            Phase::Expired => ("expired", "Expired"),
        };
        Self {
            name,
            words,
            starts: lifetime
                .not_before
                .filter(|start| now < *start)
                .map(Moment::new),
            expires: lifetime.expires_at.map(Moment::new),
        }
    }
}
