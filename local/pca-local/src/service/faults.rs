//! Failures on request: what the real service does once in a year, when a test wants it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws_sdk_acmpca::types::FailureReason;
use serde::{Deserialize, Serialize};

use crate::model::{api_model::MODEL, error::ApiError, values::word};

/// Faults to inject. Each is used up by the call that it made fail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Faults {
    /// The next CA that is created ends in FAILED, with this reason.
    #[serde(with = "word::optional", skip_serializing_if = "Option::is_none")]
    pub creation: Option<FailureReason>,
    /// The next certificate is answered for and then not issued.
    pub issuance: bool,
    /// The next audit report ends in FAILED.
    pub audit_report: bool,
    /// By the operation's name.
    pub operations: BTreeMap<String, OperationFault>,
}

/// An operation answers with an error, this many times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationFault {
    /// An exception of the service, as in `ThrottlingException`.
    pub code: String,
    /// The error's text; one that says so, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How many calls fail; once, if not given.
    #[serde(default = "once")]
    pub times: u32,
}

/// Why faults cannot be planned.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum FaultError {
    #[error("operations.{operation}.code: '{code}' is not an error of ACM PCA")]
    NoSuchError { operation: String, code: String },
    #[error("operations: '{0}' is not an operation of ACM PCA")]
    NoSuchOperation(String),
}

fn once() -> u32 {
    1
}

/// The faults that are left of those that were asked for.
#[derive(Default)]
pub(crate) struct PlannedFaults(Mutex<Faults>);

impl PlannedFaults {
    pub(crate) fn set(&self, faults: Faults) -> Result<(), FaultError> {
        for (operation, fault) in &faults.operations {
            if !MODEL.operations.contains_key(operation) {
                return Err(FaultError::NoSuchOperation(operation.clone()));
            }
            if ApiError::with_code(&fault.code, "").is_none() {
                let (operation, code) = (operation.clone(), fault.code.clone());
                return Err(FaultError::NoSuchError { operation, code });
            }
        }
        *self.lock() = faults;
        Ok(())
    }

    pub(crate) fn left(&self) -> Faults {
        self.lock().clone()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Faults::default();
    }

    pub(crate) fn take_creation(&self) -> Option<FailureReason> {
        self.lock().creation.take()
    }

    pub(crate) fn take_issuance(&self) -> bool {
        std::mem::take(&mut self.lock().issuance)
    }

    pub(crate) fn take_audit_report(&self) -> bool {
        std::mem::take(&mut self.lock().audit_report)
    }

    /// The error that this call of the operation is to end with.
    pub(crate) fn take_error(&self, operation: &str) -> Option<ApiError> {
        let mut faults = self.lock();
        let fault = faults.operations.get_mut(operation)?;
        let message = fault.message.clone().unwrap_or_else(|| match fault.code.as_str() {
            "ThrottlingException" => "Rate exceeded".to_owned(),
            _ => format!("{operation} fails because /_pca-local/faults asked for it"),
        });
        let error = (fault.times > 0).then(|| ApiError::with_code(&fault.code, message)).flatten();
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            faults.operations.remove(operation);
        }
        error
    }

    fn lock(&self) -> MutexGuard<'_, Faults> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn planned(faults: serde_json::Value) -> Result<PlannedFaults, String> {
        let faults = serde_json::from_value(faults).map_err(|error| error.to_string())?;
        let planned = PlannedFaults::default();
        planned.set(faults).map_err(|error| error.to_string())?;
        Ok(planned)
    }

    #[test]
    fn a_fault_is_used_up() {
        let planned = planned(json!({
            "creation": "REQUEST_TIMED_OUT", "issuance": true,
            "operations": {"ListTags": {"code": "ThrottlingException", "times": 2}},
        }))
        .unwrap();
        assert_eq!(planned.take_creation(), Some(FailureReason::RequestTimedOut));
        assert_eq!(planned.take_creation(), None);
        assert!(planned.take_issuance() && !planned.take_issuance());
        assert!(!planned.take_audit_report(), "not asked for");
        for _ in 0..2 {
            let error = planned.take_error("ListTags").unwrap();
            assert_eq!(
                (error.code, error.message.as_str()),
                ("ThrottlingException", "Rate exceeded")
            );
        }
        assert_eq!(planned.take_error("ListTags"), None);
        assert_eq!(planned.left(), Faults::default());
    }

    #[test]
    fn what_cannot_go_wrong_is_refused_by_name() {
        for (faults, want) in [
            (json!({"creation": "TIRED"}), "'TIRED' is not one of"),
            (json!({"deletion": true}), "unknown field `deletion`"),
            (json!({"operations": {"Sing": {"code": "X"}}}), "'Sing' is not an operation"),
            (json!({"operations": {"ListTags": {"code": "X"}}}), "'X' is not an error"),
        ] {
            let error = planned(faults).err().unwrap();
            assert!(error.contains(want), "{error}");
        }
    }
}
