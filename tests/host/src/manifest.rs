//! The part of `spin.toml` that this host obeys: variables, routes, and what each component is granted.

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{routes::Route, templates::Templates};

/// A Spin manifest, version 2, with any number of components. Their routes are paths, or end in `/...`.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) declared: BTreeMap<String, Declaration>,
    pub(crate) triggers: Vec<Trigger>,
    components: BTreeMap<String, Grants>,
}

/// A route, and the component that it leads to.
#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    pub(crate) route: Route,
    pub(crate) component: String,
}

/// What a component may use.
#[derive(Clone, Debug)]
pub(crate) struct Grants {
    /// The labels in `key_value_stores`.
    pub(crate) stores: HashSet<String>,
    pub(crate) variables: Templates,
}

/// Why a manifest cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is not a manifest.
    #[error("not a Spin manifest: {0}")]
    Invalid(#[from] toml::de::Error),
    /// A route that does not begin with a slash, or that is one of Spin's patterns, which this host does not know.
    #[error("this host serves routes like \"/a\" and \"/a/...\", not \"{0}\"")]
    Route(String),
    /// Two triggers would answer the same paths.
    #[error("two triggers have the route \"{0}\"")]
    SameRoute(String),
    /// A trigger names a component there is not.
    #[error(
        "the route \"{route}\" leads to component \"{component}\", which is not in the manifest"
    )]
    NoComponent {
        /// Of the trigger.
        route: String,
        /// What it names.
        component: String,
    },
    /// A component's template is not one, or names an undeclared variable.
    #[error("the template of variable `{variable}` of component \"{component}\" is invalid")]
    Template {
        /// Whose template.
        component: String,
        /// The component's name for the variable.
        variable: String,
    },
}

/// `[variables] x = { default = "…" }` or `{ required = true }`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Declaration {
    pub(crate) default: Option<String>,
    #[serde(default)]
    pub(crate) secret: bool,
}

impl Manifest {
    /// Reads the manifest file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ManifestError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| ManifestError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Reads a manifest from its text.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let file: File = toml::from_str(text)?;
        let declared = |name: &str| file.variables.contains_key(name);
        let components = file.component.into_iter().map(|(id, component)| {
            let grants = component.grants(&id, declared)?;
            Ok((id, grants))
        });
        let components = components.collect::<Result<_, ManifestError>>()?;
        Ok(Self {
            triggers: triggers(file.trigger.http, &components)?,
            name: file.application.name,
            version: file.application.version,
            declared: file.variables,
            components,
        })
    }

    /// Whether it has a component of this id.
    pub fn has_component(&self, id: &str) -> bool {
        self.components.contains_key(id)
    }

    /// What it grants the component of this id, if it has one.
    pub(crate) fn grants(&self, id: &str) -> Option<&Grants> {
        self.components.get(id)
    }

    /// The component behind `/...`, or else the only one there is.
    pub(crate) fn first_component(&self) -> Option<&str> {
        let mut triggers = self.triggers.iter();
        let catch_all = triggers.find(|trigger| trigger.route.is_catch_all());
        let mut ids = self.components.keys();
        match (catch_all, ids.next(), ids.next()) {
            (Some(trigger), ..) => Some(&trigger.component),
            (None, Some(id), None) => Some(id),
            _ => None,
        }
    }
}

/// Checks every trigger, on its own and against those before it.
fn triggers(
    triggers: Vec<HttpTrigger>,
    components: &BTreeMap<String, Grants>,
) -> Result<Vec<Trigger>, ManifestError> {
    let mut checked: Vec<Trigger> = Vec::new();
    for trigger in triggers {
        let Some(route) = Route::parse(&trigger.route) else {
            return Err(ManifestError::Route(trigger.route));
        };
        if checked.iter().any(|other| other.route.is_same(&route)) {
            return Err(ManifestError::SameRoute(trigger.route));
        }
        let component = trigger.component;
        if !components.contains_key(&component) {
            let route = trigger.route;
            return Err(ManifestError::NoComponent { route, component });
        }
        checked.push(Trigger { route, component });
    }
    Ok(checked)
}

#[derive(Deserialize)]
struct File {
    application: Application,
    #[serde(default)]
    variables: BTreeMap<String, Declaration>,
    trigger: Triggers,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
struct Application {
    name: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Triggers {
    http: Vec<HttpTrigger>,
}

#[derive(Deserialize)]
struct HttpTrigger {
    route: String,
    component: String,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    key_value_stores: HashSet<String>,
}

impl Component {
    fn grants(self, id: &str, declared: impl Fn(&str) -> bool) -> Result<Grants, ManifestError> {
        let variables = Templates::parse(id, &self.variables, declared);
        Ok(Grants {
            stores: self.key_value_stores,
            variables: variables.map_err(|variable| ManifestError::Template {
                component: id.to_owned(),
                variable,
            })?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A manifest with the components `x` and `y`, and these triggers.
    fn with(triggers: &[(&str, &str)]) -> Result<Manifest, ManifestError> {
        let triggers = triggers.iter().map(|(route, component)| {
            format!("[[trigger.http]]\nroute = {route:?}\ncomponent = {component:?}\n")
        });
        let head = "application.name = 'n'\ncomponent.x = {}\ncomponent.y = {}\n";
        let tail: String = triggers.collect();
        Manifest::parse(&format!("{head}{tail}"))
    }

    /// What is wrong with it.
    fn error(triggers: &[(&str, &str)]) -> String {
        let error = with(triggers).expect_err("a mistake");
        error.to_string()
    }

    #[test]
    fn a_trigger_must_name_a_component_that_is_there() {
        assert_eq!(
            error(&[("/...", "x"), ("/z/...", "z")]),
            "the route \"/z/...\" leads to component \"z\", which is not in the manifest"
        );
    }

    #[test]
    fn no_two_triggers_have_the_same_route() {
        for routes in [
            ["/a", "/a"],
            ["/a", "/a/"],
            ["/a/...", "/a/..."],
            ["/...", "/..."],
        ] {
            let [first, second] = routes;
            let error = error(&[(first, "x"), (second, "y")]);
            assert_eq!(error, format!("two triggers have the route \"{second}\""));
        }
        let other = with(&[("/a", "x"), ("/a/...", "y"), ("/a/b", "x"), ("/", "x")]);
        assert!(other.is_ok(), "{other:?}");
    }

    #[test]
    fn a_route_begins_with_a_slash_and_is_no_pattern() {
        for route in ["", "a", "...", "/:user/a", "/a/*"] {
            let error = error(&[(route, "x")]);
            assert!(error.ends_with(&format!("not \"{route}\"")), "{error}");
        }
    }

    #[test]
    fn a_template_that_is_none_is_named_with_its_component() {
        let manifest = r#"
            application.name = "n"
            trigger.http = []
            component.x.variables = { v = "{{ undeclared }}" }
        "#;
        let error = Manifest::parse(manifest).expect_err("a mistake");
        assert_eq!(
            error.to_string(),
            "the template of variable `v` of component \"x\" is invalid"
        );
    }

    #[test]
    fn the_first_component_is_behind_everything_or_alone() {
        let first = |triggers: &[(&str, &str)]| {
            let manifest = with(triggers).expect("a manifest");
            manifest.first_component().map(str::to_owned)
        };
        assert_eq!(first(&[("/a", "x"), ("/...", "y")]), Some("y".into()));
        assert_eq!(first(&[("/a", "x"), ("/b/...", "y")]), None);

        let alone = "application.name = 'n'\ntrigger.http = []\ncomponent.x = {}";
        let alone = Manifest::parse(alone).expect("a manifest");
        assert_eq!(alone.first_component(), Some("x"));
    }
}
