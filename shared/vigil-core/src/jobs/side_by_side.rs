//! Several futures at a time, begun in order, their results in order.
//!
//! Without a runtime, which the core does not have: whoever polls this polls all that have begun.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};

/// One that has begun, with its place.
type Begun<F> = (usize, Pin<Box<F>>);

/// At most `limit` (at least one) are begun and not finished at any time. A future is asked for only
/// when there is room for it.
pub(super) async fn side_by_side<F: Future>(
    limit: usize,
    futures: impl IntoIterator<Item = F>,
) -> Vec<F::Output> {
    let mut futures = futures.into_iter().enumerate().fuse();
    let mut begun: Vec<Begun<F>> = Vec::new();
    let mut done: Vec<(usize, F::Output)> = Vec::new();
    poll_fn(|context| {
        loop {
            let room = limit.max(1) - begun.len();
            begun.extend(futures.by_ref().take(room).map(|(at, future)| (at, Box::pin(future))));
            if begun.is_empty() {
                return Poll::Ready(());
            }
            let before = done.len();
            poll_each(&mut begun, &mut done, context);
            if done.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, output)| output).collect()
}

fn poll_each<F: Future>(
    begun: &mut Vec<Begun<F>>,
    done: &mut Vec<(usize, F::Output)>,
    context: &mut Context<'_>,
) {
    begun.retain_mut(|(at, future)| match future.as_mut().poll(context) {
        Poll::Ready(output) => {
            done.push((*at, output));
            false
        }
        Poll::Pending => true,
    });
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, pin::pin, task::Waker};

    use super::*;

    /// Ready when it has been polled so often.
    fn after(polls: usize) -> impl Future<Output = usize> {
        let mut left = polls;
        poll_fn(move |_| {
            left = left.saturating_sub(1);
            if left == 0 { Poll::Ready(polls) } else { Poll::Pending }
        })
    }

    fn drive<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(value) =
                future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
            {
                return value;
            }
        }
    }

    #[test]
    fn results_come_in_the_order_of_what_was_asked_however_long_each_took() {
        let polls = [5, 1, 9, 2, 2, 7, 1];
        for limit in [0, 1, 2, 3, 100] {
            assert_eq!(drive(side_by_side(limit, polls.map(after))), polls, "{limit}");
        }
        assert!(drive(side_by_side(3, Vec::<std::future::Ready<()>>::new())).is_empty());
    }

    #[test]
    fn no_more_than_the_limit_run_at_a_time_and_all_of_it_is_used() {
        let (running, most) = (Cell::new(0), Cell::new(0));
        let one = |polls| {
            let (running, most) = (&running, &most);
            async move {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                after(polls).await;
                running.set(running.get() - 1);
            }
        };
        drive(side_by_side(4, (1..30).map(|n| one(n % 5 + 1))));
        assert_eq!((running.get(), most.get()), (0, 4));
    }
}
