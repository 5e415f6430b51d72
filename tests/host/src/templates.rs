//! What a component may see of the variables: the templates in its own table of the manifest, filled in.

use std::collections::BTreeMap;

use crate::variables::Variables;

/// `[component.x.variables] token = "{{ admin_token }}"`, of one component.
#[derive(Clone, Debug)]
pub(crate) struct Templates {
    component_id: String,
    templates: BTreeMap<String, Vec<Part>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Variable(String),
}

/// How a `get` of the guest fails. The names are those of `spin:variables`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GetError {
    InvalidName(String),
    Undefined(String),
    Provider(String),
}

impl Templates {
    /// Reads a component's table. The error is the name of the first template that is not one, or that names a variable
    /// there is not.
    pub(crate) fn parse(
        component_id: &str,
        table: &BTreeMap<String, String>,
        declared: impl Fn(&str) -> bool,
    ) -> Result<Self, String> {
        let templates = table.iter().map(|(name, template)| {
            let parts = parse_template(template, &declared).ok_or_else(|| name.clone())?;
            Ok((name.clone(), parts))
        });
        Ok(Self {
            component_id: component_id.to_owned(),
            templates: templates.collect::<Result<_, String>>()?,
        })
    }

    /// What the component's variable `name` is now.
    pub(crate) fn get(&self, name: &str, variables: &Variables) -> Result<String, GetError> {
        check_name(name)?;
        let Some(parts) = self.templates.get(name) else {
            let what = format!("no variable for {:?}.{name:?}", self.component_id);
            return Err(GetError::Undefined(what));
        };
        parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Ok(text.clone()),
                Part::Variable(name) => variables.value(name).ok_or_else(|| {
                    GetError::Provider(format!("no provider resolved required variable {name:?}"))
                }),
            })
            .collect()
    }
}

/// Spin's rule for names: words of lower-case letters and digits, joined by single underscores, a letter first.
fn check_name(name: &str) -> Result<(), GetError> {
    let word = |word: &str| {
        let mut letters = word.bytes();
        let valid = letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        valid && !word.is_empty()
    };
    let letter_first = name.starts_with(|first: char| first.is_ascii_lowercase());
    match letter_first && name.split('_').all(word) {
        true => Ok(()),
        false => Err(GetError::InvalidName(format!("{name:?}"))),
    }
}

/// `None` if the template has an unclosed expression or names a variable that is not declared.
fn parse_template(template: &str, declared: impl Fn(&str) -> bool) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((text, tail)) = rest.split_once("{{") {
        let (name, tail) = tail.split_once("}}")?;
        let name = name.trim();
        if !declared(name) {
            return None;
        }
        parts.push(Part::Text(text.to_owned()));
        parts.push(Part::Variable(name.to_owned()));
        rest = tail;
    }
    parts.push(Part::Text(rest.to_owned()));
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_spins_rule() {
        for name in ["a", "a1", "a_b", "code_length2"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "A", "1a", "_a", "a_", "a__b", "a-b", "ä"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn templates_must_close_and_know_their_variables() {
        let declared = |name: &str| name == "a";
        assert!(parse_template("{{ a }}", declared).is_some());
        assert!(parse_template("{{ a", declared).is_none());
        assert!(parse_template("{{ b }}", declared).is_none());
    }
}
