//! Routing: which handler answers which request.

use crate::{
    api,
    app::App,
    config::Robots,
    http::{
        header,
        request::{Incoming, Method, Request},
        resource::Resource,
        response::{self, Response},
    },
    platform::Platform,
    redirect,
    store::KeyValue,
};
use http::StatusCode;
use std::rc::Rc;

/// What `/robots.txt` says (RFC 9309). Nobody crawls the API.
const KEEP_OUT: &str = "User-agent: *\nDisallow: /\n";
const COME_IN: &str = "User-agent: *\nDisallow: /_api/\n";

/// Answers any request. Never fails or panics, whatever the request.
pub async fn respond<S, P>(app: &Rc<App<S, P>>, request: Request<impl Incoming>) -> Response
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let _under_way = app.clicks.begin_request();
    let method = request.method;
    let resource = Resource::at(request.target.path());
    let response = match (resource, resource.refuses(method)) {
        (Resource::Api(_), _) => api::respond(app, request).await,
        (_, Some(allow)) => method_not_allowed(allow),
        (Resource::Root, None) => root(app).await,
        (Resource::Robots, None) => robots(app).await,
        (Resource::Short(short), None) => redirect::follow(app, short, &request).await,
    };
    match method {
        Method::Head => response.without_body(),
        _ => response,
    }
}

fn method_not_allowed(allow: String) -> Response {
    response::refusal(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        .with(header::ALLOW, allow)
}

async fn robots<S: KeyValue, P: Platform>(app: &App<S, P>) -> Response {
    let text = match app.config().await.robots {
        Robots::Disallow => KEEP_OUT,
        Robots::Allow => COME_IN,
    };
    response::text(StatusCode::OK, text)
}

async fn root<S: KeyValue, P: Platform>(app: &App<S, P>) -> Response {
    match app.config().await.root_url.clone() {
        Some(location) => response::empty(StatusCode::FOUND).with(header::LOCATION, location),
        None => redirect::not_found(),
    }
}
