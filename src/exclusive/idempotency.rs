//! Creating a link once, however often the request to create it is sent.
//!
//! The code of the link follows from the request's `Idempotency-Key`. So a request and its repeat want
//! the same code, and of all that want a code one gets it (see `create`). The others find its link, and
//! by the [`RequestMark`] on it that it is theirs. Nothing has to be kept that the link does not have
//! itself, and nothing has to be removed.
//!
//! Only the shortener can tell the code beforehand, because it also follows from a secret in the
//! store. Whoever knows somebody's keys could otherwise take their codes, or guess their links.

use super::claim::{DELAY_BOUND, WRITE_WITHIN};
use crate::{
    domain::{Code, CodeRules, KeyName},
    platform::Platform,
    store::{
        IDEMPOTENCY_DRAFT, IDEMPOTENCY_SECRET, KeyValue, RequestMark, StoreError, Stored, get_all,
    },
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::cell::{Cell, OnceCell};

/// How many codes a request has: so many of them may belong to other links.
const CODES: u8 = 5;

/// The length of the secret, in bytes.
const SECRET_BYTES: usize = 32;

/// The length of the digests in a [`RequestMark`], in bytes.
const MARK_BYTES: usize = 16;

/// The secret of the store, once it is known.
#[derive(Default)]
pub struct Idempotency {
    secret: OnceCell<Secret>,
}

/// What the codes and marks of requests follow from.
#[derive(Clone, Copy)]
struct Secret([u8; SECRET_BYTES]);

/// A request that may come again.
pub struct Repeatable<'a> {
    pub by: &'a KeyName,
    /// Its `Idempotency-Key`.
    pub key: &'a str,
    pub body: &'a [u8],
}

/// A request and its repeats, as one.
pub struct Once {
    secret: Secret,
    /// What its link is marked with.
    pub mark: RequestMark,
}

impl Idempotency {
    /// What `request` and its repeats have in common. `None` if the store has no secret yet: then no
    /// request can be a repeat.
    pub async fn once_if_secret_exists(
        &self,
        store: &impl KeyValue,
        request: &Repeatable<'_>,
    ) -> Result<Option<Once>, StoreError> {
        let secret = match self.secret.get() {
            Some(secret) => Some(*secret),
            None => stored(store, IDEMPOTENCY_SECRET).await?,
        };
        Ok(secret.map(|secret| self.once(secret, request)))
    }

    /// The same; draws the store's secret if there is none, which takes a [`DELAY_BOUND`].
    pub async fn once_drawing_secret(
        &self,
        store: &impl KeyValue,
        platform: &impl Platform,
        request: &Repeatable<'_>,
    ) -> Result<Once, StoreError> {
        match self.once_if_secret_exists(store, request).await? {
            Some(once) => Ok(once),
            None => Ok(self.once(agree(store, platform).await?, request)),
        }
    }

    fn once(&self, secret: Secret, request: &Repeatable<'_>) -> Once {
        let secret = *self.secret.get_or_init(|| secret);
        let mark = secret.mark(request);
        Once { secret, mark }
    }
}

/// The secret under `key`. What is none, which somebody else must have put there, counts as absent.
async fn stored(store: &impl KeyValue, key: &str) -> Result<Option<Secret>, StoreError> {
    let text = store.get(key).await?;
    Ok(text.and_then(|text| Secret::parse(&text)))
}

/// Agrees with everybody else on a secret.
///
/// Everybody who finds no draft writes one, and waits for a [`DELAY_BOUND`], as does whoever finds
/// one. After that, everybody who had found none has written, so that the draft stays as it is (see
/// `create`). Only then does it become the secret. This is done once in the life of a store.
async fn agree(store: &impl KeyValue, platform: &impl Platform) -> Result<Secret, StoreError> {
    let asked = platform.uptime();
    if stored(store, IDEMPOTENCY_DRAFT).await?.is_none() {
        if platform.since(asked) > WRITE_WITHIN {
            return Err(StoreError("too slow to draw a secret".to_owned()));
        }
        let random = platform.random(SECRET_BYTES);
        let draft = base16ct::lower::encode_string(&random);
        store.set(IDEMPOTENCY_DRAFT, draft.as_bytes()).await?;
    }
    platform.sleep(DELAY_BOUND).await;
    let draft = stored(store, IDEMPOTENCY_DRAFT).await?;
    let secret = draft.ok_or_else(|| StoreError(format!("{IDEMPOTENCY_DRAFT} is gone")))?;
    let text = base16ct::lower::encode_string(&secret.0);
    store.set(IDEMPOTENCY_SECRET, text.as_bytes()).await?;
    Ok(secret)
}

impl Secret {
    fn parse(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; SECRET_BYTES];
        let decoded = base16ct::lower::decode(text, &mut bytes).ok()?;
        (decoded.len() == SECRET_BYTES).then_some(Self(bytes))
    }

    /// The HMAC-SHA-256 (RFC 2104) of `parts`, each with its length.
    fn digest(self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return [0; 32];
        };
        for part in parts {
            hmac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hmac.update(part);
        }
        hmac.finalize().into_bytes().into()
    }

    fn mark(self, request: &Repeatable<'_>) -> RequestMark {
        let digest = |parts: &[&[u8]]| {
            let digest = self.digest(parts);
            base16ct::lower::encode_string(digest.get(..MARK_BYTES).unwrap_or_default())
        };
        let by = request.by.as_str().as_bytes();
        RequestMark {
            key: digest(&[b"key", by, request.key.as_bytes()]),
            body: digest(&[b"body", request.body]),
        }
    }
}

impl Once {
    /// The link under one of `codes` that the request has created; without one, another that was created
    /// with the same key.
    pub async fn find(
        &self,
        store: &impl KeyValue,
        codes: &[Code],
    ) -> Result<Option<Stored>, StoreError> {
        let keys = codes.iter().map(Code::to_string).collect();
        let records = get_all(store, keys).await?;
        let found = codes.iter().zip(&records);
        let links = found.filter_map(|(code, record)| Stored::decode(code, record.as_ref()?).ok());
        let with_key = links.filter(|link| self.mark.has_key_of(link));
        // The last of those that are equal is the greatest.
        Ok(with_key.max_by_key(|link| link.request.as_ref() == Some(&self.mark)))
    }

    /// The codes that its link may have, the preferred one first.
    pub fn codes(&self, rules: CodeRules, length: usize) -> Vec<Code> {
        let Self { secret, mark } = self;
        let code = |n: u8| {
            let block = Cell::new(0_u32);
            rules.generate(length, |bytes| {
                let mut drawn = Vec::new();
                while drawn.len() < bytes {
                    let number = block.replace(block.get().wrapping_add(1)).to_be_bytes();
                    drawn.extend(secret.digest(&[b"code", mark.key.as_bytes(), &[n], &number]));
                }
                drawn.truncate(bytes);
                drawn
            })
        };
        (0..CODES).map(code).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::{FakePlatform, Memory};
    use futures::executor::block_on;
    use std::collections::BTreeSet;

    const RULES: CodeRules = CodeRules {
        ignore_case: false,
        unicode: false,
    };

    fn secret_of(store: &Memory, platform: &FakePlatform) -> Result<[u8; 32], StoreError> {
        let by = KeyName::admin();
        let request = Repeatable {
            by: &by,
            key: "key",
            body: b"{}",
        };
        let idempotency = Idempotency::default();
        let once = block_on(idempotency.once_drawing_secret(store, platform, &request));
        once.map(|once| once.secret.0)
    }

    fn once(secret: u8, by: &str, key: &str, body: &str) -> Once {
        let by = KeyName::parse(by).unwrap();
        let secret = Secret([secret; 32]);
        let mark = secret.mark(&Repeatable {
            by: &by,
            key,
            body: body.as_bytes(),
        });
        Once { secret, mark }
    }

    fn mark(by: &str, key: &str, body: &str) -> RequestMark {
        once(7, by, key, body).mark
    }

    #[test]
    fn a_store_has_one_secret_for_ever() {
        let (store, platform) = (Memory::default(), FakePlatform::default());
        let secret = secret_of(&store, &platform).unwrap();
        assert_eq!(secret_of(&store, &platform), Ok(secret));
        block_on(store.delete(IDEMPOTENCY_DRAFT)).unwrap();
        assert_eq!(secret_of(&store, &platform), Ok(secret));
        assert_ne!(secret_of(&Memory::default(), &platform), Ok(secret));
    }

    #[test]
    fn looking_for_a_repeat_draws_no_secret() {
        let store = Memory::default();
        let by = KeyName::admin();
        let request = Repeatable {
            by: &by,
            key: "key",
            body: b"{}",
        };
        let once =
            block_on(Idempotency::default().once_if_secret_exists(&store, &request)).unwrap();
        assert!(once.is_none());
        assert_eq!(store.all_keys(), Vec::<String>::new());
        secret_of(&store, &FakePlatform::default()).unwrap();
        let once =
            block_on(Idempotency::default().once_if_secret_exists(&store, &request)).unwrap();
        assert!(once.is_some());
    }

    #[test]
    fn a_draft_that_somebody_else_has_left_becomes_the_secret() {
        let store = Memory::default();
        let draft = "0123456789abcdef".repeat(4);
        block_on(store.set(IDEMPOTENCY_DRAFT, draft.as_bytes())).unwrap();
        secret_of(&store, &FakePlatform::default()).unwrap();
        let kept = block_on(store.get(IDEMPOTENCY_SECRET)).unwrap();
        assert_eq!(kept.as_deref(), Some(draft.as_bytes()));
    }

    #[test]
    fn what_somebody_else_has_left_there_is_replaced() {
        let platform = FakePlatform::default();
        let junk = [
            &b""[..],
            b"0123",
            br#"{"short":"idempotency:draft"}"#,
            b"\xff",
        ];
        for (key, text) in [IDEMPOTENCY_SECRET, IDEMPOTENCY_DRAFT]
            .into_iter()
            .flat_map(|key| junk.map(|text| (key, text)))
        {
            let store = Memory::default();
            block_on(store.set(key, text)).unwrap();
            let secret = secret_of(&store, &platform).unwrap();
            assert_eq!(secret_of(&store, &platform), Ok(secret), "{key} {text:?}");
        }
    }

    #[test]
    fn a_mark_tells_senders_keys_and_bodies_apart() {
        let one = mark("ci", "key", "{}");
        assert_eq!(mark("ci", "key", "{}"), one);
        let other_body = mark("ci", "key", "{} ");
        assert_eq!(other_body.key, one.key);
        assert_ne!(other_body.body, one.body);
        for (by, key) in [("ci", "ke"), ("dash", "key"), ("cik", "ey")] {
            assert_ne!(mark(by, key, "{}").key, one.key, "{by} {key}");
        }
    }

    #[test]
    fn the_codes_follow_from_the_mark_and_the_secret() {
        for length in [4, 7, 32] {
            let codes = once(7, "ci", "key", "{}").codes(RULES, length);
            assert!(codes.iter().all(|code| code.as_str().len() == length));
            let with_another_body = once(7, "ci", "key", "[]").codes(RULES, length);
            assert_eq!(codes, with_another_body);
            let of_others = [
                once(7, "ci", "another-key", "{}").codes(RULES, length),
                once(8, "ci", "key", "{}").codes(RULES, length),
            ];
            let all = of_others.concat().into_iter().chain(codes);
            let different: BTreeSet<String> = all.map(|code| code.to_string()).collect();
            assert_eq!(different.len(), 15, "{length}");
        }
    }
}
