//! Who may use the API: the admin token may do everything, a key from `api_keys` what its scopes say.

#[cfg(feature = "admin")]
mod admin_token;
mod keys;
pub(crate) mod refusals;
mod scope;
mod secret;

#[cfg(feature = "admin")]
pub use admin_token::AdminToken;
pub use scope::Scope;

use crate::{
    config::InvalidVariable,
    domain::KeyName,
    http::{
        header,
        request::{Incoming, Request},
    },
    platform::{Platform, VariableError},
};
use keys::Keys;
use secret::{MIN_BYTES, Secret};
use std::cell::RefCell;

pub const ADMIN_TOKEN: &str = "admin_token";
pub const ADMIN_TOKEN_PREVIOUS: &str = "admin_token_previous";
pub const API_KEYS: &str = "api_keys";

/// Who sent a request.
#[derive(Debug)]
pub struct Caller {
    pub name: KeyName,
    /// `None`: everything.
    scopes: Option<Vec<Scope>>,
}

/// Why a request may not use the API.
#[derive(Debug)]
pub enum AuthError {
    /// No token, a wrong one, or several. The client is never told which.
    Unauthorized,
    /// The operator has set tokens or keys that cannot be used, so nobody is let in.
    Misconfigured(InvalidVariable),
    /// This variable could not be read.
    Unread(&'static str, VariableError),
}

impl Caller {
    /// The holder of the admin token.
    pub fn admin() -> Self {
        Self {
            name: KeyName::admin(),
            scopes: None,
        }
    }

    fn with_key(name: KeyName, scopes: Vec<Scope>) -> Self {
        Self {
            name,
            scopes: Some(scopes),
        }
    }

    /// Whether it is the holder of the admin token.
    pub fn is_admin(&self) -> bool {
        self.scopes.is_none()
    }

    pub fn may(&self, scope: Scope) -> bool {
        let scopes = self.scopes.as_ref();
        scopes.is_none_or(|scopes| scopes.contains(&scope))
    }
}

/// Lets the request pass if it carries the admin token, the previous one while the operator rotates
/// it, or a key. All are read anew every time, so a change takes effect at once.
pub async fn authorize(
    request: &Request<impl Incoming>,
    platform: &impl Platform,
) -> Result<Caller, AuthError> {
    let answer = identify(request, platform).await;
    if matches!(answer, Err(AuthError::Unauthorized)) {
        refusals::note(platform);
    }
    answer
}

async fn identify(
    request: &Request<impl Incoming>,
    platform: &impl Platform,
) -> Result<Caller, AuthError> {
    let current = read(platform, ADMIN_TOKEN).await?;
    Secret::check(&current).map_err(|rule| unusable(ADMIN_TOKEN, rule))?;
    // Without a token there is nothing to compare, and no reason to ask a provider once more.
    let token = bearer_token(request).ok_or(AuthError::Unauthorized)?;
    if token.len() < MIN_BYTES {
        // Nothing so short may be set, not even where only its digest is.
        return Err(AuthError::Unauthorized);
    }
    let (current, sent) = (Secret::of(current.as_bytes()), Secret::of(&token));
    let previous = match read(platform, ADMIN_TOKEN_PREVIOUS).await?.as_str() {
        "" => None,
        set => {
            let previous = Secret::parse(set);
            Some(previous.map_err(|rule| unusable(ADMIN_TOKEN_PREVIOUS, rule))?)
        }
    };
    let keys = read(platform, API_KEYS).await?;
    let admins: Vec<&Secret> = [&current].into_iter().chain(&previous).collect();
    // Counted, because `any` would end at the first.
    let is_admin = admins.iter().filter(|token| token.is(&sent).into()).count() > 0;
    match (Keys::parse(&keys, &admins), is_admin) {
        (Ok(_), true) => Ok(Caller::admin()),
        (Ok(keys), false) => keys.holder(&sent).ok_or(AuthError::Unauthorized),
        (Err(rule), is_admin) => Err(unusable_keys(rule, is_admin)),
    }
}

async fn read(platform: &impl Platform, variable: &'static str) -> Result<String, AuthError> {
    let text = platform.variable(variable).await;
    text.map_err(|error| AuthError::Unread(variable, error))
}

/// Refuses everybody, and says so in the log: per instance (which has one thread) once for each rule.
fn unusable(variable: &'static str, rule: String) -> AuthError {
    thread_local! {
        static LOGGED: RefCell<Option<InvalidVariable>> = const { RefCell::new(None) };
    }
    let invalid = InvalidVariable { variable, rule };
    if LOGGED.replace(Some(invalid.clone())).as_ref() != Some(&invalid) {
        let rule = invalid.rule.as_str();
        tracing::error!(variable, rule, "misconfigured: the API is closed");
    }
    AuthError::Misconfigured(invalid)
}

/// The same for `api_keys`. Only the holder of the admin token is told which entry breaks the `rule`:
/// whose keys there are is nobody else's business.
fn unusable_keys(rule: String, is_admin: bool) -> AuthError {
    let error = unusable(API_KEYS, rule);
    match is_admin {
        true => error,
        false => AuthError::Misconfigured(InvalidVariable {
            variable: API_KEYS,
            rule: "has an entry that cannot be used; the log says which".to_owned(),
        }),
    }
}

/// The token of the one `Authorization: Bearer <token>` header (RFC 6750 section 2.1): the scheme
/// in any case (RFC 9110 section 11.1), then one space. The rest is not checked: only what
/// equals a token or key that is set lets a request pass.
fn bearer_token(request: &Request<impl Incoming>) -> Option<Vec<u8>> {
    let values = request.header_values(header::AUTHORIZATION);
    let [value] = values.as_slice() else {
        return None;
    };
    let (scheme, token) = value.split_first_chunk::<7>()?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::{FakePlatform, FakeRequest, TOKEN, logged};
    use futures::executor::block_on;

    const PREVIOUS: &str = "previous-token-1234567890";

    /// The name of whoever is let in, or why nobody is.
    fn ask(platform: &FakePlatform, authorization: &[&str]) -> Result<String, &'static str> {
        let request = authorization
            .iter()
            .fold(FakeRequest::default(), |request, value| {
                request.header(header::AUTHORIZATION, value)
            });
        let answer = block_on(authorize(&request.get("/_api/links"), platform));
        answer
            .map(|caller| caller.name.to_string())
            .map_err(|error| match error {
                AuthError::Unauthorized => "unauthorized",
                AuthError::Misconfigured(_) => "misconfigured",
                AuthError::Unread(..) => "unread",
            })
    }

    #[test]
    fn the_token_passes_and_only_the_token() {
        let platform = FakePlatform::default();
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(
                ask(&platform, &[&format!("{scheme} {TOKEN}")]),
                Ok("admin".to_owned())
            );
        }
        let prefix = &TOKEN[..TOKEN.len() - 1];
        for wrong in [
            vec![],
            vec![String::new()],
            vec![TOKEN.to_owned()],
            vec!["Bearer".to_owned()],
            vec!["Bearer ".to_owned()],
            vec![format!("Bearer  {TOKEN}")],
            vec![format!("Bearer\t{TOKEN}")],
            vec![format!("Bearer {TOKEN} ")],
            vec![format!("Bearer {TOKEN}x")],
            vec![format!("Bearer {prefix}")],
            vec![format!("Bearer {}", TOKEN.to_uppercase())],
            vec![format!("Basic {TOKEN}")],
            vec![format!("Bearer {TOKEN}"), format!("Bearer {TOKEN}")],
            vec![format!("Bearer {TOKEN}"), String::new()],
            vec![format!("Bearer {TOKEN}, Bearer {TOKEN}")],
        ] {
            let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
            assert_eq!(ask(&platform, &wrong), Err("unauthorized"), "{wrong:?}");
        }
    }

    #[test]
    fn the_previous_token_passes_while_it_is_set() {
        let platform = FakePlatform::default();
        let previous = format!("Bearer {PREVIOUS}");
        assert_eq!(ask(&platform, &[&previous]), Err("unauthorized"));
        platform.set(ADMIN_TOKEN_PREVIOUS, PREVIOUS);
        assert_eq!(ask(&platform, &[&previous]), Ok("admin".to_owned()));
        assert_eq!(
            ask(&platform, &[&format!("Bearer {TOKEN}")]),
            Ok("admin".to_owned())
        );
    }

    #[test]
    fn an_unusable_token_lets_nobody_in() {
        for (name, value) in [
            (ADMIN_TOKEN, ""),
            (ADMIN_TOKEN, "fifteen-bytes-x"),
            (ADMIN_TOKEN, "sixteen bytes xx"),
            (ADMIN_TOKEN, "sixteen-bytes-xx\n"),
            (ADMIN_TOKEN_PREVIOUS, "short"),
        ] {
            let platform = FakePlatform::default();
            platform.set(name, value);
            let answer = ask(&platform, &[&format!("Bearer {TOKEN}")]);
            assert_eq!(answer, Err("misconfigured"), "{name}={value:?}");
            let without = match name {
                ADMIN_TOKEN => "misconfigured",
                _ => "unauthorized",
            };
            assert_eq!(ask(&platform, &[]), Err(without), "{name}={value:?}");
        }
        let platform = FakePlatform::default();
        platform.set(ADMIN_TOKEN, "sixteen-bytes-xx");
        assert_eq!(
            ask(&platform, &["Bearer sixteen-bytes-xx"]),
            Ok("admin".to_owned())
        );
    }

    #[test]
    fn an_unusable_token_is_logged_once_and_never_shown() {
        let ((), lines) = logged(|| {
            let platform = FakePlatform::default();
            platform.set(ADMIN_TOKEN, "hunter2");
            for _ in 0..3 {
                assert_eq!(ask(&platform, &[]), Err("misconfigured"));
            }
        });
        assert_eq!(lines.lines().count(), 1, "{lines}");
        assert!(lines.contains(r#""variable":"admin_token""#), "{lines}");
        assert!(!lines.contains("hunter2"), "{lines}");
    }

    #[test]
    fn a_provider_that_fails_is_an_outage_not_an_open_door() {
        let platform = FakePlatform::default();
        platform.fail_variable(ADMIN_TOKEN);
        let answer = ask(&platform, &[&format!("Bearer {TOKEN}")]);
        assert_eq!(answer, Err("unread"));
    }

    #[test]
    fn a_key_passes_under_its_name_while_it_is_listed() {
        let platform = FakePlatform::default();
        let key = "Bearer ci-key-1234567890";
        assert_eq!(ask(&platform, &[key]), Err("unauthorized"));
        platform.set(API_KEYS, "ci:create:ci-key-1234567890");
        assert_eq!(ask(&platform, &[key]), Ok("ci".to_owned()));
        let admin = format!("Bearer {TOKEN}");
        assert_eq!(ask(&platform, &[&admin]), Ok("admin".to_owned()));
        platform.set(API_KEYS, "");
        assert_eq!(ask(&platform, &[key]), Err("unauthorized"));
    }

    #[test]
    fn nothing_shorter_than_a_key_passes_even_if_its_digest_is_listed() {
        let platform = FakePlatform::default();
        // printf %s test | sha256sum, and of nothing.
        for (key, digest) in [
            (
                "test",
                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            ),
            (
                "",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
        ] {
            platform.set(API_KEYS, &format!("ci:read:sha256={digest}"));
            let answer = ask(&platform, &[&format!("Bearer {key}")]);
            assert_eq!(answer, Err("unauthorized"), "{key:?}");
        }
    }

    #[test]
    fn an_unusable_key_lets_nobody_in_and_only_the_admin_is_told_which() {
        let platform = FakePlatform::default();
        platform.set(
            API_KEYS,
            "ci:create:ci-key-1234567890,dash:all:dash-key-123456",
        );
        let rule = |token: &str| {
            let request = FakeRequest::default().header(header::AUTHORIZATION, token);
            match block_on(authorize(&request.get("/_api/links"), &platform)) {
                Err(AuthError::Misconfigured(variable)) => variable.to_string(),
                answer => panic!("{answer:?}"),
            }
        };
        let told = rule(&format!("Bearer {TOKEN}"));
        assert!(
            told.contains("api_keys entry 2 (dash): its scopes"),
            "{told}"
        );
        for other in ["Bearer ci-key-1234567890", "Bearer wrong-key-1234567890"] {
            let told = rule(other);
            assert!(!told.contains("dash"), "{told}");
        }
        assert_eq!(ask(&platform, &[]), Err("unauthorized"));
    }

    #[test]
    fn a_key_equal_to_an_admin_token_closes_the_api() {
        let platform = FakePlatform::default();
        for (variable, token) in [(ADMIN_TOKEN, TOKEN), (ADMIN_TOKEN_PREVIOUS, PREVIOUS)] {
            platform.set(variable, token);
            platform.set(API_KEYS, &format!("ci:read:{token}"));
            let answer = ask(&platform, &[&format!("Bearer {token}")]);
            assert_eq!(answer, Err("misconfigured"), "{variable}");
        }
    }
}
