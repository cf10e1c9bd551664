//! The EventBridge API in AWS JSON 1.1, as far as it is served: `PutEvents` and the calls of `rules_api`
//! and `bus_api`.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pca_local::Clock;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Caller, DEFAULT_BUS, Event, EventBuses, bus_api, rules_api};
use crate::account::Account;
use crate::clock::to_the_second;

#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) account: Account,
    pub(crate) buses: EventBuses,
    pub(crate) clock: Clock,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<EventEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventEntry {
    detail: Option<String>,
    detail_type: Option<String>,
    event_bus_name: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    source: Option<String>,
    /// Epoch seconds.
    time: Option<f64>,
}

struct Refused {
    code: &'static str,
    message: String,
}

impl Api {
    pub(crate) fn answer(&self, headers: &HeaderMap, body: &Bytes, caller: &Caller) -> Response {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        match target {
            Some("AWSEvents.PutEvents") => self.put_events(body, caller),
            Some(other) => {
                let operation = other.strip_prefix("AWSEvents.").unwrap_or_default();
                let answer = rules_api::answer(&self.buses, operation, body)
                    .or_else(|| bus_api::answer(&self.buses, &self.account, operation, body));
                match answer {
                    Some(Ok(answer)) => reply(StatusCode::OK, &answer),
                    Some(Err((code, message))) => error(code, &message),
                    None => error(
                        "UnknownOperationException",
                        &format!("vigil-local does not serve {other}"),
                    ),
                }
            }
            None => error("UnknownOperationException", "the header X-Amz-Target is missing"),
        }
    }

    fn put_events(&self, body: &Bytes, caller: &Caller) -> Response {
        let request: PutEvents = match serde_json::from_slice(body) {
            Ok(request) => request,
            Err(cause) => return error("SerializationException", &cause.to_string()),
        };
        if request.entries.is_empty() || request.entries.len() > 10 {
            return error(
                "ValidationException",
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: \
                 Member must have length between 1 and 10",
            );
        }
        for entry in &request.entries {
            let bus = bus_of(entry.event_bus_name.as_deref());
            let source = entry.source.as_deref().unwrap_or_default();
            let detail_type = entry.detail_type.as_deref().unwrap_or_default();
            if let Err(why) = self.buses.permit_put(bus, (source, detail_type), caller) {
                return error("AccessDeniedException", &why);
            }
        }
        let results: Vec<_> = request.entries.into_iter().map(|one| self.put(one)).collect();
        let failed = results.iter().filter(|result| result.is_err()).count();
        let entries: Vec<Value> = results
            .into_iter()
            .map(|result| match result {
                Ok(id) => json!({"EventId": id}),
                Err(refused) => {
                    json!({"ErrorCode": refused.code, "ErrorMessage": refused.message})
                }
            })
            .collect();
        reply(StatusCode::OK, &json!({"FailedEntryCount": failed, "Entries": entries}))
    }

    fn put(&self, entry: EventEntry) -> Result<String, Refused> {
        let source = required(entry.source, "Source")?;
        let detail_type = required(entry.detail_type, "DetailType")?;
        let detail = required(entry.detail, "Detail")?;
        if source.starts_with("aws.") {
            return Err(Refused {
                code: "NotAuthorizedForSource",
                message: "Not authorized for the source.".to_owned(),
            });
        }
        let Ok(detail @ Value::Object(_)) = serde_json::from_str(&detail) else {
            return Err(Refused {
                code: "MalformedDetail",
                message: "Detail is malformed.".to_owned(),
            });
        };
        let bus = bus_of(entry.event_bus_name.as_deref()).to_owned();
        if !self.buses.has(&bus) {
            return Err(Refused {
                code: "ResourceNotFoundException",
                message: format!("Event bus {bus} does not exist."),
            });
        }
        let time = entry.time.and_then(|at| {
            #[expect(clippy::cast_possible_truncation, reason = "events have whole seconds")]
            OffsetDateTime::from_unix_timestamp(at as i64).ok()
        });
        let id = uuid::Uuid::new_v4().to_string();
        let envelope = json!({
            "version": "0",
            "id": id,
            "detail-type": detail_type,
            "source": source,
            "account": self.account.id,
            "time": to_the_second(time.unwrap_or_else(|| self.clock.now())),
            "region": self.account.region,
            "resources": entry.resources,
            "detail": detail,
        });
        self.buses.deliver(Event { bus, envelope });
        Ok(id)
    }
}

/// From the name or the ARN, `…:event-bus/<name>`.
fn bus_of(given: Option<&str>) -> &str {
    let given = given.unwrap_or(DEFAULT_BUS);
    given.rsplit('/').next().unwrap_or(given)
}

fn required(value: Option<String>, name: &str) -> Result<String, Refused> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| Refused {
        code: "InvalidArgument",
        message: format!("Parameter {name} is not valid. Reason: {name} is a required argument."),
    })
}

fn error(code: &str, message: &str) -> Response {
    reply(StatusCode::BAD_REQUEST, &json!({"__type": code, "message": message}))
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let headers = [
        ("content-type", "application/x-amz-json-1.1".to_owned()),
        ("x-amzn-requestid", uuid::Uuid::new_v4().to_string()),
    ];
    (status, headers, body.to_string()).into_response()
}
