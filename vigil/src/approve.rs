//! `vigil approve`: approves the deletion of a CA, signed with a key of the approvers.

use clap::Args;
use time::OffsetDateTime;
use vigil_aws::clients::Clients;
use vigil_core::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    evidence::keys,
    instant::rfc3339,
    policy::{Approval, MAX_APPROVAL},
    ports::{Authorities as _, EvidenceStore as _},
    signed::Signed,
};

use crate::{
    exit::{Answer, Exit},
    output::line,
    signing::{self, moment},
};

mod cosign;

use cosign::CosignRefused;

#[derive(Args)]
pub(crate) struct Options {
    /// The CA's ARN.
    #[arg(value_name = "CA")]
    ca: CaArn,
    /// KMS key to sign with: id, ARN or alias. It is ECC_NIST_P256, and the stack names it.
    #[arg(long, env = "VIGIL_APPROVER_KEY", value_name = "KEY")]
    key: String,
    /// Name of the person who approves. It is recorded; who approved follows from the key.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why the CA may be deleted, as CHG-1042.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// By when the deletion must have been called, at most seven days from now. Of a CA that is DELETED
    /// already, the default is the end of its window.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    expires: Option<OffsetDateTime>,
    /// Add a signature to the approval that is there, for deletions that need several groups. It must be one that
    /// could be made now, and its signatures are verified.
    #[arg(long, conflicts_with_all = ["expires", "reason"])]
    cosign: bool,
    /// Vigil's evidence bucket, as vigil-evidence-111122223333-us-east-1.
    #[arg(long, env = "VIGIL_EVIDENCE_BUCKET", value_name = "BUCKET")]
    evidence_bucket: String,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
enum ApprovalRefused {
    #[error("--by is empty: give the name of the person who approves")]
    Anonymous,
    #[error("--expires {0} is not between now and seven days from now")]
    Expires(String),
    #[error("there is no approval of {0} to sign: approve without --cosign")]
    NothingToSign(CaArn),
    #[error("{key} cannot be signed")]
    Unusable {
        key: String,
        #[source]
        cause: CosignRefused,
    },
    #[error("the window of {0} has ended: it cannot be restored, and needs no approval")]
    TooLate(CaArn),
}

pub(crate) fn run(options: Options) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(approve(options))
}

async fn approve(options: Options) -> Answer {
    if options.by.trim().is_empty() {
        return Err(ApprovalRefused::Anonymous.into());
    }
    let clients = Clients::load().await;
    let seen = clients.authorities().describe(&options.ca).await?;
    let evidence = clients.evidence(options.evidence_bucket.clone());
    let key = keys::approval(&options.ca);
    let old = evidence.read(&key).await?;
    let (statement, others) = if options.cosign {
        let old = old.as_ref().ok_or_else(|| ApprovalRefused::NothingToSign(options.ca.clone()))?;
        let verifier = clients.signatures();
        let checked = cosign::checked(&old.body, &seen.ca, seen.as_of, &verifier).await;
        let cause = |cause| ApprovalRefused::Unusable { key: key.clone(), cause };
        let approval = checked.map_err(cause)?;
        // Before it is signed: what is printed afterwards comes too late to stop it.
        show(&approval, &key);
        line(&format!("signing it with {}", options.key));
        (approval.statement, approval.signatures)
    } else {
        (statement(&options, &seen.ca, seen.as_of)?, Vec::new())
    };
    let signed = signing::sign(&clients, &options.key, statement, others).await?;
    signing::store(&evidence, &key, &signed, old.as_ref()).await?;
    show(&signed, &key);
    if signed.statement.restorable_until.is_some() {
        line("if Vigil restores the CA before it reads this, approve anew and delete the CA again");
    }
    Ok(Exit::Clean)
}

/// What is approved, by whom and for how long.
fn show(approval: &Signed<Approval>, key: &str) {
    let Approval { ca, approved_by, reason, approved_at, restorable_until, expires, .. } =
        &approval.statement;
    line(&format!("approved by {approved_by}: {reason} ({key})"));
    line(&format!("of the deletion of {ca}, at {}", rfc3339(*approved_at)));
    line(&format!("signed with {}", signing::keys(approval)));
    match restorable_until {
        Some(until) => line(&format!(
            "it counts for the deletion that ends at {}, and no other",
            rfc3339(*until)
        )),
        None => line(&format!(
            "it counts for a deletion that is called before {}; leave it there until RestorableUntil",
            rfc3339(*expires)
        )),
    }
}

/// For the deletion that there is, or for one to come.
fn statement(options: &Options, ca: &Ca, now: OffsetDateTime) -> Result<Approval, ApprovalRefused> {
    let is_deleted = ca.status == CaStatus::Deleted;
    let until = ca.restorable_until.filter(|_| is_deleted).map(whole_second);
    if until.is_some_and(|until| until <= now) {
        return Err(ApprovalRefused::TooLate(ca.arn.clone()));
    }
    let latest = until.unwrap_or(now + MAX_APPROVAL);
    let expires = options.expires.unwrap_or(latest);
    if expires <= now || expires > latest {
        return Err(ApprovalRefused::Expires(rfc3339(expires)));
    }
    Ok(Approval {
        ca: ca.arn.clone(),
        approved_by: options.by.clone(),
        reason: options.reason.clone(),
        approved_at: now,
        restorable_until: until,
        expires,
        signers: Vec::new(),
        approvers: Vec::new(),
    })
}

fn whole_second(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(0).unwrap_or(at)
}
