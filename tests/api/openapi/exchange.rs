//! One request and its answer, held against the document.

use std::collections::BTreeSet;

use http::{HeaderMap, Method, Uri, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::form_urlencoded;

use super::{
    document::Part,
    route::{Operation, Route, route},
};

/// Headers that belong to the connection, and those that the document states elsewhere.
const UNLISTED: [&str; 4] = ["connection", "content-type", "date", "transfer-encoding"];

/// What was sent and what came back.
#[derive(Debug)]
pub struct Exchange<'a> {
    pub method: &'a Method,
    pub target: &'a Uri,
    pub sent_headers: &'a HeaderMap,
    pub sent: &'a [u8],
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// What of the document an exchange was a case of.
#[derive(Debug)]
pub struct Case {
    pub route: String,
    pub status: String,
    /// Of the problem; empty where the answer is none.
    pub code: String,
}

impl Exchange<'_> {
    /// The case of the document that this is, or where it contradicts the document. `None`: the
    /// host has answered by itself.
    pub fn check(&self) -> Result<Option<Case>, String> {
        if self.is_the_hosts() {
            return Ok(None);
        }
        let (method, path, status) = (self.method, self.path(), self.status);
        let route = route(method, &path)
            .ok_or_else(|| format!("docs/openapi.yaml says nothing of {method} {path}"))?;
        let code = self.check_by(route).map_err(|fault| {
            let asked = format!("{method} {:.200}", self.target.to_string());
            format!(
                "{} {status}: {fault}\nasked: {asked} {:?} {:.500}\nanswered: {:?} {:.500}",
                route.name,
                self.sent_headers,
                String::from_utf8_lossy(self.sent),
                self.headers,
                String::from_utf8_lossy(self.body),
            )
        })?;
        Ok(Some(Case {
            route: route.name.clone(),
            status: status.to_string(),
            code,
        }))
    }

    /// The path, with those characters decoded that need no percent-encoding.
    fn path(&self) -> String {
        let unreserved =
            (0_u8..128).filter(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte));
        unreserved.fold(self.target.path().to_owned(), |path, byte| {
            let decoded = char::from(byte).to_string();
            let path = path.replace(&format!("%{byte:02X}"), &decoded);
            path.replace(&format!("%{byte:02x}"), &decoded)
        })
    }

    /// Whether this service had no part in it: a path of the host's own, or a status that the
    /// document leaves to the host, with nothing that any answer of this service has.
    fn is_the_hosts(&self) -> bool {
        let own = Part::root().entries_of("x-host-paths");
        let own = own.iter().filter_map(|(_, prefix)| prefix.value.as_str());
        let statuses = Part::root().get("x-host-answers");
        let status = statuses.and_then(|statuses| statuses.get(&self.status.to_string()));
        let is_bare = self.body.is_empty()
            && self.headers.keys().all(|name| {
                let name = name.as_str();
                name == "content-length" || (name != "content-type" && UNLISTED.contains(&name))
            });
        let mut own = own.map(|prefix| self.target.path().starts_with(prefix));
        own.any(|is_own| is_own) || (status.is_some() && is_bare)
    }

    /// The code of the problem, if it is one.
    fn check_by(&self, route: &Route) -> Result<String, String> {
        let answer = route.answers.get(&self.status.to_string());
        let answer = answer.ok_or("the status is not documented")?;
        let body = self.check_body(&answer).map_err(in_part("the body"))?;
        let code = body.get("code").and_then(Value::as_str);
        self.check_headers(&answer, code)?;
        if self.status == 405 {
            self.check_allow(route)?;
        }
        match &route.operation {
            Some(operation) if self.status < 400 => {
                self.check_request(route, operation, &body)
                    .map_err(in_part("was accepted, but"))?;
            }
            _ => {}
        }
        Ok(code.unwrap_or_default().to_owned())
    }

    /// The body, if it is JSON.
    fn check_body(&self, answer: &Part) -> Result<Value, String> {
        let media_type = text(self.headers, "content-type")?;
        let Some(content) = answer.get("content") else {
            let is_none = media_type.is_none() && self.body.is_empty();
            return match is_none {
                true => Ok(Value::Null),
                false => Err("there is one, and none is documented".to_owned()),
            };
        };
        let media_type = media_type.ok_or("its media type is not stated")?;
        let documented = content.get(media_type);
        let documented = documented.ok_or_else(|| format!("{media_type} is not documented"))?;
        if self.method == Method::HEAD {
            let is_empty = self.body.is_empty();
            return is_empty.then_some(Value::Null).ok_or("HEAD has one".into());
        }
        let body = value(media_type, self.body)?;
        documented.validate(&body)?;
        Ok(body)
    }

    /// `code` is that of the problem, where there is a body to tell.
    fn check_headers(&self, answer: &Part, code: Option<&str>) -> Result<(), String> {
        let mut documented = answer.entries_of("headers");
        if self.is_shared() {
            documented.extend(Part::root().entries_of("x-sharing-headers"));
        }
        for name in self.headers.keys().map(header::HeaderName::as_str) {
            let mut names = documented.iter().map(|(name, _)| name);
            if !UNLISTED.contains(&name) && !names.any(|known| known.eq_ignore_ascii_case(name)) {
                return Err(format!("the header {name} is not documented"));
            }
        }
        for (name, header) in documented {
            let given = text(self.headers, &name)?;
            let wanted = match header.text("x-with-code") {
                Some(with) => code.map(|code| code == with),
                None => header.is("required").then_some(true),
            };
            match (given, wanted) {
                (None, Some(true)) => return Err(format!("there is no header {name}")),
                (Some(_), Some(false)) => return Err(format!("the header {name} is not for it")),
                (Some(given), _) => header
                    .validate(&header.read(given))
                    .map_err(in_part(&format!("the header {name}")))?,
                (None, _) => {}
            }
        }
        Ok(())
    }

    /// Whether a page of another site may read the answer, by what that says itself.
    fn is_shared(&self) -> bool {
        let is_question = self.method == Method::OPTIONS && self.status == 204;
        let has = |headers: &HeaderMap, name| headers.contains_key(name);
        has(self.sent_headers, "origin")
            && has(self.headers, "access-control-allow-origin")
            && self.target.path().starts_with("/_api/")
            && !is_question
    }

    /// `Allow` names the methods that the document has for the path.
    fn check_allow(&self, route: &Route) -> Result<(), String> {
        let given = text(self.headers, "allow")?.unwrap_or_default();
        let given: BTreeSet<String> = given.split(", ").map(str::to_owned).collect();
        let allowed = &route.allowed;
        let is_right = allowed.is_empty() || given == *allowed;
        is_right
            .then_some(())
            .ok_or_else(|| format!("Allow is {given:?}, documented are {allowed:?}"))
    }

    /// What is accepted is what the document asks for. `answer` tells which lines were not.
    fn check_request(
        &self,
        route: &Route,
        operation: &Operation,
        answer: &Value,
    ) -> Result<(), String> {
        let security = operation.part.get("security");
        let security = security.or_else(|| Part::root().get("security"));
        let is_open = security.is_none_or(|schemes| schemes.value == &Value::Array(vec![]));
        let token = text(self.sent_headers, "authorization")?;
        if !is_open && !token.is_some_and(|token| token.to_lowercase().starts_with("bearer ")) {
            return Err("it has no token".to_owned());
        }
        self.check_path(route)?;
        self.check_query(route)?;
        self.check_fields(route)?;
        self.check_sent(operation, answer)
    }

    fn check_path(&self, route: &Route) -> Result<(), String> {
        let path = self.path();
        for parameter in route.parameters_in("path") {
            let name = parameter.text("name").unwrap_or_default();
            let given = route.argument(&path, name);
            let given = given.ok_or_else(|| format!("{name} is not in its path"))?;
            let given = percent_decode_str(given).decode_utf8_lossy();
            let valid = parameter.validate(&parameter.read(&given));
            valid.map_err(in_part(&format!("the parameter {name}")))?;
        }
        Ok(())
    }

    /// Where no parameters are documented, the query is ignored.
    fn check_query(&self, route: &Route) -> Result<(), String> {
        let documented: Vec<&Part> = route.parameters_in("query").collect();
        if documented.is_empty() {
            return Ok(());
        }
        let query = self.target.query().unwrap_or_default();
        for (name, given) in form_urlencoded::parse(query.as_bytes()) {
            let of_name = |parameter: &&&Part| parameter.text("name") == Some(name.as_ref());
            let parameter = documented.iter().find(of_name);
            let parameter = parameter.ok_or_else(|| format!("{name} is not documented"))?;
            let valid = parameter.validate(&parameter.read(&given));
            valid.map_err(in_part(&format!("the parameter {name}")))?;
        }
        Ok(())
    }

    fn check_fields(&self, route: &Route) -> Result<(), String> {
        for parameter in route.parameters_in("header") {
            let name = parameter.text("name").unwrap_or_default();
            if let Some(given) = text(self.sent_headers, name)? {
                let valid = parameter.validate(&parameter.read(given));
                valid.map_err(in_part(&format!("the parameter {name}")))?;
            }
        }
        Ok(())
    }

    fn check_sent(&self, operation: &Operation, answer: &Value) -> Result<(), String> {
        let Some(content) = operation
            .part
            .get("requestBody")
            .and_then(|body| body.get("content"))
        else {
            let is_none = self.sent.is_empty();
            return is_none.then_some(()).ok_or("it has a body".to_owned());
        };
        let media_type = text(self.sent_headers, "content-type")?.unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default();
        let essence = essence.trim().to_lowercase();
        let documented = content.get(&essence);
        let documented = documented.ok_or_else(|| format!("{essence:?} is not documented"))?;
        let refused = refused_lines(answer);
        let excused = |line: usize| refused.contains(&line);
        // One byte order mark is skipped.
        let sent = self.sent.strip_prefix("\u{feff}".as_bytes());
        match value(&essence, sent.unwrap_or(self.sent))? {
            Value::String(lines) => documented.validate_lines(&lines, &excused),
            Value::Array(elements) => {
                let numbered = (1..).zip(elements);
                let accepted = numbered.filter(|(line, _)| !excused(*line));
                documented.validate(&accepted.map(|(_, element)| element).collect())
            }
            _ if excused(1) => Ok(()),
            sent => documented.validate(&sent),
        }
        .map_err(in_part("its body"))
    }
}

/// The lines that the report of an import says were refused.
fn refused_lines(report: &Value) -> BTreeSet<usize> {
    let failed = report["failed"].as_array().into_iter().flatten();
    let line = |failed: &Value| usize::try_from(failed["line"].as_u64()?).ok();
    failed.filter_map(line).collect()
}

/// What a body of this media type says.
fn value(media_type: &str, body: &[u8]) -> Result<Value, String> {
    if media_type.ends_with("json") && !media_type.ends_with("ndjson") {
        return serde_json::from_slice(body).map_err(|error| format!("no JSON: {error}"));
    }
    let text = std::str::from_utf8(body).map_err(|error| format!("no UTF-8: {error}"))?;
    Ok(text.into())
}

/// The value of a header that may be there once.
fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(format!("there are two headers {name}"));
    }
    let value = value.map(|value| value.to_str());
    value
        .transpose()
        .map_err(|_| format!("{name} is not ASCII"))
}

fn in_part(part: &str) -> impl Fn(String) -> String {
    let part = part.to_owned();
    move |fault| format!("{part}: {fault}")
}
