//! What answers do not tell.

use http::Method;

use crate::{
    app::TestApp,
    tally::{Stored, Tally},
};

#[tokio::test]
async fn unknown_pending_and_invalid_codes_get_the_same_answer() {
    let app = TestApp::start().await;
    let pending =
        r#"{"short":"later","url":"https://akamai.com","not_before":"9999-01-01T00:00:00Z"}"#;
    app.put_record("later", pending).await;
    app.put_record("claim:later", "8 bytes!").await;
    let before = Stored::of(&app).await;
    let mut tally = Tally::of("codes that lead nowhere");
    for method in [Method::GET, Method::HEAD] {
        let unknown = app.request(method.clone(), "/none").send().await;
        for path in [
            "/later",
            "/-",
            "/claim:later",
            "/%6cater",
            "/a/b",
            "/.env",
            "/favicon.ico",
        ] {
            let answer = app.request(method.clone(), path).send().await;
            assert_eq!(answer.whole(), unknown.whole(), "{method} {path}");
            tally.expect(Some(answer.status), Some(404), path);
        }
    }
    tally.look_at(&app, &before).await;
    tally.end();
}
