//! The admin token, for signing in with it in a browser.

use super::{ADMIN_TOKEN, AuthError, read, secret::Secret, unusable};
use crate::platform::Platform;
use hmac::{
    Hmac, Mac,
    digest::{Key, KeyInit},
};
use sha2::{Digest as _, Sha256};

/// The admin token as it is set now. No log line and no panic can print it.
pub struct AdminToken(String);

impl AdminToken {
    /// Reads it anew, so that a change takes effect at once.
    pub async fn read(platform: &impl Platform) -> Result<Self, AuthError> {
        let token = read(platform, ADMIN_TOKEN).await?;
        Secret::check(&token).map_err(|rule| unusable(ADMIN_TOKEN, rule))?;
        Ok(Self(token))
    }

    /// Whether somebody has typed this token. Takes the same time whatever both have in common.
    pub fn is(&self, typed: &str) -> bool {
        let typed = Secret::of(typed.as_bytes());
        Secret::of(self.0.as_bytes()).is(&typed).into()
    }

    /// An HMAC-SHA-256 (RFC 2104) under a key that only this token gives, and for nothing but `purpose`.
    pub fn hmac(&self, purpose: &str) -> Hmac<Sha256> {
        let derived = keyed_with(self.0.as_bytes()).chain_update(purpose);
        keyed_with(&derived.finalize().into_bytes())
    }
}

/// An HMAC with the digest of `secret` as its key: of a fixed length, so that it cannot fail.
fn keyed_with(secret: &[u8]) -> Hmac<Sha256> {
    let mut key = Key::<Hmac<Sha256>>::default();
    for (byte, digested) in key.iter_mut().zip(Sha256::digest(secret)) {
        *byte = digested;
    }
    KeyInit::new(&key)
}
