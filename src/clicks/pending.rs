//! The clicks that no counter has yet.

use super::counters::Counters;
use crate::domain::Day;
use std::{
    borrow::Borrow,
    collections::BTreeMap,
    mem,
    ops::Bound::{Excluded, Unbounded},
};

/// How many counters may have clicks pending. An instance can serve more links while the store refuses
/// its writes; the clicks of those are dropped.
const MAX_COUNTERS: usize = 1024;

/// Clicks by the keys of their counters.
#[derive(Debug, Default)]
pub struct Pending {
    counters: BTreeMap<String, u64>,
    /// Those whose day has not been looked up, which is a call of the host.
    undated: BTreeMap<Counters, u64>,
    dropped: u64,
}

impl Pending {
    /// How many clicks these are. A dated one counts once for each of its counters.
    pub fn clicks(&self) -> u64 {
        let all = self.counters.values().chain(self.undated.values());
        all.fold(0, |sum, clicks| sum.saturating_add(*clicks))
    }

    pub fn is_empty(&self) -> bool {
        self.counters.is_empty() && self.undated.is_empty()
    }

    /// Adds a click that only the total has to count.
    pub fn add(&mut self, link: &Counters) {
        let has_room = self.has_room();
        if !add_one(&mut self.counters, link.total(), has_room) {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Adds a click that the counter of its day has to count too.
    pub fn add_undated(&mut self, link: &Counters) {
        let has_room = self.has_room();
        if !add_one(&mut self.undated, link, has_room) {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// An undated link takes the room of two counters: its total and its day.
    fn has_room(&self) -> bool {
        let undated = self.undated.len().saturating_mul(2);
        self.counters.len().saturating_add(undated) < MAX_COUNTERS
    }

    pub fn has_undated(&self) -> bool {
        !self.undated.is_empty()
    }

    /// Says that the undated clicks were made on `day`.
    pub fn date(&mut self, day: Day) {
        for (link, clicks) in mem::take(&mut self.undated) {
            self.add_to(link.on(day), clicks);
            self.add_to(link.total().to_owned(), clicks);
        }
    }

    /// Takes the clicks of the counter whose key comes next after `key`, for the caller to write. In the
    /// order of keys, so that a round writes each counter once, however fast its clicks come.
    pub fn take_after(&mut self, key: &str) -> Option<(String, u64)> {
        let mut following = self.counters.range::<str, _>((Excluded(key), Unbounded));
        let next = following.next()?.0.clone();
        self.counters.remove_entry(&next)
    }

    /// Adds `clicks` to those of the counter under `key`.
    pub fn add_to(&mut self, key: String, clicks: u64) {
        let pending = self.counters.entry(key).or_default();
        *pending = pending.saturating_add(clicks);
    }

    /// Drops all clicks.
    pub fn clear(&mut self) {
        self.counters.clear();
        self.undated.clear();
    }

    /// How many clicks were dropped because there was no room, since this was last asked.
    pub fn take_dropped(&mut self) -> u64 {
        mem::take(&mut self.dropped)
    }
}

/// Adds a click under `key`. Returns `false` if the key is new and has no room.
fn add_one<K, Q>(clicks: &mut BTreeMap<K, u64>, key: &Q, has_room: bool) -> bool
where
    K: Borrow<Q> + Ord,
    Q: ToOwned<Owned = K> + Ord + ?Sized,
{
    match clicks.get_mut(key) {
        Some(count) => *count = count.saturating_add(1),
        None if has_room => drop(clicks.insert(key.to_owned(), 1)),
        None => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Code;

    fn link(code: &str) -> Counters {
        Counters::of(&Code::parse(code).unwrap(), Some("id"))
    }

    /// Everything pending, taken out.
    fn all(pending: &mut Pending) -> Vec<(String, u64)> {
        let mut taken: Vec<(String, u64)> = Vec::new();
        while let Some(next) = pending.take_after(taken.last().map_or("", |last| &last.0)) {
            taken.push(next);
        }
        taken
    }

    #[test]
    fn clicks_of_one_counter_are_written_together() {
        let mut pending = Pending::default();
        for code in ["b", "a", "b"] {
            pending.add(&link(code));
        }
        let expected = [("clicks:a:id".to_owned(), 1), ("clicks:b:id".to_owned(), 2)];
        assert_eq!(all(&mut pending), expected);
        assert!(pending.is_empty());
    }

    #[test]
    fn a_dated_click_counts_in_the_total_and_on_its_day() {
        let mut pending = Pending::default();
        pending.add_undated(&link("a"));
        pending.date(Day::parse("2030-01-31").unwrap());
        pending.add_undated(&link("a"));
        pending.date(Day::parse("2030-02-01").unwrap());
        let expected = [
            ("clicks:a:id", 2),
            ("clicks:a:id:2030-01-31", 1),
            ("clicks:a:id:2030-02-01", 1),
        ];
        assert_eq!(
            all(&mut pending),
            expected.map(|(key, clicks)| (key.to_owned(), clicks))
        );
    }

    #[test]
    fn what_could_not_be_written_goes_out_with_what_comes_next() {
        let mut pending = Pending::default();
        pending.add(&link("a"));
        let (key, clicks) = pending.take_after("").unwrap();
        pending.add(&link("a"));
        pending.add_to(key, clicks);
        assert_eq!(all(&mut pending), [("clicks:a:id".to_owned(), 2)]);
    }

    #[test]
    fn beyond_the_bound_only_clicks_of_other_counters_are_dropped() {
        let mut pending = Pending::default();
        for n in 0..MAX_COUNTERS + 10 {
            pending.add(&link(&format!("code{n}")));
        }
        assert_eq!(pending.take_dropped(), 10);
        pending.add(&link("code0"));
        pending.add_undated(&link("code0"));
        assert_eq!((pending.take_dropped(), pending.take_dropped()), (1, 0));
        let written: u64 = all(&mut pending).iter().map(|(_, clicks)| clicks).sum();
        assert_eq!(written, MAX_COUNTERS as u64 + 1);
    }
}
