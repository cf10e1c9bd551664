//! The facts of a deletion as Cedar's entities and context.

use std::collections::BTreeMap;

use cedar_policy::{Context, Entities, EntityUid, Request, Schema};
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, macros::format_description};

use super::{Approval, Question};
use crate::{
    arn::CaArn, ca::Ca, cloudtrail::Deletion, impact::Certificates, instant::in_utc,
    inventory::Subordinates, snapshot::Snapshot,
};

/// All that is known when a deletion is judged. An absent fact is an unknown one; but for the
/// approvals, which are not there.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The deletion that is judged.
    pub deletion: &'a Deletion,
    /// The CA as it is described now.
    pub ca: &'a Ca,
    /// The approval in the evidence bucket.
    pub approval: Option<&'a Approval>,
    /// By tags.
    pub tag_approval: Option<&'a Approval>,
    /// What was attached to the CA before.
    pub snapshot: Option<&'a Snapshot>,
    /// Its certificates, by the newest summary.
    pub certificates: Option<&'a Certificates>,
    /// The CAs below it, by the inventory.
    pub subordinates: Option<&'a Subordinates>,
    /// How often the CA was restored within the 30 days before.
    pub earlier_restores: Option<u32>,
    /// When the facts are judged.
    pub as_of: OffsetDateTime,
}

impl<'a> Facts<'a> {
    /// The deletion, the CA, and nothing else.
    pub fn new(deletion: &'a Deletion, ca: &'a Ca) -> Self {
        Self {
            deletion,
            ca,
            approval: None,
            tag_approval: None,
            snapshot: None,
            certificates: None,
            subordinates: None,
            earlier_restores: None,
            as_of: deletion.at,
        }
    }

    fn tags(&self) -> Option<&'a BTreeMap<String, Option<String>>> {
        self.snapshot.map(|snapshot| &snapshot.attached.tags)
    }
}

/// The request and the entities, checked against the schema; the error is the validator's text.
pub(super) fn read(schema: &Schema, request: &Value) -> Result<(Request, Entities), String> {
    let action = uid(&request["action"])?;
    let context = Context::from_json_value(request["context"].clone(), Some((schema, &action)))
        .map_err(|error| error.to_string())?;
    let (principal, resource) = (uid(&request["principal"])?, uid(&request["resource"])?);
    let checked = Request::new(principal, action, resource, context, Some(schema))
        .map_err(|error| error.to_string())?;
    let entities = Entities::from_json_value(request["entities"].clone(), Some(schema))
        .map_err(|error| crate::failure::chain(&error))?;
    Ok((checked, entities))
}

fn uid(json: &Value) -> Result<EntityUid, String> {
    EntityUid::from_json(json.clone()).map_err(|error| error.to_string())
}

pub(super) fn context(facts: &Facts<'_>, question: Question) -> Value {
    let deletion = facts.deletion;
    let mut context = Attributes::default();
    context.put("time", Some(instant(deletion.at)));
    context.put("windowDays", Some(deletion.effective_window_days()));
    context.put("eventKnown", Some(deletion.event_id.is_some()));
    context.put("sourceIp", deletion.source_ip.as_deref());
    context.put("userAgent", deletion.user_agent.as_deref());
    context.put("tagsKnown", Some(facts.tags().is_some()));
    match question {
        Question::Decision | Question::Deletion | Question::PutBack => {}
        Question::Reactivation { disabled_at } => {
            context.put("disabledAt", Some(instant(disabled_at)));
        }
        Question::Deadline { acknowledged } => {
            context.put("now", Some(instant(facts.as_of)));
            context.put("acknowledged", Some(acknowledged));
        }
    }
    let counts = |of: &&Approval| of.refusal(deletion, facts.ca).is_none();
    context.put("approval", facts.approval.filter(counts).map(approval));
    context.put("tagApproval", facts.tag_approval.map(approval));
    put_impact(&mut context, facts);
    context.0.into()
}

fn put_impact(context: &mut Attributes, facts: &Facts<'_>) {
    context.put("earlierRestores", facts.earlier_restores);
    if let Some(of) = facts.certificates {
        let mut certificates = Attributes::default();
        certificates.put("valid", Some(of.live(facts.as_of)));
        certificates.put("lastNotAfter", of.last_not_after.map(instant));
        certificates.put("asOf", Some(instant(of.as_of)));
        context.put("certificates", Some(certificates.0));
    }
    if let Some(of) = facts.subordinates {
        let mut subordinates = Attributes::default();
        subordinates.put("living", Some(of.living));
        subordinates.put("active", Some(of.active));
        subordinates.put("lastNotAfter", of.last_not_after.map(instant));
        subordinates.put("asOf", Some(instant(of.as_of)));
        context.put("subordinates", Some(subordinates.0));
    }
    if let Some(of) = facts.snapshot {
        let mut policy = Attributes::default();
        policy.put("exists", Some(of.attached.policy.is_some()));
        policy.put("sharedWith", Some(of.attached.shared_with()));
        policy.put("asOf", Some(instant(of.as_of)));
        context.put("resourcePolicy", Some(policy.0));
    }
}

fn approval(approval: &Approval) -> Value {
    json!({
        "by": approval.approved_by,
        "reason": approval.reason,
        "expires": instant(approval.expires),
        "signers": approval.signers,
    })
}

/// The approval that a request on record was made with.
pub(crate) fn recorded_approval(deletion: &Deletion, request: &Value) -> Option<Approval> {
    let approval = request.get("context")?.get("approval")?;
    let text = |member: &str| approval.get(member)?.as_str().map(str::to_owned);
    let signers = serde_json::from_value(approval["signers"].clone()).ok();
    // It counted for this very deletion.
    let (approved_at, restorable_until) = (deletion.at, None);
    Some(Approval {
        ca: deletion.ca.clone(),
        approved_by: text("by")?,
        reason: text("reason")?,
        approved_at,
        restorable_until,
        expires: crate::instant::parse(&text("expires")?).ok()?,
        signers: signers.unwrap_or_default(),
        approvers: Vec::new(),
    })
}

pub(super) fn entities(facts: &Facts<'_>) -> Value {
    let by = &facts.deletion.by;
    let account = by.account.as_deref().unwrap_or(&facts.deletion.account);
    // Who is not known at all is not known to be of this account either.
    let mut parents =
        if facts.deletion.event_id.is_some() { vec![account_uid(account)] } else { Vec::new() };
    let mut roles = Vec::new();
    if let Some(role) = by.session_issuer.as_deref().filter(|role| *role != by.name()) {
        let uid = json!({"type": "Vigil::Principal", "id": role});
        roles.push(json!({
            "uid": uid, "attrs": {"type": "Role", "arn": role}, "parents": [account_uid(account)],
        }));
        parents.push(uid);
    }
    let principal =
        json!({"uid": principal_uid(facts), "attrs": principal(facts), "parents": parents});
    let tags: Map<String, Value> = (facts.tags().into_iter().flatten())
        .map(|(key, value)| (key.clone(), value.clone().unwrap_or_default().into()))
        .collect();
    let ca = json!({
        "uid": ca_uid(&facts.ca.arn),
        "attrs": ca(facts.ca),
        "tags": tags,
        "parents": [account_uid(facts.ca.arn.account())],
    });
    Value::Array([principal, ca].into_iter().chain(roles).collect())
}

fn principal(facts: &Facts<'_>) -> Value {
    let by = &facts.deletion.by;
    let mut principal = Attributes::default();
    principal.put("type", Some(by.kind.as_str()));
    principal.put("arn", by.arn.as_deref());
    principal.put("sessionIssuer", by.session_issuer.as_deref());
    principal.put("mfa", by.mfa);
    principal.put("invokedBy", by.invoked_by.as_deref());
    principal.0.into()
}

fn ca(ca: &Ca) -> Value {
    let mut attributes = Attributes::default();
    attributes.put("type", Some(ca.ca_type.as_str()));
    attributes.put("status", Some(ca.status.as_str()));
    attributes.put("region", Some(ca.arn.region()));
    attributes.put("hadCertificate", Some(ca.had_certificate()));
    attributes.put("commonName", ca.common_name.as_deref());
    attributes.put("keyAlgorithm", ca.key_algorithm.as_deref());
    attributes.put("usageMode", ca.usage_mode.as_ref().map(|mode| mode.as_str()));
    attributes.put("createdAt", ca.created_at.map(instant));
    attributes.put("notBefore", ca.not_before.map(instant));
    attributes.put("notAfter", ca.not_after.map(instant));
    attributes.put("restorableUntil", ca.restorable_until.map(instant));
    attributes.0.into()
}

/// Of the CA that a request is about.
pub(super) fn ca_type(request: &Value) -> Option<&str> {
    let is_ca = |entity: &&Value| entity["uid"] == request["resource"];
    request["entities"].as_array()?.iter().find(is_ca)?["attrs"]["type"].as_str()
}

pub(super) fn principal_uid(facts: &Facts<'_>) -> Value {
    json!({"type": "Vigil::Principal", "id": facts.deletion.by.name()})
}

pub(super) fn ca_uid(arn: &CaArn) -> Value {
    json!({"type": "Vigil::CertificateAuthority", "id": arn.as_str()})
}

pub(super) fn action_uid(question: Question) -> Value {
    json!({"type": "Vigil::Action", "id": question.action()})
}

fn account_uid(account: &str) -> Value {
    json!({"type": "Vigil::Account", "id": account})
}

/// Attributes, of which the unknown ones are left out.
#[derive(Default)]
struct Attributes(Map<String, Value>);

impl Attributes {
    fn put(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
    }
}

/// Cedar's `datetime` takes this form and no fraction of other than three digits.
fn instant(at: OffsetDateTime) -> Value {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    match in_utc(at).format(form) {
        Ok(text) => text.into(),
        // Cannot happen with this form; if it did, the schema check would refuse the request.
        Err(error) => error.to_string().into(),
    }
}
