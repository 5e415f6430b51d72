//! Who may do what: the scope that each request needs, and what the audit log calls it.

use crate::{
    auth::Scope,
    http::{request::Method, resource::ApiResource},
};

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// What its sender must be allowed to do.
    pub scope: Scope,
    /// `None` if it changes nothing.
    pub action: Option<&'static str>,
}

impl Access {
    const READ: Self = Self {
        scope: Scope::Read,
        action: None,
    };

    /// What a request for `resource` does, if that answers `method`. `None` if there is nothing.
    pub fn of(resource: ApiResource<'_>, method: Method) -> Option<Self> {
        let change = |scope, action| Self {
            scope,
            action: Some(action),
        };
        let access = match resource {
            ApiResource::Links if method == Method::Post => change(Scope::Create, "create"),
            ApiResource::Link(_) => match method {
                Method::Put | Method::Patch => change(Scope::Edit, "update"),
                Method::Delete => change(Scope::Delete, "delete"),
                Method::Get | Method::Head => Self::READ,
                Method::Post | Method::Options | Method::Other => return None,
            },
            ApiResource::Available(_) => Self {
                scope: Scope::Create,
                action: None,
            },
            ApiResource::Links | ApiResource::Clicks(_) | ApiResource::Export => Self::READ,
            ApiResource::Import => change(Scope::Create, "import"),
            ApiResource::Rebuild => change(Scope::Admin, "rebuild"),
            ApiResource::Health | ApiResource::Unknown => return None,
        };
        Some(access)
    }
}
