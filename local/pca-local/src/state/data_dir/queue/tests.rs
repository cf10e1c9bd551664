use futures::FutureExt as _;

use super::*;

fn change() -> Item {
    Item::Changes(vec![Change::Cleared])
}

/// `None` while it waits.
fn settled(queue: &Queue, since: u64) -> Option<bool> {
    queue.settled(since).now_or_never().map(|outcome| outcome.is_ok())
}

#[test]
fn a_call_waits_only_for_what_was_queued_before_it_ended() {
    let queue = Queue::default();
    assert_eq!(settled(&queue, 0), Some(true), "nothing has happened");
    queue.push(0, change());
    queue.push(0, change());
    assert_eq!(settled(&queue, 0), None);
    let (items, pushed) = queue.take().unwrap();
    assert_eq!((items.len(), pushed), (2, 2));
    assert_eq!(settled(&queue, 0), None, "taken is not written");
    queue.push(0, change());
    queue.done(pushed);
    assert_eq!(settled(&queue, 0), None, "the third is not written");
    let (_, pushed) = queue.take().unwrap();
    queue.done(pushed);
    assert_eq!(settled(&queue, 0), Some(true));
}

#[test]
fn a_failed_commit_ends_only_the_calls_under_way() {
    let queue = Queue::default();
    queue.push(0, change());
    queue.take().unwrap();
    queue.push(0, change());
    queue.shut();
    queue.push(0, change());
    assert_eq!(settled(&queue, 0), None, "memory is not made anew yet");
    queue.reopen();
    assert_eq!(settled(&queue, 0), Some(false));
    assert!(queue.has_failed());
    assert_eq!((queue.generation(), settled(&queue, 1)), (1, Some(true)));
    queue.push(0, change());
    assert_eq!(settled(&queue, 1), Some(true), "of CAs that are replaced nothing is written");
    queue.push(1, change());
    let (items, pushed) = queue.take().unwrap();
    assert_eq!(items.len(), 1);
    queue.done(pushed);
    assert!(!queue.has_failed());
    assert_eq!(settled(&queue, 1), Some(true));
}

/// All that can happen, five steps of it: where nothing waits to be written, no call waits.
#[test]
fn a_call_waits_for_nothing_where_nothing_is_queued() {
    let push = |queue: &Queue| queue.push(queue.generation(), change());
    let fail = |queue: &Queue| {
        push(queue);
        drop(queue.take());
        queue.shut();
        push(queue);
        queue.reopen();
    };
    // Without items it is the attempt after a failure, which `take` waits for.
    let write = |queue: &Queue| {
        let pushed = {
            let mut waiting = queue.waiting();
            waiting.items.clear();
            waiting.accepted
        };
        queue.done(pushed);
    };
    let again = |queue: &Queue| drop(queue.begin_again(vec![Change::Cleared]).unwrap());
    let steps: [&dyn Fn(&Queue); 4] = [&push, &fail, &write, &again];
    for number in 0..steps.len().pow(5) {
        let queue = Queue::default();
        let path: Vec<usize> =
            (0..5).map(|place| number / steps.len().pow(place) % steps.len()).collect();
        for step in &path {
            steps[*step](&queue);
            let is_written = queue.waiting().items.is_empty();
            let want = is_written.then_some(true);
            assert_eq!(settled(&queue, queue.generation()), want, "{path:?}");
        }
    }
}

#[test]
fn what_is_on_disk_is_done_whatever_fails_after_it() {
    let queue = Queue::default();
    queue.push(0, change());
    // The call is woken after all that follows.
    let mut waiting = Box::pin(queue.settled(0));
    assert!(waiting.as_mut().now_or_never().is_none());
    let (_, pushed) = queue.take().unwrap();
    queue.done(pushed);
    queue.push(0, change());
    queue.take().unwrap();
    queue.shut();
    queue.reopen();
    assert!(waiting.now_or_never().unwrap().is_ok());
    assert_eq!(settled(&queue, 0), Some(false), "nor what began in between");
}

#[test]
fn a_replacement_follows_the_queue_and_needs_an_open_gate() {
    let queue = Queue::default();
    queue.push(0, change());
    drop(queue.begin_again(vec![Change::Cleared]).unwrap());
    queue.push(0, change());
    let (items, pushed) = queue.take().unwrap();
    let changes = items.iter().filter(|item| matches!(item, Item::Changes(_))).count();
    assert_eq!(changes, 2, "what is changed in what has been replaced is dropped");
    queue.done(pushed);
    assert_eq!((settled(&queue, 0), settled(&queue, 1)), (Some(false), Some(true)));
    queue.shut();
    assert!(queue.begin_again(vec![Change::Cleared]).is_err());
    queue.give_up();
    assert_eq!(settled(&queue, 1), Some(false), "whatever comes");
}

/// Its caller is asleep while all of that happens.
#[test]
fn a_replacement_is_written_or_not_whatever_follows() {
    let queue = Queue::default();
    let replace = || queue.begin_again(vec![Change::Cleared]).unwrap();
    let outcome = |replacement: Replacement| {
        replacement.written().now_or_never().map(|written| written.is_ok())
    };
    let commit = || {
        let (items, pushed) = queue.take().unwrap();
        for item in items {
            if let Item::Then(action) = item {
                action();
            }
        }
        queue.done(pushed);
    };
    let fail = || {
        drop(queue.take());
        queue.shut();
        queue.reopen();
    };
    assert_eq!(outcome(replace()), None, "it is queued");
    commit();
    let lost = replace();
    fail();
    assert_eq!(outcome(lost), Some(false), "another generation has begun");
    let (kept, replaced_at_once) = (replace(), replace());
    commit();
    let lost = replace();
    queue.shut();
    queue.reopen();
    assert_eq!([kept, replaced_at_once, lost].map(outcome), [Some(true), Some(true), Some(false)]);
}

#[test]
fn a_commit_that_fails_at_the_end_does_not_open_the_gate() {
    let queue = Queue::default();
    queue.push(0, change());
    queue.close();
    queue.take().unwrap();
    queue.shut();
    queue.reopen();
    assert!(queue.take().is_none());
}

#[test]
fn a_closed_queue_writes_what_it_holds_and_takes_no_more() {
    let queue = Queue::default();
    queue.push(0, change());
    queue.close();
    queue.push(0, change());
    let (items, pushed) = queue.take().unwrap();
    assert_eq!((items.len(), pushed), (1, 1));
    queue.done(pushed);
    assert!(queue.take().is_none());
    assert_eq!(settled(&queue, 0), None);
    queue.give_up();
    assert_eq!(settled(&queue, 0), Some(false));
}
