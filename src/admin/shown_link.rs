//! A link as pages show it.

use super::{destination::ShownDestination, moment::Moment};
use crate::{
    api::wire::LinkView,
    domain::{Code, Lifetime, Phase, Timestamp},
    store::Stored,
};

/// A link, as the API shows it, and what pages make of that.
pub struct ShownLink {
    pub view: LinkView,
    /// Of the link's own page.
    pub path: String,
    pub short_url: String,
    pub destination: ShownDestination,
    pub state: State,
    pub created: Option<Moment>,
    pub updated: Option<Moment>,
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
        let short_url = view.short_url.clone();
        Self {
            path: path_of(&link.code),
            short_url: short_url.unwrap_or_else(|| format!("/{}", link.code.in_url())),
            destination: ShownDestination::new(&link.destination),
            state: State::new(link.lifetime, now),
            created: link.created_at.map(Moment::new),
            updated: link.updated_at.map(Moment::new),
            view,
        }
    }

    /// The short URL for display.
    pub fn without_scheme(&self) -> &str {
        let url = self.short_url.as_str();
        url.split_once("://").map_or(url, |(_, rest)| rest)
    }

    /// The note, if there is something in it.
    pub fn note(&self) -> Option<&str> {
        self.view.note.as_deref().filter(|note| !note.is_empty())
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
