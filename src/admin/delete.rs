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
    code: String,
    path: String,
    /// `None` if the record is unreadable, which is no reason to keep it.
    link: Option<ShownLink>,
    /// The entity tag of the link that the page shows.
    version: String,
    error: Option<&'static str>,
}

pub async fn ask<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
) -> Result<Response, Problem> {
    let code = context.code_in_path(short)?;
    page(context, StatusCode::OK, &code, short, None).await
}

pub async fn delete<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: Request<impl Incoming>,
    mut audit: Audit<'_>,
) -> Result<Response, Problem> {
    audit.action = Some("delete");
    let typed = Form::read(request).await?;
    let code = context.code_in_path(short)?;
    let request = Translated::new(None, "", Vec::new());
    let request = match typed.get("version") {
        // What is unreadable has no version.
        "" => request,
        version => request.if_match(version),
    };
    let request = request.request(Method::Delete);
    let deleted = edit::delete(context, short, &request, &mut audit).await;
    audit.end(&deleted, context.platform());
    match deleted {
        Ok(_) => {
            let deleted = form_urlencoded::byte_serialize(code.as_str().as_bytes());
            let deleted: String = deleted.collect();
            Ok(go_to(format!("/_admin/?deleted={deleted}")))
        }
        Err(problem @ Problem::Changed { .. }) => {
            let error =
                "The link was changed after you had opened this page. Look at it, and decide anew.";
            page(context, problem.status(), &code, short, Some(error)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn page<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    status: StatusCode,
    code: &Code,
    short: &str,
    error: Option<&'static str>,
) -> Result<Response, Problem> {
    let (link, version) = match context.find(short).await {
        Ok(stored) => {
            let view = context.view(&stored).await?;
            let link = ShownLink::new(&stored, view, context.platform().now());
            (Some(link), etag(&stored))
        }
        Err(Problem::Internal(_)) => (None, String::new()),
        Err(problem) => return Err(problem),
    };
    let page = Delete {
        frame: Frame::inside(),
        code: code.to_string(),
        path: path_of(code),
        link,
        version,
        error,
    };
    Ok(html(status, &page))
}
