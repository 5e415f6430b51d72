//! Reading the members of a JSON object one by one, and collecting the rules that they break.

use super::{FieldError, Refusal, members::Members};
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// The members of one object that were not read yet, and the errors in those that were.
pub struct Fields<'a> {
    members: Members<'a>,
    pub errors: Errors,
}

/// The rules broken so far, at most one per field.
#[derive(Default)]
pub struct Errors(Vec<FieldError>);

impl<'a> Fields<'a> {
    /// Reads an object that may have these `fields` only, and others that are `null`.
    pub fn of(json: &'a [u8], fields: &'static [&'static str]) -> Result<Self, Refusal> {
        let members = Members::read(json, fields)?;
        match &members.foreign {
            Some(field) => Err(unknown(field, fields)),
            None => Ok(Self::new(members)),
        }
    }

    /// Reads an object that may have these `fields` only, where `null` means something.
    pub fn of_patch(json: &'a [u8], fields: &'static [&'static str]) -> Result<Self, Refusal> {
        let members = Members::read(json, fields)?;
        match &members.foreign_or_null {
            Some(field) => Err(unknown(field, fields)),
            None => Ok(Self::new(members)),
        }
    }

    fn new(members: Members<'a>) -> Self {
        Self {
            members,
            errors: Errors::default(),
        }
    }

    /// The value of the member `name`; `None` if it is absent or `null`. If it has the wrong type, adds
    /// `rule` to the errors and returns `None`.
    pub fn value<T: DeserializeOwned>(
        &mut self,
        name: &str,
        rule: &str,
    ) -> Result<Option<T>, Refusal> {
        match self.members.get(name) {
            Ok(value) => Ok(value),
            Err(error) if error.is_data() => {
                self.errors.add(name, "type", rule);
                Ok(None)
            }
            // The position in this error is relative to the start of the value.
            Err(error) => Err(Refusal::Json(format!("{name}: {error}"))),
        }
    }

    /// The same for a text that `parse` reads. Its errors are a stable name of the rule, and the rule.
    pub fn text<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, (&'static str, E)>,
    ) -> Result<Option<T>, Refusal> {
        let text: Option<String> = self.value(name, "must be a string")?;
        Ok(self.errors.check(name, text.as_deref(), parse))
    }

    /// The value of the member `name`, if it is usable.
    pub fn usable<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.members.get(name).ok().flatten()
    }

    /// Whether the member `name` is there and is `null`.
    pub fn is_null(&self, name: &str) -> bool {
        self.members.is_null(name)
    }

    /// Refuses an object without the member `name`.
    pub fn require(&mut self, name: &str) {
        if !self.members.has(name) {
            self.errors.add(name, "required", "is required");
        }
    }
}

fn unknown(field: &str, known: &[&str]) -> Refusal {
    let rule = format!("is unknown here; known: {}", known.join(", "));
    Refusal::UnknownField(FieldError::new(field, "unknown", rule))
}

impl Errors {
    pub fn add(&mut self, field: &str, code: &'static str, rule: impl ToString) {
        if !self.0.iter().any(|error| error.field == field) {
            self.0.push(FieldError::new(field, code, rule));
        }
    }

    /// What `parse` makes of a value, if there is one.
    pub fn check<V, T, E: Display>(
        &mut self,
        field: &str,
        value: Option<V>,
        parse: impl FnOnce(V) -> Result<T, (&'static str, E)>,
    ) -> Option<T> {
        match parse(value?) {
            Ok(value) => Some(value),
            Err((code, rule)) => {
                self.add(field, code, rule);
                None
            }
        }
    }

    /// Returns `value` if no rule was broken; it must then be present.
    pub fn end<T>(self, value: Option<T>) -> Result<T, Refusal> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Refusal::Fields(self.0)),
        }
    }
}
