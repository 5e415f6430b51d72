//! How large a body may be, and of which kind, on every route that takes one.

use http::Method;
use serde_json::json;

use crate::{
    answer::Answer,
    app::{AKAMAI, TestApp},
    tally::{Stored, Tally},
};

const KIB: usize = 1024;

/// A route with a body, how many bytes that may have, the media types it may be of, and the status
/// of one that is accepted.
struct Route {
    method: Method,
    path: &'static str,
    limit: usize,
    media_types: &'static [&'static str],
    accepted: u16,
}

const ROUTES: [Route; 3] = [
    Route {
        method: Method::POST,
        path: "links",
        limit: 64 * KIB,
        media_types: &["application/json"],
        accepted: 201,
    },
    Route {
        method: Method::PUT,
        path: "links/aka",
        limit: 64 * KIB,
        media_types: &["application/json"],
        accepted: 204,
    },
    Route {
        method: Method::POST,
        path: "import",
        limit: 1024 * KIB,
        media_types: &["application/json", "application/x-ndjson"],
        accepted: 200,
    },
];

impl Route {
    /// A body that the route takes, blown up with blanks to this many bytes.
    fn body(&self, media_type: &str, bytes: usize) -> String {
        let link = match self.path {
            "import" if media_type == "application/json" => {
                json!([{ "short": "new", "url": AKAMAI }])
            }
            "import" => json!({ "short": "new", "url": AKAMAI }),
            _ => json!({ "url": AKAMAI }),
        };
        let link = link.to_string();
        format!("{link}{}", " ".repeat(bytes - link.len()))
    }

    async fn send(&self, app: &TestApp, media_type: &str, bytes: usize) -> Answer {
        let body = self.body(media_type.split(';').next().unwrap_or_default(), bytes);
        let request = app.api(self.method.clone(), self.path).body(body);
        request.header("content-type", media_type).send().await
    }
}

#[tokio::test]
async fn a_body_may_have_as_many_bytes_as_its_route_allows_and_no_more() {
    let mut tally = Tally::of("bodies around the limit");
    for route in ROUTES {
        for media_type in route.media_types {
            for (bytes, status) in [(route.limit, route.accepted), (route.limit + 1, 413)] {
                let app = TestApp::start().await;
                app.put_link("aka").await;
                let before = Stored::of(&app).await;
                let answer = route.send(&app, media_type, bytes).await;
                let what = format!("{} {} of {bytes} bytes", route.method, route.path);
                tally.expect(Some(answer.status), Some(status), &what);
                if status == 413 {
                    assert_eq!(answer.problem(), "payload_too_large", "{what}");
                    let detail = answer.json()["detail"].to_string();
                    assert!(detail.contains(&route.limit.to_string()), "{detail}");
                    tally.look_at(&app, &before).await;
                }
                if answer.status == 200 {
                    assert_eq!(answer.json()["created"], 1, "{what}");
                }
            }
        }
    }
    tally.end();
}

#[tokio::test]
async fn a_body_of_another_kind_is_refused_unread() {
    let mut tally = Tally::of("media types");
    for route in ROUTES {
        for media_type in [
            "",
            "text/plain",
            "text/json",
            "application/jsonl",
            "application/problem+json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
            "application/json, text/plain",
            "application/x-ndjson, application/json",
        ] {
            let app = TestApp::start().await;
            app.put_link("aka").await;
            let before = Stored::of(&app).await;
            // Larger than any route takes, which nobody finds out.
            let answer = route.send(&app, media_type, 2 * 1024 * KIB).await;
            let what = format!("{} {} {media_type:?}", route.method, route.path);
            tally.expect(Some(answer.status), Some(415), &what);
            assert_eq!(answer.problem(), "unsupported_media_type", "{what}");
            tally.look_at(&app, &before).await;
        }
        for parameter in ["; charset=utf-8", ";charset=\"UTF-8\"", " ; a=b"] {
            for media_type in route.media_types {
                let app = TestApp::start().await;
                app.put_link("aka").await;
                let media_type = format!("{media_type}{parameter}");
                let answer = route.send(&app, &media_type, KIB).await;
                tally.expect(Some(answer.status), Some(route.accepted), media_type);
                tally.look_for_panics(&app);
            }
        }
    }
    tally.end();
}
