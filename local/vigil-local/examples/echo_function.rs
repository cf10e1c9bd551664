//! A Lambda function for the stack's own tests, on the real `lambda_runtime`: it does what its
//! event says, and answers with what it was given.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(answer)).await
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    eprintln!("event {}", event.context.request_id);
    match event.payload["do"].as_str().or_else(|| event.payload["detail"]["do"].as_str()) {
        Some("fail") => Err("told to fail".into()),
        Some("exit") => std::process::exit(3),
        Some("hang") => std::future::pending().await,
        _ => Ok(json!({
            "event": event.payload,
            "requestId": event.context.request_id,
            "arn": event.context.invoked_function_arn,
            "process": std::process::id(),
            "environment": std::env::vars().collect::<std::collections::BTreeMap<_, _>>(),
        })),
    }
}
