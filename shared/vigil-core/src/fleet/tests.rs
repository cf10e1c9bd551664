use time::macros::datetime;

use super::*;
use crate::fakes;

fn ca(id: &str, issuer: Option<&str>, valid: Option<u64>) -> CaReport {
    let arn = |id: &str| -> CaArn {
        format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{id}")
            .parse()
            .unwrap()
    };
    CaReport {
        arn: arn(id),
        name: Some(id.to_owned()),
        ca_type: "ROOT".to_owned(),
        status: "ACTIVE".to_owned(),
        key_algorithm: None,
        not_after: None,
        last_state_change_at: None,
        restorable_until: None,
        crl: None,
        ocsp: None,
        issuer: issuer.map(arn),
        owner: None,
        traits: None,
        certificates: valid.map(|valid| CertificateNumbers {
            valid,
            by_account: BTreeMap::from([(format!("account of {id}"), valid)]),
            ..CertificateNumbers::default()
        }),
    }
}

#[test]
fn a_loss_takes_along_all_that_is_below() {
    let mut report = FleetReport::new("test");
    report.cas = vec![
        ca("root", None, Some(1)),
        ca("a", Some("root"), Some(10)),
        ca("b", Some("a"), None),
        ca("other", None, Some(100)),
    ];
    let loss = report.loss_of(&report.cas[0].arn);
    let counted = (loss.subordinates, loss.certificates, loss.uncounted, loss.accounts);
    assert_eq!(counted, (2, 11, 1, 2));
    // Two that name each other are followed once.
    report.cas[0].issuer = Some(report.cas[2].arn.clone());
    assert_eq!(report.loss_of(&report.cas[1].arn).subordinates, 2);
}

#[test]
fn the_worst_and_nearest_come_first_each_once() {
    let at = datetime!(2026-03-01 0:00 UTC);
    let open = |rule: &'static str, severity, end: Option<&str>| {
        let mut finding = fakes::finding(rule, severity, "arn:a", at);
        if let Some(end) = end {
            finding = finding.with_evidence("restorable_until", end);
        }
        OpenFinding { is_new: true, finding }
    };
    let mut report = FleetReport::new("test");
    report.findings = vec![
        open("a.low", Severity::Low, None),
        open("a.later", Severity::High, Some("2026-03-09T00:00:00Z")),
        open("a.critical", Severity::Critical, None),
        open("a.sooner", Severity::High, Some("2026-03-02T00:00:00Z")),
        open("a.critical", Severity::Critical, None),
    ];
    report.sort();
    let rules: Vec<&str> = report.findings.iter().map(|of| &*of.finding.rule).collect();
    assert_eq!(rules, ["a.critical", "a.sooner", "a.later", "a.low"]);
    assert_eq!(report.count_from(Severity::High), 3);
}

/// `make docs` writes it.
#[test]
fn the_json_schema_is_made_from_the_type() {
    crate::schemas::assert_schema::<FleetReport>("fleet-report");
}

#[test]
fn a_report_is_read_back_as_it_was_written() {
    let mut report = FleetReport::new("test");
    report.cas = vec![ca("root", None, Some(1))];
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<FleetReport>(&text).unwrap(), report);
}
