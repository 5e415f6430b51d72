//! What the operator allows in a link beyond the defaults.

use super::{CodeRules, Schemes};

/// The rules for a link that a client sends.
#[derive(Clone, Debug, Default)]
pub struct LinkRules {
    /// Of destinations, besides `http` and `https`.
    pub schemes: Schemes,
    pub codes: CodeRules,
}
