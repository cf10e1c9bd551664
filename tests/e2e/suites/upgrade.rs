//! An upgrade from the template of before, with deletions open, and the way back.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::path::{Path, PathBuf};

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::{
    root,
    world::{START, World},
};
use pca_local::Clock;
use time::Duration;

/// `infra/template.yaml` of the last release. While there is none: of the commit before `Mode`.
fn before() -> PathBuf {
    root().join("tests/fixtures/upgrade/template.yaml")
}

fn after() -> PathBuf {
    root().join("infra/template.yaml")
}

/// The stack of this template, over what earlier ones have left.
async fn deploy(template: &Path, data: &Path, clock: &Clock, more: &[(&str, &str)]) -> World {
    World::deploy(template, Some(data), clock.clone(), more).await
}

/// The thresholds that were alerted of one CA, by all stacks.
fn alerted(world: &World, ca: &str) -> Vec<String> {
    let logged = world.lines("targets", "FindingsLog");
    let findings = logged.iter().map(|line| &line["message"]["detail"]);
    let own = findings.filter(|finding| finding["resource"] == *ca && finding["status"] == "NEW");
    own.filter_map(|finding| Some(finding["evidence"]["threshold"].as_str()?.to_owned())).collect()
}

async fn is_back(world: &World, ca: &str) -> bool {
    matches!(world.status(ca).await, Some(Status::Active | Status::Disabled))
}

/// The history of invocations ends with a stack. `lacking`: what the functions of today write, and the
/// roles of this template may not.
fn assert_no_invocation_failed(world: &World, lacking: &[&str]) {
    let is_excused = |text: &str| lacking.iter().any(|key| text.contains(key));
    let failed: Vec<_> = world
        .stack
        .invocations()
        .into_iter()
        .filter(|done| !done.succeeded() && !is_excused(&format!("{done:?}")))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_continues_open_cases_and_so_does_the_way_back() {
    let data = tempfile::tempdir().unwrap();
    let clock = Clock::frozen_at(START);
    // Alerts after two, eight and eighteen hours of a window of a week.
    let thresholds = ("DeadlineThresholds", "166h,160h,150h,1h");

    // Before: one deletion is approved, one waits for an operator, one was never seen.
    let world =
        deploy(&before(), data.path(), &clock, &[thresholds, ("RestoresPerDay", "0")]).await;
    let root = world.active_root(None).await;
    let approved = world.active_subordinate(&root).await;
    let waiting = world.active_subordinate(&root).await;
    let unseen = world.active_subordinate(&root).await;
    world.approve(&approved).await;
    world.delete(&approved, 7).await;
    world.delete(&waiting, 7).await;
    world.stack.lose_events(true);
    world.delete(&unseen, 7).await;
    world.advance(Duration::minutes(10)).await;
    for ca in [&approved, &waiting, &unseen] {
        assert_eq!(world.status(ca).await, Some(Status::Deleted));
    }
    assert_eq!(world.findings("auto-restore.escalated").len(), 1);
    world.stack.shutdown().await;

    // The upgrade: what was open is restored, and what was approved stays so and is alerted.
    let world = deploy(&after(), data.path(), &clock, &[thresholds]).await;
    world.advance(Duration::hours(10)).await;
    for ca in [&waiting, &unseen] {
        assert!(is_back(&world, ca).await, "{ca}");
    }
    assert_eq!(world.status(&approved).await, Some(Status::Deleted));
    assert_eq!(alerted(&world, &approved), ["166h", "160h"]);
    // One more is open when the stack goes back.
    world.stack.lose_events(true);
    world.delete(&waiting, 7).await;
    assert_no_invocation_failed(&world, &[]);
    world.stack.shutdown().await;

    let world = deploy(&before(), data.path(), &clock, &[thresholds]).await;
    world.advance(Duration::hours(12)).await;
    assert!(is_back(&world, &waiting).await);
    assert_eq!(world.status(&approved).await, Some(Status::Deleted));
    assert_eq!(alerted(&world, &approved), ["166h", "160h", "150h"], "each once");
    let lacking = ["/anchors/", "/state/permits/", "/reports/audit-report/"];
    assert_no_invocation_failed(&world, &lacking);
}
