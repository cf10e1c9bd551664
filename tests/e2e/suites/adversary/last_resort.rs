//! The last resort, with everything else broken or misled.

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::world::World;
use time::Duration;

use super::support::{after_the_window, assert_not_lost};

const PERMIT_ALL: &str = "permit(principal, action, resource);";

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_permits_all_loses_no_ca_at_the_end() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    // Signed by who may publish: even that does not lose a CA.
    world.publish(PERMIT_ALL).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "the policy decides until then");
    world.advance(Duration::days(7) - Duration::hours(3)).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted));
    world.advance(Duration::hours(2)).await;
    assert_not_lost(&world, &ca, "permit all").await;
    let published = world.findings("last-resort.restored");
    assert_eq!(
        (published.len(), &published[0]["severity"]),
        (1, &"CRITICAL".into()),
        "{published:#?}"
    );
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_never_had_a_certificate_may_end() {
    let world = World::start_for_days().await;
    let kind = aws_sdk_acmpca::types::CertificateAuthorityType::Subordinate;
    let ca = testkit::pca::create_revoking(&world.pca, kind, "NEVER", None).await;
    world.delete_disabled(&ca, 7).await;
    world.stack.settled().await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted));
    after_the_window(&world).await;
    assert_eq!(world.status(&ca).await, None);
    assert!(world.findings("last-resort.").is_empty());
}
