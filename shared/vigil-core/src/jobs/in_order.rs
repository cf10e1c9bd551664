//! Several futures at a time, with their results in order.

use futures::stream::{self, StreamExt as _};

/// Runs at most `limit` (at least one) of the futures at once, and returns their results in order.
///
/// `buffered` alone would do the same, but it starts no other future while a slow one holds back the
/// results of those behind it: a run of crl-audit would wait for its largest CRL.
pub(super) async fn in_order<F: Future>(
    limit: usize,
    futures: impl IntoIterator<Item = F>,
) -> Vec<F::Output> {
    let numbered = futures.into_iter().enumerate();
    let numbered = numbered.map(|(number, future)| async move { (number, future.await) });
    let mut done: Vec<_> = stream::iter(numbered).buffer_unordered(limit.max(1)).collect().await;
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, output)| output).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        future::poll_fn,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    /// Ready when it has been polled so often.
    fn after(polls: usize) -> impl Future<Output = usize> {
        let mut left = polls;
        poll_fn(move |context| {
            left = left.saturating_sub(1);
            context.waker().wake_by_ref();
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
    fn results_keep_the_order_of_the_futures() {
        let polls = [5, 1, 9, 2, 2, 7, 1];
        for limit in [0, 1, 2, 3, 100] {
            assert_eq!(drive(in_order(limit, polls.map(after))), polls, "{limit}");
        }
        assert!(drive(in_order(3, Vec::<std::future::Ready<()>>::new())).is_empty());
    }

    #[test]
    fn as_many_run_at_once_as_the_limit_allows_and_no_more() {
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
        drive(in_order(4, (1..30).map(|n| one(n % 5 + 1))));
        assert_eq!((running.get(), most.get()), (0, 4));
    }
}
