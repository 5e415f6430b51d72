//! `/_admin/links/{short}`: one link, its clicks, and the form to change it.

use super::{
    chart::Chart,
    form::Form,
    go_to,
    link_form::LinkForm,
    page::{Frame, html},
    shown_link::{ShownLink, path_of},
    translated::Translated,
};
use crate::{
    api::{
        audit::Audit,
        context::Context,
        edit::{self, MERGE_PATCH},
        problem::Problem,
        version::etag,
    },
    clicks::{Counting, by_day},
    http::{
        request::{Incoming, Method, Request},
        response::Response,
    },
    platform::Platform,
    store::{KeyValue, Stored},
};
use askama::Template;
use http::StatusCode;

/// How many days the chart has.
const DAYS: u16 = 30;

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    frame: Frame,
    link: ShownLink,
    form: LinkForm,
    /// The entity tag of the link that the form shows.
    version: String,
    /// What was just done.
    done: Option<&'static str>,
    /// `None` if the clicks are not counted by the day.
    chart: Option<Chart>,
}

pub async fn show<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: &Request<impl Incoming>,
) -> Result<Response, Problem> {
    let stored = context.find(short).await?;
    let done = match request.target.query() {
        "done=created" => Some("The link is created."),
        "done=saved" => Some(
            "The changes are saved. Browsers that have followed the link before may keep the old destination for a while.",
        ),
        "done=nothing" => Some("Nothing was changed."),
        _ => None,
    };
    let form = LinkForm::to_edit(context.platform().now()).showing(&stored.link);
    page(context, StatusCode::OK, stored, form, done).await
}

/// Saves what was changed, and shows the link, or the form again with what is wrong.
pub async fn edit<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: Request<impl Incoming>,
    mut audit: Audit<'_>,
) -> Result<Response, Problem> {
    let authority = request.authority();
    let typed = Form::read(request).await?;
    let stored = context.find(short).await?;
    let form = LinkForm::to_edit(context.platform().now()).typed(&typed);
    let code = stored.link.code.clone();
    if form.is_as(&stored.link) {
        return Ok(go_to(format!("{}?done=nothing", path_of(&code))));
    }
    audit.action = Some("update");
    let patch = Translated::new(authority, MERGE_PATCH, form.to_patch(&stored.link))
        .if_match(typed.get("version"))
        .request(Method::Patch);
    let edited = edit::patch(context, short, patch, &mut audit).await;
    audit.end(&edited, context.platform());
    match edited {
        Ok(_) => Ok(go_to(format!("{}?done=saved", path_of(&code)))),
        Err(problem @ Problem::Changed { .. }) => {
            let stored = context.find(short).await?;
            let status = problem.status();
            page(context, status, stored, form.overtaken(), None).await
        }
        Err(problem) => {
            problem.log();
            let status = problem.status();
            page(context, status, stored, form.refused(&problem), None).await
        }
    }
}

async fn page<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    status: StatusCode,
    stored: Stored,
    form: LinkForm,
    done: Option<&'static str>,
) -> Result<Response, Problem> {
    let now = context.platform().now();
    let chart = match context.config.clicks {
        Counting::Off | Counting::Total => None,
        Counting::Daily => {
            let today = now.day();
            let first = today.minus(DAYS.saturating_sub(1));
            let days = by_day(context.store(), &stored, first, today, today).await?;
            Some(Chart::new(&days))
        }
    };
    let page = LinkPage {
        frame: Frame::inside(),
        link: ShownLink::new(&stored, context.view(&stored).await?, now),
        form,
        version: etag(&stored),
        done,
        chart,
    };
    Ok(html(status, &page))
}
