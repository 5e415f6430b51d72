//! Which error of the other layers becomes which problem.

use super::{
    super::wire::{FieldError, Refusal},
    Problem,
};
use crate::{
    auth::AuthError,
    catalog::AdoptionError,
    exclusive::{CreateError, EditError},
    http::{body::BodyError, header, idempotency_key::InvalidKey, preconditions::InvalidTags},
    store::StoreError,
};

impl Problem {
    /// The problem for a failed create, without the link that has the code.
    pub fn of_create(error: CreateError) -> Self {
        match error {
            CreateError::Taken(_) => Self::Conflict(None),
            CreateError::TooLate => Self::TryAgain(
                "The store is too slow to create a link safely; nothing was written.",
            ),
            CreateError::NoFreeCode => Self::TryAgain(
                "No free code was found; if this persists, raise the Spin variable code_length.",
            ),
            CreateError::Vanished => {
                Self::TryAgain("The link was gone when it was read back; it may have been deleted.")
            }
            CreateError::Unlisted(error) => unavailable(error, "entering the link in the catalog"),
            CreateError::Unclaimed(error) => unavailable(error, "claiming the code"),
            CreateError::Store(error) => unavailable(error, "creating the link"),
        }
    }
}

fn unavailable(error: StoreError, doing: &'static str) -> Problem {
    Problem::Unavailable(anyhow::Error::new(error).context(doing))
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound => Self::NotFound,
            EditError::Busy => {
                Self::TryAgain("Others are changing the same link; check whether it still exists.")
            }
            EditError::TooLate => Self::TryAgain(
                "The store is too slow to change a link safely; the link is unchanged.",
            ),
            EditError::Unprepared(error) => unavailable(error, "preparing the change"),
            EditError::Store(error) => unavailable(error, "changing the link"),
        }
    }
}

impl From<AdoptionError> for Problem {
    fn from(error: AdoptionError) -> Self {
        match error {
            AdoptionError::Unsupported => Self::NoCatalog,
            AdoptionError::Unlisted(error) => Self::Unlisted(error.into()),
            AdoptionError::Store(error) => unavailable(error, "completing the catalog"),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unauthorized => Self::Unauthorized,
            AuthError::Misconfigured(variable) => Self::Misconfigured(vec![variable]),
            AuthError::Unread(name, error) => {
                Self::Unavailable(anyhow::Error::new(error).context(name))
            }
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::MediaType(wanted) => Self::UnsupportedMediaType(wanted),
            BodyError::TooLarge(limit) => Self::PayloadTooLarge(limit),
            BodyError::BrokenOff => Self::InvalidJson("the body ended early".to_owned()),
        }
    }
}

impl From<InvalidTags> for Problem {
    fn from(InvalidTags(field): InvalidTags) -> Self {
        let rule = "must be * or entity tags as answers have them: \"…\", with the quotes";
        Self::InvalidField(vec![FieldError::new(field, "entity_tag", rule)])
    }
}

impl From<InvalidKey> for Problem {
    fn from(error: InvalidKey) -> Self {
        let (code, rule) = error.rule();
        Self::InvalidField(vec![FieldError::new(header::IDEMPOTENCY_KEY, code, rule)])
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Json(text) => Self::InvalidJson(text),
            Refusal::UnknownField(error) => Self::UnknownField(error),
            Refusal::Fields(errors) => Self::InvalidField(errors),
        }
    }
}
