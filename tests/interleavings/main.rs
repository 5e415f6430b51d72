//! Does exclusive creation hold in every interleaving? Creates, updates and deletes of one code
//! are run against a store in memory in every order of their store calls, up to a bound, with
//! calls that take as long as they may or fail, sleepers that oversleep, and actors that die. In the
//! same way: is every link in the catalog, once?
//!
//! - `world`: the store, the clock · `actor`: who acts in it · `explore`: the scheduler ·
//!   `scenarios`: what is run · `catalog`: whether every link is listed · `secret`: whether there is one ·
//!   the crate `history`: what counts as right

// Nothing here serves anybody: what is wrong should fail loudly.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod actor;
mod catalog;
mod explore;
mod scenarios;
mod secret;
mod world;

use actor::Actor;
use explore::{Bound, Explored, Scenario, Script, explore, run_alone};
use history::{History, Kind, Outcome, Tag};
use std::{cell::RefCell, rc::Rc};
use url_shortener::{
    domain::{self, Code, Destination, Lifetime, PassOn},
    exclusive::{Claims, CreateError, Creator, DELAY_BOUND, EditError, Editor},
    platform::Platform,
    store::{KeyValue, NEW_LINKS, Number, Stored, claim_key, edit_key},
};
use world::{State, tick};

use Act::{
    Adopt, CheckThenSet, Create, Delete, EntryLast, LookThenUpdate, Optimistic, Pause, Swap, Update,
};
use Before::{Link, OrphanedLock, UnclaimedLink};

/// What an actor does, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Create(Tag),
    /// A create that does not use claims.
    Optimistic(Tag),
    /// A create that looks, writes, and leaves it at that.
    CheckThenSet(Tag),
    /// A create by the first who comes, which enters the link in the catalog after it was written.
    EntryLast(Tag),
    Update(Tag),
    /// An update of the first version only, to the second.
    Swap(Tag, Tag),
    /// The same, but it looks which version there is before it has the lock.
    LookThenUpdate(Tag, Tag),
    Delete,
    /// The links without a number are found.
    Adopt,
    /// Nothing, for a delay bound.
    Pause,
}

/// What is stored before anybody starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    /// A claim whose claimant has died.
    OrphanedClaim,
    /// A link, with its claim.
    Link,
    /// A link that was made without a claim and is not in the catalog: the tutorial app's, or an
    /// optimistic create's.
    UnclaimedLink,
    /// A link, its claim, and the lock of an editor who has died.
    OrphanedLock,
}

/// The link that is there before.
const OLD: Tag = 99;

/// Its number, unless it was made without a claim.
const NUMBER: Number = Number::new_link(1);

fn code() -> Code {
    Code::parse("abc").unwrap()
}

/// Its host is an address, because names cost the explorer most of its time.
fn link(tag: Tag) -> domain::Link {
    domain::Link {
        code: code(),
        destination: Destination::parse(&format!("https://[::{tag:x}]")).unwrap(),
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

fn stored_tag(state: &State) -> Option<Tag> {
    let record = state.values.get(code().as_str())?;
    let stored = Stored::decode(&code(), record).unwrap();
    Some(tag_of(&stored.link))
}

fn tag_of(link: &domain::Link) -> Tag {
    let url = link.destination.as_str();
    let tag = url.strip_prefix("https://[::").unwrap();
    Tag::from_str_radix(tag.trim_end_matches(']'), 16).unwrap()
}

async fn act(actor: &Actor, act: Act) {
    let kind = match act {
        Create(tag) | Optimistic(tag) | CheckThenSet(tag) | EntryLast(tag) => Kind::Create(tag),
        Update(tag) => Kind::Update(tag),
        Swap(from, to) | LookThenUpdate(from, to) => Kind::Swap(from, to),
        Delete => Kind::Delete,
        Adopt => return catalog::adopt(actor).await,
        Pause => return actor.sleep(DELAY_BOUND).await,
    };
    actor.begin(kind);
    let (store, platform, code) = (actor, actor, &code());
    let claims = match act {
        Optimistic(_) => Claims::Optimistic,
        _ => Claims::Auto,
    };
    let editor = Editor {
        store,
        platform,
        claims,
    };
    let creator = Creator {
        store,
        platform,
        claims,
        request: None,
    };
    let update = async |tag| {
        let to = |_: Option<&Stored>| Ok::<_, EditError>(link(tag));
        edited(editor.update(code, to).await.map(drop))
    };
    let outcome = match act {
        Create(tag) | Optimistic(tag) => created(creator.create(link(tag)).await),
        CheckThenSet(tag) => check_then_set(actor, tag).await,
        EntryLast(tag) => catalog::entry_last(actor, tag).await,
        Update(tag) => update(tag).await,
        Swap(from, to) => {
            let is_other = |found: Option<&Stored>| found.map(|it| tag_of(&it.link)) != Some(from);
            let to = |found: Option<&Stored>| match is_other(found) {
                true => Err(NotSwapped::OtherVersion),
                false => Ok(link(to)),
            };
            match editor.update(code, to).await {
                Ok(_) => Outcome::Done,
                Err(NotSwapped::OtherVersion) => Outcome::Refused,
                Err(NotSwapped::Edit(error)) => edited(Err(error)),
            }
        }
        LookThenUpdate(from, to) => match actor.get(code.as_str()).await {
            Ok(Some(record)) if tag_of(&Stored::decode(code, &record).unwrap().link) == from => {
                update(to).await
            }
            Ok(_) => Outcome::Refused,
            Err(_) => Outcome::GaveUp,
        },
        Delete => {
            let any = |_: Option<&Stored>| Ok::<_, EditError>(());
            edited(editor.delete(code, any).await.map(drop))
        }
        Adopt | Pause => unreachable!("has no outcome"),
    };
    actor.end(outcome);
}

/// Why a [`Swap`] has not happened.
enum NotSwapped {
    OtherVersion,
    Edit(EditError),
}

impl From<EditError> for NotSwapped {
    fn from(error: EditError) -> Self {
        Self::Edit(error)
    }
}

fn created(answer: Result<Stored, CreateError>) -> Outcome {
    match answer {
        Ok(_) => Outcome::Done,
        Err(CreateError::Taken(_)) => Outcome::Refused,
        Err(CreateError::Vanished | CreateError::Store(_)) => Outcome::Unknown,
        Err(
            CreateError::TooLate
            | CreateError::Unlisted(_)
            | CreateError::Unclaimed(_)
            | CreateError::NoFreeCode,
        ) => Outcome::GaveUp,
    }
}

fn edited(answer: Result<(), EditError>) -> Outcome {
    match answer {
        Ok(()) => Outcome::Done,
        Err(EditError::NotFound) => Outcome::Refused,
        Err(EditError::Busy | EditError::Store(_)) => Outcome::Unknown,
        Err(EditError::TooLate | EditError::Unprepared(_)) => Outcome::GaveUp,
    }
}

async fn check_then_set(actor: &Actor, tag: Tag) -> Outcome {
    if actor.get(code().as_str()).await.unwrap().is_some() {
        return Outcome::Refused;
    }
    let stored = Stored {
        link: link(tag),
        id: None,
        claimed: false,
        number: None,
        revision: 0,
        request: None,
    };
    actor.set(code().as_str(), &stored.encode()).await.unwrap();
    Outcome::Done
}

fn script(actor: Actor, acts: Vec<Act>) -> Script {
    Box::pin(async move {
        for next in acts {
            act(&actor, next).await;
        }
        actor.retire();
    })
}

fn world(before: Before) -> Rc<RefCell<State>> {
    let mut state = State::default();
    if !matches!(before, Before::Nothing | Before::UnclaimedLink) {
        state.counters.insert(claim_key(&code()), 1);
    }
    if matches!(before, Link | UnclaimedLink | OrphanedLock) {
        let stored = Stored {
            link: link(OLD),
            id: Some("old".to_owned()),
            claimed: before != UnclaimedLink,
            number: (before != UnclaimedLink).then_some(NUMBER),
            revision: 0,
            request: None,
        };
        if stored.number.is_some() {
            let entry = code().to_string().into_bytes();
            state.values.insert(NUMBER.key(), entry);
            state.counters.insert(NEW_LINKS.to_owned(), 1);
        }
        let record = stored.encode();
        state.links_ever.insert(record.clone());
        state.values.insert(code().as_str().to_owned(), record);
        state.history = History::starting_with(Some(OLD));
    }
    if before == Before::OrphanedLock {
        state.counters.insert(edit_key(&code()), 1);
    }
    Rc::new(RefCell::new(state))
}

/// What must be true when all is over: the stored link is the right one, and the code is not lost:
/// whoever comes next creates it, or is told of a link that is really there. The catalog is right,
/// too.
fn judge(state: &Rc<RefCell<State>>) -> Result<(), String> {
    let stored = stored_tag(&state.borrow());
    state.borrow_mut().history.observe(stored);
    if !state.borrow().history.is_linearizable() {
        return Err(format!("{stored:?} is stored"));
    }
    catalog::judge(state)?;
    const NEXT: Tag = 98;
    let took = run_alone(state, |actor| script(actor, vec![Create(NEXT)]));
    let expected = stored.or(Some(NEXT));
    if stored_tag(&state.borrow()) != expected || tick() * took > 3 * DELAY_BOUND {
        return Err(format!("the code is lost: {took} ticks"));
    }
    catalog::judge(state)
}

fn check(before: Before, actors: &[&[Act]], bound: Bound) -> Result<Explored, String> {
    let set_up = || {
        let state = world(before);
        let scripts = actors.iter();
        let scripts = scripts.map(|acts| script(Actor::join(&state), acts.to_vec()));
        let scripts = scripts.collect();
        (state, scripts)
    };
    let scenario = Scenario {
        set_up: &set_up,
        always: &catalog::judge_any_time,
        judge: &judge,
    };
    explore(&scenario, bound)
}

fn bound(deviations: u8, faults: u8) -> Bound {
    Bound { deviations, faults }
}

/// Explores a scenario that must hold, and says how far.
fn holds(before: Before, actors: &[&[Act]], bound: Bound) {
    match check(before, actors, bound) {
        Ok(Explored { schedules, states }) => println!(
            "{before:?} {actors:?}: holds with {bound:?}; {schedules} schedules, {states} states"
        ),
        Err(told) => panic!("{before:?} {actors:?}: {told}"),
    }
}

/// Explores a scenario that must fail, so that the check itself is checked.
fn fails(before: Before, actors: &[&[Act]], bound: Bound) {
    let told = check(before, actors, bound).expect_err("a lost link");
    let lost = told.starts_with("not linearizable") || told.contains("is stored");
    assert!(
        lost || told.contains("is not listed"),
        "{before:?} {actors:?}: {told}"
    );
}
