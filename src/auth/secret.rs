//! What the operator has set as a token or a key, and what a client sent as one.

use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::{Choice, ConstantTimeEq};

/// The shortest secret that the operator may set, in bytes.
pub const MIN_BYTES: usize = 16;

/// A secret, by its SHA-256 digest. No log line and no panic can print it.
pub struct Secret([u8; 32]);

impl Secret {
    /// Any secret: what a client sent.
    pub fn of(sent: &[u8]) -> Self {
        Self(Sha256::digest(sent).into())
    }

    /// Whether the operator may set this. The error is the rule that it breaks.
    pub fn check(set: &str) -> Result<(), String> {
        if set.len() < MIN_BYTES {
            return Err(format!("must be at least {MIN_BYTES} bytes long"));
        }
        if !set.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("must hold visible ASCII characters only".to_owned());
        }
        Ok(())
    }

    /// A secret that the operator has set. The error is the rule that it breaks.
    pub fn parse(set: &str) -> Result<Self, String> {
        Self::check(set)?;
        Ok(Self::of(set.as_bytes()))
    }

    /// The secret with this SHA-256 digest, in hexadecimal.
    pub fn from_digest(hex: &str) -> Result<Self, String> {
        let mut digest = [0; 32];
        match base16ct::mixed::decode(hex, &mut digest).map(<[u8]>::len) {
            Ok(32) => Ok(Self(digest)),
            _ => Err("must have 64 hexadecimal digits after sha256=".to_owned()),
        }
    }

    /// Whether both are the same. Takes the same time whatever they have in common: digests are
    /// compared, and all of them.
    pub fn is(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_sixteen_visible_bytes_at_least() {
        assert!(Secret::parse("sixteen-bytes-xx").is_ok());
        for (set, rule) in [
            ("", "at least 16 bytes"),
            ("fifteen-bytes-x", "at least 16 bytes"),
            ("sixteen bytes xx", "visible ASCII"),
            ("sixteen-bytes-xx\n", "visible ASCII"),
            ("sixteen-bytes-xü", "visible ASCII"),
        ] {
            let error = Secret::parse(set).unwrap_err();
            assert!(error.contains(rule), "{set:?}: {error}");
        }
    }

    #[test]
    fn a_digest_stands_for_its_secret() {
        let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for hex in [digest.to_owned(), digest.to_uppercase()] {
            let secret = Secret::from_digest(&hex).unwrap();
            assert!(bool::from(secret.is(&Secret::of(b"test"))));
            assert!(!bool::from(secret.is(&Secret::of(b"text"))));
        }
        let longer = format!("{digest}00");
        for hex in ["", "9f", &digest[1..], &longer, &digest.replace('9', "g")] {
            assert!(Secret::from_digest(hex).is_err(), "{hex}");
        }
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        assert_eq!(format!("{:?}", Secret::of(b"token")), "Secret(…)");
    }
}
