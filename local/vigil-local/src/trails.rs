//! CloudTrail's trail of this account: one, of management events, that is logging from the start.
//!
//! AWS sends a record of a call to EventBridge only while a trail logs management events (EventBridge
//! User Guide, "Events delivered via CloudTrail"), and so does the stack.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::account::Account;
use crate::json_api::{Refused, unknown};

const NAME: &str = "vigil-local";

/// A handle; clones share the trail.
#[derive(Clone)]
pub(crate) struct Trails(Arc<Inner>);

struct Inner {
    arn: String,
    region: String,
    state: Mutex<State>,
}

struct State {
    exists: bool,
    is_logging: bool,
    has_management_events: bool,
    /// `All`, `ReadOnly` or `WriteOnly`.
    calls: String,
}

impl Trails {
    pub(crate) fn new(account: &Account) -> Self {
        let state = State {
            exists: true,
            is_logging: true,
            has_management_events: true,
            calls: "All".to_owned(),
        };
        Self(Arc::new(Inner {
            arn: account.arn("cloudtrail", &format!("trail/{NAME}")),
            region: account.region.clone(),
            state: Mutex::new(state),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether records of calls that change something go to EventBridge.
    pub(crate) fn log_writes(&self) -> bool {
        let state = self.state();
        let has_writes = state.has_management_events && state.calls != "ReadOnly";
        state.exists && state.is_logging && has_writes
    }

    pub(crate) fn answer(&self, operation: &str, request: &Value) -> Result<Value, Refused> {
        if operation == "DescribeTrails" {
            return Ok(self.describe());
        }
        let known = ["DeleteTrail", "GetEventSelectors", "GetTrailStatus", "PutEventSelectors"];
        if !known.contains(&operation) && !["StartLogging", "StopLogging"].contains(&operation) {
            return Err(unknown("CloudTrail", operation));
        }
        let named = request["Name"].as_str().or(request["TrailName"].as_str()).unwrap_or_default();
        let mut state = self.state();
        if !state.exists || (named != NAME && named != self.0.arn) {
            let message = format!("Unknown trail: {named}");
            return Err(("TrailNotFoundException", message));
        }
        match operation {
            "DeleteTrail" => state.exists = false,
            "GetTrailStatus" => return Ok(json!({"IsLogging": state.is_logging})),
            "PutEventSelectors" => {
                let selector = &request["EventSelectors"][0];
                let calls = selector["ReadWriteType"].as_str().unwrap_or("All");
                if !["All", "ReadOnly", "WriteOnly"].contains(&calls) {
                    let message = "vigil-local takes EventSelectors with a ReadWriteType";
                    return Err(("InvalidEventSelectorsException", message.to_owned()));
                }
                state.calls = calls.to_owned();
                state.has_management_events =
                    selector["IncludeManagementEvents"].as_bool().unwrap_or(true);
            }
            "StartLogging" => state.is_logging = true,
            "StopLogging" => state.is_logging = false,
            _ => {}
        }
        if operation.contains("EventSelectors") {
            let selector = json!({"ReadWriteType": state.calls, "DataResources": [],
                "IncludeManagementEvents": state.has_management_events});
            return Ok(json!({"TrailARN": self.0.arn, "EventSelectors": [selector]}));
        }
        Ok(json!({}))
    }

    fn describe(&self) -> Value {
        let trail = json!({"Name": NAME, "TrailARN": self.0.arn, "HomeRegion": self.0.region,
            "IsMultiRegionTrail": true, "IsOrganizationTrail": false,
            "HasCustomEventSelectors": true, "S3BucketName": "trail"});
        let trails = if self.state().exists { vec![trail] } else { Vec::new() };
        json!({"trailList": trails})
    }
}
