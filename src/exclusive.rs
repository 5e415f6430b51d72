//! Exclusive creation and editing over a store that has no conditional write.
//!
//! All of it rests on one property of the store: its increment is atomic. `claim` draws a ticket from
//! it, `create` lets the holder of the first ticket create a link, and `edit` changes and deletes links
//! under a lock (`edit_lock`) that is made of the same increment. `numbering` gives each link its
//! place in the catalog on the way, and `idempotency` lets the repeat of a create find its link.
//! Together they are one protocol; `docs/consistency.md` argues that it is right, and
//! `tests/interleavings` checks it.

mod claim;
mod create;
mod edit;
mod edit_lock;
mod idempotency;
mod numbering;

pub use claim::{Claims, DELAY_BOUND};
pub use create::{CreateError, Creator};
pub use edit::{EditError, Editor};
pub use idempotency::{Idempotency, Once, Repeatable};
pub use numbering::draw_generation;
