//! Spin variables: who sets them, and in which order. What a component sees of them is in `templates`.
//!
//! A value comes from the first of: an override (`--variable`, or a test), the environment (`SPIN_VARIABLE_<NAME>`), the
//! file `.env`, the manifest's default.

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

/// The variables of one host, for all its components.
pub(crate) struct Variables {
    declared: BTreeMap<String, Declaration>,
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
}

impl Variables {
    pub(crate) fn new(
        manifest: &Manifest,
        sources: VariableSources,
    ) -> Result<Self, VariablesError> {
        let variables = Self {
            declared: manifest.declared.clone(),
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

    /// What the variable `name` is now.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
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
            let template = manifest
                .grants("x")
                .map(|it| it.variables.get("v", &variables));
            Ok::<_, VariablesError>(template.expect("a component"))
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
}
