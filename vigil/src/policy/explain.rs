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
    inventory::{self, Inventory, Subordinates},
    jobs::{
        Certificates,
        auto_restore::{Act, Case},
    },
    policy::{self, Approval, Facts, Policies, PolicyAnswer, Question},
    snapshot::Snapshot,
};

use super::describe;
use crate::{
    exit::{Answer, Exit},
    input,
    output::{json, line},
};

#[derive(Args)]
pub(crate) struct Options {
    /// The deletion's event as EventBridge delivers it, or a case record (cases/…/….json). Of a record,
    /// the recorded request is used.
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,
    /// A *.cedar file, a folder of them, or a signed set (policies/set.json). Default: the built-in policies.
    #[arg(long, value_name = "DIR|FILE")]
    policies: Option<PathBuf>,
    /// The CA, as printed by `aws acm-pca describe-certificate-authority`.
    #[arg(long, value_name = "FILE.json")]
    ca: Option<PathBuf>,
    /// The approval: an object of approvals/.
    #[arg(long, value_name = "FILE.json")]
    approval: Option<PathBuf>,
    /// The newest summary of the CA's audit reports: an object of summaries/.
    #[arg(long, value_name = "FILE.json")]
    summary: Option<PathBuf>,
    /// The CAs of a Region: an object of state/inventory/. May be given once for each Region.
    #[arg(long, value_name = "FILE.json")]
    inventory: Vec<PathBuf>,
    /// The CA's tags and resource policy: an object of state/snapshots/.
    #[arg(long, value_name = "FILE.json")]
    snapshot: Option<PathBuf>,
    /// How often the CA was restored within the previous 30 days.
    #[arg(long, value_name = "COUNT")]
    earlier_restores: Option<u32>,
    /// Also ask whether the dead man's switch restores the CA at this time (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    deadline_at: Option<OffsetDateTime>,
    /// Also ask whether the CA goes back to ACTIVE if it was disabled at this time (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    disabled_at: Option<OffsetDateTime>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Explanation {
    #[serde(flatten)]
    verdict: policy::Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    reactivation: Option<PolicyAnswer>,
    /// The dead man's switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<PolicyAnswer>,
    /// What auto-restore decided, where a record was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<policy::Verdict>,
    policy_set: Vec<String>,
    /// What was not given, and what is assumed instead.
    assumed: Vec<String>,
    request: Value,
}

#[derive(Debug, thiserror::Error)]
#[error("{path} is neither the event of a deletion nor a case record")]
struct NotADeletion {
    path: String,
    #[source]
    cause: cloudtrail::EventRejection,
}

pub(super) fn run(options: &Options) -> Answer {
    let policies = match super::load(options.policies.as_deref())? {
        Ok(policies) => policies,
        Err(error) => {
            line(&format!("error: {}", chain(&error)));
            line("auto-restore would use the built-in policies instead, and report it");
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
        json(&serde_json::to_string_pretty(&explanation)?);
    } else {
        print(&explanation)?;
    }
    Ok(Exit::Clean)
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What auto-restore was asked then, put to these policies.
fn of_record(body: &[u8], policies: &Policies) -> Result<Explanation, Failed> {
    let case = Case::read(body)?;
    let judgement =
        case.judgement().ok_or("this case has no decision: the CA no longer existed")?;
    let request = judgement.request.clone();
    let overruled = case.entries().iter().rev().find_map(|entry| match &entry.act {
        Act::Overruled { request, .. } => Some(request),
        _ => None,
    });
    let reactivating = case.entries().iter().rev().find_map(|entry| match &entry.act {
        Act::Reactivating { request, .. } if !request.is_null() => Some(request),
        _ => None,
    });
    Ok(Explanation {
        verdict: policy::verdict(policies, &request),
        reactivation: reactivating.map(|request| policy::reactivation(policies, request)),
        deadline: overruled.map(|request| policy::at_deadline(policies, request)),
        recorded: Some(judgement.verdict.clone()),
        policy_set: policies.names(),
        assumed: Vec::new(),
        request,
    })
}

/// What is known apart from the event and the CA.
#[derive(Default)]
struct Circumstances {
    approval: Option<Approval>,
    tag_approval: Option<Approval>,
    snapshot: Option<Snapshot>,
    certificates: Option<Certificates>,
    subordinates: Option<Subordinates>,
    /// What was not given, and what is assumed instead.
    assumed: Vec<String>,
}

impl Circumstances {
    fn read(deletion: &Deletion, options: &Options) -> Result<Self, Failed> {
        let mut of = Self::default();
        match &options.approval {
            Some(path) => {
                let signed = Approval::read(&input::bytes(path)?, &deletion.ca)?;
                let signers = signed.signatures.into_iter().map(|one| one.key).collect();
                of.approval = Some(Approval { signers, ..signed.statement });
                of.assume("the signatures of the approval hold", "vigil approve");
            }
            None => of.assume("there is no approval", "--approval"),
        }
        match &options.snapshot {
            Some(path) => {
                let snapshot: Snapshot = serde_json::from_slice(&input::bytes(path)?)?;
                let tagged = Approval::from_tags(&snapshot.attached.tags, &deletion.ca);
                of.tag_approval = tagged.transpose()?;
                of.snapshot = Some(snapshot);
            }
            None => of.assume("tags and resource policy are unknown", "--snapshot"),
        }
        match &options.summary {
            Some(path) => {
                of.certificates = Some(Certificates::of_summary(&input::bytes(path)?)?);
            }
            None => of.assume("the number of valid certificates is unknown", "--summary"),
        }
        let inventories = options
            .inventory
            .iter()
            .map(|path| Ok::<Inventory, Failed>(serde_json::from_slice(&input::bytes(path)?)?));
        let inventories: Vec<Inventory> = inventories.collect::<Result<_, _>>()?;
        of.subordinates = inventory::below(&inventories, &deletion.ca, deletion.at);
        if of.subordinates.is_none() {
            of.assume("the subordinate CAs are unknown", "--inventory");
        }
        if options.earlier_restores.is_none() {
            of.assume("the number of earlier restorations is unknown", "--earlier-restores");
        }
        Ok(of)
    }

    fn assume(&mut self, what: &str, option: &str) {
        self.assumed.push(format!("{what} (see {option})"));
    }
}

fn of_event(
    deletion: &Deletion,
    policies: &Policies,
    options: &Options,
) -> Result<Explanation, Failed> {
    let mut known = Circumstances::read(deletion, options)?;
    let ca = match &options.ca {
        Some(path) => describe::read(path, &deletion.ca)?,
        None => {
            known.assume("the CA is a SUBORDINATE with a certificate", "--ca");
            likely_ca(deletion)
        }
    };
    let facts = Facts {
        approval: known.approval.as_ref(),
        tag_approval: known.tag_approval.as_ref(),
        snapshot: known.snapshot.as_ref(),
        certificates: known.certificates.as_ref(),
        subordinates: known.subordinates.as_ref(),
        earlier_restores: options.earlier_restores,
        ..Facts::new(deletion, &ca)
    };
    let at_deadline =
        |as_of| policy::must_restore_at_deadline(policies, &Facts { as_of, ..facts }, false);
    Ok(Explanation {
        verdict: policy::judge(policies, &facts),
        reactivation: options.disabled_at.map(|at| policy::may_reactivate(policies, &facts, at)),
        deadline: options.deadline_at.map(at_deadline),
        recorded: None,
        policy_set: policies.names(),
        request: policy::request_json(&facts, Question::Deletion),
        assumed: known.assumed,
    })
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

fn print(explanation: &Explanation) -> Result<(), serde_json::Error> {
    let request = &explanation.request;
    let id = |of: &str| request[of]["id"].as_str().unwrap_or("?").to_owned();
    line(&format!("principal  {}", id("principal")));
    line(&format!("action     {}", id("action")));
    line(&format!("resource   {}", id("resource")));
    line("");
    json(&format!("context    {}", indented(&request["context"])?));
    json(&format!("entities   {}", indented(&request["entities"])?));
    line(&format!("policies   {}", explanation.policy_set.join(", ")));
    for assumed in &explanation.assumed {
        line(&format!("assumed    {assumed}"));
    }
    line("");
    line(&format!("verdict    {}", sentence(&explanation.verdict)));
    if let Some(recorded) = &explanation.recorded {
        line(&format!("recorded   {}", sentence(recorded)));
    }
    match &explanation.reactivation {
        None => {}
        Some(PolicyAnswer::Granted { policies }) => {
            line(&format!("reactivate ACTIVE: permitted by {}", policies.join(", ")));
        }
        Some(PolicyAnswer::Denied { policies, errors }) => {
            line(&format!("reactivate stays DISABLED: {}", reasons(policies, errors)));
        }
    }
    match &explanation.deadline {
        None => {}
        Some(PolicyAnswer::Granted { policies }) => {
            line(&format!("deadline   the CA is restored: {}", policies.join(", ")));
        }
        Some(PolicyAnswer::Denied { policies, errors }) => {
            line(&format!("deadline   the CA is not restored: {}", reasons(policies, errors)));
        }
    }
    Ok(())
}

fn sentence(verdict: &policy::Verdict) -> String {
    match verdict {
        policy::Verdict::Ask { policies } => format!(
            "people decide; with less than 14 days left the CA is restored first: {}",
            policies.join(", ")
        ),
        policy::Verdict::Restore { policies, errors } => {
            format!("the CA is restored: {}", reasons(policies, errors))
        }
        policy::Verdict::Permit { policies } => {
            format!("the CA stays DELETED: permitted by {}", policies.join(", "))
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
