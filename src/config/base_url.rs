//! The public origin of the shortener.

use super::variables::Rule;
use crate::domain::Address;
use url::{Position, Url};

/// The shortener's public origin, such as `https://sho.rt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// Without a trailing slash.
    origin: String,
    address: Address,
}

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, Rule> {
        let rule = || Rule::of("must be an origin like https://sho.rt: no path, query or user");
        let url = Url::parse(text).map_err(|_| rule())?;
        let is_origin = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        match Address::of_url(&url) {
            Some(address) if is_origin => Ok(Self {
                origin: url[..Position::BeforePath].to_owned(),
                address,
            }),
            _ => Err(rule()),
        }
    }

    /// Appends `path`, which begins with a slash, to this origin.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The host and port of this origin.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_joined_without_a_double_slash() {
        let base = BaseUrl::parse("https://SHO.rt:443/").unwrap();
        assert_eq!(base.join("/abc"), "https://sho.rt/abc");
        assert_eq!(
            Some(base.address()),
            Address::of_authority("sho.rt").as_ref()
        );
    }
}
