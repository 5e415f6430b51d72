//! CPU time of this process, on all its threads, in user code and in the kernel.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time used so far.
pub fn used() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.try_into().expect("not before the start")
}
