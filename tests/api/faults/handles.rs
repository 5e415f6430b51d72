//! Store handles that break: what is called on one again, and what is not.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use embedded_host::{Faults, VirtualClock};
use serde_json::json;

use super::INTERNAL;
use crate::{
    app::{AKAMAI, START, TestApp, calls, reuses_instances},
    operation::Operation,
};

/// As after a restart of Redis, and for good.
const BREAKS: [fn(&Faults); 2] = [Faults::break_handles_once, Faults::break_handles];

async fn start() -> TestApp {
    let clock = VirtualClock::auto();
    let app = TestApp::build(|host| host.clock(&clock)).await;
    app.put_claimed_link("aka").await;
    app
}

#[tokio::test]
async fn a_handle_that_broke_is_replaced_before_anybody_notices() {
    for break_open_handles in BREAKS {
        for operation in Operation::ALL {
            let app = start().await;
            // A create opens all there is to open.
            let warm = json!({ "short": "warm", "url": AKAMAI });
            assert_eq!(app.create(&warm).await.status, 201);
            let kept = app.keep_instance().await;
            break_open_handles(app.faults());
            let counts = app.count(async {
                let answer = operation.run(&app).await;
                assert!(!operation.is_refused(Some(&answer), "broken handles"));
            });
            // WASI 0.3 lists the keys through a handle of its own.
            let lists = matches!(operation, Operation::List | Operation::Export);
            let opened = (
                "key-value.open",
                if lists && reuses_instances() { 2 } else { 1 },
            );
            assert!(counts.await.contains(&opened), "{operation:?}");
            assert!(operation.is_done(&app).await, "{operation:?}");
            app.assert_one_instance();
            kept.release().await;
        }
    }
}

#[tokio::test]
async fn a_redirect_on_a_broken_handle_costs_one_more_get_and_an_opening() {
    for break_open_handles in BREAKS {
        let app = start().await;
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        let kept = app.keep_instance().await;
        app.follow("/aka").await.assert_redirects_to(AKAMAI);
        break_open_handles(app.faults());
        let follow = async || app.follow("/aka").await.assert_redirects_to(AKAMAI);
        let counts = app.count(follow()).await;
        // Where each request opens its own, there is none to break.
        let expected = match reuses_instances() {
            true => vec![("key-value.get", 2), ("key-value.open", 1)],
            false => calls([("key-value.get", 1)], &START),
        };
        assert_eq!(counts, expected);
        let expected = calls([("key-value.get", 1)], &START);
        assert_eq!(app.count(follow()).await, expected);
        kept.release().await;
    }
}

/// Breaks all open handles when the `nth` call of this name and key, counted from 0, is about to be made
/// on one, and counts these calls.
fn break_at(
    app: &TestApp,
    (name, key): (&str, Option<&str>),
    nth: usize,
    break_open_handles: fn(&Faults),
) -> Arc<AtomicUsize> {
    let made = Arc::new(AtomicUsize::new(0));
    let (faults, count) = (app.faults().clone(), Arc::clone(&made));
    let place = app.faults().before(name);
    let place = match key {
        Some(key) => place.key(key),
        None => place,
    };
    place.run(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) == nth {
            break_open_handles(&faults);
        }
        ready(())
    });
    made
}

#[tokio::test]
async fn a_look_on_a_handle_that_breaks_is_repeated_on_another() {
    let get = |key| ("key-value.get", key);
    for break_open_handles in BREAKS {
        for (operation, look, nth, times) in [
            // The first look, the one that allows the write, and the read-back.
            (Operation::Create, get(Some("new")), 1, 4),
            (Operation::Import, get(Some("new")), 1, 4),
            // The mark, too.
            (Operation::Generate, get(None), 1, 5),
            (Operation::Update, get(Some("aka")), 0, 2),
            (Operation::Delete, get(Some("aka")), 0, 2),
        ] {
            let app = start().await;
            let made = break_at(&app, look, nth, break_open_handles);
            let answer = operation.run(&app).await;
            let refused = operation.is_refused(Some(&answer), "broken look");
            assert!(!refused, "{operation:?}: {answer:?}");
            assert_eq!(made.load(Ordering::SeqCst), times, "{operation:?}");
            assert!(operation.is_done(&app).await, "{operation:?}");
        }
    }
}

/// A second attempt would come later than the look that allows the write, and could overwrite
/// another's link.
#[tokio::test]
async fn a_write_on_a_handle_that_breaks_is_503_and_not_repeated() {
    let delete = |key| ("key-value.delete", Some(key));
    for break_open_handles in BREAKS {
        let deed = |operation: Operation| (operation, operation.deed().expect("a write"));
        for (operation, write) in [
            deed(Operation::Create),
            deed(Operation::Import),
            deed(Operation::Generate),
            deed(Operation::Update),
            (Operation::Delete, delete("claim:aka")),
            deed(Operation::Delete),
        ] {
            let app = start().await;
            let made = break_at(&app, write, 0, break_open_handles);
            let answer = operation.run(&app).await;
            let what = format!("{operation:?} {write:?}");
            assert!(operation.is_refused(Some(&answer), &what), "{what}");
            assert_eq!(made.load(Ordering::SeqCst), 1, "{what}");
            let short = operation != Operation::Generate;
            assert!(!short || !operation.is_done(&app).await, "{what}");

            app.faults().clear();
            let again = operation.run(&app).await;
            assert!(again.status < 300, "{what}: {again:?}");
            assert!(operation.is_done(&app).await, "{what}");
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_again_is_503_until_it_can() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    app.faults().break_handles();
    let opening = app.faults().before("key-value.open");
    opening.times(2).fail(INTERNAL);
    for _ in 0..2 {
        let failed = app.follow("/aka").await;
        failed.assert_text(503, "Service Unavailable");
    }
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
}
