//! Doing a few things at the same time, and taking their outcomes in order.

use futures::{
    FutureExt, Stream,
    future::{MaybeDone, maybe_done},
    stream,
};
use std::{collections::VecDeque, pin::Pin, task::Poll};

/// The outputs of `futures` in their order. Up to `at_once` of them, at least one, are under way at a
/// time. None is begun before there is room for it, nor while the first output is there to be taken.
///
/// When one can go on, all that are under way are polled. `StreamExt::buffered` finds out which, with
/// 4.7 KB more of code: it is made for thousands.
pub fn overlapping<F: Future>(
    futures: impl IntoIterator<Item = F>,
    at_once: usize,
) -> impl Stream<Item = F::Output> {
    let mut waiting = futures.into_iter();
    let mut under_way = VecDeque::new();
    stream::poll_fn(move |context| {
        if let Some(output) = take_first(&mut under_way) {
            return Poll::Ready(Some(output));
        }
        for future in &mut under_way {
            // Whether it is done is asked of the first one only.
            let _ = future.poll_unpin(context);
        }
        loop {
            if let Some(output) = take_first(&mut under_way) {
                return Poll::Ready(Some(output));
            }
            if under_way.len() >= at_once {
                return Poll::Pending;
            }
            match waiting.next() {
                Some(next) => {
                    let mut next = Box::pin(maybe_done(next));
                    let _ = next.poll_unpin(context);
                    under_way.push_back(next);
                }
                None if under_way.is_empty() => return Poll::Ready(None),
                None => return Poll::Pending,
            }
        }
    })
}

/// The output of the first future, if it is done.
fn take_first<F: Future>(under_way: &mut VecDeque<Pin<Box<MaybeDone<F>>>>) -> Option<F::Output> {
    let output = under_way.front_mut()?.as_mut().take_output()?;
    under_way.pop_front();
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{
        StreamExt,
        channel::oneshot,
        executor::block_on,
        future::{Ready, join, ready},
    };
    use std::{cell::Cell, pin::pin};

    #[test]
    fn so_many_are_begun_at_a_time_and_outputs_come_in_order() {
        let (mut senders, receivers): (Vec<_>, Vec<_>) =
            (0..4).map(|_| oneshot::channel::<i32>()).unzip();
        let begun = Cell::new(0);
        let futures = receivers.into_iter().map(async |receiver| {
            begun.set(begun.get() + 1);
            receiver.await.unwrap()
        });
        let mut outputs = pin!(overlapping(futures, 2));
        let mut now = || outputs.next().now_or_never();

        assert_eq!((now(), begun.get()), (None, 2));
        senders.remove(1).send(1).unwrap();
        assert_eq!((now(), begun.get()), (None, 2), "the first keeps its place");
        senders.remove(0).send(0).unwrap();
        assert_eq!((now(), begun.get()), (Some(Some(0)), 2));
        assert_eq!((now(), begun.get()), (Some(Some(1)), 2));
        for (n, sender) in (2..).zip(senders) {
            sender.send(n).unwrap();
        }
        assert_eq!((now(), begun.get()), (Some(Some(2)), 3));
        assert_eq!((now(), begun.get()), (Some(Some(3)), 4));
        assert_eq!(now(), Some(None));
    }

    #[test]
    fn what_is_done_at_once_is_taken_before_the_next_is_begun() {
        let begun = Cell::new(0);
        let begin = |n| {
            begun.set(begun.get() + 1);
            ready(n)
        };
        {
            let mut outputs = overlapping([1, 2, 3].map(|n| async move { begin(n).await }), 8);
            assert_eq!(block_on(outputs.next()), Some(1));
            assert_eq!(begun.get(), 1);
            assert_eq!(block_on(outputs.next()), Some(2));
        }
        assert_eq!(begun.get(), 2, "what is dropped begins no more");
    }

    #[test]
    fn of_nothing_there_are_no_outputs() {
        let mut outputs = overlapping(Vec::<Ready<()>>::new(), 8);
        assert_eq!(block_on(outputs.next()), None);
    }

    #[test]
    fn whoever_is_under_way_wakes_the_waiting() {
        let (sender, receiver) = oneshot::channel();
        let futures = [receiver].map(async |receiver| receiver.await.unwrap());
        let outputs = overlapping(futures, 8).collect::<Vec<_>>();
        let later = async { sender.send("done").unwrap() };
        assert_eq!(block_on(join(outputs, later)).0, ["done"]);
    }
}
