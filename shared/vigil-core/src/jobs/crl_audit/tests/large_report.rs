//! An audit report that is too large to be read in one run.

use serde_json::json;
use time::Duration;

use super::{super::Outcome, time::continuation, world::*};

/// Some 11 KB: the pieces of the fakes have 50 bytes, and a report may be put down above 4 KB.
fn large() -> Vec<u8> {
    let record = |serial: String, revoked_at: Option<&str>| {
        json!({"awsAccountId": "111122223333", "certificateArn": "a", "serial": serial,
               "subject": "CN=x", "notBefore": "2026-02-01T00:00:00+0000",
               "notAfter": "2027-02-01T00:00:00+0000", "issuedAt": "2026-02-01T01:00:00+0000",
               "revokedAt": revoked_at, "revocationReason": revoked_at.map(|_| "SUPERSEDED")})
    };
    let revoked = Some("2026-02-28T12:00:00+0000");
    let mut records = vec![record("11".to_owned(), revoked), record("13".to_owned(), revoked)];
    records.extend((0..40).map(|nth| record(format!("01:00:{nth:02x}"), None)));
    records.push(record("00:ee:22".to_owned(), revoked));
    serde_json::to_vec(&records).unwrap()
}

fn world() -> World {
    let world = World::clean();
    world.note_report("2026-03-01T11:00:00+0000");
    world.objects.objects.lock().unwrap().insert("audit-report/r.json".to_owned(), large());
    world
}

fn go_on(world: &World, lasting: usize) -> super::super::Audit {
    *world.pace.lasting.lock().unwrap() = lasting;
    match world.run(Duration::HOUR, &continuation(world)).unwrap() {
        Outcome::Audited(audit) => *audit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_large_report_is_compared_in_several_runs() {
    let world = world();
    // Each piece asks once: the report is put down in its third of four quarters.
    *world.pace.lasting.lock().unwrap() = 60;
    let audit = world.audit(Duration::HOUR);
    assert_eq!(audit.continued_from, Some(arn(1)));
    assert_eq!(world.published(), [], "nothing is judged by a part");
    let audit = go_on(&world, 60);
    assert_eq!(audit.continued_from, Some(arn(1)));
    let audit = go_on(&world, usize::MAX);
    assert_eq!(audit.continued_from, None);
    assert_eq!(world.published(), [new("crl.completeness")]);
    assert_eq!(world.bus.last().evidence["first_serials"], json!([format!("{:032x}", 0x13)]));
    let from = world.objects.read_from.lock().unwrap().clone();
    assert!(from[0] == 0 && from[1] > 1000 && from[2] > from[1] + 1000, "{from:?}");
    let whole = self::world();
    whole.audit(Duration::HOUR);
    assert_eq!(world.bus.last().evidence, whole.bus.last().evidence);
}

/// Marks are of one CRL, and offsets of one report.
#[test]
fn another_crl_or_report_is_compared_from_the_beginning() {
    use crate::crl::fixture::Draft;
    for is_crl in [true, false] {
        let world = world();
        *world.pace.lasting.lock().unwrap() = 60;
        world.audit(Duration::HOUR);
        if is_crl {
            world.put_crl(1, &Draft::good(&world.issuers[0], AT + Duration::HOUR));
        } else {
            let mut report = large();
            report.push(b'\n');
            world.objects.objects.lock().unwrap().insert("audit-report/r.json".to_owned(), report);
        }
        go_on(&world, usize::MAX);
        assert_eq!(world.objects.read_from.lock().unwrap()[..], [0, 0], "{is_crl}");
        assert_eq!(world.published(), [new("crl.completeness")], "{is_crl}");
    }
}

/// An event would have the run go on with every CA after this one.
#[test]
fn an_event_leaves_a_large_report_to_the_hourly_run() {
    let world = world();
    let event = json!({"source": "aws.acm-pca", "detail-type": "ACM Private CA CRL Generation",
                       "resources": [arn(1)], "time": "2026-03-01T13:00:00Z", "id": "1",
                       "detail": {"result": "success"}});
    let Outcome::Audited(audit) = world.run(Duration::HOUR, &event).unwrap() else { panic!() };
    let report = world.evidence.json(&audit.report);
    let judgements = report["judgements"].as_array().unwrap();
    let of = |rule: &str| judgements.iter().find(|one| one["rule"] == rule).unwrap().clone();
    let reason = of("crl.completeness")["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("by the hourly runs alone"), "{reason}");
    assert_eq!(world.objects.read_from.lock().unwrap().len(), 0);
}

/// What does not fit is not compared by a part, and the run says how it can be.
#[test]
fn marks_that_do_not_fit_end_in_the_command_that_compares() {
    use crate::crl::fixture::{Draft, entry};
    let world = world();
    let mut draft = Draft::good(&world.issuers[0], AT);
    let serial = |nth: u32| [&[0x21][..], &nth.to_be_bytes()].concat();
    draft.entries =
        Some((0..25_000).map(|nth| entry(&serial(nth), AT - Duration::DAY, None)).collect());
    world.put_crl(1, &draft);
    *world.pace.lasting.lock().unwrap() = 60;
    let audit = world.audit(Duration::HOUR);
    assert_ne!(audit.continued_from, Some(arn(1)));
    let report = world.evidence.json(&audit.report);
    let judgements = report["judgements"].as_array().unwrap();
    let of = judgements.iter().find(|one| one["rule"] == "crl.completeness").unwrap();
    let reason = of["reason"].as_str().unwrap();
    assert!(reason.contains("vigil crl check CRL --issuer CA.pem --report REPORT"), "{reason}");
}
