//! One report of one CA, and how a continuation names it.

use super::JOB;
use crate::{arn::CaArn, ports::Continuation};

/// One report as a continuation names it: the CA's ARN, a space, the report's id.
pub(super) struct OneReport {
    pub(super) ca: CaArn,
    pub(super) report: String,
}

impl OneReport {
    pub(super) fn of(from: &str) -> Option<Self> {
        let (ca, report) = from.split_once(' ')?;
        Some(Self { ca: ca.parse().ok()?, report: report.to_owned() })
    }

    pub(super) fn continuation(ca: &CaArn, report: &str, hop: u32) -> Continuation {
        Continuation { job: JOB.to_owned(), from: format!("{ca} {report}"), hop }
    }
}

/// An audit report's id is a UUID. It becomes part of a key, so nothing else may.
pub(super) fn is_report_id(id: &str) -> bool {
    id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
