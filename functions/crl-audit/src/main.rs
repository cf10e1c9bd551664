//! Checks CRLs and their buckets. Runs on a schedule, and when a CRL or a bucket changes.

use std::process::ExitCode;

use lambda_runtime::Error;
use vigil_aws::{clients::Clients, config, lambda, pace::UntilDeadline, telemetry};
use vigil_core::{
    jobs::crl_audit::{self, MAX_COMPARED_REPORT_BYTES, MAX_CRL_BYTES, Ports, Settings},
    ports::Distribution,
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
    let settings = &Settings {
        max_crl_bytes: MAX_CRL_BYTES,
        max_report_bytes: MAX_COMPARED_REPORT_BYTES,
        claim_expires_after: config::CLAIM_EXPIRES.parse::<Span>()?.duration(),
        administrators: config::CRL_ADMINISTRATORS.parse::<config::PrincipalNames>()?.0,
    };

    let clients = Clients::of_function();
    let authorities = &clients.authorities();
    let issued = authorities;
    let objects = &clients.objects();
    let buckets = &clients.buckets();
    let evidence = &clients.evidence(bucket);
    let bus = &clients.bus(bus);
    let distribution = &clients.distribution().await?;

    lambda::serve_within(|event, left| async move {
        let pace = &UntilDeadline::new(left);
        let distribution = distribution.as_ref().map(|fetching| fetching as &dyn Distribution);
        let ports =
            &Ports { authorities, issued, objects, buckets, evidence, bus, pace, distribution };
        crl_audit::run(&event, ports, settings).await
    })
    .await
}
