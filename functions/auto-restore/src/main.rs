//! Restores a CA whose deletion no policy permitted. Runs on CloudTrail's record of the deletion.

use std::process::ExitCode;

use lambda_runtime::Error;
use vigil_aws::{clients::Clients, config, lambda, telemetry};
use vigil_core::jobs::auto_restore;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::exit(start().await)
}

async fn start() -> Result<(), Error> {
    telemetry::init()?;
    let bucket = config::EVIDENCE_BUCKET.read()?;
    let bus = config::EVENT_BUS.read()?;

    let clients = Clients::load().await;
    let authorities = &clients.authorities();
    let evidence = &clients.evidence(bucket);
    let bus = &clients.bus(bus);

    lambda::serve(
        |event| async move { auto_restore::run(&event, authorities, evidence, bus).await },
    )
    .await
}
