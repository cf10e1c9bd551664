//! Security Hub for one account: findings in the AWS Security Finding Format, by their ids.
//!
//! It is enabled from the start. What it takes is also a line of `<data-dir>/targets/SecurityHub.jsonl`.
//! <https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html>

mod format;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::account::Account;
use crate::roles::Roles;
use crate::sinks::Sinks;

/// User guide: 100 findings a batch, 240 KB a finding, 6 MB a batch.
const MAX_FINDINGS: usize = 100;
const MAX_FINDING: usize = 240 * 1024;
const MAX_BATCH: usize = 6 * 1024 * 1024;

/// The members that a provider cannot change later. They are the customer's.
const OF_THE_CUSTOMER: [&str; 4] = ["Note", "UserDefinedFields", "VerificationState", "Workflow"];

/// A handle; clones share the findings.
#[derive(Clone)]
pub(crate) struct SecurityHub(Arc<Inner>);

struct Inner {
    account: Account,
    product: String,
    roles: Roles,
    sinks: Arc<Sinks>,
    state: Mutex<State>,
}

struct State {
    is_enabled: bool,
    findings: BTreeMap<String, Value>,
}

/// An error of the whole call: status, code, message.
type Refused = (StatusCode, &'static str, String);

impl SecurityHub {
    pub(crate) fn new(account: Account, roles: Roles, sinks: Arc<Sinks>) -> Self {
        let product = account.arn("securityhub", &format!("product/{}/default", account.id));
        let state = State { is_enabled: true, findings: BTreeMap::new() };
        Self(Arc::new(Inner { account, product, roles, sinks, state: Mutex::new(state) }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a call of the REST API.
    pub(crate) fn answer(
        &self,
        (method, path): (&Method, &str),
        access_key: &str,
        body: &Bytes,
    ) -> Response {
        let (status, body) = match self.call((method, path), access_key, body) {
            Ok(body) => (StatusCode::OK, body),
            Err((status, code, message)) => (status, json!({"__type": code, "Message": message})),
        };
        (status, axum::Json(body)).into_response()
    }

    fn call(
        &self,
        (method, path): (&Method, &str),
        access_key: &str,
        body: &Bytes,
    ) -> Result<Value, Refused> {
        let operation = match (method.as_str(), path) {
            ("POST", "/findings/import") => "BatchImportFindings",
            ("POST", "/findings") => "GetFindings",
            ("GET", "/accounts") => "DescribeHub",
            ("POST", "/accounts") => "EnableSecurityHub",
            ("DELETE", "/accounts") => "DisableSecurityHub",
            _ => {
                let message = format!("vigil-local does not serve {method} {path} of Security Hub");
                return Err((StatusCode::NOT_IMPLEMENTED, "UnknownOperationException", message));
            }
        };
        let request: Value = match body.is_empty() {
            true => json!({}),
            false => serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))?,
        };
        let hub = self.0.account.arn("securityhub", "hub/default");
        if operation == "BatchImportFindings" {
            return self.import(access_key, &request);
        }
        let action = format!("securityhub:{operation}");
        self.0.roles.permit(access_key, &action, &hub).map_err(denied)?;
        let mut state = self.state();
        match operation {
            "EnableSecurityHub" => state.is_enabled = true,
            _ if !state.is_enabled => {
                let message =
                    format!("Account {} is not subscribed to AWS Security Hub", self.0.account.id);
                return Err((StatusCode::UNAUTHORIZED, "InvalidAccessException", message));
            }
            "DisableSecurityHub" => state.is_enabled = false,
            "DescribeHub" => return Ok(json!({"HubArn": hub})),
            _ => return found(&state, &request),
        }
        Ok(json!({}))
    }

    fn import(&self, access_key: &str, request: &Value) -> Result<Value, Refused> {
        let findings = request["Findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !(1..=MAX_FINDINGS).contains(&findings.len()) {
            let message = format!("Findings must have 1 to {MAX_FINDINGS} items");
            return Err(invalid(message));
        }
        if request.to_string().len() > MAX_BATCH {
            return Err(invalid(format!("the batch has more than {MAX_BATCH} bytes")));
        }
        // The product is the resource of the action (Service Authorization Reference).
        let products: BTreeSet<&str> =
            findings.iter().map(|of| of["ProductArn"].as_str().unwrap_or("*")).collect();
        for product in products {
            let action = "securityhub:BatchImportFindings";
            self.0.roles.permit(access_key, action, product).map_err(denied)?;
        }
        let mut failed = Vec::new();
        for finding in findings {
            if let Err((code, message)) = self.take(access_key, finding) {
                let id = finding["Id"].as_str().unwrap_or_default();
                failed.push(json!({"Id": id, "ErrorCode": code, "ErrorMessage": message}));
            }
        }
        let (failures, all) = (failed.len(), findings.len());
        Ok(json!({"FailedCount": failures, "SuccessCount": all - failures,
            "FailedFindings": failed}))
    }

    /// Creates or updates a finding.
    fn take(&self, from: &str, finding: &Value) -> Result<(), (&'static str, String)> {
        let mut state = self.state();
        let is_own = finding["ProductArn"] == self.0.product.as_str()
            && finding["AwsAccountId"] == self.0.account.id.as_str();
        if !state.is_enabled || !is_own {
            let message = "Security Hub or the product is not enabled for this account";
            return Err(("InvalidAccess", message.to_owned()));
        }
        if finding.to_string().len() > MAX_FINDING {
            return Err(("InvalidInput", format!("the finding has more than {MAX_FINDING} bytes")));
        }
        format::check(finding).map_err(|why| {
            ("InvalidInput", format!("Finding does not adhere to Amazon Finding Format. {why}"))
        })?;
        self.0.sinks.append("SecurityHub", from, finding, &Value::Null);
        let id = finding["Id"].as_str().unwrap_or_default().to_owned();
        let mut next = finding.clone();
        if let Some(known) = state.findings.get(&id) {
            // In UTC with the same digits, times are in order as texts. What is not later is ignored.
            if format::time(&known["UpdatedAt"]) >= format::time(&finding["UpdatedAt"]) {
                return Ok(());
            }
            for member in OF_THE_CUSTOMER {
                next[member] = known[member].clone();
            }
        }
        state.findings.insert(id, next);
        Ok(())
    }
}

/// All findings, or those that `Filters` wants: its members Id and RecordState, with EQUALS.
fn found(state: &State, request: &Value) -> Result<Value, Refused> {
    let mut wanted: Vec<(&str, Vec<&str>)> = Vec::new();
    for (member, filters) in request["Filters"].as_object().into_iter().flatten() {
        let filters = filters.as_array().map(Vec::as_slice).unwrap_or_default();
        let is_served = ["Id", "RecordState"].contains(&member.as_str())
            && filters.iter().all(|of| of["Comparison"] == "EQUALS");
        if !is_served {
            let message = "vigil-local filters findings by Id and RecordState with EQUALS";
            return Err(invalid(message.to_owned()));
        }
        wanted.push((member, filters.iter().filter_map(|of| of["Value"].as_str()).collect()));
    }
    let fits = |finding: &&Value| {
        wanted.iter().all(|(member, values)| {
            finding[*member].as_str().is_some_and(|value| values.contains(&value))
        })
    };
    let findings: Vec<&Value> = state.findings.values().filter(fits).collect();
    Ok(json!({"Findings": findings}))
}

fn invalid(message: String) -> Refused {
    (StatusCode::BAD_REQUEST, "InvalidInputException", message)
}

fn denied(why: String) -> Refused {
    (StatusCode::FORBIDDEN, "AccessDeniedException", why)
}

#[cfg(test)]
mod tests;
