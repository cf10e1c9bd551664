//! Requests audit reports on a schedule, and summarises each on ACM PCA's event about it, or without.

use std::process::ExitCode;

use lambda_runtime::Error;
use vigil_aws::{clients::Clients, config, lambda, pace::UntilDeadline, telemetry};
use vigil_core::{
    jobs::{
        audit_report::{
            self, Acknowledging, MAX_REPORT_BYTES, Ports, Publishing, Settings, StaleAfter,
        },
        notify::Deployment,
    },
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
        report_bucket: config::REPORT_BUCKET.read()?,
        max_report_bytes: MAX_REPORT_BYTES,
        judges: true,
        stale: config::REPORT_STALE.parse::<StaleAfter>()?,
        claim_expires_after: config::CLAIM_EXPIRES.parse::<Span>()?.duration(),
    };

    let approvers = &config::held_approvers()?;
    let deployment = &Deployment {
        evidence_bucket: bucket.clone(),
        report_bucket: Some(settings.report_bucket.clone()),
        approver_key: config::approver_key()?,
    };

    let clients = Clients::of_function();
    let signatures = &clients.signatures();
    let authorities = &clients.authorities();
    let audit_reports = &clients.audit_reports();
    let objects = &clients.objects();
    let buckets = &clients.buckets();
    let evidence = &clients.evidence(bucket);
    let bus = &clients.bus(bus);

    lambda::serve_within(|event, left| async move {
        let pace = &UntilDeadline::new(left);
        let publishing = Some(Publishing { pages: evidence, page: vigil_page::page, deployment });
        let acknowledging = Some(Acknowledging { signatures, approvers });
        let ports = Ports {
            authorities,
            audit_reports,
            objects,
            buckets,
            evidence,
            bus,
            pace,
            report_tags: Some(objects),
            publishing,
            acknowledging,
        };
        audit_report::run(&event, &ports, settings).await
    })
    .await
}
