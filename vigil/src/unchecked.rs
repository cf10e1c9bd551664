//! One line that says why an answer about a fleet is "not checked": what could not be checked, and how much.

use vigil_core::fleet::{FleetReport, RegionState, Unchecked};

use crate::exit::first_of;

/// For a report without findings that count. `decides` says which ones would.
pub(crate) fn why(report: &FleetReport, decides: &str) -> String {
    let of = |one: &Unchecked| format!("{} ({})", one.what, one.why);
    let all: Vec<String> = report.unchecked.iter().map(of).collect();
    let is_silent = report.regions.iter().all(|region| region.state != RegionState::Answered);
    let what = match all.len() {
        0 if is_silent => "no Region answered".to_owned(),
        1 => format!("1 check could not be made: {}", first_of(&all)),
        count => format!("{count} checks could not be made: {}", first_of(&all)),
    };
    format!("Exit code 2: {what}. {decides}")
}

#[cfg(test)]
mod tests {
    use vigil_core::fleet::RegionReport;

    use super::*;

    #[test]
    fn what_could_not_be_checked_is_named_and_counted() {
        let mut report = FleetReport::new("vigil");
        let no_findings = "No finding is LOW or above.";
        let silent = "Exit code 2: no Region answered. ";
        assert_eq!(why(&report, no_findings), format!("{silent}{no_findings}"));
        let (name, state) = ("eu-west-1".to_owned(), RegionState::Answered);
        report.regions.push(RegionReport { name, state, reason: None, cas: 1 });
        let unchecked = |at: u8| Unchecked { what: format!("b{at}"), why: "denied".to_owned() };
        report.unchecked = vec![unchecked(1)];
        let one = "Exit code 2: 1 check could not be made: b1 (denied). ";
        assert_eq!(why(&report, no_findings), format!("{one}{no_findings}"));
        report.unchecked = (1..=5).map(unchecked).collect();
        let five = why(&report, no_findings);
        assert!(five.contains("5 checks could not be made: b1 (denied), b2"), "{five}");
        assert!(five.contains("b3 (denied) and 2 more. "), "{five}");
    }
}
