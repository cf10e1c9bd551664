//! Restores every DELETED CA whose window is about to end, unless the stack's own parameter or a signed
//! approval permits that very deletion. Shares nothing with the other functions that could stop it: no
//! policy, no state, and a bucket that it reads for approvals only.

use std::process::ExitCode;

use lambda_runtime::Error;
use vigil_aws::{
    clients::Clients,
    config::{self, RegionNames},
    lambda, telemetry,
};
use vigil_core::{
    jobs::last_resort::{self, Ports, Settings},
    permit::PermittedDeletions,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::exit(start().await)
}

async fn start() -> Result<(), Error> {
    telemetry::init()?;
    let bus = config::EVENT_BUS.read()?;
    let regions: RegionNames = config::REGIONS.parse()?;
    // Nothing about approvals or the mode keeps it from starting: without them it restores.
    let bucket = config::EVIDENCE_BUCKET.read().unwrap_or_default();
    let settings = &Settings {
        permitted: PermittedDeletions::read(&config::PERMITTED_DELETIONS.read()?),
        approvers: config::held_approvers().unwrap_or_default(),
        mode: config::MODE.parse().unwrap_or_default(),
    };

    let clients = Clients::of_function();
    let regions = &clients.regions(&regions);
    let bus = &clients.bus(bus);
    let evidence = &clients.evidence_in_a_hurry(bucket);
    let signatures = &clients.signatures();

    let ports = &Ports { regions, bus, evidence, signatures };
    // Whatever sets it off, it looks: no event can be a reason not to.
    lambda::serve(|_| async move { last_resort::run(ports, settings).await }).await
}
