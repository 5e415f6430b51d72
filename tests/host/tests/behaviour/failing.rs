//! Injected faults.

use embedded_host::{Gate, StoreError};

use crate::{ask, get, serve};

#[tokio::test]
async fn a_fault_strikes_the_call_it_names() {
    let host = serve().await;
    let faults = host.faults();
    faults
        .before("key-value.get")
        .key("k")
        .nth(2)
        .fail("too many requests");
    assert_eq!(get(&host, "/get/k").await.0, 200);
    assert_eq!(get(&host, "/get/other").await.0, 200);
    let (status, error) = get(&host, "/get/k").await;
    assert_eq!(
        (status, error.as_str()),
        (503, "Error::Other(\"too many requests\")")
    );
    assert_eq!(get(&host, "/get/k").await.0, 200);
    assert_eq!(host.counts().of("key-value.get"), 4);
}

#[tokio::test]
async fn before_and_after_differ_in_what_is_stored() {
    let host = serve().await;
    host.faults().before("key-value.set").key("a").fail("no");
    host.faults().after("key-value.set").key("b").fail("no");
    assert_eq!(get(&host, "/set/a/1").await.0, 503);
    assert_eq!(get(&host, "/set/b/1").await.0, 503);
    assert_eq!(host.store().keys().await, Ok(vec!["b".to_owned()]));
    host.faults().clear();
    assert_eq!(get(&host, "/set/a/1").await.0, 200);
}

#[tokio::test]
async fn an_instance_can_die_between_two_calls() {
    let host = serve().await;
    assert_eq!(ask(&host, "/served").await, "1");
    host.faults().after("key-value.*").nth(2).die();
    assert_eq!(get(&host, "/set/k/v").await, (500, String::new()));
    assert_eq!(host.store().get("k").await, Ok(Some(b"v".to_vec())));
    assert_eq!(ask(&host, "/served").await, "1");
}

#[tokio::test]
async fn answers_can_be_replaced() {
    let host = serve().await;
    host.faults()
        .before("key-value.get")
        .answer_value(Some(b"garbage"));
    host.faults().after("atomics.increment").answer_number(-3);
    assert_eq!(ask(&host, "/get/k").await, r#"Some("garbage")"#);
    assert_eq!(ask(&host, "/increment/c").await, "-3");
    assert_eq!(host.store().increment("c", 0).await, Ok(1));
}

#[tokio::test]
async fn atomics_can_be_refused() {
    let host = serve().await;
    host.faults()
        .before("store.open")
        .fail(StoreError::NoSuchStore);
    let (status, error) = get(&host, "/increment/c").await;
    assert_eq!((status, error.contains("NoSuchStore")), (503, true));
}

#[tokio::test]
async fn a_key_stream_can_end_in_an_error() {
    let host = serve().await;
    ask(&host, "/set/a/1").await;
    ask(&host, "/set/b/1").await;
    host.faults()
        .before("key-value.get-keys")
        .cut_keys(1, "gone");
    let (status, error) = get(&host, "/keys").await;
    assert_eq!((status, error.contains("gone")), (503, true));
}

#[tokio::test]
async fn a_restarted_store_fails_each_old_handle_once() {
    let host = serve().await;
    assert_eq!(get(&host, "/kept/k").await.0, 200);
    host.faults().break_handles_once();
    assert_eq!(get(&host, "/kept/k").await.0, 503);
    assert_eq!(get(&host, "/kept/k").await.0, 200);
    assert_eq!(get(&host, "/get/k").await.0, 200);

    host.faults().break_handles();
    assert_eq!(get(&host, "/kept/k").await.0, 503);
    assert_eq!(get(&host, "/kept/k").await.0, 503);
    assert_eq!(get(&host, "/get/k").await.0, 200);
}

#[tokio::test]
async fn a_gate_holds_a_call_until_the_test_has_acted() {
    let host = serve().await;
    let gate = Gate::closed();
    host.faults().before("key-value.get").gate(&gate);
    let act = async {
        gate.arrived(1).await;
        host.store().set("k", "in between").await.expect("a value");
        gate.admit(1);
    };
    let (value, ()) = tokio::join!(ask(&host, "/get/k"), act);
    assert_eq!(value, r#"Some("in between")"#);
}
