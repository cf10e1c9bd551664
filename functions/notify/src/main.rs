//! Publishes each finding to the topics, as text for mail, SMS and chat, and to Security Hub.

use std::process::ExitCode;

use lambda_runtime::Error;
use vigil_aws::{clients::Clients, config, lambda, telemetry};
use vigil_core::jobs::notify::{self, Deployment, Hub, Ports};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::exit(start().await)
}

async fn start() -> Result<(), Error> {
    telemetry::init()?;
    let deployment = &Deployment {
        evidence_bucket: config::EVIDENCE_BUCKET.read()?,
        // Only to complete commands: no finding waits for it.
        report_bucket: config::REPORT_BUCKET.read().ok(),
        approver_key: config::approver_key()?,
    };
    let alerts = config::ALERTS_TOPIC.read()?;
    let on_call = config::ON_CALL_TOPIC.read()?;
    let product = &config::security_hub_product()?;

    let clients = Clients::of_function();
    let alerts = &clients.topic(alerts);
    let on_call = &clients.topic(on_call);
    let security_hub = &clients.security_hub();

    lambda::serve(|event| async move {
        let hub = product.as_ref().map(|product| Hub { port: security_hub, product });
        let ports = Ports { alerts, on_call, hub, deployment };
        notify::run(&event, &ports).await
    })
    .await
}
