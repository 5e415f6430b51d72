//! The keys in the variable `api_keys`, which lets programs do a part of what the admin token may.
//!
//! An entry is `name:scopes:key`, as in `ci:create+read:…`. Entries are separated by commas or line
//! ends. The key may be given as `sha256=` and its digest, so that the variable holds nothing that
//! could be used. While a key is replaced, its successor is listed beside it as `name.next`.

use super::{
    Caller,
    scope::Scope,
    secret::{MIN_BYTES, Secret},
};
use crate::domain::KeyName;
use subtle::Choice;

/// Every request is compared with each of them.
const MAX_KEYS: usize = 32;

/// Before the digest of a key that is not given itself.
const DIGEST_PREFIX: &str = "sha256=";

/// After the name of a key that is to replace the one of that name.
const NEXT_SUFFIX: &str = ".next";

/// The keys, no name and no key twice.
pub struct Keys(Vec<Key>);

struct Key {
    name: KeyName,
    is_next: bool,
    scopes: Vec<Scope>,
    secret: Secret,
}

impl Keys {
    /// Reads the keys, of which none may be one of `others`. The error is a rule that an entry
    /// breaks. It names the entry and never holds a key.
    pub fn parse(text: &str, others: &[&Secret]) -> Result<Self, String> {
        let mut keys = Self(Vec::new());
        let entries = text.split([',', '\n']).map(str::trim);
        for (entry, number) in entries.filter(|entry| !entry.is_empty()).zip(1_usize..) {
            if number > MAX_KEYS {
                return Err(format!("must have at most {MAX_KEYS} entries"));
            }
            let checked = Key::parse(entry).and_then(|key| {
                keys.check_new(&key, others)?;
                Ok(key)
            });
            keys.0
                .push(checked.map_err(|rule| format!("{}: {rule}", label(number, entry)))?);
        }
        Ok(keys)
    }

    fn check_new(&self, new: &Key, others: &[&Secret]) -> Result<(), String> {
        let has_name = |key: &Key| key.name == new.name && key.is_next == new.is_next;
        if self.0.iter().any(has_name) {
            return Err("its name is given twice".to_owned());
        }
        let mut known = self
            .0
            .iter()
            .map(|key| &key.secret)
            .chain(others.iter().copied());
        if known.any(|secret| secret.is(&new.secret).into()) {
            return Err("its key is also that of another entry, or the admin token".to_owned());
        }
        Ok(())
    }

    /// Who has the key `sent`. Compares it with every key, so that the time does not tell which one
    /// it is.
    pub fn holder(self, sent: &Secret) -> Option<Caller> {
        let compared: Vec<(Choice, Key)> = self
            .0
            .into_iter()
            .map(|key| (key.secret.is(sent), key))
            .collect();
        let (_, key) = compared
            .into_iter()
            .find(|(is_sent, _)| (*is_sent).into())?;
        Some(Caller::with_key(key.name, key.scopes))
    }
}

impl Key {
    fn parse(entry: &str) -> Result<Self, String> {
        let mut parts = entry.splitn(3, ':');
        let (Some(name), Some(scopes), Some(key)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err("must be name:scopes:key".to_owned());
        };
        let (name, is_next) = without_next(name);
        if name == KeyName::ADMIN {
            return Err("its name must not be that of the admin token".to_owned());
        }
        let secret = match key.strip_prefix(DIGEST_PREFIX) {
            Some(digest) => Secret::from_digest(digest),
            // The variable would hold the digest as a key that could be used.
            None if key.to_ascii_lowercase().starts_with("sha256") => Err(
                "must not begin with sha256, except as sha256= and 64 hexadecimal digits"
                    .to_owned(),
            ),
            None => Secret::parse(key),
        };
        Ok(Self {
            name: KeyName::parse(name).map_err(|error| format!("its name {error}"))?,
            is_next,
            scopes: Scope::parse_all(scopes)
                .ok_or("its scopes must be read, create, edit or delete, joined by +")?,
            secret: secret.map_err(|rule| format!("its key {rule}"))?,
        })
    }
}

/// The name of a key, and whether it is that of a successor.
fn without_next(name: &str) -> (&str, bool) {
    match name.strip_suffix(NEXT_SUFFIX) {
        Some(name) => (name, true),
        None => (name, false),
    }
}

/// How an error names an entry: by its number, and by its name if it has the form of one and cannot be a
/// key that stands in the wrong place.
fn label(number: usize, entry: &str) -> String {
    let (name, rest) = entry.split_once(':').unwrap_or_default();
    let is_name = KeyName::parse(without_next(name).0).is_ok();
    match is_name && name.len() < MIN_BYTES && rest.contains(':') {
        true => format!("entry {number} ({name})"),
        false => format!("entry {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CI: &str = "ci-key-1234567890";
    const DASH: &str = "dash:key,1234567890";
    const ADMIN: &str = "admin-token-123456";

    fn parse(text: &str) -> Result<Keys, String> {
        Keys::parse(text, &[&Secret::of(ADMIN.as_bytes())])
    }

    /// Who holds `key` according to `text`, and what they may do.
    fn holder(text: &str, key: &str) -> Option<(String, Vec<Scope>)> {
        let scopes = [
            Scope::Read,
            Scope::Create,
            Scope::Edit,
            Scope::Delete,
            Scope::Admin,
        ];
        let caller = parse(text).unwrap().holder(&Secret::of(key.as_bytes()))?;
        let may = scopes.into_iter().filter(|scope| caller.may(*scope));
        Some((caller.name.to_string(), may.collect()))
    }

    #[test]
    fn a_key_belongs_to_its_entry() {
        let dash = "dash-key:1234567890";
        let keys = format!("ci:create:{CI},dash:read+edit:{dash}");
        let ci = Some(("ci".to_owned(), vec![Scope::Create]));
        assert_eq!(holder(&keys, CI), ci);
        let of_dash = Some(("dash".to_owned(), vec![Scope::Read, Scope::Edit]));
        assert_eq!(holder(&keys, dash), of_dash);
        for wrong in ["", "ci", &CI[1..], &CI.to_uppercase(), &keys] {
            assert_eq!(holder(&keys, wrong), None, "{wrong}");
        }
        assert_eq!(holder("", CI), None);
    }

    #[test]
    fn entries_stand_on_lines_or_between_commas() {
        for text in [
            format!("ci:read:{CI}"),
            format!(" ci:read:{CI} "),
            format!("\n\n  ci:read:{CI}\r\n"),
            format!("a:read:another-key-1234567,\n ci:read:{CI} ,"),
        ] {
            assert!(holder(&text, CI).is_some(), "{text:?}");
        }
    }

    #[test]
    fn a_digest_stands_for_a_key() {
        // printf %s ci-key-1234567890 | sha256sum
        let digest = "9741a68dc5e93cb548621fd7574370316044fff29dc4e58ed7daabacbf2218d4";
        let keys = format!("ci:read:sha256={digest}");
        assert!(holder(&keys, CI).is_some());
        assert_eq!(holder(&keys, &format!("sha256={digest}")), None);
        assert_eq!(holder(&keys, digest), None);
    }

    #[test]
    fn a_key_and_its_successor_have_one_name() {
        let next = "ci-key-of-tomorrow";
        let keys = format!("ci:read:{CI},ci.next:create:{next}");
        assert_eq!(
            holder(&keys, CI),
            Some(("ci".to_owned(), vec![Scope::Read]))
        );
        assert_eq!(
            holder(&keys, next),
            Some(("ci".to_owned(), vec![Scope::Create]))
        );
    }

    #[test]
    fn what_is_wrong_is_named_and_no_key_told() {
        let fifteen = &CI[..15];
        let many: Vec<String> = (0..33)
            .map(|n| format!("k{n}:read:key-number-{n:010}"))
            .collect();
        for (text, named) in [
            ("ci".to_owned(), "entry 1: must be name:scopes:key"),
            (CI.to_owned(), "entry 1: must be name:scopes:key"),
            (format!("ci:{CI}"), "entry 1: must be name:scopes:key"),
            (format!("ci:{CI}:read"), "entry 1 (ci): its scopes must be"),
            (
                format!("{CI}:read:ci"),
                "entry 1: its key must be at least 16 bytes long",
            ),
            (
                format!("ci:read:{fifteen}"),
                "entry 1 (ci): its key must be at least 16 bytes long",
            ),
            (
                format!("ci:read:{CI} x"),
                "entry 1 (ci): its key must hold visible ASCII",
            ),
            (
                format!("ci:read:sha256={CI}"),
                "entry 1 (ci): its key must have 64 hexadecimal",
            ),
            (
                format!("ci:read:SHA256={}", "0".repeat(64)),
                "entry 1 (ci): its key must not begin with sha256",
            ),
            (
                format!("ci:read:sha256:{}", "0".repeat(64)),
                "entry 1 (ci): its key must not begin with sha256",
            ),
            (
                format!("ci:read+write:{CI}"),
                "entry 1 (ci): its scopes must be",
            ),
            (format!("ci:admin:{CI}"), "entry 1 (ci): its scopes must be"),
            (format!("ci::{CI}"), "entry 1 (ci): its scopes must be"),
            (format!(":read:{CI}"), "entry 1: its name must be 1 to 32"),
            (format!("CI:read:{CI}"), "entry 1: its name may hold only"),
            (
                format!("ci.old:read:{CI}"),
                "entry 1: its name may hold only",
            ),
            (
                format!("admin:read:{CI}"),
                "entry 1 (admin): its name must not be",
            ),
            (
                format!("admin.next:read:{CI}"),
                "entry 1 (admin.next): its name must not be",
            ),
            (
                format!("a:read:{CI},a:edit:{CI}x"),
                "entry 2 (a): its name is given twice",
            ),
            (
                format!("a.next:read:{CI},a.next:edit:{CI}x"),
                "entry 2 (a.next): its name is given",
            ),
            (
                format!("a:read:{CI},b:read:{CI}"),
                "entry 2 (b): its key is also that of another",
            ),
            (
                format!("a:read:{ADMIN}"),
                "entry 1 (a): its key is also that of another",
            ),
            (
                format!("dash:read:{DASH}"),
                "entry 1 (dash): its key must be at least 16",
            ),
            // A key with a comma and a colon in it.
            (
                format!("a:read:{CI},key-number:1"),
                "entry 2: must be name:scopes:key",
            ),
            (many.join(","), "must have at most 32 entries"),
        ] {
            let error = parse(&text)
                .err()
                .unwrap_or_else(|| panic!("accepted: {text}"));
            assert!(error.starts_with(named), "{text}: {error}");
            for key in [CI, fifteen, ADMIN, "key-number"] {
                assert!(!error.contains(key), "{text}: {error}");
            }
        }
        assert!(parse(&many[..32].join("\n")).is_ok());
    }
}
