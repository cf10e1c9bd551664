//! CloudTrail's event history: LookupEvents over what the services of the stack recorded.
//!
//! Only the services write it. An event that a test or a caller puts on a bus is not in it, so it
//! distinguishes a true call from a forged event. It holds the last thousand records of changes, and as many
//! of calls that only read, AWS's 90 days.

use std::sync::Arc;
use std::time::Instant;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pca_local::{Clock, EventSink};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::events::EventBuses;
use crate::trails::Trails;

mod rate;
mod records;

pub(crate) use rate::LookupRate;
use records::Records;

const TARGET: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
const MAX_RESULTS: usize = 50;
const DAYS: time::Duration = time::Duration::days(90);

/// A handle; clones share the history.
#[derive(Clone)]
pub(crate) struct EventHistory(Arc<Inner>);

struct Inner {
    buses: EventBuses,
    clock: Clock,
    trails: Trails,
    records: Records,
    rate: LookupRate,
    calls: rate::Calls,
}

/// CloudTrail API reference, LookupEvents.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LookupEvents {
    #[serde(default)]
    lookup_attributes: Vec<LookupAttribute>,
    /// Epoch seconds, as is the end.
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LookupAttribute {
    attribute_key: String,
    attribute_value: String,
}

type Refused = (&'static str, &'static str);

impl EventSink for EventHistory {
    fn deliver(&self, event: Value) {
        if event["detail-type"] == "AWS API Call via CloudTrail" {
            self.0.records.push(event["detail"].clone());
        }
        // The history needs no trail, and EventBridge does.
        if event["detail-type"] != "AWS API Call via CloudTrail" || self.0.trails.log_writes() {
            EventSink::deliver(&self.0.buses, event);
        }
    }
}

impl EventHistory {
    /// Records what it delivers to the default bus.
    pub(crate) fn before(
        buses: EventBuses,
        clock: Clock,
        trails: Trails,
        rate: LookupRate,
    ) -> Self {
        let (records, calls) = (Records::default(), rate::Calls::default());
        Self(Arc::new(Inner { buses, clock, trails, records, rate, calls }))
    }

    pub(crate) fn answer(&self, headers: &HeaderMap, body: &Bytes) -> Response {
        if headers.get("x-amz-target").is_none_or(|target| target != TARGET) {
            let why = "of CloudTrail, vigil-local serves LookupEvents only";
            return refuse(("UnsupportedOperationException", why));
        }
        #[expect(clippy::disallowed_methods, reason = "AWS counts calls in real time")]
        let now = Instant::now();
        if !self.0.calls.take(self.0.rate, (now, self.0.clock.now())) {
            return refuse(("ThrottlingException", "Rate exceeded"));
        }
        let Ok(request) = serde_json::from_slice::<LookupEvents>(body) else {
            return refuse(("SerializationException", "the request cannot be read"));
        };
        match self.look_up(&request) {
            Ok(page) => axum::Json(page).into_response(),
            Err(why) => refuse(why),
        }
    }

    fn look_up(&self, request: &LookupEvents) -> Result<Value, Refused> {
        let now = self.0.clock.now();
        let most = request.max_results.unwrap_or(MAX_RESULTS);
        if !(1..=MAX_RESULTS).contains(&most) {
            return Err(("InvalidMaxResultsException", "MaxResults is 1 to 50"));
        }
        let attribute = match request.lookup_attributes.as_slice() {
            [] => None,
            [one] => Some(one),
            _ => {
                let why = "there can be one lookup attribute only";
                return Err(("InvalidLookupAttributesException", why));
            }
        };
        if attribute.is_some_and(|one| !KEYS.contains(&one.attribute_key.as_str())) {
            return Err(("InvalidLookupAttributesException", "there is no such attribute key"));
        }
        let seconds = |at: OffsetDateTime| at.unix_timestamp() as f64;
        let oldest = seconds(now - DAYS);
        let start = request.start_time.unwrap_or(oldest).max(oldest);
        let end = request.end_time.unwrap_or(f64::INFINITY);
        if start > end {
            return Err(("InvalidTimeRangeException", "StartTime is after EndTime"));
        }
        let skip: usize = match &request.next_token {
            None => 0,
            Some(token) => token
                .parse()
                .map_err(|_| ("InvalidNextTokenException", "the token is not one of ours"))?,
        };
        let mut found: Vec<Value> = self.0.records.all().iter().map(event).collect();
        found.reverse();
        found.retain(|event| {
            let at = event["EventTime"].as_f64().unwrap_or_default();
            (start..=end).contains(&at) && attribute.is_none_or(|one| has(event, one))
        });
        let rest = found.len().saturating_sub(skip + most);
        let events: Vec<Value> = found.into_iter().skip(skip).take(most).collect();
        let mut page = json!({"Events": events});
        if rest > 0 {
            page["NextToken"] = json!((skip + most).to_string());
        }
        Ok(page)
    }
}

const KEYS: [&str; 8] = [
    "AccessKeyId",
    "EventId",
    "EventName",
    "EventSource",
    "ReadOnly",
    "ResourceName",
    "ResourceType",
    "Username",
];

fn has(event: &Value, wanted: &LookupAttribute) -> bool {
    let value = wanted.attribute_value.as_str();
    match wanted.attribute_key.as_str() {
        "ResourceName" | "ResourceType" => {
            let resources = event["Resources"].as_array().map(Vec::as_slice).unwrap_or_default();
            resources.iter().any(|resource| resource[&wanted.attribute_key] == value)
        }
        key => event[key] == value,
    }
}

/// A record as LookupEvents shows it: the record itself is text within.
fn event(record: &Value) -> Value {
    let identity = &record["userIdentity"];
    let arn = identity["arn"].as_str().unwrap_or_default();
    let user = identity["userName"].as_str().or(arn.rsplit('/').next()).unwrap_or_default();
    let at = record["eventTime"].as_str().and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok());
    let mut names = Vec::new();
    for part in [&record["requestParameters"], &record["responseElements"]] {
        let values = part.as_object().into_iter().flatten();
        names.extend(values.filter(|(name, _)| name.ends_with("Arn")).map(|(_, value)| value));
    }
    let listed = record["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    names.extend(listed.iter().map(|resource| &resource["ARN"]));
    let resource = |name: &Value| {
        let has = |part: &str| name.as_str().is_some_and(|name| name.contains(part));
        let kind = match (has(":certificate-authority/"), has(":kms:")) {
            (true, _) => json!("AWS::ACMPCA::CertificateAuthority"),
            (_, true) => json!("AWS::KMS::Key"),
            _ => Value::Null,
        };
        json!({"ResourceName": name, "ResourceType": kind})
    };
    json!({
        "AccessKeyId": identity["accessKeyId"],
        "CloudTrailEvent": record.to_string(),
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventSource": record["eventSource"],
        "EventTime": at.map(OffsetDateTime::unix_timestamp),
        "ReadOnly": record["readOnly"].as_bool().unwrap_or(false).to_string(),
        "Resources": names.into_iter().map(resource).collect::<Vec<_>>(),
        "Username": user,
    })
}

fn refuse((code, message): Refused) -> Response {
    (StatusCode::BAD_REQUEST, axum::Json(json!({"__type": code, "message": message})))
        .into_response()
}
