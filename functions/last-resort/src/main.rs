//! Restores every DELETED CA whose window is about to end, unless the stack's own parameter permits that
//! very deletion. Shares nothing with the other functions: no bucket, no policy, no state.

use std::process::ExitCode;

use lambda_runtime::Error;
use vigil_aws::{
    clients::Clients,
    config::{self, RegionNames},
    lambda, telemetry,
};
use vigil_core::{
    jobs::last_resort::{self, Ports},
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
    let permitted = &PermittedDeletions::read(&config::PERMITTED_DELETIONS.read()?);

    let clients = Clients::load().await;
    let regions = &clients.regions(&regions);
    let bus = &clients.bus(bus);

    let ports = &Ports { regions, bus };
    // Whatever sets it off, it looks: no event can be a reason not to.
    lambda::serve(|_| async move { last_resort::run(ports, permitted).await }).await
}
