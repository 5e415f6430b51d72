//! `/_admin/new`: creating a link.

use super::{
    form::Form,
    go_to,
    link_form::LinkForm,
    page::{Frame, html},
    shown_link::path_of,
    translated::Translated,
};
use crate::{
    api::{audit::Audit, context::Context, links, problem::Problem, wire::Availability},
    http::{
        request::{Incoming, Method, Request},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::KeyValue,
};
use askama::Template;
use http::StatusCode;

const TEXT: &str = "text/plain; charset=utf-8";

#[derive(Template)]
#[template(path = "new.html")]
struct New {
    frame: Frame,
    form: LinkForm,
}

pub fn show<S: KeyValue, P: Platform>(context: &Context<'_, S, P>) -> Response {
    let form = LinkForm::to_create(context.platform().now());
    page(StatusCode::OK, form)
}

/// Shows the new link, or the form again with what is wrong.
pub async fn create<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    request: Request<impl Incoming>,
    mut audit: Audit<'_>,
) -> Result<Response, Problem> {
    audit.action = Some("create");
    let authority = request.authority();
    let typed = Form::read(request).await?;
    let form = LinkForm::to_create(context.platform().now()).typed(&typed);
    let request = Translated::new(authority, JSON, form.to_link()).request(Method::Post);
    let created = links::create(context, request, &mut audit).await;
    let code = audit.code.clone();
    audit.end(&created, context.platform());
    Ok(match (created, code) {
        (Ok(_), Some(code)) => go_to(format!("{}?done=created", path_of(&code))),
        // Every create has a code in the end.
        (Ok(_), None) => go_to("/_admin/"),
        (Err(problem), _) => {
            problem.log();
            page(problem.status(), form.refused(&problem))
        }
    })
}

/// `GET /_admin/links/{short}/available`: whether a new link can have the code, in words for the form.
pub async fn available<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
) -> Result<Response, Problem> {
    let words = match links::available(context, short).await {
        Ok(Availability { available: true }) => "This code is free.".to_owned(),
        Ok(Availability { available: false }) => "This code is taken.".to_owned(),
        Err(problem) if problem.fields().is_empty() => return Err(problem),
        Err(problem) => {
            let form = LinkForm::to_create(context.platform().now()).refused(&problem);
            let wrong = form.wrong_fields();
            wrong.first().map_or("", |(_, error)| error).to_owned()
        }
    };
    Ok(response::full(StatusCode::OK, TEXT, words.into()))
}

fn page(status: StatusCode, form: LinkForm) -> Response {
    let frame = Frame::inside();
    html(status, &New { frame, form })
}
