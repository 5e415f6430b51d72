//! What a key may do.

/// A part of the API. Everything that a key may do is in one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Links, lists, exports and clicks.
    Read,
    /// Creating and importing links, and asking whether a code is available.
    Create,
    /// Changing links.
    Edit,
    Delete,
    /// What only the admin token may do.
    Admin,
}

impl Scope {
    /// Those that a key can have.
    const OF_KEYS: [Self; 4] = [Self::Read, Self::Create, Self::Edit, Self::Delete];

    /// The name in `api_keys` and in problems.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Admin => "admin",
        }
    }

    /// Reads the scopes of a key: names joined by `+`. `None` if one of them is unknown.
    pub fn parse_all(text: &str) -> Option<Vec<Self>> {
        let parse = |name: &str| Self::OF_KEYS.into_iter().find(|it| it.name() == name);
        text.split('+').map(parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_known_names_joined_by_plus() {
        use Scope::*;
        for (text, scopes) in [
            ("read", Some(vec![Read])),
            (
                "create+read+edit+delete",
                Some(vec![Create, Read, Edit, Delete]),
            ),
            ("", None),
            ("read+", None),
            ("read edit", None),
            ("Read", None),
            ("admin", None),
            ("*", None),
        ] {
            assert_eq!(Scope::parse_all(text), scopes, "{text:?}");
        }
    }
}
