use std::collections::BTreeMap;

use serde_json::Value;
use time::macros::datetime;

use super::*;
use crate::{
    fakes,
    finding::{Finding, Severity},
    fleet::{FleetReport, OpenFinding, RuleResult, RuleStatus, Unchecked},
};

const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

fn report() -> FleetReport {
    let at = datetime!(2026-03-01 12:00 UTC);
    let finding =
        |rule: &'static str, severity, resource: &str| fakes::finding(rule, severity, resource, at);
    let hostile = |text: &str, n: u8| Finding {
        title: text.to_owned(),
        id: format!("{n:032x}"),
        ..finding("crl.next-update", Severity::Medium, CA)
    };
    let open = |is_new, finding| OpenFinding { is_new, finding };
    let mut report = FleetReport::new("vigil test");
    report.as_of = at;
    report.findings = vec![
        open(true, finding("assess.restoration-window", Severity::High, CA)),
        open(false, finding("bucket.public-read", Severity::Low, "arn:aws:s3:::crls")),
        open(true, hostile("=HYPERLINK(\"http://evil\")", 1)),
        open(true, hostile("\t@SUM(1)", 2)),
        open(true, hostile("-1+1, \"quoted\"\r\nnext line", 3)),
        open(true, hostile("<script>alert(1)</script> ]]> \u{202e}\u{1b}[2J\0", 4)),
    ];
    report.resolved = vec![finding("crl.signature", Severity::Critical, CA)];
    report.verdicts = vec![RuleResult {
        rule: "crl.parses".to_owned(),
        resource: CA.to_owned(),
        result: RuleStatus::Pass,
        reason: None,
        severity: None,
    }];
    report
}

/// Lines and cells of RFC 4180, read without the writer's help.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '"') if chars.peek() == Some(&'"') => cell.extend(chars.next()),
            (_, '"') => quoted = !quoted,
            (false, ',') => line.push(std::mem::take(&mut cell)),
            (false, '\r') => {}
            (false, '\n') => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            (_, c) => cell.push(c),
        }
    }
    lines
}

/// Id, and whether it is over: what every form must agree on.
type Facts = BTreeMap<String, bool>;

#[test]
fn every_form_has_the_same_findings() {
    let report = report();
    let want: Facts = staged(&report)
        .map(|(stage, finding)| (finding.id.clone(), stage == Stage::Resolved))
        .collect();
    assert_eq!(want.len(), 7);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of_json: Facts = json(&report)["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (text(&of["id"]), of["status"] == "RESOLVED"))
        .collect();
    let of_csv: Facts = read_csv(&csv(&report))[1..]
        .iter()
        .map(|cells| (cells[0].clone(), cells[1] == "RESOLVED"))
        .collect();
    let of_ocsf: Facts = ocsf(&report)
        .iter()
        .filter(|event| event["finding_info"]["uid"].as_str().unwrap().len() == 32)
        .map(|event| (text(&event["finding_info"]["uid"]), event["activity_name"] == "Close"))
        .collect();
    let of_asff: Facts = asff(&report)
        .iter()
        .flat_map(|request| request["Findings"].as_array().unwrap().clone())
        .map(|of| (text(&of["Id"]), of["RecordState"] == "ARCHIVED"))
        .collect();
    for (form, found) in [("json", of_json), ("csv", of_csv), ("ocsf", of_ocsf), ("asff", of_asff)]
    {
        assert_eq!(found, want, "{form}");
    }
}

/// Else a file without findings would look like that of a clean fleet.
#[test]
fn csv_and_ocsf_say_what_was_not_checked() {
    let mut report = FleetReport::new("vigil test");
    let why = "access denied: arn:x";
    report.verdicts.push(RuleResult {
        rule: "crl.parses".to_owned(),
        resource: CA.to_owned(),
        result: RuleStatus::Unknown,
        reason: Some(why.to_owned()),
        severity: None,
    });
    let what = "audit report of s3://a:b:c:d:e/f".to_owned();
    report.unchecked.push(Unchecked { what: what.clone(), why: why.to_owned() });

    let lines = read_csv(&csv(&report));
    let said: Vec<_> = lines[1..].iter().map(|of| [0, 1, 3, 4, 6].map(|at| &*of[at])).collect();
    let want = [["", "NOT_CHECKED", "crl.parses", CA, why], ["", "NOT_CHECKED", "", &*what, why]];
    assert_eq!(said, want);

    let events = ocsf(&report);
    assert_eq!(events.len(), 2);
    for event in &events {
        assert_eq!((&event["class_uid"], &event["status_detail"]), (&2003.into(), &why.into()));
        let compliance = &event["compliance"];
        assert_eq!(
            (&compliance["status_id"], &compliance["status"]),
            (&0.into(), &"Unknown".into())
        );
    }
    assert_eq!(events[0]["finding_info"]["uid"], format!("crl.parses/{CA}"), "as its pass");
    assert_eq!(events[0]["cloud"]["region"], "us-east-1");
    assert_eq!(
        events[1]["cloud"],
        serde_json::json!({"provider": "AWS", "cloud_partition": "aws"})
    );
    assert!(asff(&report).is_empty(), "it is no finding");
}

#[test]
fn no_cell_is_a_formula_and_text_survives() {
    let lines = read_csv(&csv(&report()));
    assert!(lines.iter().all(|cells| cells.len() == lines[0].len()), "{lines:?}");
    let titles: Vec<&str> = lines[1..].iter().map(|cells| cells[5].as_str()).collect();
    assert!(titles.contains(&"'=HYPERLINK(\"http://evil\")"), "{titles:?}");
    assert!(titles.contains(&"'\t@SUM(1)"), "{titles:?}");
    for cell in lines.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        assert!(!cell.contains(['\0', '\u{1b}']), "{cell:?}");
    }
    for begins in ["\n=1", "＝1", "＋1", "－1", "＠1", "\t1", "\r1"] {
        assert_eq!(csv_cell(begins), format!("\"'{begins}\""));
    }
}

#[test]
fn a_rule_that_holds_is_a_compliance_finding_that_passes() {
    let events = ocsf(&report());
    let of = |rule: &str| {
        let is_of = |event: &&Value| event["finding_info"]["types"][0] == rule;
        events.iter().find(is_of).unwrap().clone()
    };
    let pass = of("crl.parses");
    assert_eq!((&pass["class_uid"], &pass["compliance"]["status"]), (&2003.into(), &"Pass".into()));
    assert_eq!(of("bucket.public-read")["compliance"]["status"], "Warning");
    assert_eq!(of("crl.next-update")["compliance"]["status"], "Fail");
    let incident = of("assess.restoration-window");
    assert_eq!((&incident["class_uid"], &incident["is_alert"]), (&2004.into(), &true.into()));
    assert_eq!(of("crl.signature")["compliance"]["status"], "Pass", "it is over");
}

#[test]
fn a_batch_for_security_hub_has_at_most_100_findings() {
    let mut report = report();
    let one = report.findings[0].clone();
    for n in 0..250 {
        let mut of = one.clone();
        of.finding.id = format!("{n:032x}");
        report.findings.push(of);
    }
    let sizes: Vec<usize> =
        asff(&report).iter().map(|of| of["Findings"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [100, 100, 57]);
}

#[test]
fn a_product_is_the_default_one_of_an_account() {
    let arn = "arn:aws-cn:securityhub:cn-north-1:111122223333:product/111122223333/default";
    assert_eq!(arn.parse::<Product>().unwrap().arn(), arn);
    for wrong in [
        "",
        "arn:aws:securityhub:us-east-1:111122223333:product/444455556666/default",
        "arn:aws:securityhub:us-east-1::product//default",
        "arn:aws:securityhub:us-east-1:111122223333:product/aws/guardduty",
        "arn:aws:s3:::111122223333",
    ] {
        assert!(wrong.parse::<Product>().is_err(), "{wrong}");
    }
}

#[test]
fn security_hub_learns_when_a_resolved_finding_was_found() {
    let arn = "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default";
    let (found, over) = (datetime!(2026-03-01 12:00 UTC), datetime!(2026-03-04 12:00 UTC));
    let finding = fakes::finding("crl.signature", Severity::High, CA, found);
    let resolved = finding.resolved(over, "it passes");
    let entry = asff_of(&arn.parse().unwrap(), &resolved);
    assert_eq!(entry["CreatedAt"], "2026-03-01T12:00:00Z");
    assert_eq!(entry["UpdatedAt"], "2026-03-04T12:00:00Z");
    // Evidence that is no moment, or one to come, says nothing.
    for wrong in ["never", "2026-03-05T12:00:00Z"] {
        let of = resolved.clone().with_evidence("found_at", wrong);
        assert_eq!(of.found_at(), over, "{wrong}");
    }
}

/// A bucket's ARN has no account, and a CA may be in another Region than the hub.
#[test]
fn a_finding_belongs_to_the_product_wherever_its_resource_is() {
    let arn = "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default";
    let product: Product = arn.parse().unwrap();
    let elsewhere = CA.replace("us-east-1", "eu-west-1");
    for (resource, region) in [("arn:aws:s3:::crls", "us-east-1"), (&elsewhere, "eu-west-1")] {
        let at = datetime!(2026-03-01 12:00 UTC);
        let finding = fakes::finding("bucket.public-read", Severity::Low, resource, at);
        let entry = asff_of(&product, &finding);
        assert_eq!(entry["ProductArn"], arn);
        assert_eq!(entry["AwsAccountId"], "111122223333");
        assert_eq!(entry["Resources"][0]["Region"], region);
    }
}
