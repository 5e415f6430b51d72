//! Doing a few things at the same time, and taking their outcomes in order.

use futures::{
    FutureExt, Stream,
    future::{MaybeDone, maybe_done},
    stream,
};
use std::{collections::VecDeque, pin::Pin, task::Poll};

/// The outputs of `futures` in their order. Up to `at_once` of them are under way at a time, and none
/// is begun before there is room for it.
///
/// When one can go on, all that are under way are polled: for a handful that is less work than finding
/// out which, and a tenth of the code of `StreamExt::buffered`, which is made for thousands.
pub fn overlapping<F: Future>(
    futures: impl IntoIterator<Item = F>,
    at_once: usize,
) -> impl Stream<Item = F::Output> {
    let mut waiting = futures.into_iter();
    let mut under_way: VecDeque<Pin<Box<MaybeDone<F>>>> = VecDeque::with_capacity(at_once);
    stream::poll_fn(move |context| {
        let room = at_once.saturating_sub(under_way.len());
        let begun = waiting.by_ref().take(room);
        under_way.extend(begun.map(|future| Box::pin(maybe_done(future))));
        for future in &mut under_way {
            // Whether it is done is asked of the first one only.
            let _ = future.poll_unpin(context);
        }
        match under_way
            .front_mut()
            .map(|first| first.as_mut().take_output())
        {
            None => Poll::Ready(None),
            Some(None) => Poll::Pending,
            Some(output) => {
                under_way.pop_front();
                Poll::Ready(output)
            }
        }
    })
}
