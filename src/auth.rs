//! The admin token: who may use the API.

use crate::{
    config::InvalidVariable,
    http::{
        header,
        request::{Incoming, Request},
    },
    platform::{Platform, VariableError},
};
use sha2::{Digest as _, Sha256};
use std::{cell::Cell, fmt};
use subtle::ConstantTimeEq;

pub const ADMIN_TOKEN: &str = "admin_token";
pub const ADMIN_TOKEN_PREVIOUS: &str = "admin_token_previous";

/// The shortest token that the operator may configure, in bytes.
const MIN_TOKEN_BYTES: usize = 16;

/// Why a request may not use the API.
#[derive(Debug)]
pub enum AuthError {
    /// No token, a wrong one, or several. The client is never told which.
    Unauthorized,
    /// The operator has set a token that cannot be used, so nobody is let in.
    Misconfigured(InvalidVariable),
    /// This variable could not be read.
    Unread(&'static str, VariableError),
}

type Digest = [u8; 32];

fn digest(token: &[u8]) -> Digest {
    Sha256::digest(token).into()
}

/// A token that the operator has set. No log line and no panic can print it.
struct Secret(String);

impl Secret {
    /// Whether this is the token with the SHA-256 digest `sent`. Digests are compared, and in constant
    /// time, so the time it takes does not tell how much the two tokens have in common.
    fn has_digest(&self, sent: &Digest) -> bool {
        digest(self.0.as_bytes()).ct_eq(sent).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Lets the request pass if it carries the admin token, or the previous one while the operator
/// rotates it. The tokens are read anew every time, so a rotation takes effect at once.
pub async fn authorize(
    request: &Request<impl Incoming>,
    platform: &impl Platform,
) -> Result<(), AuthError> {
    let Some(current) = configured(platform, ADMIN_TOKEN).await? else {
        return Err(unusable(ADMIN_TOKEN, too_short()));
    };
    // Without a token there is nothing to compare, and no reason to ask a provider once more.
    let token = bearer_token(request).ok_or(AuthError::Unauthorized)?;
    let previous = configured(platform, ADMIN_TOKEN_PREVIOUS).await?;
    let sent = digest(&token);
    let is_current = current.has_digest(&sent);
    let is_previous = previous.is_some_and(|previous| previous.has_digest(&sent));
    match is_current || is_previous {
        true => Ok(()),
        false => Err(AuthError::Unauthorized),
    }
}

/// The token in the variable `name`. `None` if it is empty.
async fn configured(
    platform: &impl Platform,
    name: &'static str,
) -> Result<Option<Secret>, AuthError> {
    let token = match platform.variable(name).await {
        Ok(token) => token,
        Err(error) => return Err(AuthError::Unread(name, error)),
    };
    match token.as_bytes() {
        [] => Ok(None),
        bytes if bytes.len() < MIN_TOKEN_BYTES => Err(unusable(name, too_short())),
        bytes if !bytes.iter().all(u8::is_ascii_graphic) => {
            let rule = "must hold visible ASCII characters only";
            Err(unusable(name, rule.to_owned()))
        }
        _ => Ok(Some(Secret(token))),
    }
}

fn too_short() -> String {
    format!("must be at least {MIN_TOKEN_BYTES} bytes long")
}

/// Refuses everybody, and says so in the log once per instance (which has one thread).
fn unusable(variable: &'static str, rule: String) -> AuthError {
    thread_local! {
        static LOGGED: Cell<Option<&'static str>> = const { Cell::new(None) };
    }
    if LOGGED.replace(Some(variable)) != Some(variable) {
        tracing::error!(variable, rule, "misconfigured: the API is closed");
    }
    AuthError::Misconfigured(InvalidVariable { variable, rule })
}

/// The token of the one `Authorization: Bearer <token>` header (RFC 6750 section 2.1): the scheme
/// in any case (RFC 9110 section 11.1), then one space. The rest is not checked: it passes only if
/// it equals a token that was [`configured`].
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

    fn ask(platform: &FakePlatform, authorization: &[&str]) -> Result<(), &'static str> {
        let request = authorization
            .iter()
            .fold(FakeRequest::default(), |request, value| {
                request.header(header::AUTHORIZATION, value)
            });
        let answer = block_on(authorize(&request.get("/_api/links"), platform));
        answer.map_err(|error| match error {
            AuthError::Unauthorized => "unauthorized",
            AuthError::Misconfigured(_) => "misconfigured",
            AuthError::Unread(..) => "unread",
        })
    }

    #[test]
    fn the_token_passes_and_only_the_token() {
        let platform = FakePlatform::default();
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(ask(&platform, &[&format!("{scheme} {TOKEN}")]), Ok(()));
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
        assert_eq!(ask(&platform, &[&previous]), Ok(()));
        assert_eq!(ask(&platform, &[&format!("Bearer {TOKEN}")]), Ok(()));
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
        assert_eq!(ask(&platform, &["Bearer sixteen-bytes-xx"]), Ok(()));
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
    fn a_secret_cannot_be_printed() {
        assert_eq!(format!("{:?}", Secret("token".to_owned())), "Secret(…)");
    }
}
