//! What a redirect costs: the component's calls to its host.

use http::Method;
use tokio::task::JoinSet;

use crate::app::{SETTINGS, START, TestApp, calls, instances_for};
use embedded_host::Gate;

/// As many requests as an instance takes at once.
const AT_ONCE: usize = 16;

#[tokio::test]
async fn a_redirect_on_a_warm_instance_is_one_get_and_nothing_else() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let kept = app.keep_instance().await;
    app.follow("/aka").await;
    // What leads nowhere needs no setting.
    for (path, start) in [("/aka", &START[..]), ("/none", &START[..1])] {
        let counts = app.count(app.follow(path)).await;
        assert_eq!(counts, calls([("key-value.get", 1)], start), "{path}");
    }
    let head = app.request(Method::HEAD, "/aka").send();
    let expected = calls([("key-value.get", 1)], &START);
    assert_eq!(app.count(head).await, expected);
    app.assert_one_instance();
    kept.release().await;
}

#[tokio::test]
async fn sixteen_redirects_at_once_on_one_instance_are_sixteen_gets() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let kept = app.keep_instance().await;
    app.follow("/aka").await;

    let gate = Gate::closed();
    app.faults().before("key-value.get").key("aka").gate(&gate);
    let all_at_once = async {
        let mut visitors = JoinSet::new();
        // One more is the request that keeps the instance.
        for sent in 1..AT_ONCE {
            visitors.spawn(app.request(Method::GET, "/aka").send());
            gate.arrived(sent).await;
        }
        gate.open();
        for answer in visitors.join_all().await {
            assert_eq!(answer.status, 301);
        }
    };
    let visitors = AT_ONCE as u64 - 1;
    let starts = START.map(|(name, count)| (name, count * visitors));
    let expected = calls([("key-value.get", visitors)], &starts);
    assert_eq!(app.count(all_at_once).await, expected);
    app.assert_one_instance();
    kept.release().await;
}

#[tokio::test]
async fn a_cold_instance_opens_the_store_and_reads_each_setting_once() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let counts = app.count(app.follow("/aka")).await;
    assert_eq!(
        counts,
        [
            ("key-value.get", 1),
            ("key-value.open", 1),
            ("variables.get", SETTINGS)
        ]
    );
}

#[tokio::test]
async fn requests_that_meet_in_a_cold_instance_share_its_start() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let starts = instances_for(AT_ONCE);
    let open = Gate::closed();
    app.faults().before("key-value.open").gate(&open);
    let setting = Gate::closed();
    app.faults().before("variables.get").nth(1).gate(&setting);
    let meet = async {
        let mut visitors = JoinSet::new();
        for sent in 1..=AT_ONCE as u64 {
            visitors.spawn(app.request(Method::GET, "/aka").send());
            // All but the first wait inside the instance, where only this number shows them.
            while app.host().stats().requests < sent {
                tokio::task::yield_now().await;
            }
        }
        open.arrived(starts).await;
        open.open();
        setting.arrived(1).await;
        setting.open();
        for answer in visitors.join_all().await {
            assert_eq!(answer.status, 301);
        }
    };
    let expected = [
        ("key-value.get", AT_ONCE as u64),
        ("key-value.open", starts as u64),
        ("variables.get", starts as u64 * SETTINGS),
    ];
    assert_eq!(app.count(meet).await, expected);
    app.assert_one_instance();
}

#[tokio::test]
async fn a_link_with_a_lifetime_costs_no_more() {
    let app = TestApp::start().await;
    let record =
        r#"{"short":"aka","url":"https://akamai.com","expires_at":"9999-12-31T00:00:00Z"}"#;
    app.put_record("aka", record).await;
    let kept = app.keep_instance().await;
    app.follow("/aka").await;
    let counts = app.count(app.follow("/aka")).await;
    assert_eq!(counts, calls([("key-value.get", 1)], &START));
    kept.release().await;
}
