//! A link and the values it consists of.
//!
//! Only constructors that check the rules, `parse` above all, can build a [`Code`],
//! [`Destination`], [`Note`], [`Timestamp`] or [`Host`]. So every such value is valid, and no other
//! layer checks it again. Nothing here does I/O or knows about HTTP.

mod address;
mod characters;
mod code;
mod code_rules;
mod day;
mod destination;
mod host;
mod key_name;
mod link;
mod link_rules;
mod note;
mod pass_on;
mod policy;
mod private_host;
mod scheme;
mod scripts;
mod timestamp;
mod unicode_code;

pub use address::Address;
pub use characters::percent_encoded;
pub use code::{Code, CodeError, is_unreserved};
pub use code_rules::CodeRules;
pub use day::{Day, DayError};
pub use destination::{Destination, DestinationError, Sendable};
pub use host::Host;
pub use key_name::{KeyName, KeyNameError};
pub use link::{Lifetime, Link, MAX_CLICKS, Phase};
pub use link_rules::LinkRules;
pub use note::{Note, NoteError};
pub use pass_on::{PassOn, PassOnError};
pub use policy::{HostPolicy, HostRule, HostRuleError, PolicyError};
pub use scheme::{SchemeError, Schemes};
pub use timestamp::{Timestamp, TimestampError};
