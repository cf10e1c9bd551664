//! The environment variables, by name.

/// A variable, what it is for, and what holds without it.
#[derive(Debug)]
pub struct Variable {
    /// Its name in the environment.
    pub name: &'static str,
    /// For errors and docs/configuration.md.
    pub meaning: &'static str,
    /// `None`: the function does not start without it.
    pub default: Option<&'static str>,
}

/// The account whose CAs are watched.
pub const ACCOUNT: Variable = Variable {
    name: "VIGIL_ACCOUNT",
    meaning: "the account whose CAs are watched; events about another's are refused",
    default: Some(""),
};

/// The topic for findings from LOW upwards.
pub const ALERTS_TOPIC: Variable = Variable {
    name: "VIGIL_ALERTS_TOPIC",
    meaning: "the ARN of the SNS topic that takes findings from LOW upwards",
    default: None,
};

/// How many keys must have signed an approval.
pub const APPROVALS_NEEDED: Variable = Variable {
    name: "VIGIL_APPROVALS_NEEDED",
    meaning: "how many of the approvers' keys must have signed an approval or acknowledgement",
    default: Some("1"),
};

/// Who may approve with the other keys.
pub const APPROVER_KEY_HOLDERS: Variable = Variable {
    name: "VIGIL_APPROVER_KEY_HOLDERS",
    meaning: "the roles and users that may sign with the other keys of VIGIL_APPROVER_KEYS, each as <key \
              ARN>=<ARN>, separated by commas, or `none`; a key without any does not count, and a CA that one of \
              them deleted needs the signature of another key",
    default: Some(""),
};

/// The keys of who may approve.
pub const APPROVER_KEYS: Variable = Variable {
    name: "VIGIL_APPROVER_KEYS",
    meaning: "the ARNs of the KMS keys whose signatures make an approval or acknowledgement count, \
              separated by commas; without any, none counts",
    default: Some(""),
};

/// Who may approve with the stack's own key.
pub const APPROVERS: Variable = Variable {
    name: "VIGIL_APPROVERS",
    meaning: "the ARNs of the roles and users that may sign with the first of VIGIL_APPROVER_KEYS, separated \
              by commas; a CA that one of them deleted needs the signature of another key",
    default: Some(""),
};

/// The age at which a claim on an alert or finding expires.
pub const CLAIM_EXPIRES: Variable = Variable {
    name: "VIGIL_CLAIM_EXPIRES",
    meaning: "the age at which the claim on an alert or finding counts as left by a crash: at \
              least the function's timeout, as 90s or 5m",
    default: Some("1m"),
};

/// The principals that may change CRL buckets.
pub const CRL_ADMINISTRATORS: Variable = Variable {
    name: "VIGIL_CRL_ADMINISTRATORS",
    meaning: "the principals that may change CRL buckets and are not reported for it: account ids or \
              ARNs, separated by commas; an ARN may have the wildcards of IAM behind its account",
    default: Some(""),
};

/// The thresholds of restore-deadline.
pub const DEADLINE_THRESHOLDS: Variable = Variable {
    name: "VIGIL_DEADLINE_THRESHOLDS",
    meaning: "how long before RestorableUntil to alert, as 14d,7d,1h",
    default: Some("14d,7d,3d,1d,6h,1h"),
};

/// The event bus that findings are published on.
pub const EVENT_BUS: Variable = Variable {
    name: "VIGIL_EVENT_BUS",
    meaning: "the name or ARN of the event bus that takes the findings",
    default: None,
};

/// The evidence bucket.
pub const EVIDENCE_BUCKET: Variable = Variable {
    name: "VIGIL_EVIDENCE_BUCKET",
    meaning: "the bucket of cases, alerts, reports, approvals and policies",
    default: None,
};

/// Whether crl-audit fetches CRLs over HTTP.
pub const FETCH_DISTRIBUTION_POINTS: Variable = Variable {
    name: "VIGIL_FETCH_DISTRIBUTION_POINTS",
    meaning: "true to fetch CRLs over HTTP from where certificates say they are, as relying parties \
              do; or false",
    default: Some("false"),
};

/// The log level.
pub const LOG_LEVEL: Variable = Variable {
    name: "AWS_LAMBDA_LOG_LEVEL",
    meaning: "TRACE, DEBUG, INFO, WARN, ERROR or FATAL; Lambda sets it from the function's \
              LoggingConfig",
    default: Some("INFO"),
};

/// Whether Vigil acts.
pub const MODE: Variable = Variable {
    name: "VIGIL_MODE",
    meaning: "enforce, or observe: then nothing is restored, activated or put back, and findings say what \
              would have been done",
    default: Some("enforce"),
};

/// The topic for HIGH and CRITICAL findings.
pub const ON_CALL_TOPIC: Variable = Variable {
    name: "VIGIL_ON_CALL_TOPIC",
    meaning: "the ARN of the SNS topic that also takes HIGH and CRITICAL findings",
    default: None,
};

/// The period before a deletion in which a disabling counts as part of it.
pub const REACTIVATE_WITHIN: Variable = Variable {
    name: "VIGIL_REACTIVATE_WITHIN",
    meaning: "if a CA was disabled within this period before its deletion, it is restored to ACTIVE \
              (subject to policy), as 24h",
    default: Some("24h"),
};

/// The deletions that may end with the loss of the CA.
pub const PERMITTED_DELETIONS: Variable = Variable {
    name: "VIGIL_PERMITTED_DELETIONS",
    meaning: "the deletions that the last resort lets end, each as <CA id>@<RestorableUntil>, \
              separated by commas; an entry that cannot be read permits nothing",
    default: Some(""),
};

/// The keys of who may publish policies.
pub const POLICY_KEYS: Variable = Variable {
    name: "VIGIL_POLICY_KEYS",
    meaning: "the ARNs of the KMS keys whose signatures make a set of policies count, separated by \
              commas; without any, the built-in policies decide",
    default: Some(""),
};

/// Whether what a restored CA had is put back.
pub const PUT_BACK: Variable = Variable {
    name: "VIGIL_PUT_BACK",
    meaning: "true to put back the policy, permissions and tags that a restored CA had, if policy \
              permits; or false, to report only",
    default: Some("false"),
};

/// The Regions that are watched.
pub const REGIONS: Variable = Variable {
    name: "VIGIL_REGIONS",
    meaning: "the Regions whose CAs are watched, as us-east-1,eu-west-1; the function's own, if \
              not set",
    default: Some(""),
};

/// The bucket of audit reports.
pub const REPORT_BUCKET: Variable = Variable {
    name: "VIGIL_REPORT_BUCKET",
    meaning: "the bucket to which ACM PCA writes audit reports",
    default: None,
};

/// The keys that count no more.
pub const RETIRED_KEYS: Variable = Variable {
    name: "VIGIL_RETIRED_KEYS",
    meaning: "keys of approvers and publishers that count no more, each as <key ARN>@<date>, \
              separated by commas",
    default: Some(""),
};

/// The product of Security Hub that takes findings.
pub const SECURITY_HUB_PRODUCT: Variable = Variable {
    name: "VIGIL_SECURITY_HUB_PRODUCT",
    meaning: "the ARN of the account's default product in Security Hub, which takes findings from LOW upwards; \
              without it, none goes there",
    default: Some(""),
};

/// The key that seals state.
pub const STATE_KEY: Variable = Variable {
    name: "VIGIL_STATE_KEY",
    meaning: "the ARN of the KMS key (HMAC_256) that seals cases and state; an object without its \
              seal counts as absent",
    default: None,
};

/// The ages at which the newest audit report of a CA is a finding.
pub const REPORT_STALE: Variable = Variable {
    name: "VIGIL_REPORT_STALE",
    meaning: "the ages at which the newest audit report of a CA is a finding of MEDIUM and of HIGH, as \
              36h,72h",
    default: Some("36h,72h"),
};

/// The restorations of one CA in 24 hours.
pub const RESTORES_PER_DAY: Variable = Variable {
    name: "VIGIL_RESTORES_PER_DAY",
    meaning: "how often a CA is restored within 24 hours at once; then pauses of one to eight hours come in between",
    default: Some("3"),
};

/// The age of a deletion at which a sweep no longer waits for its event.
pub const SWEEP_SETTLE: Variable = Variable {
    name: "VIGIL_SWEEP_SETTLE",
    meaning: "how old a deletion is before auto-restore's sweep takes its event for lost, as 15m: \
              at least what CloudTrail takes, and the function's timeout",
    default: Some("15m"),
};

/// The SDK reads these by itself; for us they say that S3 is not AWS's.
pub(super) const ENDPOINT: Variable = Variable {
    name: "AWS_ENDPOINT_URL",
    meaning: "another endpoint for all services, such as the local stack's",
    default: Some(""),
};

pub(super) const REGION: Variable = Variable {
    name: "AWS_REGION",
    meaning: "the function's Region; Lambda sets it",
    default: Some(""),
};

pub(super) const S3_ENDPOINT: Variable =
    Variable { name: "AWS_ENDPOINT_URL_S3", meaning: "another endpoint for S3", default: Some("") };

/// All of them, for the documentation.
pub const ALL: &[&Variable] = &[
    &ACCOUNT,
    &ALERTS_TOPIC,
    &APPROVALS_NEEDED,
    &APPROVER_KEY_HOLDERS,
    &APPROVER_KEYS,
    &APPROVERS,
    &CLAIM_EXPIRES,
    &CRL_ADMINISTRATORS,
    &DEADLINE_THRESHOLDS,
    &ENDPOINT,
    &EVENT_BUS,
    &EVIDENCE_BUCKET,
    &FETCH_DISTRIBUTION_POINTS,
    &LOG_LEVEL,
    &MODE,
    &ON_CALL_TOPIC,
    &PERMITTED_DELETIONS,
    &POLICY_KEYS,
    &PUT_BACK,
    &REACTIVATE_WITHIN,
    &REGION,
    &REGIONS,
    &REPORT_BUCKET,
    &REPORT_STALE,
    &RESTORES_PER_DAY,
    &RETIRED_KEYS,
    &S3_ENDPOINT,
    &SECURITY_HUB_PRODUCT,
    &STATE_KEY,
    &SWEEP_SETTLE,
];
