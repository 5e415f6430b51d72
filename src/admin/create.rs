//! `/_admin/new`: creating a link.

use super::{
    form::Form,
    go_to,
    link_form::LinkForm,
    page::{Frame, html, refusal},
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
    /// The `Idempotency-Key` of the create: a form that is sent twice creates one link.
    key: String,
}

/// `GET /_admin/new`
pub fn show<S: KeyValue, P: Platform>(context: &Context<'_, S, P>) -> Response {
    let form = LinkForm::to_create(context.platform().now());
    html(StatusCode::OK, &New::page(form, new_key(context)))
}

/// `POST /_admin/new`: shows the new link, or the form again with what is wrong.
pub async fn create<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    request: Request<impl Incoming>,
    mut audit: Audit<'_>,
) -> Result<Response, Problem> {
    audit.action = Some("create");
    let authority = request.authority();
    let (typed, read) = match Form::read(request).await {
        Ok(typed) => (typed, Ok(())),
        Err(problem) => (Form::default(), Err(problem)),
    };
    let form = LinkForm::to_create(context.platform().now()).typed(&typed);
    let request = Translated::new(authority, JSON, form.to_link())
        .idempotency_key(typed.get(KEY))
        .request(Method::Post);
    let created = match read {
        Ok(()) => links::create(context, request, &mut audit).await,
        Err(problem) => Err(problem),
    };
    let code = audit.code.clone();
    audit.end(&created, context.platform());
    let problem = match (created, code) {
        (Ok(_), Some(code)) => return Ok(go_to(format!("{}?done=created", path_of(&code)))),
        // Every create has a code in the end.
        (Ok(_), None) => return Ok(go_to("/_admin/")),
        (Err(problem), _) => problem,
    };
    problem.log();
    let (form, key) = match problem {
        Problem::KeyReused => (form.sent_before(), new_key(context)),
        _ if typed.get(KEY).is_empty() => (form.refused(&problem), new_key(context)),
        _ => (form.refused(&problem), typed.get(KEY).to_owned()),
    };
    Ok(refusal(&problem, &New::page(form, key)))
}

/// The name of the field with the `Idempotency-Key`.
const KEY: &str = "key";

fn new_key<S: KeyValue, P: Platform>(context: &Context<'_, S, P>) -> String {
    base16ct::lower::encode_string(&context.platform().random(16))
}

/// `GET /_admin/links/{short}/available`: whether a new link can have the code, in words for the form.
pub async fn available<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
) -> Result<Response, Problem> {
    let words = match links::available(context, short).await {
        Ok(Availability { available: true }) => "This code is available.".to_owned(),
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

impl New {
    fn page(form: LinkForm, key: String) -> Self {
        let frame = Frame::at("/_admin/new").wrong(form.is_wrong());
        Self { frame, form, key }
    }
}
