//! The boundary to Spin, once for each of the two interfaces that Spin serves. A build has one of
//! them, chosen by a cargo feature:
//!
//! | feature | module | SDK | runs on |
//! |---|---|---|---|
//! | `wasi-p3` (default) | `p3` | 6 | Spin 4, Akamai Functions; instances are reused |
//! | `wasi-p2` | `p2` | 5.2 | every Spin from 3.2 on, SpinKube; an instance a request |
//!
//! Each translates and decides nothing. What both need is here.

#[cfg(all(feature = "wasi-p2", feature = "wasi-p3"))]
compile_error!("choose one: `--no-default-features --features wasi-p2`, or the default `wasi-p3`");
#[cfg(not(any(feature = "wasi-p2", feature = "wasi-p3")))]
compile_error!("choose the interface to Spin: feature `wasi-p3` (the default) or `wasi-p2`");

#[cfg(all(feature = "wasi-p2", not(feature = "wasi-p3")))]
mod p2;
#[cfg(all(feature = "wasi-p3", not(feature = "wasi-p2")))]
mod p3;

use crate::{
    platform::Platform,
    shortener::Shortener,
    store::{Connect, Kept},
    telemetry,
};
use std::{cell::OnceCell, io::Write, rc::Rc};

/// The label of the store that the tutorial app uses.
const STORE: &str = "default";

/// Bytes of a request body asked for at a time.
const CHUNK: usize = 16 * 1024;

type Instance<C, P> = Shortener<Kept<C>, P>;

/// What an instance makes once and keeps until its end.
fn instance<C: Connect, P: Platform>(store: C, platform: P) -> Rc<Instance<C, P>> {
    telemetry::init(write_line);
    Rc::new(Shortener::new(Kept::new(store), platform))
}

/// What `cell` holds, by `open` if that is nothing. A failure is not kept.
fn open_once<T, E>(cell: &OnceCell<T>, open: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    if let Some(opened) = cell.get() {
        return Ok(opened);
    }
    let opened = open()?;
    Ok(cell.get_or_init(|| opened))
}

/// One write, so that Spin makes one log record of it.
fn write_line(line: &str) {
    // There is nobody to tell that the log cannot be written.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
