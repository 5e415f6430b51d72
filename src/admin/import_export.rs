//! `/_admin/move`, `/_admin/import`: taking links elsewhere, and bringing links from there.

use super::{
    page::{Frame, html, refusal},
    translated::Translated,
    upload,
};
use crate::{
    api::{
        audit::Audit, context::Context, export::NDJSON, import, problem::Problem,
        wire::ImportOutcome,
    },
    http::{
        request::{Incoming, Method, Request},
        response::Response,
    },
    platform::Platform,
    store::KeyValue,
};
use askama::Template;
use http::StatusCode;

const TOO_LARGE: &str =
    "The file is larger than 1 MiB. Split it between lines, and import the parts one by one.";

/// The field of the form that has the file.
const FILE: &str = "file";

#[derive(Template)]
#[template(path = "import_export.html")]
struct ImportExport {
    frame: Frame,
    error: Option<String>,
    report: Option<ImportOutcome>,
}

/// `GET /_admin/move`
pub fn show() -> Response {
    html(StatusCode::OK, &ImportExport::page(None, None))
}

/// `POST /_admin/import`: creates every link in the uploaded file whose code is free, and reports on every line.
pub async fn import<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    request: Request<impl Incoming>,
    mut audit: Audit<'_>,
) -> Result<Response, Problem> {
    audit.action = Some("import");
    let authority = request.authority();
    let imported = match upload::read(request, FILE).await {
        Ok(file) => {
            let lines = Translated::new(authority, NDJSON, file).request(Method::Post);
            import::import(context, lines, &mut audit).await
        }
        Err(problem) => Err(problem),
    };
    let answer = imported.map(|report| {
        let page = ImportExport::page(None, Some(report));
        html(StatusCode::OK, &page)
    });
    audit.end(&answer, context.platform());
    Ok(answer.unwrap_or_else(|problem| {
        problem.log();
        refusal(&problem, &ImportExport::page(Some(words(&problem)), None))
    }))
}

impl ImportExport {
    fn page(error: Option<String>, report: Option<ImportOutcome>) -> Self {
        let frame = Frame::at("/_admin/move").wrong(error.is_some());
        Self {
            frame,
            error,
            report,
        }
    }
}

fn words(problem: &Problem) -> String {
    match (problem, problem.fields()) {
        // The limit in it may be that of the form around the file.
        (Problem::PayloadTooLarge(_), _) => TOO_LARGE.to_owned(),
        (_, [error]) if error.field == FILE => format!("The file {}", error.detail),
        _ => problem.detail().into_owned(),
    }
}

/// The numbers of lines, which increase, in words: `Lines 1–3, 5`.
fn lines(numbers: &[usize]) -> String {
    let follows = |before: &usize, line: &usize| before.checked_add(1) == Some(*line);
    let runs = numbers.chunk_by(follows).map(|run| match run {
        [first, .., last] => format!("{first}–{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    });
    let runs = runs.collect::<Vec<_>>().join(", ");
    match numbers {
        [_] => format!("Line {runs}"),
        _ => format!("Lines {runs}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_follow_one_another_are_a_range() {
        for (numbers, text) in [
            (&[7][..], "Line 7"),
            (&[1, 2], "Lines 1–2"),
            (&[1, 2, 3, 5, 7, 8], "Lines 1–3, 5, 7–8"),
        ] {
            assert_eq!(lines(numbers), text);
        }
    }
}
