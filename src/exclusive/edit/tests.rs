//! Each way an update or a delete by a single editor can go. `tests/interleavings` covers several
//! at once.

use super::{
    super::{claim::mark_contested, edit_lock::LOOK_EVERY},
    *,
};
use crate::{
    domain::{Destination, Lifetime, PassOn},
    exclusive::Creator,
    fakes::{FakePlatform, Memory},
    store::{IncrementError, edit_key},
};
use futures::executor::block_on;
use std::{cell::Cell, time::Duration};

/// A platform, and an in-memory store whose calls can be rigged.
#[derive(Default)]
struct World {
    store: Memory,
    platform: FakePlatform,
    /// The call that goes wrong, such as `set abc`, and how.
    fault: Cell<Option<(&'static str, Fault)>>,
    /// How often somebody writes the link back after it was deleted.
    returns: Cell<usize>,
    /// How many others hold the lock first, one after the other, each for [`A_TURN`].
    others: Cell<u32>,
}

/// Almost as long as a lock must be held by the same holder to be taken over.
const A_TURN: Duration = DELAY_BOUND.saturating_sub(LOOK_EVERY.saturating_mul(2));

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// It fails without effect.
    Failure,
    /// It takes so long that the next write would be too late.
    Delay,
}

impl World {
    fn editor(&self) -> Editor<'_, Self, FakePlatform> {
        Editor {
            store: self,
            platform: &self.platform,
            claims: Claims::Auto,
        }
    }

    fn create(&self, url: &str) -> Link {
        let creator = Creator {
            store: self,
            platform: &self.platform,
            claims: Claims::Auto,
            request: None,
        };
        block_on(creator.create(link(url))).unwrap().link
    }

    fn update(&self, url: &str) -> Result<Link, EditError> {
        let updated = block_on(self.editor().update(&code(), |_| Ok(link(url))));
        updated.map(|stored: Stored| stored.link)
    }

    fn delete(&self) -> Result<Option<Link>, EditError> {
        let any = |_: Option<&Stored>| Ok::<_, EditError>(());
        let deleted = block_on(self.editor().delete(&code(), any))?;
        Ok(deleted.map(|stored| stored.link))
    }

    fn stored(&self) -> Option<Stored> {
        let record = block_on(self.store.get("abc")).unwrap()?;
        Some(Stored::decode(&code(), &record).unwrap())
    }

    fn entry(&self, count: i64) -> Option<Vec<u8>> {
        block_on(self.store.get(&Number::new_link(count).key())).unwrap()
    }

    fn suffer(&self, call: &str, key: &str) -> Result<(), StoreError> {
        match self.fault.get() {
            Some((at, fault)) if at == format!("{call} {key}") => match fault {
                Fault::Failure => Err(StoreError("down".to_owned())),
                Fault::Delay => {
                    self.platform.advance(WRITE_WITHIN + LOOK_EVERY);
                    Ok(())
                }
            },
            _ => Ok(()),
        }
    }
}

impl KeyValue for World {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.suffer("get", key)?;
        let turn = self.platform.uptime().div_duration_f64(A_TURN) as u32;
        if key == edit_key(&code()) && turn < self.others.get() {
            return Ok(Some((turn + 1).to_string().into_bytes()));
        }
        self.store.get(key).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.suffer("set", key)?;
        self.store.set(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.suffer("delete", key)?;
        let record = self.store.get(key).await?;
        self.store.delete(key).await?;
        match (self.returns.get().checked_sub(1), record) {
            (Some(left), Some(record)) if key == "abc" => {
                self.returns.set(left);
                self.store.set(key, &record).await
            }
            _ => Ok(()),
        }
    }

    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.store.keys().await
    }

    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        self.suffer("increment", key)
            .map_err(IncrementError::Failed)?;
        self.store.increment(key, by).await
    }
}

const TUTORIAL_RECORD: &[u8] = br#"{"short":"abc","url":"https://a.example"}"#;

fn code() -> Code {
    Code::parse("abc").unwrap()
}

fn link(url: &str) -> Link {
    Link {
        code: code(),
        destination: Destination::parse(url).unwrap(),
        created_at: None,
        created_by: None,
        updated_at: None,
        updated_by: None,
        lifetime: Lifetime::default(),
        pass_on: PassOn::default(),
        note: None,
        earlier_clicks: 0,
    }
}

#[test]
fn a_deleted_code_leaves_nothing_behind_and_is_free_at_once() {
    let world = World::default();
    world.create("https://a.example");
    assert_eq!(world.delete(), Ok(Some(link("https://a.example"))));
    assert_eq!(world.store.all_keys(), ["catalog:new"]);
    let before = world.platform.uptime();
    world.create("https://b.example");
    assert_eq!(world.platform.uptime(), before);
}

#[test]
fn an_update_replaces_the_link_and_keeps_its_id_and_number_in_the_next_revision() {
    let world = World::default();
    world.create("https://a.example");
    let before = world.stored().unwrap();
    let updated = world.update("https://b.example");
    assert_eq!(updated, Ok(link("https://b.example")));
    let stored = world.stored().unwrap();
    let expected = Stored {
        link: link("https://b.example"),
        revision: 1,
        ..before
    };
    assert_eq!(stored, expected);
}

#[test]
fn a_change_that_is_refused_changes_nothing_and_lets_the_next_one_in() {
    let world = World::default();
    for record in [TUTORIAL_RECORD, b"unreadable"] {
        block_on(world.store.set("abc", record)).unwrap();
        let refuse = |_: Option<&Stored>| Err(EditError::Busy);
        let updated = block_on(world.editor().update(&code(), refuse));
        assert_eq!(updated, Err(EditError::Busy));
        let refuse = |_: Option<&Stored>| Err(EditError::Busy);
        let deleted = block_on(world.editor().delete(&code(), refuse));
        assert_eq!(deleted, Err(EditError::Busy));
        let kept = block_on(world.store.get("abc")).unwrap();
        assert_eq!(kept.as_deref(), Some(record));
        assert_eq!(world.store.all_keys(), ["abc"]);
        assert_eq!(world.platform.uptime(), Duration::ZERO);
    }
}

#[test]
fn an_update_leaves_a_link_from_before_the_catalog_where_it_is() {
    let world = World::default();
    block_on(world.store.set("abc", TUTORIAL_RECORD)).unwrap();
    assert!(world.update("https://b.example").is_ok());
    assert_eq!(world.stored().unwrap().number, None);
    assert_eq!(world.store.all_keys(), ["abc"]);
}

#[test]
fn an_entry_that_cannot_be_removed_does_not_bring_its_link_back() {
    let world = World::default();
    world.create("https://a.example");
    world.fault.set(Some(("delete catalog:1", Fault::Failure)));
    assert_eq!(world.delete(), Ok(Some(link("https://a.example"))));
    assert_eq!(world.stored(), None);
}

#[test]
fn an_absent_link_is_not_found_and_not_created() {
    let world = World::default();
    assert_eq!(world.delete(), Err(EditError::NotFound));
    let answer = world.update("https://a.example");
    assert_eq!(answer, Err(EditError::NotFound));
    assert_eq!(world.store.all_keys(), Vec::<String>::new());
}

#[test]
fn an_unreadable_record_can_be_mended_and_deleted() {
    let world = World::default();
    block_on(world.store.set("abc", b"{")).unwrap();
    assert!(world.update("https://a.example").is_ok());
    let mended = world.stored().unwrap();
    assert_eq!(mended.link, link("https://a.example"));
    assert_eq!(mended.number, Some(Number::new_link(1)));
    assert_eq!(world.entry(1), Some(b"abc".to_vec()));
    block_on(world.store.set("abc", b"{")).unwrap();
    assert_eq!(world.delete(), Ok(None));
    assert_eq!(world.stored(), None);
}

#[test]
fn the_turn_of_a_dead_editor_is_taken_away_after_a_lease_and_the_code_marked() {
    let world = World::default();
    world.create("https://a.example");
    block_on(world.store.increment(&edit_key(&code()), 1)).unwrap();
    let started = world.platform.uptime();
    assert!(world.update("https://b.example").is_ok());
    let waited = world.platform.uptime() - started;
    assert!(
        waited >= DELAY_BOUND && waited < DELAY_BOUND + LOOK_EVERY,
        "{waited:?}"
    );
    assert_eq!(world.delete(), Ok(Some(link("https://b.example"))));
    assert_eq!(world.store.all_keys(), ["contested:abc", "catalog:new"]);
}

#[test]
fn a_lock_that_changes_hands_is_waited_for_and_not_taken_over() {
    let world = World::default();
    world.create("https://a.example");
    world.others.set(3);
    let started = world.platform.uptime();
    assert!(world.update("https://b.example").is_ok());
    let waited = world.platform.uptime() - started;
    assert!(
        waited >= 3 * A_TURN && waited > 2 * DELAY_BOUND,
        "{waited:?}"
    );
    let contested = block_on(world.store.get("contested:abc")).unwrap();
    assert_eq!(contested, None);
}

#[test]
fn an_editor_who_waits_for_others_all_the_time_gives_up_and_changes_nothing() {
    let world = World::default();
    world.create("https://a.example");
    let before = world.stored();
    world.others.set(100);
    assert_eq!(world.update("https://b.example"), Err(EditError::Busy));
    assert_eq!(world.delete(), Err(EditError::Busy));
    assert_eq!(world.stored(), before);
}

#[test]
fn without_increments_no_lock_is_looked_at() {
    let world = World::default();
    world.create("https://a.example");
    block_on(world.store.set(&edit_key(&code()), b"somebody else's")).unwrap();
    let editor = Editor {
        claims: Claims::Optimistic,
        ..world.editor()
    };
    let change = |_: Option<&Stored>| Ok::<_, EditError>(link("https://b.example"));
    assert!(block_on(editor.update(&code(), change)).is_ok());
}

#[test]
fn a_contested_link_that_comes_back_is_deleted_until_it_stays_away_or_given_up() {
    for (returns, expected) in [
        (0, Ok(Some(link("https://a.example")))),
        (MAX_LOOKS - 1, Ok(Some(link("https://a.example")))),
        (MAX_LOOKS, Err(EditError::Busy)),
    ] {
        let world = World::default();
        world.create("https://a.example");
        block_on(mark_contested(&world.store, &code())).unwrap();
        world.returns.set(returns);
        assert_eq!(world.delete(), expected, "{returns}");
    }
}

#[test]
fn a_code_is_still_free_after_the_delete_of_a_contested_link() {
    let world = World::default();
    world.create("https://a.example");
    block_on(mark_contested(&world.store, &code())).unwrap();
    assert_eq!(world.delete(), Ok(Some(link("https://a.example"))));
    let started = world.platform.uptime();
    world.create("https://b.example");
    assert_eq!(world.platform.uptime() - started, DELAY_BOUND);
}

#[test]
fn a_turn_is_kept_after_a_write_that_failed_or_a_claim_that_went_without_its_link() {
    use Fault::{Delay, Failure};
    for (call, fault, deleting, claimed, kept) in [
        ("get abc", Failure, true, true, false),
        ("get abc", Delay, true, true, true),
        ("get abc", Delay, false, true, true),
        ("set abc", Failure, false, true, true),
        ("set abc", Delay, false, true, true),
        ("delete claim:abc", Failure, true, true, true),
        ("delete claim:abc", Delay, true, true, true),
        ("delete abc", Failure, true, true, true),
        ("delete abc", Failure, true, false, true),
        ("delete abc", Delay, true, true, true),
    ] {
        let world = World::default();
        if claimed {
            world.create("https://a.example");
        } else {
            block_on(world.store.set("abc", TUTORIAL_RECORD)).unwrap();
        }
        world.fault.set(Some((call, fault)));
        if deleting {
            let _ = world.delete();
        } else {
            let _ = world.update("https://b.example");
        }
        let locked = world.store.all_keys().contains(&edit_key(&code()));
        assert_eq!(locked, kept, "{call}, {fault:?}, claimed: {claimed}");
    }
}

#[test]
fn a_turn_that_cannot_be_taken_changes_nothing() {
    let world = World::default();
    world.create("https://a.example");
    let before = world.stored();
    world
        .fault
        .set(Some(("increment edit:abc", Fault::Failure)));
    let no_turn = || EditError::Unprepared(StoreError("down".to_owned()));
    assert_eq!(world.delete(), Err(no_turn()));
    assert_eq!(world.update("https://b.example"), Err(no_turn()));
    assert_eq!(world.stored(), before);
}
