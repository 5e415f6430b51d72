//! Spin variables: who sets them, in which order, and what the component may see of them.
//!
//! A value comes from the first of: an override (`--variable`, or a test), the environment (`SPIN_VARIABLE_<NAME>`), the
//! file `.env`, the manifest's default. The component asks by the names its own templates define, as in
//! `[component.x.variables] token = "{{ admin_token }}"`.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::manifest::{Declaration, Manifest};

/// Where values come from, besides the manifest's defaults.
#[derive(Clone, Debug, Default)]
pub struct VariableSources {
    overrides: BTreeMap<String, String>,
    /// Variables named as in the environment, from the environment and then from `.env`.
    environments: Vec<BTreeMap<String, String>>,
}

impl VariableSources {
    /// The environment of this process, and `.env` in its working directory, if there is one.
    pub fn of_process() -> Self {
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let dotenv = dotenvy::from_filename_iter(".env").into_iter().flatten();
        Self {
            overrides: BTreeMap::new(),
            environments: vec![environment.collect(), dotenv.flatten().collect()],
        }
    }

    /// Sets a variable, before all other sources.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.overrides.insert(name.into(), value.into());
    }

    /// Whether every variable of the manifest has a value, and every value a variable.
    pub fn check(&self, manifest: &Manifest) -> Result<(), VariablesError> {
        Variables::new(manifest, self.clone()).map(drop)
    }
}

/// The variables of one host.
pub(crate) struct Variables {
    component_id: String,
    declared: BTreeMap<String, Declaration>,
    templates: BTreeMap<String, Vec<Part>>,
    sources: Mutex<VariableSources>,
}

/// Why there are no variables to serve with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariablesError {
    /// A required variable has no value.
    #[error("variable `{name}` is required and not set: {example}")]
    Missing {
        /// The first such variable.
        name: String,
        /// What to type to set it.
        example: String,
    },
    /// Set, but not declared in the manifest.
    #[error("variable `{0}` is not in the manifest's [variables]")]
    Undeclared(String),
    /// The component's template is not one, or names an undeclared variable.
    #[error("the template of the component's variable `{0}` is invalid")]
    Template(String),
}

/// How a `get` of the guest fails. The names are those of `spin:variables`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GetError {
    InvalidName(String),
    Undefined(String),
    Provider(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Variable(String),
}

impl Variables {
    pub(crate) fn new(
        manifest: &Manifest,
        sources: VariableSources,
    ) -> Result<Self, VariablesError> {
        let templates = manifest.templates.iter().map(|(name, template)| {
            let parts = parse_template(template, &manifest.declared);
            let parts = parts.ok_or_else(|| VariablesError::Template(name.clone()))?;
            Ok((name.clone(), parts))
        });
        let variables = Self {
            component_id: manifest.component_id.clone(),
            declared: manifest.declared.clone(),
            templates: templates.collect::<Result<_, _>>()?,
            sources: Mutex::new(sources),
        };
        variables.check()?;
        Ok(variables)
    }

    fn check(&self) -> Result<(), VariablesError> {
        if let Some(name) = self
            .sources()
            .overrides
            .keys()
            .find(|name| !self.declared.contains_key(*name))
        {
            return Err(VariablesError::Undeclared(name.clone()));
        }
        match self.declared.keys().find(|name| self.value(name).is_none()) {
            Some(name) => Err(self.missing(name)),
            None => Ok(()),
        }
    }

    fn missing(&self, name: &str) -> VariablesError {
        let secret = self.declared.get(name).is_some_and(|it| it.secret);
        let value = match secret {
            true => "$(openssl rand -hex 32)",
            false => "<value>",
        };
        VariablesError::Missing {
            name: name.to_owned(),
            example: format!("{}={value} cargo run", environment_name(name)),
        }
    }

    /// Sets a declared variable from now on.
    pub(crate) fn set(&self, name: &str, value: &str) -> Result<(), VariablesError> {
        if !self.declared.contains_key(name) {
            return Err(VariablesError::Undeclared(name.to_owned()));
        }
        let mut sources = self.sources();
        sources.set(name, value);
        Ok(())
    }

    /// What the component's variable `name` is now.
    pub(crate) fn get(&self, name: &str) -> Result<String, GetError> {
        check_name(name)?;
        let Some(parts) = self.templates.get(name) else {
            let what = format!("no variable for {:?}.{name:?}", self.component_id);
            return Err(GetError::Undefined(what));
        };
        parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Ok(text.clone()),
                Part::Variable(name) => self.value(name).ok_or_else(|| {
                    GetError::Provider(format!("no provider resolved required variable {name:?}"))
                }),
            })
            .collect()
    }

    fn value(&self, name: &str) -> Option<String> {
        let sources = self.sources();
        let set = sources.overrides.get(name).or_else(|| {
            let name = environment_name(name);
            let mut environments = sources.environments.iter();
            environments.find_map(|environment| environment.get(&name))
        });
        let default = || self.declared.get(name)?.default.clone();
        set.cloned().or_else(default)
    }

    fn sources(&self) -> std::sync::MutexGuard<'_, VariableSources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn environment_name(name: &str) -> String {
    format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase())
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
fn parse_template(template: &str, declared: &BTreeMap<String, Declaration>) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((text, tail)) = rest.split_once("{{") {
        let (name, tail) = tail.split_once("}}")?;
        let name = name.trim();
        declared.get(name)?;
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

    const MANIFEST: &str = r#"
        application.name = "x"
        variables.a = { default = "default" }
        trigger.http = [{ route = "/...", component = "x" }]
        component.x.variables = { v = "<{{ a }}|{{a}}>" }
    "#;

    fn environment(value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("SPIN_VARIABLE_A".to_owned(), value.to_owned())])
    }

    #[test]
    fn the_first_source_that_has_a_value_wins() -> Result<(), Box<dyn std::error::Error>> {
        let manifest = Manifest::parse(MANIFEST)?;
        let value_from = |sources: &VariableSources| {
            let variables = Variables::new(&manifest, sources.clone())?;
            Ok::<_, VariablesError>(variables.get("v"))
        };
        let mut sources = VariableSources::default();
        assert_eq!(value_from(&sources)?, Ok("<default|default>".into()));
        sources.environments = vec![BTreeMap::new(), environment(".env")];
        assert_eq!(value_from(&sources)?, Ok("<.env|.env>".into()));
        sources.environments = vec![environment("env"), environment(".env")];
        assert_eq!(value_from(&sources)?, Ok("<env|env>".into()));
        sources.set("a", "override");
        assert_eq!(value_from(&sources)?, Ok("<override|override>".into()));
        sources.set("b", "");
        assert_eq!(
            value_from(&sources),
            Err(VariablesError::Undeclared("b".into()))
        );
        Ok(())
    }

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
        let declared = BTreeMap::from([("a".to_owned(), Declaration::default())]);
        assert!(parse_template("{{ a }}", &declared).is_some());
        assert!(parse_template("{{ a", &declared).is_none());
        assert!(parse_template("{{ b }}", &declared).is_none());
    }
}
