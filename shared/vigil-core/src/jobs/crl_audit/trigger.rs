//! What set the job going: the schedule, what the service says of one CRL, what S3 says of one
//! object, or what CloudTrail says of a change to a bucket or a CA.

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::Scope;
use crate::{
    arn::CaArn,
    ca::Ca,
    finding::SOURCE,
    ports::{CONTINUATION, Continuation},
    rules::crl::{CrlHistory, ForeignWrite, GenerationFailure},
    service_event::{self, CRL_GENERATION, EventError, EventResult, ServiceEvent},
};

mod call;
mod object;

use call::{BucketCall, CaCall};
pub(super) use object::{ObjectChange, ObjectEvent};

#[derive(Debug)]
pub(super) enum Trigger {
    /// How a bucket, or every bucket of the account, is set up was changed, or a bucket deleted.
    Bucket(BucketCall),
    /// A CA was updated.
    Ca(CaCall),
    Generation(ServiceEvent),
    Object(ObjectEvent),
    /// What an earlier invocation had no time for.
    Continuation(Continuation),
    Schedule,
}

pub(super) fn read(payload: &Value) -> Result<Trigger, EventError> {
    if service_event::is_schedule(payload) {
        return Ok(Trigger::Schedule);
    }
    let named = |member: &str| payload.get(member).and_then(Value::as_str).unwrap_or_default();
    match (named("source"), named("detail-type")) {
        ("aws.s3", call::DETAIL_TYPE) => call::on_bucket(payload).map(Trigger::Bucket),
        ("aws.acm-pca", call::DETAIL_TYPE) => call::on_ca(payload).map(Trigger::Ca),
        (SOURCE, CONTINUATION) => {
            let detail = payload.get("detail").unwrap_or(&Value::Null);
            Continuation::deserialize(detail).map(Trigger::Continuation).map_err(EventError::Shape)
        }
        ("aws.s3", object::CREATED | object::DELETED) => object::read(payload).map(Trigger::Object),
        _ => ServiceEvent::read(payload, CRL_GENERATION).map(Trigger::Generation),
    }
}

impl Trigger {
    /// Whether a CA's CRL is to be audited; `scope` says where that is, if anywhere.
    pub(super) fn concerns<E>(&self, ca: &Ca, scope: &Result<Scope, E>) -> bool {
        match self {
            // The buckets are what has changed; but a bucket that is gone took the CRLs along.
            Self::Bucket(call) => {
                call.removes_bucket() && matches!(scope, Ok(scope) if call.concerns(&scope.bucket))
            }
            Self::Ca(call) => call.ca == ca.arn,
            Self::Generation(event) => event.ca == ca.arn,
            Self::Object(event) => matches!(scope, Ok(scope) if event.is_at(scope)),
            Self::Continuation(continuation) => ca.arn.as_str() >= continuation.from.as_str(),
            Self::Schedule => true,
        }
    }

    /// Whether a bucket is to be audited for its own sake.
    pub(super) fn concerns_bucket(&self, bucket: &str) -> bool {
        match self {
            Self::Bucket(call) => call.concerns(bucket),
            Self::Object(event) => event.bucket == bucket,
            Self::Continuation(continuation) => match continuation.from.split_once(":s3:::") {
                Some((_, first)) => bucket >= first,
                None => true,
            },
            Self::Schedule => true,
            Self::Ca(_) | Self::Generation(_) => false,
        }
    }

    /// Whether this run goes through all CAs, itself or as the end of one that did.
    pub(super) fn is_of_all(&self) -> bool {
        matches!(self, Self::Continuation(_) | Self::Schedule)
    }

    /// Adds what the event says to what is recorded of a CA's CRL, or of one part of it. Events
    /// come late, twice and in any order: only a newer one changes anything.
    pub(super) fn learn(&self, ca: &CaArn, scope: &Scope, history: &mut CrlHistory) {
        match self {
            Self::Generation(event) if event.ca == *ca => learn_generation(event, scope, history),
            Self::Object(event) if event.key == scope.key => learn_object(event, history),
            Self::Bucket(_)
            | Self::Ca(_)
            | Self::Generation(_)
            | Self::Object(_)
            | Self::Continuation(_)
            | Self::Schedule => {}
        }
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Bucket(call) => format!("{} on {}, event {}", call.name, call.about(), call.id),
            Self::Ca(call) => format!("{} of {}, event {}", call.name, call.ca.id(), call.id),
            Self::Generation(event) => format!("{CRL_GENERATION} event {}", event.id),
            Self::Object(event) => format!(
                "{} event {} of s3://{}/{}",
                event.change.detail_type(),
                event.id,
                event.bucket,
                event.key
            ),
            Self::Continuation(continuation) => {
                format!("the rest of a run, from {}", continuation.from)
            }
            Self::Schedule => "schedule".to_owned(),
        }
    }

    /// What the event is about, as results name it.
    pub(super) fn about(&self) -> String {
        match self {
            Self::Bucket(call) => call.about().to_owned(),
            Self::Ca(call) => call.ca.to_string(),
            Self::Generation(event) => event.ca.to_string(),
            Self::Object(event) => format!("s3://{}/{}", event.bucket, event.key),
            Self::Continuation(_) | Self::Schedule => "all CAs".to_owned(),
        }
    }

    /// The id of the event's CA, or the event's bucket, for the report's key.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Bucket(call) => Some(call.bucket.as_deref().unwrap_or("account")),
            Self::Ca(call) => Some(call.ca.id()),
            Self::Generation(event) => Some(event.ca.id()),
            Self::Object(event) => Some(&event.bucket),
            Self::Continuation(continuation) => continuation.from.rsplit('/').next(),
            Self::Schedule => None,
        }
    }
}

fn learn_generation(event: &ServiceEvent, scope: &Scope, history: &mut CrlHistory) {
    let failed_at = history.failure.as_ref().map(|failure| failure.at);
    match &event.result {
        EventResult::Failure { reason } => {
            if is_newer(event.at, failed_at) {
                let reason = reason.as_ref().map(|text| text.chars().take(500).collect());
                history.failure = Some(GenerationFailure { at: event.at, reason });
            }
        }
        EventResult::Success => {
            if failed_at.is_some_and(|at| at <= event.at) {
                history.failure = None;
            }
            // Of several parts, the event does not say which.
            if !scope.partitioned {
                history.seen_at = history.seen_at.max(Some(event.at));
                service_wrote(event.at, history);
            }
        }
    }
}

/// What another principal wrote before is written over.
fn service_wrote(at: OffsetDateTime, history: &mut CrlHistory) {
    history.written_at = history.written_at.max(Some(at));
    history.foreign_write.take_if(|write| write.at <= at);
}

fn learn_object(event: &ObjectEvent, history: &mut CrlHistory) {
    // What was deleted was there; what is written now is seen by the audit itself.
    history.seen_at = history.seen_at.max(Some(event.at));
    let foreign = history.foreign_write.as_ref().map(|write| write.at);
    let known = foreign.max(history.written_at);
    match event.change {
        ObjectChange::Created if event.by_service() => service_wrote(event.at, history),
        ObjectChange::Created if is_newer(event.at, known) => {
            history.foreign_write = Some(ForeignWrite { at: event.at, by: event.by.clone() });
        }
        ObjectChange::Created | ObjectChange::Deleted => {}
    }
}

fn is_newer(at: OffsetDateTime, known: Option<OffsetDateTime>) -> bool {
    known.is_none_or(|known| known < at)
}
