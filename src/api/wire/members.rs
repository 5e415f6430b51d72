//! The members of a JSON object, with their values as raw text. So an error in one value can be
//! reported under its name, and the other values can still be read.

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

const NULL: &str = "null";

/// The members with a known name. No name occurs twice.
pub struct Members<'a> {
    known: Vec<(&'static str, &'a RawValue)>,
    /// The first unknown name. Its value is JSON, and is not examined further. A member that is
    /// `null` counts as absent, whatever its name.
    pub foreign: Option<String>,
    /// The first unknown name of all, also of those that are `null`.
    pub foreign_or_null: Option<String>,
}

impl<'a> Members<'a> {
    /// Reads exactly one object. Its known members are those with one of these `names`.
    pub fn read(json: &'a [u8], names: &'static [&'static str]) -> serde_json::Result<Self> {
        // serde's own error would repeat the whole value.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(serde_json::Error::custom("expected an object"));
        }
        let mut reader = serde_json::Deserializer::from_slice(json);
        let members = reader.deserialize_map(Object { names })?;
        reader.end()?;
        Ok(members)
    }

    /// The value of the member `name`. `None` if it is absent or `null`.
    pub fn get<T: Deserialize<'a>>(&self, name: &str) -> serde_json::Result<Option<T>> {
        match self.raw(name) {
            Some(value) => serde_json::from_str(value),
            None => Ok(None),
        }
    }

    /// Whether the member `name` is there and is not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some_and(|value| value != NULL)
    }

    /// Whether the member `name` is there and is `null`.
    pub fn is_null(&self, name: &str) -> bool {
        self.raw(name) == Some(NULL)
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        let member = self.known.iter().find(|member| member.0 == name);
        member.map(|(_, value)| value.get())
    }
}

struct Object {
    names: &'static [&'static str],
}

impl<'de> Visitor<'de> for Object {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut known: Vec<(&str, _)> = Vec::new();
        let mut foreign = None;
        let mut foreign_or_null = None;
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            let Some(name) = self.names.iter().find(|known_name| **known_name == name) else {
                foreign_or_null.get_or_insert_with(|| name.clone());
                if value.get() != NULL {
                    foreign.get_or_insert(name);
                }
                continue;
            };
            if known.iter().any(|member| member.0 == *name) {
                return Err(A::Error::custom(format_args!("{name} is given twice")));
            }
            known.push((name, value));
        }
        Ok(Members {
            known,
            foreign,
            foreign_or_null,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["a", "b", "c", "d"];

    #[test]
    fn a_value_is_read_when_it_is_asked_for() {
        let members = Members::read(br#"{"a": 1, "\u0062": [true], "c": null}"#, NAMES).unwrap();
        assert_eq!(members.get("a").unwrap(), Some(1));
        assert_eq!(members.get("b").unwrap(), Some([true]));
        assert_eq!(members.get::<u8>("c").unwrap(), None);
        assert_eq!(members.get::<u8>("d").unwrap(), None);
        assert!(members.get::<String>("a").unwrap_err().is_data());
        assert_eq!(members.foreign, None);
        let told = |name| (members.has(name), members.is_null(name));
        assert_eq!(told("a"), (true, false));
        assert_eq!(told("c"), (false, true));
        assert_eq!(told("d"), (false, false));
    }

    #[test]
    fn the_first_foreign_name_is_told() {
        for (json, foreign, or_null) in [
            (
                &br#"{"a": 1, "e": 2, "f": 3, "e": 4}"#[..],
                Some("e"),
                Some("e"),
            ),
            (br#"{"e": null, "f": "\ud800"}"#, Some("f"), Some("e")),
            (br#"{"e": null, "a": 1}"#, None, Some("e")),
            (br#"{"b": null, "a": 1}"#, None, None),
        ] {
            let members = Members::read(json, NAMES).unwrap();
            assert_eq!(members.foreign.as_deref(), foreign);
            assert_eq!(members.foreign_or_null.as_deref(), or_null);
        }
    }

    #[test]
    fn only_one_whole_object_without_repetition_is_one() {
        for json in [
            "",
            "[]",
            "null",
            "{",
            "{}{}",
            r#"{"a":1,"b":2,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":null,"a":1}"#,
            r#"{"a":01}"#,
            r#"{"e":01}"#,
        ] {
            assert!(Members::read(json.as_bytes(), NAMES).is_err(), "{json}");
        }
    }
}
