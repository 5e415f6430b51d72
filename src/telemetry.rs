//! Events as JSON: one event, one line, one write.
//!
//! Spin turns each write of a component into a log record, so each event must be exactly one write.

use serde::{Serialize, Serializer, ser::SerializeMap};
use std::{
    cell::Cell,
    fmt,
    io::{self, Write},
    time::{SystemTime, UNIX_EPOCH},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::Interest,
};

pub use tracing::Level;

use crate::domain::Timestamp;

/// Writes every event at or above the current level through `write`, as one line.
///
/// Keys: `time` (RFC 3339 UTC), `level`, `event`, and the event's own fields, all strings,
/// numbers or booleans.
struct JsonLines {
    write: fn(&str),
}

/// Enough bytes for most events, so that their buffer need not grow.
const LINE_CAPACITY: usize = 256;

thread_local! {
    /// The least severe level that this instance writes. An instance has one thread.
    static LEAST_SEVERE: Cell<Level> = const { Cell::new(Level::INFO) };
}

/// Writes all events of this process to stderr. Only the first call to this or [`init`] counts.
pub fn init_stderr() {
    init(|line| {
        // If the log cannot be written, there is nowhere to report it.
        let _ = io::stderr().write_all(line.as_bytes());
    });
}

/// Sends all events of this process through `write`. Only the first call to this or
/// [`init_stderr`] counts.
pub fn init(write: fn(&str)) {
    // An error means that a subscriber is already set, and the first one counts.
    let _ = tracing::subscriber::set_global_default(JsonLines { write });
}

/// Drops events less severe than `level` from now on.
pub fn set_level(level: Level) {
    LEAST_SEVERE.set(level);
}

impl Subscriber for JsonLines {
    /// Makes `tracing` check every event with `enabled`, because the level can change.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    // `tracing` orders the less severe level as the greater one.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= LEAST_SEVERE.get()
    }

    fn event(&self, event: &Event<'_>) {
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        let mut text = Vec::with_capacity(LINE_CAPACITY);
        let mut serializer = serde_json::Serializer::new(&mut text);
        // Writing strings and whole numbers to memory cannot fail, so errors can be ignored.
        if let Ok(map) = serializer.serialize_map(None) {
            let mut line = Line(map);
            line.put("time", &now().to_string());
            line.put("level", &level);
            event.record(&mut line);
            let _ = line.0.end();
        }
        text.push(b'\n');
        if let Ok(text) = str::from_utf8(&text) {
            (self.write)(text);
        }
    }

    // This crate opens no spans: a request's events carry their own context.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Line<M>(M);

impl<M: SerializeMap> Line<M> {
    fn put(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        let key = if key == "message" { "event" } else { key };
        let _ = self.0.serialize_entry(key, value);
    }
}

impl<M: SerializeMap> Visit for Line<M> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), &value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), &value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), &value);
    }
    // No event has such a value, and the code to format one is large.
    fn record_f64(&mut self, _: &Field, _: f64) {}
    fn record_i128(&mut self, _: &Field, _: i128) {}
    fn record_u128(&mut self, _: &Field, _: u128) {}
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), &format!("{value:?}"));
    }
}

fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::from_unix(since_epoch.map_or(0, |elapsed| elapsed.as_secs()), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::logged;
    use serde_json::Value;

    #[test]
    fn an_event_is_one_line_of_json_with_stable_keys() {
        let ((), log) = logged(|| {
            tracing::warn!(code = "a\"b\nc", count = 3, ok = true, "link created");
            tracing::debug!("below the level");
        });
        let line = log.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'), "{log}");
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["level"], "warn");
        assert_eq!(event["event"], "link created");
        assert_eq!(event["code"], "a\"b\nc");
        assert_eq!((&event["count"], &event["ok"]), (&3.into(), &true.into()));
        assert!(Timestamp::parse(event["time"].as_str().unwrap()).is_ok());
    }

    #[test]
    fn a_level_counts_from_when_it_is_set() {
        let ((), log) = logged(|| {
            for level in [Level::INFO, Level::ERROR, Level::DEBUG] {
                set_level(level);
                tracing::warn!("perhaps");
            }
        });
        assert_eq!(log.lines().count(), 2, "{log}");
    }
}
