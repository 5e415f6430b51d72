//! The parameters in a query.

use super::{problem::Problem, wire::FieldError};
use std::borrow::Cow;
use url::form_urlencoded;

/// The parameters that were given, each once.
pub struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    /// Reads a query that may have parameters with these `names` only.
    pub fn parse(query: &'a str, names: &[&str]) -> Result<Self, Problem> {
        let mut given = Self(Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !names.contains(&&*name) {
                let rule = format!("is unknown here; known: {}", names.join(", "));
                return Err(Problem::UnknownField(FieldError::new(
                    &name, "unknown", rule,
                )));
            }
            if given.get(&name).is_some() {
                return Err(refuse(&name, "duplicate", "must be given once"));
            }
            given.0.push((name, value));
        }
        Ok(given)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let parameter = self.0.iter().find(|parameter| parameter.0 == name);
        parameter.map(|(_, value)| &**value)
    }
}

/// The problem of a parameter that breaks a rule.
pub fn refuse(parameter: &str, code: &'static str, rule: &str) -> Problem {
    Problem::InvalidField(vec![FieldError::new(parameter, code, rule)])
}
