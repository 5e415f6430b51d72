//! The admin token: who may use the API.

use crate::{
    config::InvalidVariable, header, platform::Platform, problem::Problem, request::Headers,
};
use siphasher::sip128::SipHasher13;
use std::{
    cell::{Cell, OnceCell},
    fmt,
};
use subtle::ConstantTimeEq;

const ADMIN_TOKEN: &str = "admin_token";
const ADMIN_TOKEN_PREVIOUS: &str = "admin_token_previous";

/// The shortest token the operator may configure, in bytes.
const MIN_TOKEN_BYTES: usize = 16;

/// A token that the operator has set. Its text can be printed by no log line and no panic.
struct Secret(String);

/// What digests are made with: drawn once an instance and told to nobody, so nobody can look for a
/// text that has the digest of the token. More is not asked of a digest here: SipHash, a keyed function
/// for short inputs, takes 700 instructions where SHA-256 takes 11,600.
#[derive(Clone, Copy)]
struct DigestKey([u8; 16]);

impl DigestKey {
    fn of_instance(platform: &impl Platform) -> Self {
        thread_local! {
            static KEY: OnceCell<DigestKey> = const { OnceCell::new() };
        }
        // A host that gives fewer bytes than it is asked for breaks its contract.
        let draw = || Self(platform.random(16).try_into().unwrap_or_default());
        KEY.with(|key| *key.get_or_init(draw))
    }

    /// What tokens are compared by: of one size, so that the time it takes says nothing about the
    /// length of either or about how much they have in common.
    fn digest(&self, token: &[u8]) -> u128 {
        SipHasher13::new_with_key(&self.0).hash(token).as_u128()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Lets the request pass if it carries the admin token, or the previous one while the operator
/// rotates it. The tokens are read anew every time, so a rotation counts at once.
pub async fn authorize(headers: &Headers, platform: &impl Platform) -> Result<(), Problem> {
    let current = configured(platform, ADMIN_TOKEN).await?;
    let current = current.ok_or_else(|| unusable(ADMIN_TOKEN, too_short()))?;
    // Without a token there is nothing to compare, and no reason to ask a provider once more.
    let sent = bearer_token(headers).ok_or(Problem::Unauthorized)?;
    let previous = configured(platform, ADMIN_TOKEN_PREVIOUS).await?;
    let key = DigestKey::of_instance(platform);
    let sent = key.digest(sent);
    let matches = |secret: &Secret| key.digest(secret.0.as_bytes()).ct_eq(&sent);
    let mut passes = matches(&current);
    if let Some(previous) = &previous {
        passes |= matches(previous);
    }
    if bool::from(passes) {
        Ok(())
    } else {
        Err(Problem::Unauthorized)
    }
}

/// The token in the variable `name`; `None` if it is empty.
async fn configured(
    platform: &impl Platform,
    name: &'static str,
) -> Result<Option<Secret>, Problem> {
    let token = platform.variable(name).await;
    let token = token.map_err(|error| Problem::Unavailable(format!("{name}: {error}")))?;
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

/// Nobody can be let in. Says so in the log, once per instance (which has one thread).
fn unusable(variable: &'static str, rule: String) -> Problem {
    thread_local! {
        static LOGGED: Cell<Option<&'static str>> = const { Cell::new(None) };
    }
    if LOGGED.replace(Some(variable)) != Some(variable) {
        tracing::error!(variable, rule, "misconfigured: the API is closed");
    }
    Problem::Misconfigured(vec![InvalidVariable { variable, rule }])
}

/// The token of the one `Authorization: Bearer <token>` header (RFC 6750 section 2.1): the scheme
/// in any case (RFC 9110 section 11.1), one space. What follows passes only if it equals a token that
/// was [`configured`], so it is visible ASCII without being checked for that.
fn bearer_token(headers: &Headers) -> Option<&[u8]> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.split_first_chunk()?;
    let scheme = scheme.map(|byte| byte.to_ascii_lowercase());
    (scheme == *b"bearer ").then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakePlatform, TOKEN, headers, logged};
    use futures::executor::block_on;

    const PREVIOUS: &str = "previous-token-1234567890";

    fn ask(platform: &FakePlatform, authorization: &[&str]) -> Result<(), &'static str> {
        let fields = authorization.iter();
        let fields: Vec<_> = fields
            .map(|value| (header::AUTHORIZATION, *value))
            .collect();
        block_on(authorize(&headers(&fields), platform)).map_err(|problem| match problem {
            Problem::Unauthorized => "unauthorized",
            Problem::Misconfigured(_) => "misconfigured",
            Problem::Unavailable(_) => "unavailable",
            _ => "other",
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
        assert_eq!(answer, Err("unavailable"));
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        assert_eq!(format!("{:?}", Secret("token".to_owned())), "Secret(…)");
    }
}
