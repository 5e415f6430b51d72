//! The query of a list: which page of which order.

use super::Order;
use crate::{
    api::{
        parameters::{Parameters, refuse},
        problem::Problem,
    },
    catalog::Selection,
    domain::{CodeError, CodeRules, percent_encoded},
    store::Number,
};

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1000;

const PARAMETERS: [&str; 4] = ["limit", "cursor", "order", "prefix"];

/// Which page a client wants.
#[derive(Clone, Debug)]
pub struct Query {
    /// At most this many links.
    pub limit: usize,
    pub start: Start,
}

/// Where a page begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// With the link that has this number, or with the newest one.
    Newest(Option<Number>),
    /// After a code, in the order of the codes. The limit in it is without meaning.
    Code(Selection),
}

impl Start {
    /// The query for the page that begins here.
    pub fn query(&self, limit: usize) -> String {
        let (order, cursor, prefix) = match self {
            Self::Newest(from) => (Order::Newest, from.map(Number::to_cursor), ""),
            Self::Code(Selection { after, prefix, .. }) => {
                let after = after.as_ref().map(|after| after.in_url().to_string());
                (Order::Code, after, prefix.as_str())
            }
        };
        let mut query = format!("order={}&limit={limit}", order.name());
        if let Some(cursor) = cursor {
            query.push_str(&format!("&cursor={cursor}"));
        }
        if !prefix.is_empty() {
            query.push_str(&format!("&prefix={}", percent_encoded(prefix)));
        }
        query
    }
}

impl Query {
    pub fn parse(query: &str, rules: CodeRules) -> Result<Self, Problem> {
        let given = Parameters::parse(query, &PARAMETERS)?;
        let limit = match given.get("limit") {
            None => DEFAULT_LIMIT,
            Some(limit) => {
                let limit = limit.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n));
                limit.ok_or_else(|| {
                    refuse("limit", "limit", "must be a whole number from 1 to 1000")
                })?
            }
        };
        let prefix = parse_prefix(given.get("prefix").unwrap_or_default(), rules)?;
        let order = match given.get("order") {
            Some("code") => Order::Code,
            None if !prefix.is_empty() => Order::Code,
            Some("newest") if !prefix.is_empty() => {
                return Err(refuse(
                    "order",
                    "order",
                    "must be code if there is a prefix",
                ));
            }
            None | Some("newest") => Order::Newest,
            Some(_) => return Err(refuse("order", "order", "must be newest or code")),
        };
        let cursor = given.get("cursor");
        let start = match order {
            Order::Code => {
                let after = cursor.map(|cursor| rules.parse(cursor)).transpose();
                Start::Code(Selection {
                    after: after.map_err(|_| foreign_cursor())?,
                    prefix,
                    ..Selection::default()
                })
            }
            _ => {
                let number = |cursor| Number::from_cursor(cursor).ok_or_else(foreign_cursor);
                Start::Newest(cursor.map(number).transpose()?)
            }
        };
        Ok(Self { limit, start })
    }
}

/// Accepts an empty prefix or the beginning of a code, which may also be a reserved name.
fn parse_prefix(prefix: &str, rules: CodeRules) -> Result<String, Problem> {
    match rules.parse(prefix) {
        _ if prefix.is_empty() => Ok(String::new()),
        Ok(code) => Ok(code.to_string()),
        Err(CodeError::Reserved) => Ok(prefix.to_owned()),
        Err(error) => Err(refuse("prefix", error.code(), &error.to_string())),
    }
}

/// The cursor is from no list of this order.
pub fn foreign_cursor() -> Problem {
    refuse("cursor", "cursor", "must be taken from a Link header")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Code;

    fn parse(query: &str) -> Result<Query, Problem> {
        Query::parse(query, CodeRules::default())
    }

    #[test]
    fn a_query_says_which_page() {
        let by_code = |after: &str, prefix: &str| {
            let after = Code::parse(after).ok();
            let prefix = prefix.to_owned();
            Start::Code(Selection {
                after,
                prefix,
                ..Selection::default()
            })
        };
        let number = Number::new_link(77);
        for (query, limit, start) in [
            ("", 100, Start::Newest(None)),
            ("prefix=", 100, Start::Newest(None)),
            ("limit=1&order=newest", 1, Start::Newest(None)),
            ("limit=1000&order=code", 1000, by_code("", "")),
            ("prefix=a.b", 100, by_code("", "a.b")),
            ("order=code&cursor=abc&prefix=a", 100, by_code("abc", "a")),
            ("cursor=800000000000004d", 100, Start::Newest(Some(number))),
        ] {
            let page = parse(query).unwrap();
            assert_eq!(page.limit, limit, "{query}");
            assert_eq!(format!("{:?}", page.start), format!("{start:?}"), "{query}");
        }
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
            ("cursor=abc", "cursor"),
            ("order=code&cursor=a%20b", "cursor"),
            ("order=newest&cursor=abc", "cursor"),
            ("order=", "order"),
            ("order=oldest", "order"),
            ("order=newest&prefix=a", "order"),
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
    fn the_query_of_a_page_asks_for_that_page() {
        for query in [
            "order=newest&limit=7&cursor=800000000000004d",
            "order=code&limit=2&cursor=a2&prefix=a",
            "order=code&limit=2",
            "order=newest&limit=3",
        ] {
            let page = parse(query).unwrap();
            assert_eq!(page.start.query(page.limit), query);
        }
    }
}
