//! `vigil deadline`: acknowledges deletions, in AWS or in the local stack.

use clap::Subcommand;
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};
use vigil_aws::clients::Clients;
use vigil_core::{
    arn::CaArn,
    ca::CaStatus,
    evidence::keys,
    instant::rfc3339,
    jobs::restore_deadline::Ack,
    ports::{Authorities as _, Creation, EvidenceStore as _, Replacement},
};

use crate::{
    exit::{Answer, Exit},
    output::line,
};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Acknowledge a deletion. Until the date, only the final alert is sent.
    ///
    /// Reads the CA with your AWS credentials and writes acks/….json to the evidence bucket. An
    /// acknowledgement that is valid at the last threshold also keeps the CA from being restored then.
    Ack {
        /// The deleted CA's ARN.
        #[arg(value_name = "CA")]
        ca: CaArn,
        /// End of the acknowledgement, as 2026-12-01 or 2026-12-01T12:00:00Z (UTC).
        #[arg(long, value_name = "DATE", value_parser = moment)]
        until: OffsetDateTime,
        /// Name of the person who acknowledges. It is recorded, not verified.
        #[arg(long, value_name = "WHO")]
        by: String,
        /// Vigil's evidence bucket, as vigil-evidence-111122223333-us-east-1.
        #[arg(long, env = "VIGIL_EVIDENCE_BUCKET", value_name = "BUCKET")]
        evidence_bucket: String,
    },
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
enum AckRefused {
    #[error("--by is empty: give the name of the person who acknowledges")]
    Anonymous,
    #[error("{0} was changed at the same time: run the command again")]
    Contended(String),
    #[error("{ca} is {status}, not DELETED: there is nothing to acknowledge")]
    NotDeleted { ca: CaArn, status: CaStatus },
    #[error("--until {until} is in the past: it is {now}")]
    Past { until: String, now: String },
}

pub(crate) fn run(command: Command) -> Answer {
    // Only this command makes requests; the others need no runtime.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(acknowledge(command))
}

async fn acknowledge(command: Command) -> Answer {
    let Command::Ack { ca, until, by, evidence_bucket } = command;
    if by.trim().is_empty() {
        return Err(AckRefused::Anonymous.into());
    }
    let clients = Clients::load().await;
    let seen = clients.authorities().describe(&ca).await?;
    let Some(restorable_until) =
        seen.ca.restorable_until.filter(|_| seen.ca.status == CaStatus::Deleted)
    else {
        return Err(AckRefused::NotDeleted { ca, status: seen.ca.status }.into());
    };
    if until <= seen.as_of {
        let (until, now) = (rfc3339(until), rfc3339(seen.as_of));
        return Err(AckRefused::Past { until, now }.into());
    }
    let restorable_until = Some(restorable_until.replace_nanosecond(0).unwrap_or(restorable_until));
    let key = keys::acknowledgement(&ca);
    let body = Ack { ca, by, until, restorable_until }.to_json()?;
    let evidence = clients.evidence(evidence_bucket);
    let is_written = match evidence.read(&key).await? {
        None => matches!(evidence.create(&key, body).await?, Creation::Created(_)),
        Some(old) => {
            matches!(evidence.replace(&key, body, &old.etag).await?, Replacement::Replaced(_))
        }
    };
    if !is_written {
        return Err(AckRefused::Contended(key).into());
    }
    let end = restorable_until.map(rfc3339).unwrap_or_default();
    line(&format!("acknowledged until {} ({key})", rfc3339(until)));
    line(&format!("the CA is destroyed at {end}; the final alert before that is still sent"));
    Ok(Exit::Clean)
}

fn moment(text: &str) -> Result<OffsetDateTime, time::error::Parse> {
    if text.contains('T') {
        return OffsetDateTime::parse(text, &Rfc3339);
    }
    let form = time::macros::format_description!("[year]-[month]-[day]");
    Ok(Date::parse(text, form)?.midnight().assume_utc())
}
