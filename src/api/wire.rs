//! The JSON that clients of the API send and receive.

mod batch;
mod fields;
mod link_body;
mod link_patch;
mod members;
mod refusal;

pub use batch::{ImportOutcome, ImportReport, RefusedLine, lines};
pub use link_body::{NewLink, Purpose, chosen_code};
pub use link_patch::LinkPatch;
pub use refusal::{FieldError, Refusal};

use crate::{
    config::BaseUrl,
    domain::{KeyName, Link, Timestamp},
};
use serde::Serialize;

/// A link as the API shows it. Absent members are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkView {
    pub short: String,
    pub url: String,
    /// The public URL. Present only if the operator has set `base_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_url: Option<String>,
    /// RFC 3339 in UTC, like all times here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The name of the key that created it; `admin` for the admin token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// What of a visitor's request goes on to the destination.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pass_on: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How often the link was followed. Present only if clicks are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clicks: Option<u64>,
}

/// The response that says whether a code is available.
#[derive(Debug, Serialize)]
pub struct Availability {
    pub available: bool,
}

/// The response that says how often a link was followed.
#[derive(Debug, Serialize)]
pub struct ClicksView {
    pub short: String,
    pub total: u64,
    /// Absent if the clicks are not counted by the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<DayView>>,
}

/// The clicks of one day.
#[derive(Debug, Serialize)]
pub struct DayView {
    /// The day in UTC, as in RFC 3339 section 5.6 (full-date).
    pub date: String,
    pub clicks: u64,
}

/// The response to a rebuild of the catalog.
#[derive(Debug, Serialize)]
pub struct Rebuilt {
    /// How many links have no number of their own.
    pub adopted: usize,
}

/// The response of the health check, in the format of draft-inadarei-api-health-check.
#[derive(Debug, Serialize)]
pub struct Health {
    /// `pass` or `fail`.
    pub status: &'static str,
}

impl LinkView {
    pub fn new(link: &Link, base_url: Option<&BaseUrl>) -> Self {
        let time = |t: Option<Timestamp>| t.map(|t| t.to_string());
        let name = |name: &Option<KeyName>| name.as_ref().map(KeyName::to_string);
        Self {
            short: link.code.to_string(),
            url: link.destination.as_str().to_owned(),
            short_url: base_url.map(|base| base.join(&format!("/{}", link.code.in_url()))),
            created_at: time(link.created_at),
            created_by: name(&link.created_by),
            updated_at: time(link.updated_at),
            updated_by: name(&link.updated_by),
            expires_at: time(link.lifetime.expires_at),
            not_before: time(link.lifetime.not_before),
            pass_on: link.pass_on.names(),
            note: link.note.as_ref().map(|note| note.as_str().to_owned()),
            clicks: None,
        }
    }
}
