//! Between Lambda's Runtime API and a job: payloads in, outcomes and named errors out.

use std::{
    future::Future,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::Value;
use vigil_core::failure::{Failure, chain};

/// Serves invocations until Lambda ends the process. The handler gets the payload as it came: what
/// is wrong with one is the job's to name.
///
/// # Errors
///
/// An error of the Runtime API; a failure of an invocation is reported to Lambda and is none.
pub async fn serve<H, F, O, E>(handler: H) -> Result<(), Error>
where
    H: Fn(Value) -> F,
    F: Future<Output = Result<O, E>>,
    O: Serialize,
    E: Failure,
{
    serve_within(|event, _| handler(event)).await
}

/// The same for a job that paces itself: its handler also gets the time that is left until Lambda
/// ends the invocation.
///
/// # Errors
///
/// As [`serve`].
pub async fn serve_within<H, F, O, E>(handler: H) -> Result<(), Error>
where
    H: Fn(Value, Duration) -> F,
    F: Future<Output = Result<O, E>>,
    O: Serialize,
    E: Failure,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        #[expect(
            clippy::disallowed_methods,
            reason = "Lambda gives the deadline by the clock of the machine it runs us on"
        )]
        let left = event.context.deadline().duration_since(SystemTime::now());
        // Boxed, because the compiler gives up on laying out the SDK's futures inside of ours
        // inside of the runtime's.
        let answer = Box::pin(handler(event.payload, left.unwrap_or_default()));
        async move { report(answer.await) }
    }))
    .await
}

/// How a function that never began to serve ends: its cause on stderr, in one line.
pub fn exit(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the function could not start: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// Logs how an invocation ended, once, and puts it as Lambda wants it.
fn report<O: Serialize, E: Failure>(result: Result<O, E>) -> Result<Value, Diagnostic> {
    let diagnostic = match result.map(serde_json::to_value) {
        Ok(Ok(outcome)) => {
            tracing::info!(%outcome, "done");
            return Ok(outcome);
        }
        Ok(Err(error)) => {
            Diagnostic { error_type: "UnwritableOutcome".to_owned(), error_message: chain(&error) }
        }
        Err(error) => {
            Diagnostic { error_type: error.error_type().to_owned(), error_message: chain(&error) }
        }
    };
    let Diagnostic { error_type, error_message } = &diagnostic;
    tracing::error!(error_type, error = error_message, "failed");
    Err(diagnostic)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the event does not have the form that this function takes")]
    struct Malformed(#[source] std::num::ParseIntError);

    impl Failure for Malformed {
        fn error_type(&self) -> &'static str {
            "MalformedEvent"
        }
    }

    #[test]
    fn an_error_keeps_its_name_and_causes() {
        assert_eq!(report::<_, Malformed>(Ok(json!({"seen": 1}))), Ok(json!({"seen": 1})));
        let cause = "act".parse::<u8>().unwrap_err();
        let diagnostic = report::<(), _>(Err(Malformed(cause))).unwrap_err();
        assert_eq!(diagnostic.error_type, "MalformedEvent");
        let text = diagnostic.error_message;
        assert!(text.contains("this function takes: invalid digit"), "{text}");
    }
}
