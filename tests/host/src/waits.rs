//! `wasi:clocks`' waits, on the host's clock instead of tokio's, so that a [`VirtualClock`](crate::VirtualClock) moves them.

use std::time::Duration;

use wasmtime::component::{Accessor, HasData, Linker, Resource};
use wasmtime_wasi::{
    HostMonotonicClock, async_trait,
    p2::{DynPollable, Pollable, bindings::clocks::monotonic_clock as p2, subscribe},
    p3::bindings::clocks::monotonic_clock as p3,
};

use crate::{clock::Clock, instance::Instance};

/// Replaces both monotonic clocks in a linker that already has WASI's own.
pub(crate) fn add_to_linker(linker: &mut Linker<Instance>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    p2::add_to_linker::<_, Waits>(linker, |instance| instance)?;
    p3::add_to_linker::<_, Waits>(linker, |instance| instance)?;
    linker.allow_shadowing(false);
    Ok(())
}

struct Waits;

impl HasData for Waits {
    type Data<'a> = &'a mut Instance;
}

impl Instance {
    fn clock(&self) -> &Clock {
        &self.services.common.clock
    }

    fn subscribe(&mut self, deadline: Duration) -> wasmtime::Result<Resource<DynPollable>> {
        let clock = self.clock().clone();
        let wait = self.table.push(Wait { clock, deadline })?;
        subscribe(&mut self.table, wait)
    }
}

impl p2::Host for Instance {
    fn now(&mut self) -> wasmtime::Result<p2::Instant> {
        Ok(HostMonotonicClock::now(self.clock()))
    }

    fn resolution(&mut self) -> wasmtime::Result<p2::Duration> {
        Ok(HostMonotonicClock::resolution(self.clock()))
    }

    fn subscribe_instant(&mut self, when: p2::Instant) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe(Duration::from_nanos(when))
    }

    fn subscribe_duration(
        &mut self,
        duration: p2::Duration,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let duration = Duration::from_nanos(duration);
        self.subscribe(self.clock().elapsed().saturating_add(duration))
    }
}

/// A pollable that is ready once the clock has reached its deadline.
struct Wait {
    clock: Clock,
    deadline: Duration,
}

#[async_trait]
impl Pollable for Wait {
    async fn ready(&mut self) {
        self.clock.sleep_until(self.deadline).await;
    }
}

impl p3::Host for Instance {
    fn now(&mut self) -> wasmtime::Result<p3::Mark> {
        Ok(HostMonotonicClock::now(self.clock()))
    }

    fn get_resolution(&mut self) -> wasmtime::Result<p3::Duration> {
        Ok(HostMonotonicClock::resolution(self.clock()))
    }
}

impl p3::HostWithStore for Waits {
    async fn wait_until<T>(accessor: &Accessor<T, Self>, when: p3::Mark) -> wasmtime::Result<()> {
        let clock = accessor.with(|mut access| access.get().clock().clone());
        clock.sleep_until(Duration::from_nanos(when)).await;
        Ok(())
    }

    async fn wait_for<T>(
        accessor: &Accessor<T, Self>,
        duration: p3::Duration,
    ) -> wasmtime::Result<()> {
        let clock = accessor.with(|mut access| access.get().clock().clone());
        clock.sleep(Duration::from_nanos(duration)).await;
        Ok(())
    }
}
