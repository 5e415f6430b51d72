//! What the counters say.

use super::{DAYS_KEPT, counters::Counters};
use crate::{
    domain::{Day, MAX_CLICKS},
    store::{KeyValue, StoreError, Stored, count, counts},
};

/// How often `link` was followed.
pub async fn total(store: &impl KeyValue, link: &Stored) -> Result<u64, StoreError> {
    Ok(with_earlier(
        link,
        count(store, Counters::of_stored(link).total()).await?,
    ))
}

/// How often each of `links` was followed, in that order.
pub async fn totals(store: &impl KeyValue, links: &[Stored]) -> Result<Vec<u64>, StoreError> {
    let keys = links
        .iter()
        .map(|link| Counters::of_stored(link).total().to_owned());
    let counted = counts(store, keys.collect()).await?;
    let counted = links.iter().zip(counted);
    Ok(counted
        .map(|(link, count)| with_earlier(link, count))
        .collect())
}

/// How often `link` was followed on each day from `first` to `last`, both included. Days that are not
/// kept `today` any more have 0, whatever is left of them.
pub async fn by_day(
    store: &impl KeyValue,
    link: &Stored,
    first: Day,
    last: Day,
    today: Day,
) -> Result<Vec<(Day, u64)>, StoreError> {
    let counters = Counters::of_stored(link);
    let days: Vec<Day> = first.through(last).collect();
    let is_kept = |day: &&Day| {
        today
            .days_since(**day)
            .is_none_or(|age| age < DAYS_KEPT.into())
    };
    let kept = days.iter().filter(is_kept);
    let keys = kept.clone().map(|day| counters.on(*day)).collect();
    let counted = kept.zip(counts(store, keys).await?);
    let counted: Vec<(Day, u64)> = counted.map(|(day, count)| (*day, clicks(count))).collect();
    // The days that are not kept come first.
    let forgotten = days.len().saturating_sub(counted.len());
    let forgotten = days.iter().take(forgotten).map(|day| (*day, 0));
    Ok(forgotten.chain(counted).collect())
}

fn with_earlier(link: &Stored, count: i64) -> u64 {
    let all = link.link.earlier_clicks.saturating_add(clicks(count));
    all.min(MAX_CLICKS)
}

/// A counter never goes below 0, unless somebody else writes it.
fn clicks(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
