//! Routing: which handler answers which request.

use crate::{
    api,
    app::App,
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

/// Keeps crawlers out: a short link has no content of its own to index.
const ROBOTS: &str = "User-agent: *\nDisallow: /\n";

/// Answers any request. Never fails or panics, whatever the request.
pub async fn respond<S, P>(app: &Rc<App<S, P>>, request: Request<impl Incoming>) -> Response
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let method = request.method;
    let resource = Resource::at(request.target.path());
    let response = match (resource, resource.refuses(method)) {
        (Resource::Api(_), _) => api::respond(app, request).await,
        (_, Some(allow)) => method_not_allowed(allow),
        (Resource::Root, None) => root(app).await,
        (Resource::Robots, None) => response::text(StatusCode::OK, ROBOTS),
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

async fn root<S: KeyValue, P: Platform>(app: &App<S, P>) -> Response {
    match app.config().await.root_url.clone() {
        Some(location) => response::empty(StatusCode::FOUND).with(header::LOCATION, location),
        None => redirect::not_found(),
    }
}
