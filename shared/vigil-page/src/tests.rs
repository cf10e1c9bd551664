use std::collections::BTreeMap;

use serde_json::{Value, json};
use vigil_core::fleet::{CertificateNumbers, FleetReport};

use super::*;

const ACCOUNT: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority";

pub(crate) fn ca(n: usize, issuer: Option<usize>) -> Value {
    let arn = |n: usize| format!("{ACCOUNT}/00000000-0000-0000-0000-{n:012}");
    json!({
        "arn": arn(n), "name": format!("CA {n}"), "ca_type": "ROOT", "status": "ACTIVE",
        "key_algorithm": "RSA_2048", "not_after": "2026-06-01T00:00:00Z",
        "last_state_change_at": null, "restorable_until": null,
        "crl": {"bucket": "crls", "this_update": "2026-02-28T00:00:00Z", "expiration_in_days": 7},
        "ocsp": false, "issuer": issuer.map(arn), "certificates": null,
    })
}

fn finding(n: usize, severity: &str, text: &str) -> Value {
    let resource = format!("{ACCOUNT}/00000000-0000-0000-0000-{:012}", n % 200);
    json!({"is_new": n.is_multiple_of(7), "finding": {
        "id": format!("{n:032x}"), "rule": format!("crl.rule-{}", n % 20), "severity": severity,
        "status": "NEW", "resource": resource, "title": format!("{text} {n}"),
        "what_happened": format!("{text} happened to a CA at 2026-02-28T10:00:00Z."),
        "impact": format!("{text} fails for everyone who checks revocation."),
        "what_to_do": format!("{text}. Do this:\n  aws acm-pca describe-certificate-authority \
            --certificate-authority-arn {resource} --region us-east-1"),
        "why": "The rule of RFC 5280 says so.", "evidence": {"kind": "kind"},
        "as_of": "2026-03-01T12:00:00Z",
    }})
}

pub(crate) fn report(cas: Vec<Value>, findings: Vec<Value>, verdicts: Vec<Value>) -> FleetReport {
    let report = json!({
        "schema": "vigil.fleet-report/1", "as_of": "2026-03-01T12:00:00Z", "made_by": "test",
        "regions": [{"name": "us-east-1", "state": "answered", "cas": cas.len()}],
        "cas": cas, "findings": findings, "resolved": [], "verdicts": verdicts, "unchecked": [],
    });
    serde_json::from_value(report).unwrap()
}

fn elements(page: &str) -> usize {
    page.match_indices('<').filter(|(at, _)| !page[at + 1..].starts_with(['/', '!'])).count()
}

#[test]
fn the_page_asks_for_nothing_and_names_its_script_by_hash() {
    let page = page(&report(vec![ca(1, None)], vec![finding(1, "HIGH", "text")], vec![]));
    assert!(page.contains(&hash(SCRIPT)) && page.contains(&hash(STYLE)), "the policy has both");
    for forbidden in ["http://", "https://", "src=", "@import", "url(", " style=", " onclick"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert_eq!(page.matches("<script").count(), 1);
}

#[test]
fn hostile_text_is_shown_and_is_no_markup() {
    let hostile = "<script>alert(1)</script></style>\" onload=x ]]> \u{202e}\u{0}\u{1b}[2J";
    let mut of = ca(1, None);
    of["name"] = hostile.into();
    of["certificates"] = serde_json::to_value(CertificateNumbers {
        source: hostile.to_owned(),
        by_account: BTreeMap::from([(hostile.to_owned(), 1)]),
        by_template: BTreeMap::from([(hostile.to_owned(), 1)]),
        revoked_by_reason: BTreeMap::from([(hostile.to_owned(), 1)]),
        issued_by_month: BTreeMap::from([(hostile.to_owned(), 1)]),
        ending_by_week: BTreeMap::from([(hostile.to_owned(), 1)]),
        ..CertificateNumbers::default()
    })
    .unwrap();
    let verdict =
        json!({"rule": hostile, "resource": hostile, "result": "unknown", "reason": hostile});
    let mut report = report(vec![of], vec![finding(1, "HIGH", hostile)], vec![verdict]);
    report.made_by = hostile.to_owned();
    let page = page(&report);
    assert_eq!(page.matches("<script").count(), 1, "its own");
    assert_eq!(page.matches("</style>").count(), 1, "its own");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("⟨U+202E⟩") && page.contains("⟨U+0000⟩") && page.contains("⟨U+001B⟩"));
    assert!(!page.contains(['\u{202e}', '\0', '\u{1b}']));
}

#[test]
fn a_page_of_200_cas_and_3000_findings_stays_small() {
    let cas: Vec<Value> = (0..200).map(|n| ca(n, (n > 10).then_some(n % 10))).collect();
    let severities = ["LOW", "MEDIUM", "HIGH", "CRITICAL", "INFORMATIONAL"];
    let findings =
        (0..3000).map(|n| finding(n, severities[n / 7 % 5], "a finding of 45 characters, about"));
    let results = ["pass", "pass", "not-applicable", "findings"];
    let verdicts = (0..200 * 60).map(|n| {
        let resource = format!("{ACCOUNT}/00000000-0000-0000-0000-{:012}", n % 200);
        json!({"rule": format!("crl.some-rule-{}", n / 200), "resource": resource,
               "result": results[n / 200 % 4], "reason": "the CA has no partition"})
    });
    let mut report = report(cas, findings.collect(), verdicts.collect());
    report.sort();
    let page = page(&report);
    assert!(page.len() <= 1_000_000, "{} bytes", page.len());
    assert!(elements(&page) <= 25_000, "{} elements", elements(&page));
}

fn passed() -> Value {
    json!({"rule": "crl.a", "resource": format!("{ACCOUNT}/1"), "result": "pass"})
}

#[test]
fn a_page_without_verdicts_says_that_no_rule_was_judged() {
    let counted = report(vec![ca(1, None)], vec![], vec![]);
    assert!(conclusion(&counted).starts_with("No rule was judged"));
    let page = page(&counted);
    assert!(page.contains("No rule was judged") && !page.contains("No finding is open"), "{page}");
    let with_finding = report(vec![ca(1, None)], vec![finding(1, "LOW", "x")], vec![]);
    assert!(conclusion(&with_finding).starts_with("Nothing is urgent"));
}

#[test]
fn the_first_sentence_says_whether_to_act() {
    let said = |findings: Vec<Value>| {
        let mut report = report(vec![ca(1, None)], findings, vec![passed()]);
        report.sort();
        conclusion(&report)
    };
    assert_eq!(said(vec![]), "No finding is open.");
    let high = said(vec![finding(1, "LOW", "low"), finding(2, "HIGH", "high")]);
    assert_eq!(high, "Act today: 1 HIGH finding. First: high 2.");
    assert!(said(vec![finding(1, "CRITICAL", "x")]).starts_with("Act now: "));
    assert!(said(vec![finding(1, "LOW", "x")]).starts_with("Nothing is urgent"));
}

#[test]
fn what_could_not_be_checked_is_said_at_the_top() {
    let mut report = report(vec![ca(1, None)], vec![], vec![passed()]);
    let (what, why) = ("eu-west-1".to_owned(), "it did not answer".to_owned());
    report.unchecked.push(vigil_core::fleet::Unchecked { what, why });
    assert_eq!(conclusion(&report), "No finding is open. 1 check could not be made.");
    let page = page(&report);
    let (top, main) = page.split_once("<main>").unwrap();
    assert!(top.contains("Incomplete: 1 check could not be made."), "{top}");
    assert!(main.contains("it did not answer"));
}

#[test]
fn what_stands_for_an_output_of_the_stack_is_explained() {
    let mut known = finding(1, "HIGH", "known");
    let plain = page(&report(vec![ca(1, None)], vec![known.clone()], vec![]));
    assert!(!plain.contains("In the commands, write"), "{plain}");
    known["finding"]["what_to_do"] = json!("Do:\n  vigil approve x --key APPROVER-KEY");
    let page = page(&report(vec![ca(1, None)], vec![known], vec![]));
    let words =
        "In the commands, write the stack's output ApproverKeyArn in place of APPROVER-KEY.";
    assert!(page.contains(words), "{page}");
}

#[test]
fn a_ca_whose_ocsp_is_not_known_is_not_said_to_have_none() {
    let said = |ocsp: Value| {
        let mut of = ca(1, None);
        of["ocsp"] = ocsp;
        page(&report(vec![of], vec![], vec![]))
    };
    assert!(said(Value::Null).contains(", OCSP unknown"));
    assert!(said(json!(true)).contains(", OCSP on") && said(json!(false)).contains(", OCSP off"));
}

#[test]
fn not_applicable_and_unknown_never_count_as_passed() {
    let arn = format!("{ACCOUNT}/00000000-0000-0000-0000-000000000001");
    let verdict = |rule: &str, result: &str| json!({"rule": rule, "resource": arn, "result": result, "reason": "a reason"});
    let verdicts = vec![
        verdict("crl.a", "pass"),
        verdict("crl.b", "not-applicable"),
        verdict("crl.c", "unknown"),
        verdict("crl.d", "findings"),
        verdict("crl.e", "acknowledged"),
    ];
    let page = page(&report(vec![ca(1, None)], vec![], verdicts));
    assert!(
        page.contains("1 failed, 1 unknown, 1 acknowledged, 1 passed, 1 not applicable."),
        "{page}"
    );
    assert!(page.contains("<b>? Unknown: </b>a reason: crl.c"), "{page}");
    assert!(page.contains("<b>○ Acknowledged, not passed: </b>crl.e"), "{page}");
}

#[test]
fn what_was_acknowledged_is_apart_and_not_open() {
    let mut report = report(vec![ca(1, None)], vec![], vec![]);
    let mut finding = finding(1, "CRITICAL", "an old compromise")["finding"].clone();
    finding["evidence"]["serial"] = json!("0a");
    let of = json!({"by": "carol", "note": "<b>known</b>", "finding": finding});
    report.acknowledged = vec![serde_json::from_value(of).unwrap()];
    assert_eq!(conclusion(&report), "No finding is open.");
    let page = page(&report);
    assert!(page.contains("○ 1 finding acknowledged: so, and accepted"), "{page}");
    assert!(
        page.contains(
            "CRITICAL an old compromise 1. carol: &lt;b&gt;known&lt;/b&gt; (serial 0a, finding"
        ),
        "{page}"
    );
}

#[test]
fn owner_and_growth_of_a_ca_are_shown() {
    let mut of = ca(1, None);
    of["owner"] = json!("team <pki>");
    of["certificates"] = serde_json::to_value(CertificateNumbers::default()).unwrap();
    of["certificates"]["since"] =
        json!({"created_at": "2026-02-28T00:00:00Z", "issued": 7, "valid": -2, "revoked": 0});
    let page = page(&report(vec![of], vec![], vec![]));
    assert!(page.contains("Owner: team &lt;pki&gt;"), "{page}");
    assert!(page.contains("+7 issued, -2 valid, no more revoked"), "{page}");
    assert!(page.contains("Grown: 1 CA"), "{page}");
}

#[test]
fn a_ca_that_only_revoked_has_changed_and_a_quiet_one_has_not() {
    let grown = |n: usize, issued: i64, revoked: i64| {
        let mut of = ca(n, None);
        of["certificates"] = serde_json::to_value(CertificateNumbers::default()).unwrap();
        of["certificates"]["since"] = json!({"created_at": "2026-02-28T00:00:00Z",
            "issued": issued, "valid": 0, "revoked": revoked});
        of
    };
    let page = page(&report(vec![grown(1, 0, 3), grown(2, 0, 0)], vec![], vec![]));
    assert!(page.contains("Grown: 1 CA"), "{page}");
    assert!(page.contains("0 more issued, 3 more revoked"), "{page}");
}

#[test]
fn ends_are_not_known_where_no_audit_report_was_read() {
    let unread = page(&report(vec![ca(1, None)], vec![], vec![]));
    assert!(unread.contains("No audit report was read"), "{unread}");
    assert!(!unread.contains("0 valid certificates end"), "{unread}");
    let mut of = ca(2, None);
    of["certificates"] = serde_json::to_value(CertificateNumbers::default()).unwrap();
    let read = page(&report(vec![ca(1, None), of], vec![], vec![]));
    assert!(read.contains("in the audit reports of 1 of 2 CAs."), "{read}");
}

#[test]
fn only_a_region_that_was_asked_has_no_ca() {
    let mut report = report(vec![], vec![], vec![]);
    assert_eq!(conclusion(&report), "There is no CA.");
    report.regions.clear();
    assert_eq!(conclusion(&report), "What was read names no CA.");
}

#[test]
fn what_is_not_known_of_a_ca_is_not_said_of_it() {
    let mut of = ca(1, None);
    (of["status"], of["crl"], of["ocsp"]) = (json!("UNKNOWN"), Value::Null, Value::Null);
    let unknown = page(&report(vec![of.clone()], vec![], vec![]));
    for text in ["The status of 1 CA is", "The revocation configuration of 1 CA is"] {
        assert!(unknown.contains(&format!("{text} not known.")), "{unknown}");
    }
    assert!(!unknown.contains("is DELETED") && !unknown.contains("a CRL enabled"), "{unknown}");
    let mut known = ca(2, None);
    known["crl"] = Value::Null;
    let both = page(&report(vec![of, known.clone()], vec![], vec![]));
    assert!(both.contains("No other CA is DELETED."), "{both}");
    let page = page(&report(vec![known], vec![], vec![]));
    assert!(page.contains("No CA is DELETED.") && page.contains("No CA has a CRL enabled."));
}

#[test]
fn a_window_that_ends_soon_is_on_the_timeline() {
    let mut of = ca(1, None);
    of["restorable_until"] = json!("2026-03-02T00:00:00Z");
    of["status"] = json!("DELETED");
    let page = page(&report(vec![of], vec![], vec![]));
    assert!(page.contains("class=\"bar soon\"") && page.contains("12 hours"), "{page}");
}

#[test]
fn a_month_with_revocations_alone_is_shown() {
    let mut of = ca(1, None);
    of["certificates"] = serde_json::to_value(CertificateNumbers {
        issued_by_month: BTreeMap::from([("2025-11".to_owned(), 3)]),
        revoked_by_month: BTreeMap::from([("2026-02".to_owned(), 41)]),
        ..CertificateNumbers::default()
    })
    .unwrap();
    let page = page(&report(vec![of], vec![], vec![]));
    let row = "2026-02</th><td class=\"number\">0</td><td class=\"number\">41</td>";
    assert!(page.contains("The last 2 months") && page.contains(row), "{page}");
}

#[test]
fn every_ca_is_in_the_tree_whoever_signed_it() {
    // Of 20 one signs the next; 30 and 31 sign each other; the issuer of 40 is not known.
    let chain = (0..20_usize).map(|n| ca(n, n.checked_sub(1)));
    let others = [ca(30, Some(31)), ca(31, Some(30)), ca(40, Some(99))];
    let page = page(&report(chain.chain(others).collect(), vec![], vec![]));
    let (_, tree) = page.split_once("<section id=\"tree\">").unwrap();
    let (tree, _) = tree.split_once("</section>").unwrap();
    for n in (0..20).chain([30, 31, 40]) {
        assert_eq!(tree.matches(&format!("<b>CA {n}</b>")).count(), 1, "{n}: {tree}");
    }
}

#[test]
fn what_was_not_judged_of_files_and_successors_is_said() {
    let mut of = ca(1, None);
    let said = |of: &Value| page(&report(vec![of.clone()], vec![], vec![]));
    of["certificates"] = serde_json::to_value(CertificateNumbers {
        source: "reports/a.json".to_owned(),
        ..CertificateNumbers::default()
    })
    .unwrap();
    let page = said(&of);
    assert!(page.contains("Of 1 CA, successors were not judged."), "{page}");
    assert!(page.contains("it is not known when ACM PCA created it"), "{page}");
    of["certificates"]["as_of"] = json!("2026-02-01T00:00:00Z");
    let page = said(&of);
    assert!(page.contains("The oldest was counted as of 2026-02-01 00:00 UTC."), "{page}");
    of["certificates"]["source"] = json!("s3://reports/a.json");
    of["certificates"]["without_successor_within_90_days"] = json!(0);
    let page = said(&of);
    assert!(!page.contains("were not judged") && !page.contains("it is not known when"), "{page}");
}

#[test]
fn no_number_or_time_of_a_model_is_too_large_for_the_page() {
    let most = u64::MAX;
    let mut of = ca(1, None);
    of["not_after"] = json!("9999-12-31T23:59:59Z");
    of["certificates"] = serde_json::to_value(CertificateNumbers {
        issued: most,
        valid: most,
        expiring_within_30_days: most,
        without_successor_within_90_days: Some(most),
        by_account: (0..20).map(|n| (n.to_string(), most)).collect(),
        ending_by_week: BTreeMap::from([("9999-12-27".to_owned(), most)]),
        issued_by_month: BTreeMap::from([("9999-12".to_owned(), most)]),
        ..CertificateNumbers::default()
    })
    .unwrap();
    let mut other = of.clone();
    other["arn"] = ca(2, None)["arn"].clone();
    let mut report = report(vec![of, other], vec![], vec![]);
    report.as_of = time::macros::datetime!(9999-12-31 23:59:59 UTC);
    assert!(page(&report).contains("18,446,744,073,709,551,615 issued"));
}
