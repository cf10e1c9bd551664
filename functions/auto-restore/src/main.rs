//! Restores a CA whose deletion no policy permits, and makes it ACTIVE again where policy permits
//! that. Runs on CloudTrail's records of deletions and disablings, and on a schedule.

use std::process::ExitCode;

use lambda_runtime::Error;
use vigil_aws::{
    clients::Clients,
    config::{self, RegionNames},
    lambda, telemetry,
};
use vigil_core::{
    jobs::{
        auto_restore::{self, Ports, Settings},
        restore_deadline::Thresholds,
    },
    ports::Sealed,
    span::Span,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::exit(start().await)
}

async fn start() -> Result<(), Error> {
    telemetry::init()?;
    let bucket = config::EVIDENCE_BUCKET.read()?;
    let bus = config::EVENT_BUS.read()?;
    let state_key = config::STATE_KEY.read()?;
    let regions: RegionNames = config::REGIONS.parse()?;
    let last = config::DEADLINE_THRESHOLDS.parse::<Thresholds>()?.last();
    let settings = &Settings {
        account: Some(config::ACCOUNT.read()?).filter(|account| !account.is_empty()),
        approvers: config::held_approvers()?,
        publishers: config::publishers()?,
        last_call: last.map(Span::duration).unwrap_or_default(),
        reactivate_within: config::REACTIVATE_WITHIN.parse::<Span>()?.duration(),
        restores_per_day: config::RESTORES_PER_DAY.parse()?,
        put_back: config::PUT_BACK.parse()?,
        mode: config::MODE.parse()?,
        settle: config::SWEEP_SETTLE.parse::<Span>()?.duration(),
    };

    let clients = Clients::of_function();
    let regions = &clients.regions(&regions);
    let bucket = &clients.evidence(bucket);
    let sealing = &clients.sealing(state_key);
    let evidence = &Sealed::new(bucket, sealing);
    let bus = &clients.bus(bus);
    let signatures = &clients.signatures();

    let ports = &Ports { regions, evidence, bus, signatures };
    lambda::serve(|event| async move { auto_restore::run(&event, ports, settings).await }).await
}
