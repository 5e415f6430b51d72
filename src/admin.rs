//! The admin page: managing links in a browser, under `/_admin`.
//!
//! A component of its own serves it, so that nothing of it is in the one that redirects. The pages are
//! rendered here from `templates/`, and need no script: the one in `assets/` only makes them more
//! comfortable. What a form changes goes through the same functions as a request to the API, and is in the
//! same audit log.
//!
//! A signed cookie identifies a session, so the server stores none (`session`). No other site can make a
//! browser send a form here (`site`).

mod assets;
mod chart;
mod create;
mod delete;
mod destination;
mod form;
mod import_export;
mod link;
mod link_form;
mod links;
mod moment;
mod page;
mod qr;
mod route;
mod session;
mod shown_link;
mod sign_in;
mod site;
mod switch;
mod translated;
mod upload;

use crate::{
    api::{self, audit::Audit, context::Context, export, problem::Problem},
    app::App,
    auth::{AdminToken, Caller},
    config::{BaseUrl, Config},
    http::{
        header,
        request::{Incoming, Method, Request},
        response::{self, Response},
    },
    platform::Platform,
    store::KeyValue,
};
use http::StatusCode;
use page::Frame;
use route::Route;
use std::{rc::Rc, time::Duration};
use switch::Switch;

/// What the audit log calls these pages.
const VIA: &str = "admin page";

/// Answers a request whose path is `/_admin` or begins with `/_admin/`.
pub async fn respond<S, P>(app: &Rc<App<S, P>>, request: Request<impl Incoming>) -> Response
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let method = request.method;
    let response = answer(app, request).await.unwrap_or_else(|problem| {
        problem.log();
        page::message(Frame::OUTSIDE, &problem)
    });
    let response = page::guarded(response);
    match method {
        Method::Head => response.without_body(),
        _ => response,
    }
}

/// Answers what needs no session, and passes the rest to `inside`.
async fn answer<S, P>(
    app: &Rc<App<S, P>>,
    request: Request<impl Incoming>,
) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    if switch::read(&app.platform).await? == Switch::Off {
        return Ok(response::refusal(StatusCode::NOT_FOUND, "Not Found"));
    }
    let path = request.target.path().to_owned();
    let route = Route::at(&path).ok_or(Problem::NotFound)?;
    if let Some(allow) = route.refuses(request.method) {
        return Err(Problem::MethodNotAllowed(allow));
    }
    if let Route::Asset(asset) = route {
        return Ok(assets::answer(asset));
    }
    let started = app.platform.uptime();
    let token = match AdminToken::read(&app.platform).await.map_err(Problem::from) {
        Ok(token) => token,
        Err(Problem::Misconfigured(variables)) => return Ok(page::closed(&variables)),
        Err(problem) => return Err(problem),
    };
    let site = site::origin_of(&request);
    // The settings are not read for just anybody.
    if request.method == Method::Post {
        let public = app.config().await.base_url.clone();
        if !site::is_own(&request, [&site, &public]) {
            return Ok(page::forged());
        }
    }
    let is_signed_in = session::has(&request, &token, app.platform.now());
    match route {
        Route::SignIn if request.method == Method::Post => {
            sign_in::sign_in(app, &token, request).await
        }
        Route::SignIn => Ok(sign_in::show(&request, is_signed_in)),
        Route::SignOut => Ok(sign_in::sign_out(&request)),
        _ if is_signed_in => {
            let config = with_base_url(Config::clone(&*app.config().await), site);
            Ok(inside(app, &config, route, request, started).await)
        }
        _ => Ok(sign_in::require(&request)),
    }
}

/// The settings, with the address at which the browser has asked for this page in place of a `base_url` that
/// is not set.
fn with_base_url(config: Config, site: Option<BaseUrl>) -> Config {
    Config {
        base_url: config.base_url.or(site),
        ..config
    }
}

/// Answers somebody who is signed in.
async fn inside<S, P>(
    app: &Rc<App<S, P>>,
    config: &Config,
    route: Route<'_>,
    request: Request<impl Incoming>,
    started: Duration,
) -> Response
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let caller = &Caller::admin();
    let context = &Context {
        app,
        config,
        caller,
    };
    let audit = Audit::begin(caller, started).via(VIA);
    let answer = match api::ensure_ready(app, config).await {
        Ok(()) => dispatch(context, route, request, audit).await,
        Err(problem) => Err(problem),
    };
    answer.unwrap_or_else(|problem| {
        problem.log();
        page::message(Frame::INSIDE, &problem)
    })
}

/// Passes a request to its handler.
async fn dispatch<S, P>(
    context: &Context<'_, S, P>,
    route: Route<'_>,
    request: Request<impl Incoming>,
    audit: Audit<'_>,
) -> Result<Response, Problem>
where
    S: KeyValue + 'static,
    P: Platform + 'static,
{
    let is_post = request.method == Method::Post;
    match route {
        Route::Links => links::show(context, &request).await,
        Route::New if is_post => create::create(context, request, audit).await,
        Route::New => Ok(create::show(context)),
        Route::Link(short) if is_post => link::edit(context, short, request, audit).await,
        Route::Link(short) => link::show(context, short, &request).await,
        Route::Delete(short) if is_post => delete::delete(context, short, request, audit).await,
        Route::Delete(short) => delete::ask(context, short).await,
        Route::Qr(short) => qr::answer(context, short).await,
        Route::Available(short) => create::available(context, short).await,
        Route::Move => Ok(import_export::show()),
        Route::Import if is_post => import_export::import(context, request, audit).await,
        // Somebody has gone to the address of a report.
        Route::Import => Ok(go_to("/_admin/move")),
        Route::Export => Ok(export::export(context).await?.with(
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"links.ndjson\"",
        )),
        // Answered before.
        Route::SignIn | Route::SignOut | Route::Asset(_) => Err(Problem::NotFound),
    }
}

/// Sends the browser to another admin page, which it fetches with GET (RFC 9110 section 15.4.4).
fn go_to(path: impl Into<String>) -> Response {
    response::empty(StatusCode::SEE_OTHER).with(header::LOCATION, path.into())
}
