//! Where the service's events go: EventBridge envelopes, as the real service would send them.

use std::sync::Arc;

/// Takes EventBridge events in the full envelope (`version`, `id`, `detail-type`, `source`,
/// `account`, `time`, `region`, `resources`, `detail`). Called while a request is being answered:
/// it hands the event on and returns, it never waits for who receives it.
pub trait EventSink: Send + Sync {
    fn deliver(&self, event: serde_json::Value);
}

/// For a service whose events nobody listens to.
pub struct NoEvents;

impl EventSink for NoEvents {
    fn deliver(&self, _event: serde_json::Value) {}
}

impl<S: EventSink + ?Sized> EventSink for Arc<S> {
    fn deliver(&self, event: serde_json::Value) {
        (**self).deliver(event);
    }
}
