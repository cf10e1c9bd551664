//! A fleet report's findings in the forms that other programs read. All of them come from one model,
//! and a test finds the same findings in each.

#![warn(missing_docs)]

mod asff;
mod csv;
mod files;
mod json;
mod ocsf;

pub use asff::{NotAProduct, Product, asff, asff_of};
pub use csv::{csv, csv_cell};
pub use files::{File, MakePage, PAGE, files};
pub use json::json;
pub use ocsf::{OCSF_VERSION, ocsf};

/// Where a finding is in its life, for all forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Found for the first time.
    New,
    /// Found before.
    Ongoing,
    /// Over.
    Resolved,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Ongoing => "ONGOING",
            Self::Resolved => "RESOLVED",
        }
    }
}

/// The open findings, then those that are over.
fn staged(
    report: &crate::fleet::FleetReport,
) -> impl Iterator<Item = (Stage, &crate::finding::Finding)> {
    let open = report.findings.iter().map(|of| {
        let stage = if of.is_new { Stage::New } else { Stage::Ongoing };
        (stage, &of.finding)
    });
    open.chain(report.resolved.iter().map(|finding| (Stage::Resolved, finding)))
}

/// The account and Region of a resource, as far as its ARN says. An S3 bucket's ARN has neither.
fn place(arn: &str) -> (Option<&str>, Option<&str>) {
    let mut parts = arn.split(':').skip(3).map(|part| Some(part).filter(|part| !part.is_empty()));
    let region = parts.next().flatten();
    (parts.next().flatten(), region)
}

#[cfg(test)]
mod tests;
