//! ACM PCA refuses to make reports.

use super::{
    world::{AT, World, arn, facts, permission_error},
    *,
};
use crate::bucket::Fact;

const SIX: [CaStatus; 6] = [const { CaStatus::Active }; 6];

#[test]
fn a_cause_is_published_once_and_ends_with_the_next_success() {
    let world = World::new(&SIX);
    *world.reports.refuses.lock().unwrap() = true;
    for hour in 0..3 {
        let error = world.sweep(AT + Duration::hours(hour)).unwrap_err();
        assert!(error.to_string().starts_with("6 of 6 CAs failed"), "{error}");
    }
    let told = world.findings("audit-report.refused");
    let [finding] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(finding.evidence["kind"], "bucket-policy");
    assert_eq!(finding.evidence["certificate_authorities"].as_array().unwrap().len(), 6);
    assert!(finding.title.contains("6 CAs to bucket reports"), "{}", finding.title);

    *world.reports.refuses.lock().unwrap() = false;
    world.sweep(AT + Duration::hours(3)).unwrap();
    let told = world.findings("audit-report.refused");
    assert_eq!((told.len(), told[1].status, &told[1].id), (2, Status::Resolved, &told[0].id));
    world.sweep(AT + Duration::hours(30)).unwrap();
    assert_eq!(world.findings("audit-report.refused").len(), 2);
}

#[test]
fn a_cause_lasts_while_one_ca_is_refused_for_it() {
    let world = World::new(&SIX[..2]);
    *world.reports.answers.lock().unwrap() = vec![Err(permission_error()), Err(permission_error())];
    world.sweep(AT).unwrap_err();
    *world.reports.answers.lock().unwrap() = vec![Err(permission_error())];
    world.sweep(AT + Duration::HOUR).unwrap_err();
    assert_eq!(world.findings("audit-report.refused").len(), 1, "one is refused still");
    // The last one is deleted.
    let refused = world.reports.asked.lock().unwrap()[2].clone();
    for ca in world.authorities.cas.lock().unwrap().iter_mut() {
        if ca.arn.as_str() == refused {
            ca.status = CaStatus::Deleted;
        }
    }
    world.sweep(AT + Duration::hours(2)).unwrap();
    assert_eq!(world.findings("audit-report.refused")[1].status, Status::Resolved);
}

#[test]
fn every_cause_is_a_finding_of_its_own() {
    let world = World::new(&SIX[..3]);
    *world.reports.answers.lock().unwrap() =
        vec![Err(denied("create")), Err(permission_error()), Err(broken("create"))];
    world.buckets.0.lock().unwrap().object_lock = Fact::Known(true);
    let error = world.sweep(AT).unwrap_err();
    assert!(error.to_string().starts_with("3 of 3 CAs failed"), "{error}");
    let told = world.findings("audit-report.refused");
    let kinds: Vec<_> =
        told.iter().map(|finding| finding.evidence["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["iam", "object-lock"], "a connection that breaks is no refusal");
    // The cause of the second changes.
    *world.buckets.0.lock().unwrap() = facts();
    *world.reports.answers.lock().unwrap() = vec![Err(denied("create")), Err(permission_error())];
    world.sweep(AT + Duration::HOUR).unwrap_err();
    let told: Vec<_> = world.findings("audit-report.refused").split_off(2);
    let told: Vec<_> = told
        .iter()
        .map(|finding| (finding.evidence["kind"].as_str().unwrap(), finding.status))
        .collect();
    assert_eq!(told, [("bucket-policy", Status::New), ("object-lock", Status::Resolved)]);
    assert_eq!(arn(1), world.reports.asked.lock().unwrap()[0]);
}
