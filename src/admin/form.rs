//! What a browser sends for a form, in a body or in a query: `application/x-www-form-urlencoded` (URL standard,
//! section 5).

use crate::{
    api::problem::Problem,
    http::{
        body::{self, Accept},
        request::{Incoming, Request},
    },
};
use url::form_urlencoded;

const FORM: Accept = Accept {
    media_types: &["application/x-www-form-urlencoded"],
    limit: 64 * 1024,
};

/// The fields of a form.
#[derive(Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads it. Another media type, a body of more than 64 KiB and one that breaks off are problems.
    pub async fn read(request: Request<impl Incoming>) -> Result<Self, Problem> {
        let body = body::read(request, &FORM).await?;
        Ok(Self::parse(&body))
    }

    /// The fields in the query of `request`.
    pub fn of_query(request: &Request<impl Incoming>) -> Self {
        Self::parse(request.target.query().as_bytes())
    }

    fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The value of the first field of this name, without blanks around it.
    pub fn find(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.trim())
    }

    /// The same; empty without one.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// A query with all fields but those of this name.
    pub fn query_without(&self, name: &str) -> String {
        let others = self.0.iter().filter(|(field, _)| field != name);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .extend_pairs(others.map(|(field, value)| (field, value.trim())))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fakes::FakeRequest, http::header};
    use futures::executor::block_on;

    #[test]
    fn a_field_has_its_first_value_without_blanks_around_it() {
        let request = FakeRequest::default()
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .chunk("a=+b%C3%A4%26c+&d=&a=e&f");
        let form = block_on(Form::read(request.post("/"))).unwrap();
        assert_eq!(form.get("a"), "bä&c");
        for empty in ["d", "f", "g"] {
            assert_eq!(form.get(empty), "", "{empty}");
        }
        assert_eq!((form.find("f"), form.find("g")), (Some(""), None));
        assert_eq!(form.query_without("a"), "d=&f=");
    }

    #[test]
    fn nothing_but_a_form_is_one() {
        let request = FakeRequest::default()
            .header(header::CONTENT_TYPE, "text/plain")
            .chunk("a=b");
        let answer = block_on(Form::read(request.post("/")));
        assert!(matches!(answer, Err(Problem::UnsupportedMediaType(_))));
    }
}
