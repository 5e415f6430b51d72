//! What strangers send, byte for byte.
//!
//! The properties of every input and of whole exchanges are in `tests/properties`; these tests add what only
//! exists on the wire and in the host:
//! - [`targets`]: methods, paths, absolute forms, headers · [`framing`]: where a message ends
//! - [`slow`]: bodies that stall · [`spoofing`]: false origins · [`secrecy`]: what answers do not tell
//!
//! A store that fails is in [`crate::faults`], hostile bodies and destinations in modules of their own.

mod framing;
mod secrecy;
mod slow;
mod spoofing;
mod targets;

/// The three-digit status of the first answer in `bytes`; `None` if the connection was closed.
fn status(bytes: &str) -> Option<u16> {
    let status = bytes.strip_prefix("HTTP/1.1 ")?.get(..3)?;
    Some(status.parse().expect("a status"))
}
