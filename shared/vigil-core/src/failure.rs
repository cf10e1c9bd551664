//! How an error is logged: under a stable name, with all of its causes.

use std::error::Error;

/// An error that ends a job. Lambda shows `error_type` beside the message. Alarms and runbooks use
/// it, so it stays when the wording changes.
pub trait Failure: Error {
    /// The stable name of the error, such as `DescribeFailed`.
    fn error_type(&self) -> &'static str;
}

/// The error and its causes in one line. A cause that the text already ends with is not repeated,
/// because operation errors of the SDK both print and return their source.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("could not open the door")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error("the lock failed: {0}")]
    struct Middle(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("no key")]
    struct Inner;

    #[test]
    fn every_cause_is_named_once() {
        assert_eq!(
            chain(&Outer(Middle(Inner))),
            "could not open the door: the lock failed: no key"
        );
    }
}
