//! The clicks of a link.

use std::time::Duration;

use embedded_host::VirtualClock;
use serde_json::json;

use super::operator::Operator;
use crate::app::TestApp;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn thirty_days_are_a_chart_and_a_table_of_the_same_numbers() {
    let clock = VirtualClock::auto();
    let app = TestApp::build(|host| host.clock(&clock).variable("clicks", "daily")).await;
    app.create(&json!({ "short": "aka", "url": "https://akamai.com" }))
        .await;
    let mut days = Vec::new();
    for clicks in [2, 0, 1] {
        for _ in 0..clicks {
            app.follow("/aka")
                .await
                .assert_redirects_to("https://akamai.com");
        }
        // Counted a moment later.
        clock.advance(Duration::from_secs(10));
        let told = app
            .api(http::Method::GET, "links/aka/clicks")
            .send()
            .await
            .json();
        days = told["days"].as_array().expect("days").clone();
        if clicks != 1 {
            clock.advance(DAY);
        }
    }
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/links/aka").await;
    assert!(page.contains("Clicks in the last 30 days"));
    assert_eq!((days.len(), page.matches("<rect ").count()), (30, 30));
    for day in &days {
        let date = day["date"].as_str().expect("a date");
        let row = format!(
            "<tr><td>{date}</td><td class=\"number\">{}</td></tr>",
            day["clicks"]
        );
        assert!(page.contains(&row), "{row}: {page}");
    }
    let counted: u64 = days.iter().filter_map(|day| day["clicks"].as_u64()).sum();
    assert_eq!(counted, 3);
    assert!(page.contains("3 in total, 2 on the busiest day") && page.contains("3 clicks"));
}

#[tokio::test]
async fn without_counts_by_the_day_there_is_no_chart_but_the_way_to_one() {
    let app = TestApp::start().await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/links/aka").await;
    assert!(
        page.contains("Clicks are not counted. To count them"),
        "{page}"
    );
    let app = TestApp::with([("clicks", "total")]).await;
    app.put_link("aka").await;
    let operator = Operator::sign_in(&app).await;
    let page = operator.page("/_admin/links/aka").await;
    assert!(
        page.contains("0 clicks") && !page.contains("<svg"),
        "{page}"
    );
    assert!(
        page.contains("Clicks are not counted by the day."),
        "{page}"
    );
}
