//! The last resort, on a stack where nothing else of Vigil works.

use std::io::Stdout;

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind,
};
use time::Duration;
use vigil_local::{Builder, Stack};

use super::{DemoError, cast::person, narrator::Narrator};

/// Starts a stack of its own: its events are lost, its sweep and its alerts come too late.
pub(super) async fn play(stack: Builder, narrator: &mut Narrator<Stdout>) -> Result<(), DemoError> {
    narrator.chapter("12. The last resort: everything else is switched off")?;
    let stack = stack
        .parameter("SweepSchedule", "rate(30 days)")
        .parameter("DeadlineThresholds", "1m")
        .start()
        .await?;
    let ended = on(&stack, narrator).await;
    stack.shutdown().await;
    ended
}

async fn on(stack: &Stack, narrator: &mut Narrator<Stdout>) -> Result<(), DemoError> {
    let (alice, bob) = (person("alice", stack.endpoint()), person("bob", stack.endpoint()));
    let ca = alice.create_ca(Kind::Root, "Forgotten Root CA", None).await?;
    alice.activate(&ca, &ca, super::story::ROOT, 10).await?;
    stack.lose_events(true);
    narrator.act("mallory", "stops the sweep, the alerts and the delivery of events")?;
    bob.set_status(&ca, Status::Disabled).await?;
    bob.delete(&ca, 7).await?;
    narrator.act("bob", "disables and deletes the Forgotten Root CA")?;
    for (wait, want, what) in [
        (
            Duration::days(7) - Duration::hours(3),
            Status::Deleted,
            "three hours before the end, the CA is still DELETED",
        ),
        (
            Duration::hours(1) + Duration::minutes(20),
            Status::Disabled,
            "in the last two hours, last-resort restored it (DISABLED)",
        ),
    ] {
        let timeline = stack.timeline();
        timeline.advance_to(timeline.clock().now() + wait).await;
        let status = alice.status(&ca).await?;
        if status != Some(want) {
            narrator.fail(what)?;
            return Err(DemoError::Unexpected(what.to_owned()));
        }
        narrator.confirm(what)?;
    }
    let by_others =
        stack.invocations().iter().filter(|done| done.function.ends_with("auto-restore")).count();
    if by_others > 0 {
        return Err(DemoError::Unexpected("auto-restore never ran".to_owned()));
    }
    Ok(narrator.confirm("auto-restore never ran")?)
}
