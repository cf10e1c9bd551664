//! From which severity on a finding makes a command end with 1.

use clap::ValueEnum;
use vigil_core::finding::Severity;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Threshold {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl Threshold {
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Informational => Severity::Informational,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}
