//! The version of a link, by which a client says which one it means.

use crate::store::Stored;
use sha2::{Digest as _, Sha256};

/// The length of the digest in an entity tag, in bytes.
const ETAG_BYTES: usize = 16;

/// The version of `link`, as a strong entity tag (RFC 9110 section 8.8.3): a digest of the record as this
/// version of the component would write it. It changes with every edit, and if something else changes
/// the link; not with the clicks, which are no part of it.
pub fn etag(link: &Stored) -> String {
    let digest = Sha256::digest(link.encode());
    let digest = digest.get(..ETAG_BYTES).unwrap_or_default();
    format!("\"{}\"", base16ct::lower::encode_string(digest))
}
