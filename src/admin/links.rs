//! `GET /_admin/`: the links, a page at a time, and the search for a prefix.

use super::{
    form::Form,
    page::{Frame, html},
    shown_link::ShownLink,
};
use crate::{
    api::{
        context::Context,
        list::{self, Order, Query},
        problem::Problem,
        view::views,
    },
    domain::Code,
    http::{
        request::{Incoming, Request},
        response::Response,
    },
    platform::Platform,
    store::KeyValue,
};
use askama::Template;
use http::StatusCode;
use url::form_urlencoded;

#[derive(Template)]
#[template(path = "links.html")]
struct Links {
    frame: Frame,
    /// What was searched for.
    prefix: String,
    /// What is wrong with the prefix.
    prefix_error: Option<String>,
    /// What is wrong with the rest of the query.
    error: Option<String>,
    links: Vec<ShownLink>,
    is_newest_first: bool,
    /// The query of the first page, if this is another.
    first: Option<String>,
    /// The query of the next page.
    next: Option<String>,
    /// How many records could not be read.
    skipped: usize,
    /// The code of the link that was just deleted.
    deleted: Option<Code>,
}

/// The parameter that the API's list does not have: the code of the link that was just deleted.
const DELETED: &str = "deleted";

/// Takes the parameters of the API's list.
pub async fn show<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    request: &Request<impl Incoming>,
) -> Result<Response, Problem> {
    let rules = context.config.links.codes;
    let given = Form::of_query(request);
    let prefix = given.get("prefix");
    let mut page = Links {
        frame: Frame::at("/_admin/"),
        prefix: prefix.to_owned(),
        prefix_error: None,
        error: None,
        links: Vec::new(),
        is_newest_first: true,
        first: given.find("cursor").map(|_| first_page(prefix)),
        next: None,
        skipped: 0,
        deleted: rules.parse(given.get(DELETED)).ok(),
    };
    let query = match Query::parse(&given.query_without(DELETED), rules) {
        Ok(query) => query,
        Err(problem) => {
            page.frame = page.frame.wrong(true);
            match problem.fields() {
                [error] if error.field == "prefix" => {
                    page.prefix_error = Some(format!("Short code {}", error.detail));
                }
                _ => page.error = Some(problem.detail().into_owned()),
            }
            return Ok(html(problem.status(), &page));
        }
    };
    let limit = query.limit;
    let (found, order, next) = list::page(context, query).await?;
    let base_url = context.config.base_url.as_ref();
    let views = views(
        context.store(),
        &found.links,
        base_url,
        context.config.clicks,
    );
    let now = context.platform().now();
    let shown = found.links.iter().zip(views.await?);
    page.links = shown
        .map(|(stored, view)| ShownLink::new(stored, view, now))
        .collect();
    page.is_newest_first = order == Order::Newest;
    page.next = next.map(|next| next.query(limit));
    page.skipped = found.skipped;
    Ok(html(StatusCode::OK, &page))
}

fn first_page(prefix: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    match prefix {
        "" => String::new(),
        prefix => format!("?{}", query.append_pair("prefix", prefix).finish()),
    }
}
