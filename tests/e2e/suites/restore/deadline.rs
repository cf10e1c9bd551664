//! A restoration window that runs out: its alerts, and the restoration at its end.

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::world::World;
use time::Duration;

use super::support::vigil;

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_stops_reminders_until_its_date() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    let ack = ["deadline", "ack", &ca, "--until", "2026-01-10", "--by", "carol"];
    let (is_done, text) = vigil(&world, &ack).await;
    assert!(!is_done && text.contains("is ACTIVE, not DELETED"), "{text}");

    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    let (is_done, text) = vigil(&world, &ack).await;
    assert!(is_done && text.contains("the final alert is still sent"), "{text}");
    // 7 d and 3 d before the end pass until then, 1 d after it.
    world.advance(Duration::days(6) + Duration::hours(2)).await;
    let alerts = world.findings("restore-deadline.threshold");
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!(alerts[0]["evidence"]["threshold"], "1d");
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_ca_resolves_the_alerts_of_its_deadline() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::days(4) + Duration::hours(2)).await;
    let alerts = world.findings("restore-deadline.threshold").len();
    assert_eq!(alerts, 2);
    world.pca.restore_certificate_authority().certificate_authority_arn(&ca).send().await.unwrap();
    world.advance(Duration::hours(2)).await;
    let resolved = world.findings("restore-deadline.threshold").split_off(alerts);
    assert!(resolved.iter().all(|finding| finding["status"] == "RESOLVED"), "{resolved:#?}");
    assert_eq!(resolved.len(), 2);
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_threshold_of_a_window_is_announced_once() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::days(7) - Duration::minutes(1)).await;
    let alerts = world.findings("restore-deadline.threshold");
    let severities: Vec<_> =
        alerts.iter().map(|alert| alert["severity"].as_str().unwrap().to_owned()).collect();
    // 14 d is longer than the window: it is skipped.
    assert_eq!(severities.len(), 5, "{alerts:#?}");
    assert_eq!(severities.last().map(String::as_str), Some("CRITICAL"));
    let command = format!("restore-certificate-authority --certificate-authority-arn {ca}");
    let last = alerts.last().unwrap();
    assert!(last["what_to_do"].as_str().unwrap().contains(&command), "{last:#}");

    world.advance(Duration::hours(2)).await;
    assert_eq!(world.status(&ca).await, None, "gone for good");
    let gone = world.findings("restore-deadline.gone");
    assert_eq!(gone.len(), 1, "{gone:#?}");
    assert_eq!(
        gone[0]["severity"], "INFORMATIONAL",
        "it was announced, and its approval is signed"
    );
    world.assert_nothing_failed();
}

/// Policy permits the deletion, and does not permit the end of the window.
#[tokio::test(flavor = "multi_thread")]
async fn a_ca_in_use_is_restored_at_the_end_of_its_window() {
    // The last resort would be faster by an hour.
    let parameters = [("SweepSchedule", "rate(1 hour)"), ("LastResort", "false")];
    let world = World::start_with(&parameters).await;
    let ca = world.active_root(None).await;
    let policies = include_str!("../../../../infra/policies/default.cedar");
    let anybody = r#"@id("anybody") permit(principal,
        action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;
    world.publish(&format!("{policies}\n{anybody}")).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::days(7) - Duration::hours(2)).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "it stands");
    world.advance(Duration::hours(1) + Duration::minutes(5)).await;
    assert_eq!(world.status(&ca).await, Some(Status::Disabled), "it is taken back");
    let restored = world.findings("auto-restore.restored");
    assert!(
        restored[0]["title"].as_str().unwrap().contains("at the last threshold"),
        "{restored:#?}"
    );
    world.advance(Duration::hours(2)).await;
    let resolved = world.findings("restore-deadline.threshold");
    assert_eq!(resolved.last().unwrap()["status"], "RESOLVED");
    world.assert_nothing_failed();
}
