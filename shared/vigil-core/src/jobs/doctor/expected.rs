//! What a deployment consists of: the functions and rules of infra/template.yaml. The suite `doctor`
//! holds both lists to the template.

/// The functions, without the stack's `Name` before them.
pub const FUNCTIONS: &[&str] =
    &["audit-report", "auto-restore", "crl-audit", "last-resort", "notify", "restore-deadline"];

/// The rules with a pattern, by logical id, and whether they are on the bus of findings.
pub const RULES: &[(&str, bool)] = &[
    ("AuditReportContinuation", true),
    ("AuditReportReportGeneration", false),
    ("AutoRestoreAttachments", false),
    ("AutoRestoreDeletion", false),
    ("AutoRestoreDisabling", false),
    ("BusChanged", false),
    ("CrlAuditCaUpdate", false),
    ("CrlAuditContinuation", true),
    ("CrlAuditCrlBucket", false),
    ("CrlAuditCrlGeneration", false),
    ("CrlAuditCrlObject", false),
    ("EvidenceChanged", false),
    ("FindingsToLog", true),
    ("FunctionsChanged", false),
    ("KeysChanged", false),
    ("MonitoringChanged", false),
    ("NotifyFindings", true),
    ("RolesChanged", false),
    ("RulesChanged", false),
    ("StackChanged", false),
    ("TopicsChanged", false),
    ("TrailChanged", false),
];

/// The rules with a schedule, by logical id.
pub const SCHEDULES: &[&str] = &[
    "AuditReportHourly",
    "AutoRestoreSweep",
    "CrlAuditHourly",
    "LastResortFunctionEveryQuarterHour",
    "RestoreDeadlineHourly",
];
