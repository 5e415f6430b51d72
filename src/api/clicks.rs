//! `GET /_api/links/{short}/clicks`: how often a link was followed.

use super::{
    context::Context,
    parameters::{Parameters, refuse},
    problem::Problem,
    wire::{ClicksView, DayView},
};
use crate::{
    clicks::{Counting, DAYS_KEPT, by_day, total},
    domain::{Day, DayError},
    http::{
        request::{Incoming, Request},
        response::{self, JSON, Response},
    },
    platform::Platform,
    store::KeyValue,
};
use http::StatusCode;

/// How many days there are in an answer to a client that does not say from which on.
const DEFAULT_DAYS: u16 = 30;

/// The days that a client wants, both included.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    from: Day,
    to: Day,
}

/// Answers with all clicks, and with those of each day if they are counted by the day.
pub async fn clicks<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
    request: &Request<impl Incoming>,
) -> Result<Response, Problem> {
    let today = context.platform().now().day();
    let Range { from, to } = Range::parse(request.target.query(), today)?;
    let counting = context.config.clicks;
    if !counting.is_on() {
        return Err(Problem::NotCounted);
    }
    let link = context.find(short).await?;
    let days = match counting {
        Counting::Daily => Some(by_day(context.store(), &link, from, to, today).await?),
        Counting::Off | Counting::Total => None,
    };
    let view = ClicksView {
        short: link.link.code.to_string(),
        total: total(context.store(), &link).await?,
        days: days.map(|days| days.into_iter().map(DayView::from).collect()),
    };
    Ok(response::json(StatusCode::OK, JSON, &view))
}

impl Range {
    /// Without `to`, up to `today`; without `from`, 30 days.
    fn parse(query: &str, today: Day) -> Result<Self, Problem> {
        let given = Parameters::parse(query, &["from", "to"])?;
        let day = |name| {
            given
                .get(name)
                .map(|text| parse_day(name, text))
                .transpose()
        };
        let (from, to) = (day("from")?, day("to")?);
        let to = to.unwrap_or(today);
        let from = from.unwrap_or_else(|| to.minus(DEFAULT_DAYS.saturating_sub(1)));
        match to.days_since(from) {
            None => Err(refuse("from", "order", "must not be later than to")),
            Some(days) if days >= DAYS_KEPT.into() => {
                let most = DAYS_KEPT.saturating_sub(1);
                let rule = format!("must be at most {most} days before to");
                Err(refuse("from", "range", &rule))
            }
            Some(_) => Ok(Self { from, to }),
        }
    }
}

fn parse_day(name: &str, text: &str) -> Result<Day, Problem> {
    Day::parse(text).map_err(|error: DayError| refuse(name, "day", &error.to_string()))
}

impl From<(Day, u64)> for DayView {
    fn from((day, clicks): (Day, u64)) -> Self {
        Self {
            date: day.to_string(),
            clicks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Range, Problem> {
        Range::parse(query, Day::parse("2030-03-01").unwrap())
    }

    #[test]
    fn a_query_says_which_days() {
        for (query, from, to) in [
            ("", "2030-01-31", "2030-03-01"),
            ("to=2030-01-30", "2030-01-01", "2030-01-30"),
            ("to=0000-01-05", "0000-01-01", "0000-01-05"),
            ("from=2030-02-28", "2030-02-28", "2030-03-01"),
            ("from=2030-03-01&to=2030-03-31", "2030-03-01", "2030-03-31"),
            ("from=2030-03-01&to=2030-03-01", "2030-03-01", "2030-03-01"),
            ("from=2029-01-26&to=2030-03-01", "2029-01-26", "2030-03-01"),
        ] {
            let [from, to] = [from, to].map(|day| Day::parse(day).unwrap());
            assert_eq!(parse(query).unwrap(), Range { from, to }, "{query}");
        }
    }

    #[test]
    fn a_wrong_query_names_the_parameter() {
        for (query, field) in [
            ("from=", "from"),
            ("from=2030-02-30", "from"),
            ("to=tomorrow", "to"),
            ("from=2030-03-02", "from"),
            ("from=2030-02-02&to=2030-02-01", "from"),
            ("from=2029-01-25&to=2030-03-01", "from"),
            ("from=2030-03-01&from=2030-03-01", "from"),
            ("days=7", "days"),
        ] {
            let named = match parse(query) {
                Err(Problem::InvalidField(errors)) => errors[0].field.clone(),
                Err(Problem::UnknownField(error)) => error.field,
                _ => panic!("{query} was accepted"),
            };
            assert_eq!(named, field, "{query}");
        }
    }
}
