//! The finding that `vigil doctor` publishes.

use crate::finding::{Kind, RuleInfo, Severity, TEST_RULE};

/// The one there is.
pub const RULES: &[RuleInfo] = &[TEST_FINDING];

/// A test of the way from the bus to the operators.
pub(crate) const TEST_FINDING: RuleInfo = RuleInfo {
    id: TEST_RULE,
    holds: "A finding that leaves the bus reaches the log group and the topic.",
    cites: "Amazon EventBridge User Guide, Targets",
    kinds: &[TEST],
};

/// Its texts name nothing: `notify` sends them as they are, and none of what the event says.
pub(crate) const TEST: Kind = Kind {
    id: "test",
    severity: Severity::Low,
    title: "This is a test of Vigil's findings",
    what_happened: "An operator ran `vigil doctor`, which tests the way from the bus to you.",
    impact: "None. CAs and CRLs are as they were.",
    what_to_do: "Nothing. To run the test again:",
    first_command: "vigil doctor",
};
