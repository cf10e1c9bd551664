//! `vigil policy explain`: a deletion's request to Cedar, the verdict, and the policies that made it.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use vigil_core::{
    ca::{Ca, CaStatus, CaType},
    cloudtrail::{self, Deletion},
    failure::chain,
    jobs::auto_restore::Case,
    policy::{self, Approval, Facts, Permission, Policies, Question},
};

use super::describe;
use crate::{
    exit::Exit,
    input,
    output::{Answer, line},
};

#[derive(Args)]
pub(crate) struct Options {
    /// The deletion's event as EventBridge delivers it, or the record of a case (cases/…/….json):
    /// then the request is the one on record.
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,
    /// A folder of *.cedar files, or one; the built-in policies, if not given.
    #[arg(long, value_name = "DIR|FILE")]
    policies: Option<PathBuf>,
    /// The CA, as `aws acm-pca describe-certificate-authority` prints it.
    #[arg(long, value_name = "FILE.json")]
    ca: Option<PathBuf>,
    /// The approval, as it lies in approvals/.
    #[arg(long, value_name = "FILE.json")]
    approval: Option<PathBuf>,
    /// Also ask whether the CA goes back into service, having been disabled at this time (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    disabled_at: Option<OffsetDateTime>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Explanation {
    #[serde(flatten)]
    verdict: policy::Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    reactivation: Option<Permission>,
    /// What auto-restore decided, where a record was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<policy::Verdict>,
    policy_set: Vec<String>,
    /// What was not given and therefore taken to be so.
    assumed: Vec<String>,
    request: Value,
}

#[derive(Debug, thiserror::Error)]
#[error("{path} is neither the event of a deletion nor the record of a case")]
struct NotADeletion {
    path: String,
    #[source]
    cause: cloudtrail::Refusal,
}

pub(super) fn run(options: &Options) -> Answer {
    let policies = match super::load(options.policies.as_deref())? {
        Ok(policies) => policies,
        Err(error) => {
            line(&format!("error: {}", chain(&error)));
            line("auto-restore would use the built-in policies, and say so");
            return Ok(Exit::Findings);
        }
    };
    let event = input::json(&options.event)?;
    let explanation = if event.get("entries").is_some() {
        of_record(&input::bytes(&options.event)?, &policies)?
    } else {
        let path = options.event.display().to_string();
        let deletion =
            cloudtrail::deletion(&event).map_err(|cause| NotADeletion { path, cause })?;
        of_event(&deletion, &policies, options)?
    };
    if options.json {
        line(&serde_json::to_string_pretty(&explanation)?);
    } else {
        tell(&explanation)?;
    }
    Ok(Exit::Clean)
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What auto-restore was asked then, put to these policies.
fn of_record(body: &[u8], policies: &Policies) -> Result<Explanation, Failed> {
    let case = Case::read(body)?;
    let judgement = case.judgement().ok_or("nothing was judged in this case: the CA was gone")?;
    let request = judgement.request.clone();
    let recorded = Some(judgement.verdict.clone());
    let (verdict, policy_set) = (verdict(policies, &request), policies.names());
    let (reactivation, assumed) = (None, Vec::new());
    Ok(Explanation { verdict, reactivation, recorded, policy_set, assumed, request })
}

fn of_event(
    deletion: &Deletion,
    policies: &Policies,
    options: &Options,
) -> Result<Explanation, Failed> {
    let mut assumed = Vec::new();
    let ca = match &options.ca {
        Some(path) => describe::read(path, &deletion.ca)?,
        None => {
            assumed.push("the CA is a SUBORDINATE with a certificate (see --ca)".to_owned());
            likely_ca(deletion)
        }
    };
    let approval = match &options.approval {
        Some(path) => Some(Approval::read(&input::bytes(path)?, &deletion.ca)?),
        None => {
            assumed.push("there is no approval (see --approval)".to_owned());
            None
        }
    };
    assumed.push("the tags are not known, as for every DELETED CA".to_owned());
    let facts = Facts { deletion, ca: &ca, approval: approval.as_ref(), tags: None };
    let request = policy::request_json(&facts, Question::Deletion);
    let verdict = policy::judge(policies, &facts);
    let reactivation = options.disabled_at.map(|at| policy::may_reactivate(policies, &facts, at));
    let (recorded, policy_set) = (None, policies.names());
    Ok(Explanation { verdict, reactivation, recorded, policy_set, assumed, request })
}

fn verdict(policies: &Policies, request: &Value) -> policy::Verdict {
    match policy::answer(policies, request) {
        Permission::Denied { policies, errors } => policy::Verdict::Restore { policies, errors },
        Permission::Granted { policies } => policy::Verdict::Stand { policies },
    }
}

/// The CA that most deletions are about.
fn likely_ca(deletion: &Deletion) -> Ca {
    Ca {
        arn: deletion.ca.clone(),
        ca_type: CaType::Subordinate,
        status: CaStatus::Deleted,
        common_name: None,
        key_algorithm: None,
        signing_algorithm: None,
        usage_mode: None,
        serial: Some("unknown".to_owned()),
        not_before: None,
        not_after: None,
        created_at: None,
        last_state_change_at: Some(deletion.at),
        restorable_until: Some(deletion.expected_until()),
        crl: None,
        ocsp_enabled: false,
    }
}

fn tell(explanation: &Explanation) -> Result<(), serde_json::Error> {
    let request = &explanation.request;
    let id = |of: &str| request[of]["id"].as_str().unwrap_or("?").to_owned();
    line(&format!("principal  {}", id("principal")));
    line(&format!("action     {}", id("action")));
    line(&format!("resource   {}", id("resource")));
    line(&format!("\ncontext    {}", indented(&request["context"])?));
    line(&format!("entities   {}", indented(&request["entities"])?));
    line(&format!("policies   {}", explanation.policy_set.join(", ")));
    for assumed in &explanation.assumed {
        line(&format!("assumed    {assumed}"));
    }
    line(&format!("\nverdict    {}", sentence(&explanation.verdict)));
    if let Some(recorded) = &explanation.recorded {
        line(&format!("recorded   {}", sentence(recorded)));
    }
    match &explanation.reactivation {
        None => {}
        Some(Permission::Granted { policies }) => {
            line(&format!("service    ACTIVE again: permitted by {}", policies.join(", ")));
        }
        Some(Permission::Denied { policies, errors }) => {
            line(&format!("service    stays DISABLED: {}", reasons(policies, errors)));
        }
    }
    Ok(())
}

fn sentence(verdict: &policy::Verdict) -> String {
    match verdict {
        policy::Verdict::Restore { policies, errors } => {
            format!("the CA is restored: {}", reasons(policies, errors))
        }
        policy::Verdict::Stand { policies } => {
            format!("the deletion stands: permitted by {}", policies.join(", "))
        }
    }
}

fn reasons(forbidding: &[String], errors: &[String]) -> String {
    let mut reasons = Vec::new();
    if !forbidding.is_empty() {
        reasons.push(format!("forbidden by {}", forbidding.join(", ")));
    }
    reasons.extend(errors.iter().map(|error| format!("error: {error}")));
    if reasons.is_empty() {
        return "no policy permits it".to_owned();
    }
    reasons.join("; ")
}

fn indented(value: &Value) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(value)?.replace('\n', "\n           "))
}

fn moment(text: &str) -> Result<OffsetDateTime, time::error::Parse> {
    OffsetDateTime::parse(text, &Rfc3339)
}
