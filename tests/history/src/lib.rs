//! Is a history of creates, updates and deletes of one code linearizable?
//!
//! That is: could each operation have happened at one instant between its call and its answer, so
//! that all answers are right? The history keeps every way in which that is still possible.

use std::collections::BTreeSet;

/// Names a link: each create and update of a scenario writes one of its own.
pub type Tag = u16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Create(Tag),
    Update(Tag),
    /// An update of one version only, the first, to the second.
    Swap(Tag, Tag),
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    Done,
    /// A create of a taken code, or a change of a link that is not there or not that version.
    Refused,
    /// Nothing was done, and nothing is said about the link.
    GaveUp,
    /// It may have happened or may happen yet.
    Unknown,
}

/// One way in which the history may have happened so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Possibility {
    link: Option<Tag>,
    /// Operations that have happened but are not answered.
    ahead: BTreeSet<(usize, Outcome)>,
}

#[derive(Debug, Hash)]
pub struct History {
    begun: usize,
    pending: Vec<(usize, Kind)>,
    possible: BTreeSet<Possibility>,
}

impl Default for History {
    fn default() -> Self {
        Self::starting_with(None)
    }
}

impl History {
    pub fn starting_with(link: Option<Tag>) -> Self {
        let ahead = BTreeSet::new();
        Self {
            begun: 0,
            pending: Vec::new(),
            possible: [Possibility { link, ahead }].into(),
        }
    }

    pub fn begin(&mut self, kind: Kind) -> usize {
        let operation = self.begun;
        self.begun += 1;
        self.pending.push((operation, kind));
        operation
    }

    pub fn end(&mut self, operation: usize, outcome: Outcome) {
        match outcome {
            // It stays pending until it is closed: it may happen at any time, or never.
            Outcome::Unknown => return,
            Outcome::GaveUp => {
                let untouched =
                    |way: &Possibility| way.ahead.iter().all(|(ahead, _)| *ahead != operation);
                self.possible.retain(untouched);
            }
            Outcome::Done | Outcome::Refused => {
                let ways = self.all_ways_on().into_iter();
                let kind = self.pending.iter().find(|(id, _)| *id == operation);
                let kind = kind.map(|(_, kind)| *kind);
                let right = ways.filter_map(|mut way| {
                    let answered = way.ahead.remove(&(operation, outcome))
                        || kind.is_some_and(|kind| tolerated(kind, outcome, &way))
                            && way.ahead.remove(&(operation, opposite(outcome)));
                    answered.then_some(way)
                });
                self.possible = right.collect();
            }
        }
        self.pending.retain(|(pending, _)| *pending != operation);
    }

    /// If it has not happened by now, it never will.
    pub fn close(&mut self, operation: usize) {
        let ways = self.all_ways_on().into_iter();
        let closed = ways.map(|mut way| {
            way.ahead.retain(|(ahead, _)| *ahead != operation);
            way
        });
        self.possible = closed.collect();
        self.pending.retain(|(pending, _)| *pending != operation);
    }

    /// The link that is stored in the end.
    pub fn observe(&mut self, link: Option<Tag>) {
        let ways = self.all_ways_on().into_iter();
        self.possible = ways.filter(|way| way.link == link).collect();
    }

    pub fn is_linearizable(&self) -> bool {
        !self.possible.is_empty()
    }

    /// Every possibility, with any of the pending operations happening now in any order.
    fn all_ways_on(&self) -> BTreeSet<Possibility> {
        let mut found = self.possible.clone();
        let mut fresh: Vec<Possibility> = found.iter().cloned().collect();
        while let Some(way) = fresh.pop() {
            for (operation, kind) in &self.pending {
                if way.ahead.iter().any(|(ahead, _)| ahead == operation) {
                    continue;
                }
                let mut next = way.clone();
                let (link, outcome) = happen(*kind, way.link);
                next.link = link;
                next.ahead.insert((*operation, outcome));
                if found.insert(next.clone()) {
                    fresh.push(next);
                }
            }
        }
        found
    }
}

/// Two answers that are not to the letter, and do no harm.
fn tolerated(kind: Kind, outcome: Outcome, way: &Possibility) -> bool {
    match (kind, outcome) {
        // A create is refused in favour of another although it has happened: its link was deleted
        // before it was read back.
        (Kind::Create(tag), Outcome::Refused) => way.link != Some(tag),
        // Two simultaneous deletes of one link both succeed.
        (Kind::Delete, Outcome::Done) => true,
        _ => false,
    }
}

fn opposite(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Done => Outcome::Refused,
        _ => Outcome::Done,
    }
}

/// What an operation does to the link when nothing else happens at the time.
fn happen(kind: Kind, link: Option<Tag>) -> (Option<Tag>, Outcome) {
    match (kind, link) {
        (Kind::Create(tag), None) | (Kind::Update(tag), Some(_)) => (Some(tag), Outcome::Done),
        (Kind::Swap(from, to), Some(tag)) if tag == from => (Some(to), Outcome::Done),
        (Kind::Delete, Some(_)) => (None, Outcome::Done),
        (Kind::Create(_), Some(_))
        | (Kind::Swap(..), _)
        | (Kind::Update(_) | Kind::Delete, None) => (link, Outcome::Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_creates_cannot_both_succeed_without_a_delete() {
        let mut history = History::default();
        let (a, b) = (
            history.begin(Kind::Create(1)),
            history.begin(Kind::Create(2)),
        );
        history.end(a, Outcome::Done);
        assert!(history.is_linearizable());
        history.end(b, Outcome::Done);
        assert!(!history.is_linearizable());
    }

    #[test]
    fn a_delete_between_them_makes_both_right() {
        let mut history = History::default();
        let a = history.begin(Kind::Create(1));
        let b = history.begin(Kind::Create(2));
        let delete = history.begin(Kind::Delete);
        for operation in [a, b, delete] {
            history.end(operation, Outcome::Done);
        }
        assert!(history.is_linearizable());
        history.observe(Some(3));
        assert!(!history.is_linearizable());
    }

    #[test]
    fn of_two_swaps_of_one_version_one_succeeds() {
        for (b, linearizable) in [(Outcome::Refused, true), (Outcome::Done, false)] {
            let mut history = History::starting_with(Some(1));
            let swaps = [(1, 2), (1, 3)].map(|(from, to)| history.begin(Kind::Swap(from, to)));
            history.end(swaps[0], Outcome::Done);
            history.end(swaps[1], b);
            history.observe(Some(2));
            assert_eq!(history.is_linearizable(), linearizable, "{b:?}");
        }
    }

    #[test]
    fn an_answer_holds_only_for_the_time_between_call_and_answer() {
        let mut history = History::default();
        let a = history.begin(Kind::Create(1));
        history.end(a, Outcome::Done);
        let late = history.begin(Kind::Delete);
        history.end(late, Outcome::Refused);
        assert!(!history.is_linearizable());
    }

    #[test]
    fn what_has_no_answer_may_have_happened_or_not() {
        for stored in [None, Some(1)] {
            let mut history = History::default();
            let a = history.begin(Kind::Create(1));
            history.end(a, Outcome::Unknown);
            history.observe(stored);
            assert!(history.is_linearizable());
        }
    }

    #[test]
    fn what_is_closed_happens_no_more() {
        let mut history = History::starting_with(Some(1));
        let delete = history.begin(Kind::Delete);
        history.end(delete, Outcome::Unknown);
        history.close(delete);
        for (tag, possible) in [(2, true), (3, false)] {
            let create = history.begin(Kind::Create(tag));
            history.end(create, Outcome::Done);
            assert_eq!(history.is_linearizable(), possible);
        }
    }
}
