//! Counting how often each link was followed, exactly, and after the answer wherever the host allows it.
//!
//! A redirect only notes its click in the instance's memory. After the answer, or before it if the
//! instance gets no further request, the instance adds what it has noted to the counters in the store:
//! one atomic increment for each counter, however many clicks that are.
//!
//! - `counters`: the counters of a link, and their keys.
//! - `pending`: the clicks that no counter has yet.
//! - `recorder`: when they are written.
//! - `report`: what the counters say.
//! - `removal`: removing the counters of links that are gone.

mod counters;
mod pending;
mod recorder;
mod removal;
mod report;

pub use counters::CounterKey;
pub use recorder::{Due, Recorder, UnderWay};
pub use removal::{remove, sweep};
pub use report::{by_day, total, totals};

/// Which clicks are counted: the variable `clicks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    Off,
    /// All clicks of a link together.
    Total,
    /// The same, and those of each day in UTC.
    Daily,
}

/// For how many days clicks are kept by the day, today included.
pub const DAYS_KEPT: u16 = 400;

/// The counter that shows whether the store has increments. Whoever first wants to know writes it.
const OFFERED: &str = "clicks:offered";

/// What the variable `clicks` must be where clicks cannot be counted.
pub const NOT_OFFERED: &str = "must be off: the store has no atomic increment";

impl Counting {
    pub fn is_on(self) -> bool {
        self != Self::Off
    }
}
