//! Reading counters, which only [`KeyValue::increment`] writes.

use super::{KeyValue, StoreError, get_all};
use std::str;

/// How far the counter under `key` has counted.
pub async fn count(store: &impl KeyValue, key: &str) -> Result<i64, StoreError> {
    counted(key, store.get(key).await?.as_deref())
}

/// The same of several counters, in the order of `keys`.
pub async fn counts(store: &impl KeyValue, keys: Vec<String>) -> Result<Vec<i64>, StoreError> {
    let values = get_all(store, keys.clone()).await?;
    let values = keys.iter().zip(&values);
    values
        .map(|(key, value)| counted(key, value.as_deref()))
        .collect()
}

/// The count in `value`, which is stored under `key`. An absent value counts as 0.
fn counted(key: &str, value: Option<&[u8]>) -> Result<i64, StoreError> {
    let count = value.map_or(Some(0), count_in);
    count.ok_or_else(|| StoreError(format!("{key} is not a counter")))
}

/// The count in the stored `value` of a counter, which hosts write in one of two forms: SQLite as 8
/// bytes, little-endian; Redis and DynamoDB in decimal. Eight digits are a decimal: as bytes they
/// would be a count beyond 3 * 10^18.
fn count_in(value: &[u8]) -> Option<i64> {
    match <[u8; 8]>::try_from(value) {
        Ok(bytes) if !bytes.iter().all(u8::is_ascii_digit) => Some(i64::from_le_bytes(bytes)),
        _ => str::from_utf8(value).ok()?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_read_in_the_form_of_each_store() {
        for (value, count) in [
            (&1_i64.to_le_bytes()[..], Some(1)),
            (&12_345_678_i64.to_le_bytes(), Some(12_345_678)),
            (b"1", Some(1)),
            (b"12345678", Some(12_345_678)),
            (b"123456789", Some(123_456_789)),
            (b"", None),
            (b"one", None),
            (b"\xff", None),
        ] {
            assert_eq!(count_in(value), count, "{value:?}");
        }
    }
}
