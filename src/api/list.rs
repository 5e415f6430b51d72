//! `GET /_api/links`: the links, ordered by code, one page at a time.

use super::{
    problem::Problem,
    wire::{FieldError, LinkView},
};
use crate::{
    app::App,
    catalog::{self, Selection},
    config::Config,
    domain::{Code, CodeError, CodeRules, percent_encoded},
    http::{
        header,
        request::{Incoming, Request},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::KeyValue,
};
use http::StatusCode;
use std::{borrow::Cow, fmt::Write};
use url::form_urlencoded;

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1000;

/// Answers with a JSON array, and with a `Link` to the next page if there is one (RFC 8288).
pub async fn list<S: KeyValue, P: Platform>(
    app: &App<S, P>,
    config: &Config,
    request: &Request<impl Incoming>,
) -> Result<Response, Problem> {
    let page = parse_query(request.target.query(), config.links.codes)?;
    // One code more than fits on the page shows whether there is a next page.
    let selection = Selection {
        limit: page.limit.saturating_add(1),
        ..page.clone()
    };
    let mut codes = super::codes(&app.store, &selection).await?;
    let next = next_page(&page, &mut codes);
    let found = catalog::links(&app.store, codes).await?;
    let base_url = config.base_url.as_ref();
    let views: Vec<_> = found
        .links
        .iter()
        .map(|link| LinkView::new(link, base_url))
        .collect();

    let mut response = response::json(StatusCode::OK, JSON, &views);
    if let Some(next) = next {
        response = response.with(header::LINK, next);
    }
    if found.skipped > 0 {
        response = response.with(header::X_SKIPPED_RECORDS, found.skipped.to_string());
    }
    Ok(response)
}

/// Truncates `codes` to the page, and returns the `Link` to the next page if there is one.
fn next_page(page: &Selection, codes: &mut Vec<Code>) -> Option<String> {
    if codes.len() <= page.limit {
        return None;
    }
    codes.truncate(page.limit);
    let cursor = codes.last()?.in_url();
    let limit = page.limit;
    let mut next = format!("</_api/links?limit={limit}&cursor={cursor}");
    if !page.prefix.is_empty() {
        write!(next, "&prefix={}", percent_encoded(&page.prefix)).ok()?;
    }
    next.push_str(">; rel=\"next\"");
    Some(next)
}

fn parse_query(query: &str, rules: CodeRules) -> Result<Selection, Problem> {
    let mut selection = Selection {
        limit: DEFAULT_LIMIT,
        rules,
        ..Selection::default()
    };
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let refuse = |code: &'static str, rule: &str| {
            Problem::InvalidField(vec![FieldError::new(&name, code, rule)])
        };
        if seen.contains(&name) {
            return Err(refuse("duplicate", "must be given once"));
        }
        match name.as_ref() {
            "limit" => {
                let limit = value.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n));
                selection.limit = limit
                    .ok_or_else(|| refuse("limit", "must be a whole number from 1 to 1000"))?;
            }
            "cursor" => {
                let cursor = rules.parse(&value);
                selection.after =
                    Some(cursor.map_err(|_| refuse("cursor", "must be taken from a Link header"))?);
            }
            "prefix" => selection.prefix = parse_prefix(value, rules, refuse)?,
            _ => {
                let rule = "is unknown here; known: limit, cursor, prefix";
                let error = FieldError::new(&name, "unknown", rule);
                return Err(Problem::UnknownField(error));
            }
        }
        seen.push(name);
    }
    Ok(selection)
}

/// Accepts an empty prefix or the beginning of a code, which may also be a reserved name.
fn parse_prefix(
    prefix: Cow<'_, str>,
    rules: CodeRules,
    refuse: impl Fn(&'static str, &str) -> Problem,
) -> Result<String, Problem> {
    match rules.parse(&prefix) {
        _ if prefix.is_empty() => Ok(String::new()),
        Ok(code) => Ok(code.to_string()),
        Err(CodeError::Reserved) => Ok(prefix.into_owned()),
        Err(error) => Err(refuse(error.code(), &error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Selection, Problem> {
        parse_query(query, CodeRules::default())
    }

    #[test]
    fn a_query_says_which_page() {
        let page = parse("limit=1000&cursor=abc&prefix=a.b").unwrap();
        assert_eq!((page.limit, page.prefix.as_str()), (1000, "a.b"));
        assert_eq!(page.after, Some(Code::parse("abc").unwrap()));
        assert_eq!(parse("").unwrap().limit, 100);
        assert_eq!(parse("limit=1&prefix=").unwrap().limit, 1);
    }

    #[test]
    fn a_wrong_query_names_the_parameter() {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=1001", "limit"),
            ("limit=ten", "limit"),
            ("limit=", "limit"),
            ("limit=1&limit=2", "limit"),
            ("cursor=", "cursor"),
            ("cursor=a%20b", "cursor"),
            ("prefix=claim:", "prefix"),
            ("prefix=-", "prefix"),
            ("page=2", "page"),
        ] {
            let named = match parse(query) {
                Err(Problem::InvalidField(errors)) => errors[0].field.clone(),
                Err(Problem::UnknownField(error)) => error.field,
                _ => panic!("{query} was accepted"),
            };
            assert_eq!(named, field, "{query}");
        }
    }

    #[test]
    fn the_next_page_begins_after_the_last_code_of_this_one() {
        let page = parse("limit=2&prefix=a").unwrap();
        let codes = ["a1", "a2", "a3"].map(|code| Code::parse(code).unwrap());
        let mut codes = Vec::from(codes);
        let next = next_page(&page, &mut codes).unwrap();
        assert_eq!(
            next,
            r#"</_api/links?limit=2&cursor=a2&prefix=a>; rel="next""#
        );
        assert_eq!(codes.len(), 2);
        assert_eq!(next_page(&page, &mut codes), None);
    }
}
