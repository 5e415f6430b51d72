//! Each way a create by a single actor can go. `tests/interleavings` covers several at once.

use super::*;
use crate::{
    domain::{CodeRules, Destination, Lifetime, PassOn},
    fakes::{FakePlatform, Memory},
    store::{CATALOG_STATE, IncrementError, contested_key, edit_key},
};
use futures::executor::block_on;
use std::cell::{Cell, RefCell};

/// An in-memory store whose next calls can be rigged.
#[derive(Default)]
struct Rigged {
    memory: Memory,
    platform: FakePlatform,
    /// What the next increments return instead of counting, last first.
    increments: RefCell<Vec<Result<i64, IncrementError>>>,
    /// How long every `get` takes.
    latency: Cell<Duration>,
    /// What somebody else does to the record right after the next write of a link.
    after_set: RefCell<Option<Option<Vec<u8>>>>,
    links_written: Cell<usize>,
}

impl KeyValue for Rigged {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.platform.advance(self.latency.get());
        self.memory.get(key).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.memory.set(key, value).await?;
        if key.contains(':') {
            return Ok(());
        }
        self.links_written.set(self.links_written.get() + 1);
        match self.after_set.take() {
            Some(Some(other)) => self.memory.set(key, &other).await,
            Some(None) => self.memory.delete(key).await,
            None => Ok(()),
        }
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.memory.delete(key).await
    }

    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.memory.keys().await
    }

    async fn increment(&self, key: &str, by: i64) -> Result<i64, IncrementError> {
        let rigged = self.increments.borrow_mut().pop();
        match rigged {
            Some(answer) => answer,
            None => self.memory.increment(key, by).await,
        }
    }
}

impl Rigged {
    fn create(&self, url: &str) -> Result<Link, CreateError> {
        let created = block_on(self.creator().create(link(code(), url)));
        created.map(|stored| stored.link).map_err(told)
    }

    fn generate(&self) -> Result<Link, CreateError> {
        let with_code = |code| link(code, "https://a.example");
        let creator = self.creator();
        let created = block_on(creator.create_generated(CodeRules::default(), 7, with_code));
        created.map(|stored| stored.link)
    }

    fn creator(&self) -> Creator<'_, Self, FakePlatform> {
        Creator {
            store: self,
            platform: &self.platform,
            claims: Claims::Auto,
            request: None,
        }
    }

    fn claim(&self, code: &Code) {
        block_on(self.memory.increment(&claim_key(code), 1)).unwrap();
    }

    fn stored(&self) -> Option<Link> {
        let record = block_on(self.memory.get(code().as_str())).unwrap()?;
        Some(Stored::decode(&code(), &record).unwrap().link)
    }

    fn elapsed(&self) -> Duration {
        self.platform.uptime()
    }
}

fn failed() -> IncrementError {
    IncrementError::Failed(StoreError("too many requests".to_owned()))
}

fn code() -> Code {
    Code::parse("abc").unwrap()
}

fn link(code: Code, url: &str) -> Link {
    Link {
        code,
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

fn record(url: &str) -> Vec<u8> {
    let stored = Stored {
        link: link(code(), url),
        id: Some("other".to_owned()),
        claimed: true,
        number: None,
        revision: 0,
        request: None,
    };
    stored.encode()
}

fn taken(url: &str) -> CreateError {
    CreateError::Taken(Some(Box::new(bare(link(code(), url)))))
}

/// `error`, with nothing of a winner but its link: the rest is drawn.
fn told(error: CreateError) -> CreateError {
    match error {
        CreateError::Taken(Some(winner)) => CreateError::Taken(Some(Box::new(bare(winner.link)))),
        other => other,
    }
}

fn bare(link: Link) -> Stored {
    Stored {
        link,
        id: None,
        claimed: false,
        number: None,
        revision: 0,
        request: None,
    }
}

#[test]
fn the_first_claimant_creates_at_once_and_the_next_is_told() {
    let store = Rigged::default();
    let created = link(code(), "https://a.example");
    assert_eq!(store.create("https://a.example"), Ok(created.clone()));
    assert_eq!(
        store.create("https://b.example"),
        Err(taken("https://a.example"))
    );
    assert_eq!(store.stored(), Some(created));
    assert_eq!(store.elapsed(), Duration::ZERO);
    assert_eq!(
        store.memory.all_keys(),
        ["abc", "catalog:1", "catalog:new", "claim:abc"]
    );
}

#[test]
fn a_later_claimant_takes_over_from_a_dead_one_in_two_delay_bounds() {
    let store = Rigged::default();
    store.claim(&code());
    assert!(store.create("https://a.example").is_ok());
    assert_eq!(store.elapsed(), 2 * DELAY_BOUND);
    assert_eq!(
        store.memory.all_keys(),
        [
            "abc",
            "catalog:1",
            "contested:abc",
            "catalog:new",
            "claim:abc"
        ]
    );
}

#[test]
fn a_first_claimant_of_a_contested_code_waits_for_others_too() {
    let store = Rigged::default();
    block_on(mark_contested(&store.memory, &code())).unwrap();
    assert!(store.create("https://a.example").is_ok());
    assert_eq!(store.elapsed(), DELAY_BOUND);
}

#[test]
fn a_create_that_was_overwritten_names_the_winner() {
    let store = Rigged::default();
    store
        .after_set
        .replace(Some(Some(record("https://b.example"))));
    assert_eq!(
        store.create("https://a.example"),
        Err(taken("https://b.example"))
    );
}

#[test]
fn a_create_whose_link_was_deleted_before_it_was_read_back_has_created_it() {
    let store = Rigged::default();
    store.after_set.replace(Some(None));
    let created = store.create("https://a.example");
    assert_eq!(created, Ok(link(code(), "https://a.example")));
}

#[test]
fn without_a_claim_a_link_that_is_gone_when_read_back_may_have_been_overwritten_first() {
    let store = Rigged::default();
    store.after_set.replace(Some(None));
    let optimistic = Creator {
        claims: Claims::Optimistic,
        ..store.creator()
    };
    let created = block_on(optimistic.create(link(code(), "https://a.example")));
    assert_eq!(created.err(), Some(CreateError::Vanished));
}

#[test]
fn a_look_that_takes_too_long_is_followed_by_no_write() {
    let store = Rigged::default();
    store.latency.set(WRITE_WITHIN + Duration::from_nanos(1));
    assert_eq!(store.create("https://a.example"), Err(CreateError::TooLate));
    assert_eq!(store.links_written.get(), 0);
}

#[test]
fn an_unreadable_record_keeps_its_code() {
    let store = Rigged::default();
    block_on(store.memory.set("abc", b"{")).unwrap();
    assert_eq!(
        store.create("https://a.example"),
        Err(CreateError::Taken(None))
    );
}

#[test]
fn where_no_increment_is_offered_a_create_is_best_effort_at_once() {
    let store = Rigged {
        increments: RefCell::new(vec![Err(IncrementError::Unsupported); 3]),
        ..Rigged::default()
    };
    assert!(store.create("https://a.example").is_ok());
    assert_eq!(
        store.create("https://b.example"),
        Err(taken("https://a.example"))
    );
    assert!(store.generate().is_ok());
    assert_eq!(store.elapsed(), Duration::ZERO);
}

#[test]
fn an_increment_that_keeps_failing_creates_nothing_within_a_second() {
    for answer in [Err(failed()), Ok(0), Ok(-1)] {
        let store = Rigged {
            increments: RefCell::new(vec![answer.clone(); 15]),
            ..Rigged::default()
        };
        // The last answer comes first.
        let outcomes = [store.create("https://a.example"), store.generate()];
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Err(CreateError::Unlisted(_)))),
            "{outcomes:?}"
        );
        assert_eq!(store.increments.borrow().len(), 5, "five tries each");
        store.increments.borrow_mut().push(Ok(1));
        let outcome = store.create("https://a.example");
        assert!(
            matches!(outcome, Err(CreateError::Unclaimed(_))),
            "{outcome:?}"
        );
        assert_eq!((store.links_written.get(), store.stored()), (0, None));
        assert!(
            store.elapsed() < Duration::from_secs(3),
            "{:?}",
            store.elapsed()
        );
    }
}

#[test]
fn an_increment_that_fails_now_and_then_is_tried_again_after_growing_pauses() {
    for failures in 1..=4 {
        let store = Rigged {
            increments: RefCell::new(vec![Err(failed()); failures]),
            ..Rigged::default()
        };
        assert!(store.create("https://a.example").is_ok());
        let shortest = Duration::from_millis(20) * ((1 << failures) - 1);
        let waited = store.elapsed();
        assert!((shortest..2 * shortest).contains(&waited), "{waited:?}");
    }
}

#[test]
fn a_creator_who_cannot_claim_a_taken_code_is_told_that_it_is_taken() {
    let store = Rigged::default();
    assert!(store.create("https://a.example").is_ok());
    store.increments.replace(vec![Err(failed()); 5]);
    // Somebody who looked before the link was there.
    let late = link(code(), "https://b.example");
    let created = block_on(store.creator().create_numbered(late, None));
    assert_eq!(created.map_err(told), Err(taken("https://a.example")));
}

#[test]
fn a_claimed_code_is_drawn_again_and_after_five_draws_given_up() {
    /// The codes that a fresh platform will draw.
    fn draws() -> Vec<Code> {
        let platform = FakePlatform::default();
        let draw = |_| Code::generate(7, |n| platform.random(n));
        (0..MAX_DRAWS).map(draw).collect()
    }
    let store = Rigged::default();
    let (last, claimed) = draws()
        .split_last()
        .map(|(l, c)| (l.clone(), c.to_vec()))
        .unwrap();
    claimed.iter().for_each(|code| store.claim(code));
    assert_eq!(store.generate().map(|link| link.code), Ok(last));

    let store = Rigged::default();
    draws().iter().for_each(|code| store.claim(code));
    assert_eq!(store.generate(), Err(CreateError::NoFreeCode));
    assert_eq!(
        (store.links_written.get(), store.elapsed()),
        (0, Duration::ZERO)
    );
}

#[test]
fn a_create_of_a_taken_code_writes_nothing() {
    let store = Rigged::default();
    block_on(store.memory.set("abc", &record("https://a.example"))).unwrap();
    let keys = store.memory.all_keys();
    assert_eq!(
        store.create("https://b.example"),
        Err(taken("https://a.example"))
    );
    assert_eq!(store.memory.all_keys(), keys);
}

#[test]
fn a_link_without_a_number_makes_the_catalog_incomplete() {
    let store = Rigged::default();
    block_on(store.memory.set(CATALOG_STATE, b"{}")).unwrap();
    let optimistic = Creator {
        claims: Claims::Optimistic,
        ..store.creator()
    };
    let created = block_on(optimistic.create(link(code(), "https://a.example")));
    assert!(created.is_ok());
    assert_eq!(store.memory.all_keys(), ["abc"]);
}

#[test]
fn the_keys_beside_a_link_are_no_codes() {
    for key in [
        Number::new_link(7).key(),
        CATALOG_STATE.to_owned(),
        claim_key(&code()),
        contested_key(&code()),
        edit_key(&code()),
    ] {
        assert!(Code::parse(&key).is_err(), "{key}");
    }
}

/// The codes of a request that may be repeated.
fn codes() -> Vec<Code> {
    ["aaa", "bbb", "ccc"]
        .map(|text| Code::parse(text).unwrap())
        .to_vec()
}

/// Creates a link for the request with this key, or finds the one that it has created: its code, and
/// whether it is new.
fn create_once(store: &Rigged, key: &str) -> Result<(String, bool), CreateError> {
    let creator = Creator {
        request: Some(RequestMark {
            key: key.to_owned(),
            body: String::new(),
        }),
        ..store.creator()
    };
    let with_code = |code| link(code, "https://a.example");
    match block_on(creator.create_once(codes(), with_code)) {
        Ok(new) => Ok((new.link.code.to_string(), true)),
        Err(CreateError::Taken(Some(own))) if creator.has_created(&own) => {
            Ok((own.link.code.to_string(), false))
        }
        Err(error) => Err(error),
    }
}

fn put(store: &Rigged, code: &str) {
    block_on(store.memory.set(code, &record("https://other.example"))).unwrap();
}

#[test]
fn a_repeated_request_finds_the_link_that_it_has_created() {
    let store = Rigged::default();
    assert_eq!(create_once(&store, "k"), Ok(("aaa".to_owned(), true)));
    assert_eq!(create_once(&store, "k"), Ok(("aaa".to_owned(), false)));
    assert_eq!(create_once(&store, "l"), Ok(("bbb".to_owned(), true)));
    assert_eq!(create_once(&store, "k"), Ok(("aaa".to_owned(), false)));
    assert_eq!(create_once(&store, "l"), Ok(("bbb".to_owned(), false)));
    assert_eq!(store.links_written.get(), 2);
}

#[test]
fn a_request_passes_over_codes_that_others_have() {
    let store = Rigged::default();
    put(&store, "aaa");
    block_on(store.memory.set("bbb", b"unreadable")).unwrap();
    assert_eq!(create_once(&store, "k"), Ok(("ccc".to_owned(), true)));
    assert_eq!(create_once(&store, "k"), Ok(("ccc".to_owned(), false)));
}

#[test]
fn a_repeated_request_takes_over_from_itself_if_it_died_before_it_wrote() {
    let store = Rigged::default();
    store.claim(&codes()[0]);
    assert_eq!(create_once(&store, "k"), Ok(("aaa".to_owned(), true)));
    assert_eq!(store.elapsed(), 2 * DELAY_BOUND);
    assert_eq!(create_once(&store, "k"), Ok(("aaa".to_owned(), false)));
}

#[test]
fn a_request_whose_codes_all_have_other_links_creates_none() {
    let store = Rigged::default();
    for code in codes() {
        put(&store, code.as_str());
    }
    assert_eq!(create_once(&store, "k"), Err(CreateError::NoFreeCode));
    assert_eq!(store.links_written.get(), 0);
}
