//! Virtual time.

use std::time::Duration;

use embedded_host::VirtualClock;

use crate::{ask, host};

/// 2026-01-01T00:00:00Z, in milliseconds.
const START: u64 = 1_767_225_600_000;

#[tokio::test]
async fn time_stands_still_until_the_test_moves_it() {
    let clock = VirtualClock::new();
    let host = host().clock(&clock).start().await.expect("a host");
    assert_eq!(ask(&host, "/now").await, START.to_string());
    clock.advance(Duration::from_secs(90));
    assert_eq!(ask(&host, "/now").await, (START + 90_000).to_string());
}

#[tokio::test]
async fn waits_end_when_their_time_has_come() {
    let clock = VirtualClock::new();
    let host = host().clock(&clock).start().await.expect("a host");
    for path in ["/wait/2000", "/block/2000"] {
        let advance = async {
            clock.sleepers(1).await;
            clock.advance(Duration::from_secs(1));
            clock.sleepers(1).await;
            clock.advance(Duration::from_secs(1));
        };
        let (took, ()) = tokio::join!(ask(&host, path), advance);
        assert_eq!(took, "2000", "{path}");
    }
}

#[tokio::test]
async fn an_automatic_clock_jumps_over_waits() {
    let clock = VirtualClock::auto();
    let host = host().clock(&clock).start().await.expect("a host");
    assert_eq!(ask(&host, "/wait/3600000").await, "3600000");
    assert_eq!(ask(&host, "/block/3600000").await, "3600000");
    host.faults()
        .before("key-value.get")
        .wait(Duration::from_secs(60));
    ask(&host, "/get/k").await;
    assert_eq!(clock.elapsed(), Duration::from_secs(7_260));
}
