//! Publishes each finding to the topics, as text for mail, SMS and chat.

use std::process::ExitCode;

use lambda_runtime::Error;
use vigil_aws::{clients::Clients, config, lambda, telemetry};
use vigil_core::jobs::notify::{self, Ports};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::exit(start().await)
}

async fn start() -> Result<(), Error> {
    telemetry::init()?;
    let evidence_bucket = &config::EVIDENCE_BUCKET.read()?;
    let alerts = config::ALERTS_TOPIC.read()?;
    let on_call = config::ON_CALL_TOPIC.read()?;

    let clients = Clients::load().await;
    let alerts = &clients.topic(alerts);
    let on_call = &clients.topic(on_call);

    lambda::serve(|event| async move {
        let ports = Ports { alerts, on_call, evidence_bucket };
        notify::run(&event, &ports).await
    })
    .await
}
