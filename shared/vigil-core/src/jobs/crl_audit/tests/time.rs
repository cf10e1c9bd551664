//! What there is no time for, and what must be asked slowly.

use serde_json::{Value, json};
use time::Duration;

use super::{super::Outcome, world::*};
use crate::{bucket::Fact, ca::Ca, ports::PortError};

/// What the fake bus was asked for, as EventBridge would bring it.
pub(super) fn continuation(world: &World) -> Value {
    let continuation = world.bus.continued_from.lock().unwrap().pop().unwrap();
    json!({"source": "vigil", "detail-type": "Vigil Continuation", "detail": continuation})
}

#[test]
fn a_run_out_of_time_continues_later_until_every_ca_was_checked() {
    let world = World::clean();
    world.buckets.0.lock().unwrap().versioning = Fact::Known(false);
    world.put(1, b"garbage".to_vec());
    world.put(2, b"garbage".to_vec());
    *world.pace.turns.lock().unwrap() = 1;
    let audit = world.audit(Duration::HOUR);
    assert_eq!(audit.continued_from, Some(arn(2)));
    assert_eq!(world.published(), [new("crl.parses")]);
    *world.pace.turns.lock().unwrap() = 1;
    let Outcome::Audited(audit) = world.run(Duration::HOUR, &continuation(&world)).unwrap() else {
        panic!()
    };
    assert_eq!(audit.continued_from.as_deref(), Some("arn:aws:s3:::crls"));
    assert_eq!(world.published().len(), 2, "the first CA has had its turn");
    *world.pace.turns.lock().unwrap() = 1;
    let Outcome::Audited(audit) = world.run(Duration::HOUR, &continuation(&world)).unwrap() else {
        panic!()
    };
    assert_eq!(audit.continued_from, None);
    assert_eq!(world.published()[2..], [new("bucket.versioning")]);
}

#[test]
fn a_run_in_which_no_ca_had_a_turn_fails_and_is_not_continued() {
    let world = World::clean();
    *world.pace.turns.lock().unwrap() = 0;
    let error = world.run(Duration::HOUR, &json!({})).unwrap_err();
    assert!(error.to_string().contains("no time for a single CA"), "{error}");
    assert!(world.bus.continued_from.lock().unwrap().is_empty());
    let endless = json!({"source": "vigil", "detail-type": "Vigil Continuation",
                         "detail": {"job": "crl-audit", "from": arn(1), "hop": 50}});
    *world.pace.turns.lock().unwrap() = 1;
    assert!(world.run(Duration::HOUR, &endless).is_err());
}

#[test]
fn certificates_are_fetched_once_within_quota_and_when_changed() {
    let world = World::clean();
    let template = world.authorities.cas.lock().unwrap()[0].clone();
    for n in 3..=40 {
        let ca = Ca { arn: arn(n).parse().unwrap(), ..template.clone() };
        world.authorities.cas.lock().unwrap().push(ca);
        let pem = world.issuers[0].certificate_pem();
        world.authorities.certificates.lock().unwrap().insert(arn(n), pem);
    }
    world.audit(Duration::HOUR);
    let fetched = || world.authorities.calls.count("certificate");
    assert_eq!(fetched(), 40);
    let pauses = world.pace.pauses.lock().unwrap().clone();
    assert_eq!(pauses, [Duration::SECOND; 2], "40 calls at 15 a second");
    world.audit(Duration::hours(2));
    assert_eq!(fetched(), 40, "they are remembered");
    world.authorities.cas.lock().unwrap()[7].serial = Some("02".to_owned());
    world.audit(Duration::hours(3));
    assert_eq!(fetched(), 41);
}

#[test]
fn a_throttled_call_is_made_again() {
    let world = World::clean();
    let (operation, resource) = ("GetCertificateAuthorityCertificate", arn(1));
    let throttled = PortError::Throttled { operation, resource, cause: "slow down".into() };
    world.authorities.calls.fail_next("certificate", throttled);
    world.audit(Duration::HOUR);
    assert_eq!(world.pace.pauses.lock().unwrap().clone(), [Duration::SECOND]);
    assert_eq!(world.authorities.calls.count("certificate"), 3);
}
