//! What the handlers of authorized requests work with: the instance, the settings and the caller, and
//! what follows from these.

use super::{problem::Problem, version::etag, wire::FieldError};
use crate::{
    app::App,
    auth::Caller,
    catalog::{self, AdoptionError, Catalog, Selection},
    config::{BaseUrl, Config},
    domain::{Address, Code, Destination, Link},
    exclusive::{Claims, CreateError, Creator, Editor, Once, Repeatable},
    platform::Platform,
    store::{KeyValue, StoreError, Stored},
};
use anyhow::Context as _;
use std::rc::Rc;

/// The instance, the settings, and who has sent the request.
pub struct Context<'a, S, P> {
    pub app: &'a Rc<App<S, P>>,
    pub config: &'a Config,
    pub caller: &'a Caller,
}

impl<'a, S: KeyValue, P: Platform> Context<'a, S, P> {
    pub fn store(&self) -> &'a S {
        &self.app.store
    }

    pub fn platform(&self) -> &'a P {
        &self.app.platform
    }

    pub fn creator(&self) -> Creator<'a, S, P> {
        Creator {
            store: self.store(),
            platform: self.platform(),
            claims: self.config.claims,
            request: None,
        }
    }

    /// What a request of the caller with this `Idempotency-Key` and its repeats have in common. `None` if
    /// the store has no secret yet: then no request can be a repeat.
    pub async fn once_if_secret_exists(
        &self,
        key: &str,
        body: &[u8],
    ) -> Result<Option<Once>, StoreError> {
        let request = self.repeatable(key, body);
        let idempotency = &self.app.idempotency;
        idempotency
            .once_if_secret_exists(self.store(), &request)
            .await
    }

    /// The same; draws the store's secret if there is none.
    pub async fn once_drawing_secret(&self, key: &str, body: &[u8]) -> Result<Once, StoreError> {
        let (request, idempotency) = (self.repeatable(key, body), &self.app.idempotency);
        idempotency
            .once_drawing_secret(self.store(), self.platform(), &request)
            .await
    }

    fn repeatable<'b>(&'b self, key: &'b str, body: &'b [u8]) -> Repeatable<'b> {
        Repeatable {
            by: &self.caller.name,
            key,
            body,
        }
    }

    pub fn editor(&self) -> Editor<'a, S, P> {
        Editor {
            store: self.store(),
            platform: self.platform(),
            claims: self.config.claims,
        }
    }

    /// `link`, edited by the caller now.
    pub fn edited(&self, link: Link) -> Link {
        Link {
            updated_at: Some(self.platform().now().whole_seconds()),
            updated_by: Some(self.caller.name.clone()),
            ..link
        }
    }

    /// The code in a path. An invalid code cannot have a link, so it is not found.
    pub fn code_in_path(&self, segment: &str) -> Result<Code, Problem> {
        let code = self.config.links.codes.parse_segment(segment);
        code.map_err(|_| Problem::NotFound)
    }

    /// The link that a path names.
    pub async fn find(&self, segment: &str) -> Result<Stored, Problem> {
        let mut code = self.code_in_path(segment)?;
        let mut record = self.store().get(code.as_str()).await?;
        if record.is_none()
            && let Some(folded) = self.config.links.codes.folded(&code)
        {
            record = self.store().get(folded.as_str()).await?;
            code = folded;
        }
        Stored::decode(&code, &record.ok_or(Problem::NotFound)?)
            .with_context(|| format!("the record of {code}"))
            .map_err(Problem::Internal)
    }

    /// The code under which to create a link that asks for `code`: where case does not count, in the
    /// one spelling that new links have, but not if an older link has it as it is spelled.
    pub async fn code_to_create(&self, code: Code) -> Result<Code, CreateError> {
        let Some(folded) = self.config.links.codes.folded(&code) else {
            return Ok(code);
        };
        let Some(record) = self.store().get(code.as_str()).await? else {
            return Ok(folded);
        };
        let link = Stored::decode(&code, &record).ok().map(Box::new);
        Err(CreateError::Taken(link))
    }

    /// Refuses destinations on this shortener's own host and on hosts that the operator does not
    /// allow.
    pub fn check_hosts(
        &self,
        destination: &Destination,
        sent_to: Option<&Address>,
    ) -> Result<(), Problem> {
        let public = self.config.base_url.as_ref().map(BaseUrl::address);
        let own = public.into_iter().chain(sent_to);
        let checked = self.config.hosts.check(destination, own);
        checked.map_err(|error| {
            let error = FieldError::new("url", error.code(), error);
            Problem::InvalidField(vec![error])
        })
    }

    /// The problem for a failed create of one link. If the code is taken, it shows by which.
    pub async fn create_problem(&self, error: CreateError) -> Problem {
        let CreateError::Taken(link) = error else {
            return Problem::of_create(error);
        };
        match self.shown(link.as_deref()).await {
            Ok(view) => Problem::Conflict(view),
            Err(error) => error.into(),
        }
    }

    /// The problem for a link that is no longer the version the client means. Shows the present link,
    /// unless its record is unreadable or the caller may not read links.
    pub async fn changed(&self, link: Option<Stored>) -> Problem {
        match self.shown(link.as_ref()).await {
            Ok(view) => Problem::Changed {
                etag: view.as_ref().and(link.as_ref()).map(etag),
                link: view,
            },
            Err(error) => error.into(),
        }
    }

    /// The codes of `selection`. A failure is a problem of its own, because the store may hold more
    /// keys than its host can list.
    pub async fn codes(&self, selection: &Selection) -> Result<Vec<Code>, Problem> {
        catalog::codes(self.store(), selection)
            .await
            .map_err(|error| Problem::Unlisted(error.into()))
    }

    /// The catalog, completed if it lacks links; `None` if there can be none.
    pub async fn catalog(&self) -> Result<Option<Catalog>, Problem> {
        let claims = self.config.claims;
        if claims == Claims::Optimistic {
            return Ok(None);
        }
        if let Some(catalog) = Catalog::load(self.store()).await? {
            return Ok(Some(catalog));
        }
        match catalog::adopt(self.store(), self.platform(), claims).await {
            Ok(adopted) => Ok(Some(Catalog::with(self.store(), adopted.list).await?)),
            Err(AdoptionError::Unsupported) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
