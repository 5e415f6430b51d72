//! The properties on bounded numbers of generated inputs, the same ones at every run.

mod inputs;

use inputs::{
    CACHE_CONTROL, CODE_PARTS, RECORD, RESTS, TARGETS, UNICODE_PARTS, any_text, ask, body, joined,
    long_url, object, other_url, patch, time, url,
};
use properties::{
    Tried, Verdict, caching, code, destination, encoding, exchanges, link_body, link_patch,
    other_destination, passing_on, record, timestamp, unicode_code,
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::cell::Cell;

/// Puts `cases` inputs of `strategy` to `property` and prints how many there were. At least `least`
/// must be accepted: what refuses everything breaks no property.
fn hold<S: Strategy>(
    class: &str,
    cases: u32,
    least: u32,
    strategy: S,
    property: impl Fn(S::Value) -> Verdict,
) {
    let accepted = Cell::new(0);
    run(cases, strategy, |input| {
        accepted.set(accepted.get() + u32::from(property(input) == Verdict::Accepted));
    });
    let accepted = accepted.get();
    println!("{class}: {cases} inputs, {accepted} accepted, 0 broken");
    assert!(accepted >= least, "{class}: only {accepted} accepted");
}

fn run<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value)) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&strategy, |input| {
        property(input);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn codes_are_what_the_contract_says() {
    hold("codes, any text", 2_000, 0, any_text(), |text| code(&text));
    hold(
        "codes, near valid",
        10_000,
        500,
        joined(CODE_PARTS, 8),
        |text| code(&text),
    );
}

#[test]
fn codes_in_other_letters_are_kept_in_one_form() {
    let nearly = joined(UNICODE_PARTS, 6);
    hold("codes in other letters", 20_000, 1_000, nearly, |text| {
        unicode_code(&text)
    });
}

#[test]
fn destinations_are_read_by_everybody_as_they_were_checked() {
    hold("destinations, any text", 2_000, 0, any_text(), |text| {
        destination(&text)
    });
    hold("destinations, hostile", 40_000, 5_000, url(), |text| {
        destination(&text)
    });
    hold(
        "destinations, other schemes",
        10_000,
        1_000,
        other_url(),
        |text| other_destination(&text),
    );
    hold("destinations, long", 1_000, 500, long_url(), |text| {
        destination(&text)
    });
}

#[test]
fn a_time_that_is_accepted_is_written_as_the_same_instant() {
    hold("times, near valid", 5_000, 500, time(), |text| {
        timestamp(&text)
    });
}

#[test]
fn no_answer_may_be_cached_beyond_what_it_says() {
    let moment = || prop_oneof![0..5_000_u32, 0..200_000_u32];
    let end = prop::option::weighted(0.8, moment());
    let start = prop::option::weighted(0.3, moment());
    let visits = (joined(CACHE_CONTROL, 6), start, end, moment());
    hold(
        "visits",
        10_000,
        2_000,
        visits,
        |(cache_control, start, end, visit)| caching(&cache_control, start, end, visit),
    );
}

#[test]
fn an_encoded_unreserved_character_changes_no_answer() {
    let targets = (joined(TARGETS, 3), any::<u64>());
    hold("targets", 5_000, 1_000, targets, |(target, mask)| {
        encoding(&target, mask)
    });
}

#[test]
fn what_is_passed_on_never_leaves_the_destination() {
    let visits = (url(), joined(RESTS, 5), joined(RESTS, 3));
    hold("passed on", 20_000, 2_000, visits, |(url, rest, query)| {
        passing_on(&url, &rest, &query)
    });
}

#[test]
fn a_link_body_means_what_it_says() {
    let any_bytes = vec(any::<u8>(), 0..80);
    hold("link bodies, any bytes", 2_000, 0, any_bytes, |body| {
        link_body(&body)
    });
    let nearly = body();
    hold("link bodies, hostile", 30_000, 5_000, nearly, |body| {
        link_body(&body)
    });
}

#[test]
fn a_patch_changes_what_it_has_and_nothing_else() {
    let any_bytes = vec(any::<u8>(), 0..80);
    hold("patches, any bytes", 2_000, 0, any_bytes, |body| {
        link_patch(&body)
    });
    hold("patches, hostile", 30_000, 5_000, patch(), |body| {
        link_patch(&body)
    });
}

#[test]
fn both_readers_of_a_record_agree() {
    let any_bytes = vec(any::<u8>(), 0..80);
    hold("records, any bytes", 2_000, 0, any_bytes, |bytes| {
        record(&bytes)
    });
    let nearly = object(RECORD);
    hold("records, hostile", 30_000, 5_000, nearly, |bytes| {
        record(&bytes)
    });
}

#[test]
fn no_exchange_breaks_the_contract() {
    let total = Cell::new(Tried::default());
    run(5_000, vec(ask(), 1..8), |asks| {
        let (tried, sum) = (exchanges(&asks), total.get());
        total.set(Tried {
            requests: sum.requests + tried.requests,
            authorized: sum.authorized + tried.authorized,
            changes: sum.changes + tried.changes,
        });
    });
    let Tried {
        requests,
        authorized,
        changes,
    } = total.get();
    println!(
        "exchanges: {requests} requests, {authorized} with the token; 0 panics, 0 5xx, \
         {changes} changes of links, 0 without authorisation"
    );
    assert!(
        changes > 1_000 && requests > authorized,
        "the requests try too little"
    );
}
