//! Why a request body was refused: the broken rules, by field.

use serde::Serialize;

/// Why a body was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not valid JSON. The text says why.
    Json(String),
    /// It has an unknown field.
    UnknownField(FieldError),
    /// At least one field breaks a rule.
    Fields(Vec<FieldError>),
}

/// One broken rule: which field, a stable name for the rule, and the rule in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: String,
    pub code: &'static str,
    pub detail: String,
}

impl FieldError {
    pub fn new(field: &str, code: &'static str, rule: impl ToString) -> Self {
        Self {
            field: field.to_owned(),
            code,
            detail: rule.to_string(),
        }
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error.to_string())
    }
}
