//! `Operator`: somebody with a browser, and what that person does with it.

use http::Method;
use url::form_urlencoded;

use crate::{
    answer::Answer,
    app::{TOKEN, TestApp},
    request::TestRequest,
};

/// What every page is sent with.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Somebody who is signed in.
pub struct Operator<'a> {
    app: &'a TestApp,
    pub cookie: String,
}

impl<'a> Operator<'a> {
    pub async fn sign_in(app: &'a TestApp) -> Self {
        let answer = sign_in(app, TOKEN).await;
        assert_eq!((answer.status, answer.location()), (303, "/_admin/"));
        let cookie = cookie(&answer);
        Self { app, cookie }
    }

    pub async fn get(&self, path: &str) -> Answer {
        checked(self.request(Method::GET, path)).await
    }

    /// The page at `path`, as text.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.text().to_owned()
    }

    /// Sends a form from a page.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = from_own_page(self.request(Method::POST, path), self.app);
        checked(with_fields(request, fields)).await
    }

    /// Sends a form with a file.
    pub async fn upload(&self, file: &str) -> Answer {
        let body = format!(
            "--boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"links.ndjson\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n{file}\r\n--boundary--\r\n"
        );
        let request = from_own_page(self.request(Method::POST, "/_admin/import"), self.app);
        let media_type = "multipart/form-data; boundary=boundary";
        checked(request.header("content-type", media_type).body(body)).await
    }

    /// The entity tag in the page of a link.
    pub async fn version(&self, short: &str) -> String {
        let page = self.page(&format!("/_admin/links/{short}")).await;
        let (_, rest) = page
            .split_once("name=\"version\" value=\"")
            .expect("a version");
        let (version, _) = rest.split_once("\">").expect("its end");
        version.replace("&#34;", "\"")
    }

    /// A request with the session, from nowhere.
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        request(self.app, method, path).header("cookie", &self.cookie)
    }
}

/// A request without a session, from nowhere.
pub fn request(app: &TestApp, method: Method, path: &str) -> TestRequest {
    TestRequest::new(app.host().addr(), method, path)
}

/// What a browser sends for a form in a page of the shortener that knows only `Origin`.
pub fn from_own_page(request: TestRequest, app: &TestApp) -> TestRequest {
    request.header("origin", &format!("http://{}", app.host().addr()))
}

/// Sends the form to sign in.
pub async fn sign_in(app: &TestApp, token: &str) -> Answer {
    let request = from_own_page(request(app, Method::POST, "/_admin/sign-in"), app);
    checked(with_fields(
        request,
        &[("token", token), ("next", "/_admin/")],
    ))
    .await
}

/// The cookie that an answer sets, as a browser sends it back.
pub fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    set.split(';').next().expect("a cookie").to_owned()
}

pub fn with_fields(request: TestRequest, fields: &[(&str, &str)]) -> TestRequest {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let media_type = "application/x-www-form-urlencoded";
    request
        .header("content-type", media_type)
        .body(body.finish())
}

/// The answer, after a look at what must hold of each.
pub async fn checked(request: TestRequest) -> Answer {
    let answer = request.send().await;
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{answer:?}");
    }
    let kept = "public, max-age=31536000, immutable";
    assert!(["no-store", kept].contains(&answer.header("cache-control")));
    assert!(
        !String::from_utf8_lossy(&answer.body).contains(TOKEN),
        "{answer:?}"
    );
    answer
}
