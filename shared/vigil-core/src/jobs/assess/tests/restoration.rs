//! How long a DELETED CA can still be restored.

use time::Duration;

use super::world::*;
use crate::finding::Severity;

#[test]
fn a_deleted_ca_is_found_with_its_time_left_and_not_changed() {
    let world = World::new(vec![deleted()]);
    let report = world.assess();
    assert_eq!(rules(&report), [("assess.restoration-window", true)]);
    let finding = &report.findings[0].finding;
    assert_eq!(finding.severity, Severity::Medium);
    assert!(finding.title.contains("5 days"), "{}", finding.title);
    assert!(finding.what_to_do.contains("restore-certificate-authority"), "{}", finding.what_to_do);
    assert!(world.authorities.changes.lock().unwrap().is_empty());
    let again = world.assess();
    assert_eq!(rules(&again), [("assess.restoration-window", false)], "it is remembered");
}

#[test]
fn a_window_that_nears_its_end_is_new_again_and_ends_once() {
    let world = World::new(vec![deleted()]);
    world.assess();
    world.authorities.set_now(AT + Duration::hours(4 * 24 + 12));
    let nearer = world.assess();
    assert_eq!(rules(&nearer), [("assess.restoration-window", true)], "it became worse");
    assert_eq!(nearer.findings[0].finding.severity, Severity::High);
    *world.authorities.cas.lock().unwrap() = Vec::new();
    let over = world.assess();
    assert_eq!((over.findings.len(), over.resolved.len()), (0, 1), "{over:?}");
    assert!(world.assess().resolved.is_empty());
}
