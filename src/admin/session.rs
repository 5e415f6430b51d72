//! Sessions: a cookie with the time at which it ends, and an HMAC of that under a key that is derived from the
//! admin token. So the server stores nothing, and replacing the token ends all sessions.

use super::site;
use crate::{
    auth::AdminToken,
    domain::Timestamp,
    http::{
        header,
        request::{Incoming, Request},
    },
};
use hmac::Mac;

const COOKIE: &str = "admin_session";

/// What the key is for, and for nothing else.
const PURPOSE: &str = "url-shortener: session of the admin page";

/// How long a session lasts, in seconds: 12 hours.
const SECONDS: u64 = 12 * 60 * 60;

/// How many sessions of a request are looked at: each costs some hashing.
const MAX_SESSIONS: usize = 4;

/// The value of a `Set-Cookie` that begins a session (RFC 6265 section 4.1).
pub fn begin(request: &Request<impl Incoming>, token: &AdminToken, now: Timestamp) -> String {
    let ends = unix(now).saturating_add(SECONDS);
    let signature = token.hmac(PURPOSE).chain_update(ends.to_string());
    let signature = base16ct::lower::encode_string(&signature.finalize().into_bytes());
    cookie(request, &format!("{ends}.{signature}"), SECONDS)
}

/// The value of a `Set-Cookie` that ends one.
pub fn end(request: &Request<impl Incoming>) -> String {
    cookie(request, "", 0)
}

/// Over plain HTTP only on this machine, where browsers may refuse it otherwise.
fn cookie(request: &Request<impl Incoming>, value: &str, seconds: u64) -> String {
    let secure = match site::is_on_loopback(request) {
        true => "",
        false => "; Secure",
    };
    format!("{COOKIE}={value}; Path=/_admin; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// Whether `request` carries a session that has not ended `now`.
pub fn has(request: &Request<impl Incoming>, token: &AdminToken, now: Timestamp) -> bool {
    let values = request.header_values(header::COOKIE);
    // Another site's cookies may be beside it, with any bytes.
    let values: Vec<_> = values
        .iter()
        .map(|it| String::from_utf8_lossy(it))
        .collect();
    let cookies = values.iter().flat_map(|value| value.split(';'));
    let cookies = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    let sessions = cookies.filter(|(name, _)| *name == COOKIE);
    let mut some = sessions.take(MAX_SESSIONS);
    some.any(|(_, session)| is_valid(session, token, now))
}

fn is_valid(session: &str, token: &AdminToken, now: Timestamp) -> bool {
    let Some((ends, signature)) = session.split_once('.') else {
        return false;
    };
    let Ok(signature) = base16ct::lower::decode_vec(signature) else {
        return false;
    };
    // Compares in constant time.
    let is_signed = token.hmac(PURPOSE).chain_update(ends);
    let is_signed = is_signed.verify_slice(&signature).is_ok();
    is_signed && ends.parse().is_ok_and(|ends: u64| unix(now) < ends)
}

/// In whole seconds since the Unix epoch.
fn unix(time: Timestamp) -> u64 {
    Timestamp::from_unix(0, 0).seconds_until(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::ADMIN_TOKEN,
        fakes::{FakePlatform, FakeRequest},
        platform::Platform,
    };
    use futures::executor::block_on;
    use std::time::Duration;

    const PUBLIC: &str = "sho.rt";

    fn token(platform: &FakePlatform) -> AdminToken {
        block_on(AdminToken::read(platform)).unwrap()
    }

    fn to(host: &str) -> FakeRequest {
        FakeRequest::default().header(header::HOST, host)
    }

    /// The `name=value` of a session that begins now.
    fn session(platform: &FakePlatform) -> String {
        let set = begin(&to(PUBLIC).get("/"), &token(platform), platform.now());
        set.split(';').next().unwrap().to_owned()
    }

    fn holds(platform: &FakePlatform, cookie: &str) -> bool {
        let request = to(PUBLIC).header(header::COOKIE, cookie).get("/");
        has(&request, &token(platform), platform.now())
    }

    #[test]
    fn a_session_holds_for_twelve_hours() {
        let platform = FakePlatform::default();
        let cookie = session(&platform);
        assert!(holds(&platform, &cookie));
        assert!(holds(&platform, &format!("a=b; {cookie}; c")));
        assert!(holds(&platform, &format!("admin_session=x; {cookie}")));
        let request = to(PUBLIC).header(header::COOKIE, b"a=\xff");
        let request = request.header(header::COOKIE, [b"b=\xff; ", cookie.as_bytes()].concat());
        assert!(has(&request.get("/"), &token(&platform), platform.now()));
        platform.advance(Duration::from_secs(SECONDS - 1));
        assert!(holds(&platform, &cookie));
        platform.advance(Duration::from_secs(1));
        assert!(!holds(&platform, &cookie));
    }

    #[test]
    fn a_replaced_token_ends_its_sessions() {
        let platform = FakePlatform::default();
        let cookie = session(&platform);
        platform.set(ADMIN_TOKEN, "another-token-1234567890");
        assert!(!holds(&platform, &cookie));
    }

    #[test]
    fn nobody_can_write_a_session_or_lengthen_one() {
        let platform = FakePlatform::default();
        let cookie = session(&platform);
        let (ends, signature) = cookie["admin_session=".len()..].split_once('.').unwrap();
        let later = ends.parse::<u64>().unwrap() + 1;
        let half = &signature[..32];
        for forged in [
            String::new(),
            "admin_session".to_owned(),
            "admin_session=".to_owned(),
            "admin_session=.".to_owned(),
            format!("admin_session={ends}"),
            format!("admin_session={ends}."),
            format!("admin_session={ends}.{half}"),
            format!("admin_session={ends}.{}", signature.to_uppercase()),
            format!("admin_session={ends}.{}", "0".repeat(64)),
            format!("admin_session={later}.{signature}"),
            format!("admin_session=0{ends}.{signature}"),
            format!("admin_session=+{ends}.{signature}"),
            format!("Admin_session={ends}.{signature}"),
            format!("other={ends}.{signature}"),
            format!("{}{cookie}", "admin_session=x;".repeat(MAX_SESSIONS)),
        ] {
            assert!(!holds(&platform, &forged), "{forged}");
        }
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_other_sites_other_paths_and_plain_http() {
        let platform = FakePlatform::default();
        let attributes = |host: &str| {
            let set = begin(&to(host).get("/"), &token(&platform), platform.now());
            set.split_once("; ").unwrap().1.to_owned()
        };
        let plain = "Path=/_admin; Max-Age=43200; HttpOnly; SameSite=Strict";
        for loopback in ["localhost:3000", "127.0.0.1:3000", "[::1]"] {
            assert_eq!(attributes(loopback), plain, "{loopback}");
        }
        for other in [PUBLIC, "192.168.0.1", "localhost.evil", "a b"] {
            assert_eq!(attributes(other), format!("{plain}; Secure"), "{other}");
        }
        assert!(end(&to(PUBLIC).get("/")).contains("Max-Age=0; "));
    }
}
