//! The service against `docs/openapi.yaml`, its contract for programs. Every exchange of these tests
//! is held against it; here is what makes the document complete, and the judge a strict one.
//!
//! - [`document`]: the file, its references followed and its schemas compiled
//! - [`route`]: which part of it speaks of which request
//! - [`exchange`]: the judge, and [`wire`], what it is shown of bytes
//! - [`strictness`]: that the judge finds what is wrong
//! - [`rules`]: every rule of a field or a line, broken
//! - [`tour`]: every request of the document in every situation

mod document;
mod exchange;
mod route;
mod rules;
mod strictness;
mod tour;
mod wire;

use std::collections::BTreeSet;

use document::Part;
pub use exchange::{Case, Exchange};
use route::routes;
pub use wire::check_bytes;

/// The scope that a key needs, with the method and the path of each request that needs one.
pub fn documented_scopes() -> BTreeSet<(String, String, String)> {
    let scoped = routes().iter().filter_map(|route| {
        let scope = route.operation.as_ref()?.part.text("x-scope")?;
        let (method, path) = route.name.split_once(' ')?;
        Some((method.to_owned(), path.to_owned(), scope.to_owned()))
    });
    scoped.collect()
}

#[test]
fn every_example_is_valid_by_its_schema_and_nothing_lacks_one() {
    let parts = Part::all_with_a_schema();
    assert!(!parts.is_empty());
    for part in parts {
        let examples = part.examples();
        assert!(!examples.is_empty(), "{} has no example", part.pointer);
        for (name, example) in examples {
            let valid = part.validate(example);
            valid.unwrap_or_else(|fault| panic!("{} {name}: {fault}", part.pointer));
        }
    }
}

#[tokio::test]
async fn every_request_of_an_example_is_accepted() {
    let examples = tour::examples_accepted().await;
    assert!(!examples.is_empty());
    for (example, is_accepted) in examples {
        assert!(is_accepted, "{example}");
    }
}

#[tokio::test]
async fn everything_that_is_documented_happens() {
    let (documented, met) = (tour::documented(), tour::met().await);
    let missing: Vec<_> = documented.difference(&met).collect();
    assert!(missing.is_empty(), "never met: {missing:#?}");
}
