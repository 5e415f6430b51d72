//! Which part of the document speaks of which request.

use std::{collections::BTreeSet, sync::OnceLock};

use http::Method;

use super::document::Part;

/// The methods that OpenAPI 3.1 knows; a path item's other members are no operations.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// What the document says of some method, or all it does not list, on some path, or all it does not.
#[derive(Debug)]
pub struct Route {
    /// `GET /{short}`, `other methods of /{short}`, or `other paths /_api/…`.
    pub name: String,
    /// The answers, by their status.
    pub answers: Part,
    /// `None`: nothing is promised but these answers.
    pub operation: Option<Operation>,
    /// The methods that the path has.
    pub allowed: BTreeSet<String>,
    /// Of the path and of the operation.
    pub parameters: Vec<Part>,
    path: Path,
}

#[derive(Debug)]
pub struct Operation {
    pub method: Method,
    pub part: Part,
}

#[derive(Debug)]
enum Path {
    /// With a parameter in braces, or without.
    Template(String),
    Below(String),
}

/// Every route of the document, each before those that say less of the same request.
pub fn routes() -> &'static [Route] {
    static ROUTES: OnceLock<Vec<Route>> = OnceLock::new();
    ROUTES.get_or_init(|| {
        let mut paths = Part::root().entries_of("paths");
        paths.sort_by_key(|(path, _)| path.contains('{'));
        let listed = paths.iter().flat_map(|(path, item)| of_path(path, item));
        let others = Part::root().entries_of("x-other-paths");
        listed
            .chain(others.iter().map(|(_, other)| of_others(other)))
            .collect()
    })
}

/// What the document says of a request; `None` if nothing.
pub fn route(method: &Method, path: &str) -> Option<&'static Route> {
    routes().iter().find(|route| route.covers(method, path))
}

fn of_path(path: &str, item: &Part) -> Vec<Route> {
    let upper = METHODS.iter().filter(|method| item.get(method).is_some());
    let allowed: BTreeSet<String> = upper.map(|method| method.to_uppercase()).collect();
    let route = |name: String, answers: Option<Part>, operation| Route {
        answers: answers.unwrap_or_else(|| panic!("{name} has no answers")),
        name,
        operation,
        allowed: allowed.clone(),
        parameters: elements(item, "parameters"),
        path: Path::Template(path.to_owned()),
    };
    let operation = |method: &String| {
        let part = item.get(&method.to_lowercase()).expect("it was found");
        let (answers, own) = (part.get("responses"), elements(&part, "parameters"));
        let method: Method = method.parse().expect("a method");
        let name = format!("{method} {path}");
        let mut route = route(name, answers, Some(Operation { method, part }));
        route.parameters.extend(own);
        route
    };
    let mut routes: Vec<Route> = allowed.iter().map(operation).collect();
    let name = format!("other methods of {path}");
    routes.push(route(name, item.get("x-other-methods"), None));
    routes
}

fn of_others(other: &Part) -> Route {
    let prefix = other.text("prefix").expect("a prefix");
    Route {
        name: format!("other paths {prefix}…"),
        answers: other.get("responses").expect("answers"),
        operation: None,
        allowed: BTreeSet::new(),
        parameters: Vec::new(),
        path: Path::Below(prefix.to_owned()),
    }
}

fn elements(part: &Part, key: &str) -> Vec<Part> {
    let elements = part.entries_of(key).into_iter();
    elements.map(|(_, element)| element).collect()
}

impl Route {
    fn covers(&self, method: &Method, path: &str) -> bool {
        let wanted = self.operation.as_ref().map(|operation| &operation.method);
        wanted.is_none_or(|wanted| wanted == method)
            && match &self.path {
                Path::Template(template) => arguments(template, path).is_some(),
                Path::Below(prefix) => path.starts_with(prefix.as_str()),
            }
    }

    pub fn is_head(&self) -> bool {
        let operation = self.operation.as_ref();
        operation.is_some_and(|operation| operation.method == Method::HEAD)
    }

    /// The value of a parameter in `path`.
    pub fn argument<'p>(&self, path: &'p str, name: &str) -> Option<&'p str> {
        let Path::Template(template) = &self.path else {
            return None;
        };
        let arguments = arguments(template, path)?;
        let found = arguments.into_iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| value)
    }

    /// Those that are `path` or `query` parameters.
    pub fn parameters_in(&self, kind: &str) -> impl Iterator<Item = &Part> {
        let parameters = self.parameters.iter();
        parameters.filter(move |parameter| parameter.text("in") == Some(kind))
    }

    /// A request that is covered: a method, and a path with the parameters' examples.
    pub fn example(&self) -> (Method, String) {
        let method = match &self.operation {
            Some(operation) => operation.method.clone(),
            None => Method::TRACE,
        };
        let path = match &self.path {
            // No path of a link begins with two slashes.
            Path::Below(prefix) if prefix.is_empty() => "//no/such/path".to_owned(),
            Path::Below(prefix) => format!("{prefix}no/such/path"),
            Path::Template(template) => {
                let fill = |path: String, parameter: &Part| {
                    let text = |key| parameter.text(key).expect("a name and an example");
                    path.replace(&format!("{{{}}}", text("name")), text("example"))
                };
                self.parameters_in("path").fold(template.clone(), fill)
            }
        };
        (method, path)
    }
}

/// The parameters of `template` with their values in `path`; `None` if it is another path. A value
/// is never empty, except for `rest`, which is all that is left, slashes included.
fn arguments<'t, 'p>(template: &'t str, path: &'p str) -> Option<Vec<(&'t str, &'p str)>> {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    let mut arguments = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(arguments),
            (Some("{rest}"), Some(first)) => {
                let rest =
                    &path[path.len() - given.fold(first.len(), |all, one| all + 1 + one.len())..];
                arguments.push(("rest", rest));
                return (!path.starts_with("/_api/")).then_some(arguments);
            }
            (Some(wanted), Some(given)) => {
                let name = wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}'));
                match name {
                    Some(_) if given.is_empty() => return None,
                    Some(name) => arguments.push((name, given)),
                    None if wanted == given => {}
                    None => return None,
                }
            }
            _ => return None,
        }
    }
}
