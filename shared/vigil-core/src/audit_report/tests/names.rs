//! Names of columns and members that a fault has changed, and optional fields that are empty.

use super::{
    damage::{HEADER, line, object},
    *,
};

fn ended(report: &str, format: Format) -> (Vec<Record<'static>>, Ending) {
    let whole = read(report.as_bytes(), format, usize::MAX).unwrap();
    for size in [1, 2, 3, 7] {
        assert_eq!(read(report.as_bytes(), format, size).unwrap(), whole, "in pieces of {size}");
    }
    whole
}

#[test]
fn a_damaged_name_of_any_column_is_named() {
    let names: Vec<&str> = HEADER.trim_end().split(',').collect();
    for name in &names {
        for damaged in [&name[1..], "x", "", &format!("{name}x")[..], &name.to_uppercase()[..]] {
            let header = HEADER.replacen(name, damaged, 1);
            let report = format!("{header}{}{}", line(1), line(2));
            let (found, ending) = ended(&report, Format::Csv);
            let templates = found.iter().filter(|record| record.template_arn.is_some());
            assert_eq!((found.len(), templates.count()), (2, 2), "{header}");
            let [bad] = &ending.unreadable.first[..] else { panic!("{ending:?}") };
            let why = format!("the header has no column {name:?}");
            assert_eq!((bad.number, &bad.why), (1, &why), "{header}");
        }
    }
}

#[test]
fn only_a_header_of_known_names_may_lack_templates() {
    let old = HEADER.replacen(",templateArn", "", 1);
    let without = |n| line(n).rsplit_once(',').unwrap().0.to_owned() + "\n";
    let of = |header: &str, change: &dyn Fn(String) -> String| {
        let lines = [change(without(1)), change(without(2))].concat();
        ended(&format!("{header}{lines}"), Format::Csv)
    };
    assert_eq!(of(&old, &|line| line).1.lacks(), 0);
    let subject = old.replacen("subject", "Subject", 1);
    assert_eq!(of(&subject, &|line| line).1.lacks(), 0);
    // No other column stands where it belongs, so which one had the templates cannot be guessed.
    let first = of(&format!("x,{old}"), &|line| format!(",{line}"));
    let last = of(&old.replacen('\n', ",x,y\n", 1), &|line| line.replacen('\n', ",,\n", 1));
    for (found, ending) in [first, last] {
        assert_eq!((found.len(), ending.unreadable.count), (2, 1));
        let why = &ending.unreadable.first[0].why;
        assert_eq!(why, "the header has no column \"templateArn\"");
    }
}

#[test]
fn a_member_that_is_nearly_an_optional_one_is_named() {
    let revoked = object(2).replacen(
        "\"templateArn\"",
        "\"requestedByServicePrincipal\":\"acm.amazonaws.com\",\
         \"revokedAt\":\"2020-02-26T20:00:36+0000\",\"revocationReason\":\"SUPERSEDED\",\
         \"templateArn\"",
        1,
    );
    assert_eq!(ended(&format!("[{},{revoked}]", object(1)), Format::Json).1.lacks(), 0);
    for (name, damaged) in [
        ("templateArn", "templateArm"),
        ("templateArn", "templateAr"),
        ("revokedAt", "RevokedAt"),
        ("revokedAt", "revokedA\\u0074t"),
        ("revocationReason", "revocationeReason"),
        ("requestedByServicePrincipal", "requestedByServicePrincipa1"),
    ] {
        let second = revoked.replacen(&format!("{name:?}"), &format!("\"{damaged}\""), 1);
        let (found, ending) = ended(&format!("[{},{second}]", object(1)), Format::Json);
        assert_eq!((found.len(), ending.unreadable.count), (1, 1), "{damaged}");
        let why = format!("is nearly {name:?}, which it does not have");
        assert!(ending.unreadable.first[0].why.ends_with(&why), "{ending:?}");
    }
    let added = revoked.replacen('{', "{\"revokedBy\":\"x\",\"templateArns\":[],", 1);
    let (found, ending) = ended(&format!("[{},{added}]", object(1)), Format::Json);
    assert_eq!((found.len(), ending.lacks()), (2, 0), "what AWS adds is ignored");
}

#[test]
fn an_empty_optional_field_is_none_in_both_forms() {
    let empty =
        "{\"revokedAt\":\"\",\"revocationReason\":\"\",\"requestedByServicePrincipal\":\"\",";
    let json = format!("[{}]", object(1).replacen('{', empty, 1));
    let json = json.replacen("arn:aws:acm-pca:::template/EndEntityCertificate/V1", "", 1);
    let csv = format!("{HEADER}{}", line(1));
    let csv = csv.replacen("arn:aws:acm-pca:::template/EndEntityCertificate/V1", "", 1);
    let (of_json, _) = ended(&json, Format::Json);
    let (of_csv, _) = ended(&csv, Format::Csv);
    assert_eq!(of_json, of_csv);
    assert!(!of_json[0].is_revoked() && of_json[0].template_arn.is_none(), "{of_json:?}");
    let brief: Brief<'_> = serde_json::from_str(&json[1..json.len() - 1]).unwrap();
    assert_eq!(brief.revocation(), None);
}

#[test]
fn a_mark_before_a_quoted_header_is_no_name() {
    let quoted = HEADER.trim_end().split(',').map(|name| format!("{name:?}")).collect::<Vec<_>>();
    for header in [format!("{}\n", quoted.join(",")), HEADER.to_owned()] {
        let report = format!("\u{feff}{header}{}", line(1));
        let (found, ending) = ended(&report, Format::Csv);
        assert_eq!((found.len(), ending.lacks()), (1, 0), "{header}");
        let (lines, at) = Lines::after_header(report.as_bytes()).unwrap();
        assert_eq!(&report[at..], line(1));
        let mut count = 0;
        lines.read(line(1).as_bytes(), |_| count += 1).unwrap();
        assert_eq!(count, 1);
    }
}
