//! A report that one invocation cannot read to its end.

use super::{
    world::{REPORT, World, arn, event, key},
    *,
};

fn large() -> Value {
    let certificates = (0..40).map(|n| {
        let mut certificate = certificate("2026-12-01T00:00:00+0000", None);
        certificate["certificateArn"] = json!(format!("{}/certificate/{n:04x}", arn(1)));
        certificate["serial"] = json!(format!("{:02x}:{:02x}", n / 256, n % 256));
        certificate["subject"] = json!("CN=\"ä\", O=x");
        certificate
    });
    certificates.collect()
}

fn summary(world: &World) -> Value {
    world.evidence.json(&format!("summaries/00000000-0000-0000-0000-000000000001/{REPORT}.json"))
}

/// Each invocation reads one part; how many there were.
fn read_in_parts(world: &World) -> usize {
    let mut next = event("success");
    for invocation in 1.. {
        *world.pace.left.lock().unwrap() = Duration::SECOND;
        match world.run(&next).unwrap() {
            Outcome::Analysed(_) => return invocation,
            Outcome::Continued { .. } => next = world.continuations().remove(0),
            other => panic!("{other:?}"),
        }
    }
    unreachable!("it ends")
}

#[test]
fn several_invocations_give_the_same_bytes_as_one() {
    let in_one = World::new(&[CaStatus::Active]);
    in_one.put_report(&large());
    in_one.run(&event("success")).unwrap();
    let in_parts = World::new(&[CaStatus::Active]);
    in_parts.put_report(&large());
    assert!(read_in_parts(&in_parts) > 5);
    assert_eq!(summary(&in_one).to_string(), summary(&in_parts).to_string());
    assert_eq!(summary(&in_one)["summary"]["issued"], 40);
    let size = large().to_string().len();
    let sums = summary(&in_one)["input"]["sha256"].as_array().unwrap().len();
    assert_eq!((sums, &summary(&in_one)["input"]["bytes"]), (size.div_ceil(1024), &json!(size)));
}

#[test]
fn an_object_that_was_replaced_is_read_anew() {
    let world = World::new(&[CaStatus::Active]);
    world.put_report(&large());
    *world.pace.left.lock().unwrap() = Duration::SECOND;
    assert!(matches!(world.run(&event("success")).unwrap(), Outcome::Continued { .. }));
    world.put_report(&json!([certificate("2026-12-01T00:00:00+0000", None)]));
    world.run(&world.continuations()[0]).unwrap();
    assert_eq!(summary(&world)["summary"]["issued"], 1);
}

#[test]
fn a_checkpoint_that_is_garbage_is_not_used() {
    let world = World::new(&[CaStatus::Active]);
    world.put_report(&large());
    let progress =
        format!("state/audit-report/progress/00000000-0000-0000-0000-000000000001/{REPORT}.json");
    world.evidence.put(&progress, "{\"object\":");
    assert!(read_in_parts(&world) > 5);
    assert_eq!(summary(&world)["summary"]["issued"], 40);
}

#[test]
fn of_two_that_read_the_same_part_one_goes_on() {
    let world = World::new(&[CaStatus::Active]);
    world.put_report(&large());
    *world.pace.left.lock().unwrap() = Duration::SECOND;
    world.evidence.calls.waiting.store(true, std::sync::atomic::Ordering::Relaxed);
    let (ports, settings, event) = (world.ports(), World::settings(), event("success"));
    let both =
        futures::future::join(run(&event, &ports, &settings), run(&event, &ports, &settings));
    let (one, other) = crate::fakes::drive(both).unwrap();
    assert!(matches!(one.unwrap(), Outcome::Continued { .. }));
    assert!(
        matches!(other.unwrap(), Outcome::Nothing { reason, .. } if reason.contains("another"))
    );
    assert_eq!(world.continuations().len(), 1);
}

#[test]
fn what_is_no_report_is_a_finding_that_the_next_one_ends() {
    let world = World::new(&[CaStatus::Active]);
    let key = key(&arn(1), REPORT);
    world.objects.objects.lock().unwrap().insert(key, b"<html>no</html>".to_vec());
    assert_eq!(world.run(&event("success")).unwrap_err().error_type(), "NotAReport");
    let told = world.findings("audit-report.incomplete");
    assert_eq!((told.len(), &told[0].evidence["kind"]), (1, &json!("not-a-report")));
    world.put_report(&json!([]));
    world.run(&event("success")).unwrap();
    assert_eq!(world.findings("audit-report.incomplete")[1].status, Status::Resolved);
}
