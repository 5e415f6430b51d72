//! `/_admin/links/{short}/delete`: asks once, and deletes the link.

use super::{
    form::Form,
    go_to,
    page::{Frame, html},
    shown_link::{ShownLink, path_of},
    translated::Translated,
};
use crate::{
    api::{audit::Audit, context::Context, edit, problem::Problem, version::etag},
    domain::Code,
    http::{
        request::{Incoming, Method, Request},
        response::Response,
    },
    platform::Platform,
    store::KeyValue,
};
use askama::Template;
use http::StatusCode;
use url::form_urlencoded;

#[derive(Template)]
#[template(path = "delete.html")]
struct Delete {
    frame: Frame,
    code: Code,
    path: String,
    /// `None` if the record is unreadable, which is no reason to keep it.
    link: Option<ShownLink>,
    /// The entity tag of the link that the page shows.
    version: String,
    error: Option<&'static str>,
}

/// `GET /_admin/links/{short}/delete`
pub async fn ask<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
) -> Result<Response, Problem> {
    let page = page(context, short, None).await?;
    Ok(html(StatusCode::OK, &page))
}

/// `POST /_admin/links/{short}/delete`: shows the other links, or asks again if the link is another one by now.
pub async fn delete<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: Request<impl Incoming>,
    mut audit: Audit<'_>,
) -> Result<Response, Problem> {
    audit.action = Some("delete");
    let deleted = match Form::read(request).await {
        Ok(form) => delete_version(context, short, form.get("version"), &mut audit).await,
        Err(problem) => Err(problem),
    };
    let code = audit.code.clone();
    audit.end(&deleted, context.platform());
    match deleted {
        Ok(_) => {
            let code = code.as_ref().map_or("", Code::as_str);
            let code: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
            Ok(go_to(format!("/_admin/?deleted={code}")))
        }
        Err(problem @ Problem::Changed { .. }) => {
            let error = "This link was changed after you opened this page. Check it again before you delete it.";
            let page = page(context, short, Some(error)).await?;
            Ok(html(problem.status(), &page))
        }
        Err(problem) => Err(problem),
    }
}

/// Deletes the link if it is the `version` that the page has shown. A record that cannot be read has none.
async fn delete_version<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    version: &str,
    audit: &mut Audit<'_>,
) -> Result<Response, Problem> {
    let (code, request) = match (context.find(short).await, version) {
        (Ok(stored), "") => return Err(context.changed(Some(stored)).await),
        (Ok(stored), version) => (stored.link.code, Translated::default().if_match(version)),
        (Err(Problem::Internal(_)), _) => (context.code_in_path(short)?, Translated::default()),
        (Err(problem), _) => return Err(problem),
    };
    let request = request.request(Method::Delete);
    edit::delete(context, &code.in_url(), &request, audit).await
}

async fn page<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    error: Option<&'static str>,
) -> Result<Delete, Problem> {
    let (code, link, version) = match context.find(short).await {
        Ok(stored) => {
            let view = context.view(&stored).await?;
            let link = ShownLink::new(&stored, view, context.platform().now());
            (stored.link.code.clone(), Some(link), etag(&stored))
        }
        Err(Problem::Internal(_)) => (context.code_in_path(short)?, None, String::new()),
        Err(problem) => return Err(problem),
    };
    Ok(Delete {
        frame: Frame::INSIDE.wrong(error.is_some()),
        path: path_of(&code),
        code,
        link,
        version,
        error,
    })
}
