//! `vigil deadline`: acknowledges deletions, in AWS or in the local stack.

use clap::Subcommand;
use time::OffsetDateTime;
use vigil_aws::clients::Clients;
use vigil_core::{
    arn::CaArn,
    ca::CaStatus,
    evidence::keys,
    instant::rfc3339,
    jobs::restore_deadline::Ack,
    ports::{Authorities as _, EvidenceStore as _},
};

use crate::{
    exit::{Answer, Exit},
    output::line,
    signing::{self, moment},
};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Acknowledge a deletion. Until the date, only the final alert is sent.
    ///
    /// Reads the CA with your AWS credentials, signs with AWS KMS, and writes acks/….json to the evidence bucket. An
    /// acknowledgement that is valid at the last threshold also keeps auto-restore and restore-deadline from restoring
    /// the CA then. The last resort restores it all the same, unless an approval is signed.
    Ack {
        /// The deleted CA's ARN.
        #[arg(value_name = "CA")]
        ca: CaArn,
        /// End of the acknowledgement, as 2026-12-01 or 2026-12-01T12:00:00Z (UTC).
        #[arg(long, value_name = "DATE", value_parser = moment)]
        until: OffsetDateTime,
        /// Name of the person who acknowledges. It is recorded; who acknowledged follows from the key.
        #[arg(long, value_name = "WHO")]
        by: String,
        /// KMS key to sign with: id, ARN or alias. It is ECC_NIST_P256, and the stack names it.
        #[arg(long, env = "VIGIL_APPROVER_KEY", value_name = "KEY")]
        key: String,
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
    let Command::Ack { ca, until, by, key, evidence_bucket } = command;
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
    let end = restorable_until.replace_nanosecond(0).unwrap_or(restorable_until);
    let restorable_until = Some(end);
    let name = keys::acknowledgement(&ca);
    let ack = Ack { ca, by, until, restorable_until, acknowledged_at: seen.as_of };
    let evidence = clients.evidence(evidence_bucket);
    let old = evidence.read(&name).await?;
    let signed = signing::sign(&clients, &key, ack, Vec::new()).await?;
    signing::store(&evidence, &name, &signed, old.as_ref()).await?;
    line(&format!("acknowledged until {} ({name})", counts_until(until, end)));
    line(&format!("signed with {}", signing::keys(&signed)));
    line("the final alert is still sent");
    line(&format!(
        "without a signed approval, the last resort restores the CA before {} (if LastResort is true)",
        rfc3339(end)
    ));
    Ok(Exit::Clean)
}

/// An acknowledgement counts for one deletion, so no longer than the window of that.
fn counts_until(until: OffsetDateTime, end: OffsetDateTime) -> String {
    if until < end {
        return rfc3339(until);
    }
    format!("{}, the end of its restoration window", rfc3339(end))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_acknowledgement_ends_with_its_window() {
        let end = datetime!(2026-12-07 16:56:13 UTC);
        let of = |until| counts_until(until, end);
        assert_eq!(of(datetime!(2026-12-01 0:00 UTC)), "2026-12-01T00:00:00Z");
        let want = "2026-12-07T16:56:13Z, the end of its restoration window";
        assert_eq!(of(datetime!(2026-12-20 0:00 UTC)), want);
    }
}
