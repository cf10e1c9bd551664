//! A panic costs the one CA, object or Region that it came of, and no other.

use std::{any::Any, panic::AssertUnwindSafe};

use futures::FutureExt as _;

/// A defect of ours that something came upon.
#[derive(Debug, thiserror::Error)]
#[error("Vigil panicked: {0}")]
pub struct Panicked(String);

/// What the work comes to. If it panics, that is the error: the caller goes on with what is next.
///
/// What the work has left half done lies in S3 and in AWS, where any crash leaves it.
pub(in crate::jobs) async fn isolated<T, E: From<Panicked>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(result) => result,
        Err(payload) => Err(Panicked(message(payload)).into()),
    }
}

fn message(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => {
            payload.downcast_ref::<&str>().copied().unwrap_or("without a message").to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes;

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        let number = 7;
        let said = [
            fakes::run(isolated(async { panic!("plain") })),
            fakes::run(isolated(async { panic!("number {number}") })),
        ];
        let said = said.map(|result: Result<(), Panicked>| result.unwrap_err().to_string());
        assert_eq!(said, ["Vigil panicked: plain", "Vigil panicked: number 7"]);
        assert_eq!(fakes::run(isolated(async { Ok::<_, Panicked>(1) })).unwrap(), 1);
    }
}
