//! `/_admin/links/{short}`: one link, its clicks, and the form to change it.

use super::{
    chart::Chart,
    form::Form,
    go_to,
    link_form::{LinkForm, Name},
    page::{ALL_LINKS, Frame, Message, html, refusal},
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
    clicks: Clicks,
}

/// What a page says of the clicks of a link.
enum Clicks {
    NotCounted,
    Total,
    Daily(Chart),
}

/// `GET /_admin/links/{short}`
pub async fn show<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: &Request<impl Incoming>,
) -> Result<Response, Problem> {
    let done = Done::of(request.target.query());
    let stored = match (context.find(short).await, done) {
        (Ok(stored), _) => stored,
        (Err(Problem::NotFound), Some(Done::Created)) => return Ok(not_visible_yet()),
        (Err(problem @ Problem::Internal(_)), _) => {
            return Ok(unreadable(context, short, &problem));
        }
        (Err(problem), _) => return Err(problem),
    };
    let form = LinkForm::to_edit(context.platform().now()).showing(&stored.link);
    let version = etag(&stored);
    let page = page(context, stored, form, version, done).await?;
    Ok(html(StatusCode::OK, &page))
}

/// `POST /_admin/links/{short}`: saves what was changed, and shows the link, or the form again with what is wrong.
pub async fn edit<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: Request<impl Incoming>,
    mut audit: Audit<'_>,
) -> Result<Response, Problem> {
    audit.action = Some("update");
    let authority = request.authority();
    let (typed, stored) = match read(context, short, request).await {
        Ok(read) => read,
        Err(problem) => {
            let refused = Err(problem);
            audit.end(&refused, context.platform());
            return refused;
        }
    };
    let form = LinkForm::to_edit(context.platform().now()).typed(&typed);
    let code = stored.link.code.clone();
    let shown = |done: Done| go_to(format!("{}?done={}", path_of(&code), done.name()));
    if !form.is_changed() {
        return Ok(shown(Done::Nothing));
    }
    let version = typed.get("version");
    let patch = Translated::new(authority, MERGE_PATCH, form.to_patch())
        .if_match(version)
        .request(Method::Patch);
    let edited = edit::patch(context, &code.in_url(), patch, &mut audit).await;
    audit.end(&edited, context.platform());
    let problem = match edited {
        Ok(_) if form.changes(Name::Url) => return Ok(shown(Done::Redirected)),
        Ok(_) => return Ok(shown(Done::Saved)),
        Err(problem) => problem,
    };
    problem.log();
    let page = match problem {
        Problem::Changed { .. } => {
            let stored = context.find(short).await?;
            let (form, version) = (form.overtaken(&stored.link), etag(&stored));
            page(context, stored, form, version, None).await?
        }
        _ => {
            // Still for the version that the form has shown, so that a change made meanwhile is not overwritten.
            let (form, version) = (form.refused(&problem), version.to_owned());
            page(context, stored, form, version, None).await?
        }
    };
    Ok(refusal(&problem, &page))
}

/// What was typed, and the link that it is for.
async fn read<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: Request<impl Incoming>,
) -> Result<(Form, Stored), Problem> {
    let typed = Form::read(request).await?;
    let stored = context.find(short).await?;
    Ok((typed, stored))
}

async fn page<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    stored: Stored,
    form: LinkForm,
    version: String,
    done: Option<Done>,
) -> Result<LinkPage, Problem> {
    let now = context.platform().now();
    let clicks = match context.config.clicks {
        Counting::Off => Clicks::NotCounted,
        Counting::Total => Clicks::Total,
        Counting::Daily => {
            let today = now.day();
            let first = today.minus(DAYS.saturating_sub(1));
            let days = by_day(context.store(), &stored, first, today, today).await?;
            Clicks::Daily(Chart::new(&days))
        }
    };
    Ok(LinkPage {
        frame: Frame::INSIDE.wrong(form.is_wrong()),
        link: ShownLink::new(&stored, context.view(&stored).await?, now),
        form,
        version,
        done: done.map(Done::words),
        clicks,
    })
}

/// What the page before this one has done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Created,
    Saved,
    /// Saved, and the link leads elsewhere now.
    Redirected,
    Nothing,
}

impl Done {
    const ALL: [Self; 4] = [Self::Created, Self::Saved, Self::Redirected, Self::Nothing];

    /// What a query says.
    fn of(query: &str) -> Option<Self> {
        let name = query.strip_prefix("done=")?;
        Self::ALL.into_iter().find(|done| done.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Saved => "saved",
            Self::Redirected => "redirected",
            Self::Nothing => "nothing",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Created => "Link created.",
            Self::Saved => "Changes saved.",
            Self::Redirected => concat!(
                "Changes saved. Browsers that have already followed this link may use the old destination for a ",
                "while."
            ),
            Self::Nothing => "There were no changes to save.",
        }
    }
}

/// For a store that tells everybody of a write only later.
fn not_visible_yet() -> Response {
    let page = Message {
        frame: Frame::INSIDE,
        title: "Link created",
        text: "The store does not show it everywhere yet. Reload this page in a moment.",
        command: None,
        way_out: ALL_LINKS,
    };
    html(StatusCode::OK, &page)
}

/// For a record that is no link. It can still be deleted.
fn unreadable<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    problem: &Problem,
) -> Response {
    problem.log();
    let path = context.code_in_path(short).map(|code| path_of(&code));
    let delete = format!("{}/delete", path.unwrap_or_default());
    let page = Message {
        frame: Frame::INSIDE.wrong(true),
        title: "This link cannot be read",
        text: "Its record in the store is broken, so the link does not work. The log says what is wrong with it.",
        command: None,
        way_out: (&delete, "Delete this link"),
    };
    html(problem.status(), &page)
}
