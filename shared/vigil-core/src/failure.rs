//! How an error reaches the person who reads the log: under a name of its own, cause by cause.

use std::error::Error;

/// An error with which a job ends. Lambda shows `error_type` beside the message; alarms and
/// runbooks go by it, so it stays when the wording changes.
pub trait Failure: Error {
    fn error_type(&self) -> &'static str;
}

/// The error and its causes in one line. A cause that the text already ends with is not repeated:
/// the SDK's operation errors print their source and return it as well.
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
