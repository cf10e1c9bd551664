//! Alerts on deleted CAs whose restoration window is running out, and restores what policy does not
//! let end. Runs on a schedule.

use std::process::ExitCode;

use lambda_runtime::Error;
use vigil_aws::{
    clients::Clients,
    config::{self, RegionNames},
    lambda, telemetry,
};
use vigil_core::{
    jobs::{
        auto_restore,
        restore_deadline::{self, Settings},
    },
    span::Span,
};

/// The template passes this as the schedule's `Input`; a misspelt field must not mean "act".
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::exit(start().await)
}

async fn start() -> Result<(), Error> {
    telemetry::init()?;
    let bucket = config::EVIDENCE_BUCKET.read()?;
    let bus = config::EVENT_BUS.read()?;
    let regions: RegionNames = config::REGIONS.parse()?;
    let settings = &Settings {
        thresholds: config::DEADLINE_THRESHOLDS.parse()?,
        claim_expires_after: config::CLAIM_EXPIRES.parse::<Span>()?.duration(),
        rescue: auto_restore::Settings {
            account: None,
            reactivate_within: config::REACTIVATE_WITHIN.parse::<Span>()?.duration(),
            restores_per_day: config::RESTORES_PER_DAY.parse()?,
            settle: config::SWEEP_SETTLE.parse::<Span>()?.duration(),
        },
    };

    let clients = Clients::load().await;
    let regions = &clients.regions(&regions);
    let evidence = &clients.evidence(bucket);
    let bus = &clients.bus(bus);

    lambda::serve(|event| async move {
        let Trigger {} = lambda::payload(event)?;
        Ok::<_, lambda::Failed>(restore_deadline::run(regions, evidence, bus, settings).await?)
    })
    .await
}
