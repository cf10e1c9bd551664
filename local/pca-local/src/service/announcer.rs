//! Hands events on: to the latest events that the console shows, and to the event sink.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::{
    model::arn::CaArn,
    service::{
        cloudtrail::Act,
        events::{EventSink, Happened, ServiceEvent},
        recent_events::{RecentEvent, RecentEvents},
    },
    state::memory::Store,
};

/// Announces what happens, each time after it is on disk.
pub(crate) struct Announcer {
    recent: Arc<RecentEvents>,
    sink: Option<Arc<dyn EventSink>>,
    store: Arc<Store>,
}

impl Announcer {
    pub(crate) fn new(sink: Option<Arc<dyn EventSink>>, store: Arc<Store>) -> Self {
        Self { recent: Arc::default(), sink, store }
    }

    /// The latest events.
    pub(crate) fn recent(&self) -> &RecentEvents {
        &self.recent
    }

    /// Whether there is an event sink.
    pub(crate) fn is_heard(&self) -> bool {
        self.sink.is_some()
    }

    /// Notes the event and delivers it to the sink, when what it is about is on disk.
    pub(crate) fn note(&self, event: RecentEvent) {
        let (recent, sink) = (Arc::clone(&self.recent), self.sink.clone());
        self.store.data_dir().after(move || {
            let noted = recent.note(event);
            if let Some(sink) = sink {
                sink.deliver(noted.envelope().clone());
            }
        });
    }

    /// One of the service's own events.
    pub(crate) fn announce(&self, ca: &CaArn, event: ServiceEvent, now: OffsetDateTime) {
        self.note(RecentEvent::Service(Box::new(Happened { ca: ca.clone(), event, at: now })));
    }

    /// Delivers CloudTrail's record of what the service did by itself. It is made for the sink
    /// only, and not kept as recent: one client of OCSP would drive out the rest.
    pub(crate) fn trail(&self, ca: &CaArn, act: impl FnOnce() -> Act, now: OffsetDateTime) {
        let Some(sink) = &self.sink else { return };
        let (sink, events) = (Arc::clone(sink), act().events(ca, now));
        self.store
            .data_dir()
            .after(move || events.into_iter().for_each(|event| sink.deliver(event)));
    }
}
