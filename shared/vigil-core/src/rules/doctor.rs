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

pub(crate) const TEST: Kind = Kind {
    id: "test",
    severity: Severity::Low,
    title: "This is a test of Vigil's findings",
    what_happened: "At {as_of}, `vigil doctor` published this finding to test the way to you.",
    impact: "None. Findings of the stack {stack} reach you.",
    what_to_do: "Nothing. The command runs the test again:",
    first_command: "vigil doctor --name {name} --stack {stack}",
};
