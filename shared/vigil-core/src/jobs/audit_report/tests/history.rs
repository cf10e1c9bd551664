//! Reports never forget: each is held against the one before.

use time::OffsetDateTime;

use super::{
    world::{AT, Made, World, arn, event_of, key},
    *,
};

/// A report of the first CA with the certificates of these numbers, of which those above 3 are issued after the first one,
/// by another account and template.
fn report(world: &World, day: i64, numbers: &[u16]) -> Value {
    let certificates = numbers.iter().map(|n| {
        let mut certificate = certificate("2026-12-01T00:00:00+0000", None);
        certificate["certificateArn"] = json!(format!("{}/certificate/{n:04x}", arn(1)));
        certificate["serial"] = json!(format!("{:02x}:{:02x}", n / 256, n % 256));
        if *n > 3 {
            certificate["issuedAt"] = json!("2026-03-01T13:00:00+0000");
            certificate["awsAccountId"] = json!("444455556666");
            certificate["templateArn"] =
                json!("arn:aws:acm-pca:::template/EndEntityClientAuthCertificate/V1");
        }
        certificate
    });
    let body = certificates.collect::<Value>().to_string().into_bytes();
    let at: OffsetDateTime = AT + Duration::days(day);
    let id = format!("{day:08x}-1111-4000-8000-000000000000");
    let status = ReportStatus::Success;
    world.reports.made.lock().unwrap().push(Made { ca: arn(1), id: id.clone(), at, status });
    world.objects.objects.lock().unwrap().insert(key(&arn(1), &id), body);
    world.set_now(at);
    world.run(&event_of(&arn(1), &id, "success")).unwrap();
    world.evidence.json(&format!("summaries/00000000-0000-0000-0000-000000000001/{id}.json"))
}

#[test]
fn a_report_before_that_cannot_be_read_is_named() {
    let world = World::new(&[CaStatus::Active]);
    report(&world, 0, &[1, 2, 3]);
    let key =
        "summaries/00000000-0000-0000-0000-000000000001/00000000-1111-4000-8000-000000000000.json";
    world.evidence.put(key, "{}");
    let second = report(&world, 1, &[1, 2, 3]);
    assert_eq!(second["compared"], json!(null));
    let said = second["summary"]["not_judged"][0].as_str().unwrap();
    assert!(said.starts_with("what has changed since report 00000000-1111-4000-8000"), "{said}");
}

#[test]
fn a_certificate_that_is_missing_in_the_next_report_is_found() {
    let world = World::new(&[CaStatus::Active]);
    assert_eq!(report(&world, 0, &[1, 2, 3])["compared"], json!(null));
    let second = report(&world, 1, &[1, 2, 3, 4]);
    assert_eq!(
        (&second["compared"]["issued"], &second["compared"]["valid"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(second["compared"]["new_accounts"], json!(["444455556666"]));
    let template = "arn:aws:acm-pca:::template/EndEntityClientAuthCertificate/V1";
    assert_eq!(second["compared"]["new_templates"], json!([template]));
    assert!(world.findings("audit-report.history").is_empty());
    report(&world, 2, &[1, 2, 4]);
    let told = world.findings("audit-report.history");
    assert_eq!((told.len(), &told[0].evidence["missing"]), (1, &json!(1)), "{told:?}");
    assert_eq!(told[0].evidence["kind"], "missing");
    report(&world, 3, &[1, 2, 4]);
    assert_eq!(world.findings("audit-report.history")[1].status, Status::Resolved);
    // As many, and not the same.
    report(&world, 4, &[1, 2, 5]);
    let told = world.findings("audit-report.history");
    assert_eq!(told[2].evidence["kind"], "different");
}
