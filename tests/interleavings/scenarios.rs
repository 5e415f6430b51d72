//! Which actors meet over what is stored, and how far each meeting is explored.

use super::{
    Act::{
        self, Adopt, CheckThenSet, Create, Delete, EntryLast, LookThenUpdate, Optimistic, Pause,
        Swap, Update,
    },
    Before::{Link, Nothing, OrphanedClaim, OrphanedLock, UnclaimedLink},
    OLD, bound, fails, holds,
};

#[test]
fn one_of_two_simultaneous_creates_wins() {
    holds(Nothing, &[&[Create(1)], &[Create(2)]], bound(4, 0));
}

#[test]
fn one_of_three_simultaneous_creates_wins() {
    let creates: &[&[Act]] = &[&[Create(1)], &[Create(2)], &[Create(3)]];
    holds(Nothing, creates, bound(2, 0));
    holds(Nothing, creates, bound(0, 1));
}

#[test]
fn one_of_four_simultaneous_creates_and_deletes_wins() {
    let actors: &[&[Act]] = &[&[Create(1)], &[Create(2)], &[Delete], &[Delete]];
    holds(Nothing, actors, bound(1, 0));
    holds(Link, actors, bound(1, 0));
}

#[test]
fn a_create_that_a_delete_undoes_before_it_looks_again_has_still_happened() {
    let actors: &[&[Act]] = &[&[Create(1)], &[Delete], &[Create(2)]];
    holds(Nothing, actors, bound(2, 0));
    holds(Link, actors, bound(2, 0));
}

#[test]
fn creators_may_die_or_fail_anywhere() {
    holds(Nothing, &[&[Create(1)], &[Create(2)]], bound(1, 1));
    holds(Nothing, &[&[Create(1)], &[Create(2)]], bound(0, 2));
}

#[test]
fn an_orphaned_claim_is_taken_over_by_one() {
    holds(OrphanedClaim, &[&[Create(1)], &[Create(2)]], bound(2, 0));
    holds(OrphanedClaim, &[&[Create(1)], &[Create(2)]], bound(0, 1));
    let creates: &[&[Act]] = &[&[Create(1)], &[Create(2)], &[Create(3)]];
    holds(OrphanedClaim, creates, bound(1, 0));
}

#[test]
fn a_code_is_created_anew_while_it_is_taken_over() {
    let actors: &[&[Act]] = &[&[Create(1)], &[Create(2)], &[Delete, Create(3)]];
    holds(OrphanedClaim, actors, bound(1, 0));
    holds(OrphanedClaim, actors, bound(0, 1));
}

#[test]
fn a_contestant_from_before_a_delete_and_a_creator_from_after_it_see_each_other() {
    let first: &[Act] = &[Create(1), Delete, Pause, Create(2)];
    holds(Nothing, &[first, &[Create(3)]], bound(3, 0));
}

#[test]
#[ignore = "half a minute and more: a million states"]
fn a_code_is_created_anew_while_it_is_taken_over_however_the_contestants_dawdle() {
    let actors: &[&[Act]] = &[&[Create(1)], &[Create(2)], &[Delete, Create(3)]];
    holds(OrphanedClaim, actors, bound(2, 0));
}

#[test]
fn creates_after_deletes_are_exclusive() {
    let first: &[Act] = &[Create(1), Delete, Create(2)];
    holds(Nothing, &[first, &[Create(3)]], bound(2, 0));
    holds(Nothing, &[first, &[Create(3)]], bound(0, 1));
    holds(Nothing, &[first, &[Create(3)], &[Create(4)]], bound(1, 0));
    let both: &[&[Act]] = &[&[Delete, Create(1)], &[Delete, Create(2)]];
    holds(Link, both, bound(2, 0));
    holds(Link, both, bound(0, 1));
}

#[test]
fn a_link_without_a_claim_is_deleted_without_making_two_creators_first() {
    let actors: &[&[Act]] = &[&[Delete], &[Create(1)], &[Create(2)]];
    holds(UnclaimedLink, actors, bound(3, 0));
    holds(UnclaimedLink, actors, bound(0, 1));
    let again: &[&[Act]] = &[&[Delete, Create(1)], &[Create(2)]];
    holds(UnclaimedLink, again, bound(3, 0));
}

#[test]
fn an_update_never_brings_a_deleted_link_back() {
    let actors: &[&[Act]] = &[&[Delete, Create(1)], &[Update(2)]];
    holds(Link, actors, bound(2, 0));
    holds(Link, actors, bound(1, 1));
    holds(OrphanedLock, actors, bound(2, 0));
    holds(OrphanedLock, actors, bound(0, 1));
    holds(Link, &[&[Update(1)], &[Delete]], bound(5, 0));
    holds(Link, &[&[Update(1)], &[Delete]], bound(2, 1));
    holds(Link, &[&[Update(1)], &[Delete]], bound(0, 2));
}

#[test]
fn of_two_updates_of_one_version_one_is_made() {
    let both: &[&[Act]] = &[&[Swap(OLD, 1)], &[Swap(OLD, 2)]];
    holds(Link, both, bound(4, 0));
    holds(Link, both, bound(2, 1));
    holds(Link, both, bound(0, 2));
    holds(OrphanedLock, both, bound(2, 0));
    holds(OrphanedLock, both, bound(0, 1));
    let three: &[&[Act]] = &[&[Swap(OLD, 1)], &[Swap(OLD, 2)], &[Update(3)]];
    holds(Link, three, bound(1, 0));
    holds(
        Link,
        &[&[Swap(OLD, 1), Swap(1, 2)], &[Swap(OLD, 3)]],
        bound(2, 0),
    );
    let with_delete: &[&[Act]] = &[&[Swap(OLD, 1)], &[Delete, Create(2)]];
    holds(Link, with_delete, bound(2, 0));
}

#[test]
fn a_version_that_is_looked_at_without_the_lock_is_overwritten() {
    fails(
        Link,
        &[&[LookThenUpdate(OLD, 1)], &[LookThenUpdate(OLD, 2)]],
        bound(1, 0),
    );
}

#[test]
fn the_turn_of_a_dead_editor_is_taken_over() {
    let both: &[&[Act]] = &[&[Delete, Create(1)], &[Delete, Create(2)]];
    holds(OrphanedLock, both, bound(2, 0));
    holds(OrphanedLock, both, bound(0, 1));
}

#[test]
fn a_delete_that_fails_half_way_makes_no_two_creators_first() {
    let twice: &[&[Act]] = &[&[Delete, Delete, Create(1)], &[Create(2)]];
    holds(Link, twice, bound(2, 1));
}

#[test]
fn a_link_is_listed_once_whoever_adopts_or_changes_it() {
    for others in [&[Adopt][..], &[Update(1)], &[Delete, Create(1)]] {
        holds(UnclaimedLink, &[&[Adopt], others], bound(3, 0));
        holds(UnclaimedLink, &[&[Adopt], others], bound(1, 1));
        holds(UnclaimedLink, &[&[Adopt], others], bound(0, 2));
    }
    holds(Nothing, &[&[Adopt], &[Create(1)]], bound(3, 0));
    holds(Link, &[&[Adopt], &[Delete, Create(1)]], bound(1, 1));
    let three: &[&[Act]] = &[&[Adopt], &[Adopt, Adopt], &[Delete, Create(1)]];
    holds(UnclaimedLink, three, bound(1, 0));
}

#[test]
fn a_link_that_is_entered_after_it_was_written_is_missed() {
    fails(Nothing, &[&[EntryLast(1)]], bound(0, 1));
}

#[test]
fn creating_without_claims_is_caught() {
    fails(Nothing, &[&[Optimistic(1)], &[Optimistic(2)]], bound(2, 0));
    fails(
        Nothing,
        &[&[CheckThenSet(1)], &[CheckThenSet(2)]],
        bound(1, 0),
    );
    fails(Nothing, &[&[Create(1)], &[CheckThenSet(2)]], bound(1, 0));
}
