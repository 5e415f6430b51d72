//! A link and the values it is made of.
//!
//! Every type here can only be built by a `parse` that knows its rules. So a [`Code`] or a
//! [`Destination`] that exists is valid, and nothing downstream checks it again. Nothing here does
//! I/O or knows HTTP.

mod code;
mod destination;
mod host;
mod link;
mod note;
mod policy;
mod timestamp;

pub use code::{Code, CodeError};
pub use destination::{Destination, DestinationError};
pub use host::Host;
pub use link::{Lifetime, Link, Phase};
pub use note::{Note, NoteError};
pub use policy::{Address, HostPolicy, HostRule, HostRuleError, PolicyError};
pub use timestamp::{Timestamp, TimestampError};
