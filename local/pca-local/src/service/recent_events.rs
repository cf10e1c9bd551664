//! The latest events of the service, for the console.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use serde_json::Value;
use tokio::sync::watch;

use crate::service::{cloudtrail::ApiCall, events::Happened};

/// As many as a person reads, and no more memory than a few requests with the longest chain take.
const MAX_KEPT: usize = 500;
const MAX_KEPT_BYTES: usize = 8 * 1024 * 1024;

/// The latest events, the same for every reader.
pub(crate) struct RecentEvents {
    pages: Mutex<Pages>,
    /// The number of the latest event.
    latest: watch::Sender<u64>,
}

#[derive(Default)]
struct Pages {
    noted: VecDeque<Arc<Noted>>,
    bytes: usize,
}

/// An event and its place in the order of all events, from 1.
pub(crate) struct Noted {
    pub(crate) number: u64,
    bytes: usize,
    event: RecentEvent,
    /// Made when it is first read: most never are.
    envelope: OnceLock<Value>,
}

/// An event before it has its EventBridge form.
pub(crate) enum RecentEvent {
    Call(Box<ApiCall>),
    Service(Box<Happened>),
}

impl Noted {
    /// The EventBridge event.
    pub(crate) fn envelope(&self) -> &Value {
        self.envelope.get_or_init(|| match &self.event {
            RecentEvent::Call(call) => call.event(),
            RecentEvent::Service(happened) => happened.event(),
        })
    }
}

impl Default for RecentEvents {
    fn default() -> Self {
        Self { pages: Mutex::default(), latest: watch::Sender::new(0) }
    }
}

impl RecentEvents {
    pub(crate) fn note(&self, event: RecentEvent) -> Arc<Noted> {
        let bytes = match &event {
            RecentEvent::Call(call) => call.bytes,
            RecentEvent::Service(_) => 0,
        };
        let mut pages = self.pages();
        let number = *self.latest.borrow() + 1;
        let noted = Arc::new(Noted { number, bytes, event, envelope: OnceLock::new() });
        pages.noted.push_back(Arc::clone(&noted));
        pages.bytes += bytes;
        while pages.noted.len() > MAX_KEPT || pages.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = pages.noted.pop_front() else { break };
            pages.bytes -= oldest.bytes;
        }
        // Still under the lock: numbers are published in their order.
        self.latest.send_replace(number);
        noted
    }

    /// Those that are kept of what came after `number`, oldest first.
    pub(crate) fn after(&self, number: u64) -> Vec<Arc<Noted>> {
        let pages = self.pages();
        let first = pages.noted.partition_point(|noted| noted.number <= number);
        pages.noted.range(first..).cloned().collect()
    }

    pub(crate) fn latest(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;
    use time::{OffsetDateTime, macros::datetime};

    use super::*;
    use crate::{
        model::arn::CaArn,
        service::{caller::Caller, events::ServiceEvent},
    };

    const AT: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);

    fn happened(number: usize) -> RecentEvent {
        let arn = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/id";
        let event = ServiceEvent::CertificateRevocation { certificate_arn: number.to_string() };
        RecentEvent::Service(Box::new(Happened { ca: CaArn::parse(arn).unwrap(), event, at: AT }))
    }

    fn call(bytes: usize) -> RecentEvent {
        let caller = Caller::from_headers(&http::HeaderMap::new(), "111122223333", "us-east-1");
        RecentEvent::Call(Box::new(ApiCall {
            operation: "DeletePolicy".to_owned(),
            request: json!({}),
            outcome: Ok(Bytes::new()),
            caller,
            at: AT,
            bytes,
        }))
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_or_they_are_too_large() {
        let recent = RecentEvents::default();
        for number in 0..=MAX_KEPT {
            recent.note(happened(number));
        }
        let kept = recent.after(0);
        assert_eq!((kept.len(), kept[0].number), (MAX_KEPT, 2));
        assert_eq!(kept[0].envelope()["resources"][1], "1");
        assert_eq!(recent.after(kept[MAX_KEPT - 3].number).len(), 2);

        for _ in 0..3 {
            recent.note(call(MAX_KEPT_BYTES / 2));
        }
        assert_eq!(recent.after(0).len(), 2);
        recent.note(call(MAX_KEPT_BYTES + 1));
        assert_eq!(recent.after(0).len(), 0);
        assert_eq!(*recent.latest().borrow(), MAX_KEPT as u64 + 5);
    }

    #[test]
    fn an_event_has_one_id_however_often_it_is_looked_at() {
        for event in [call(0), happened(0)] {
            let noted = RecentEvents::default().note(event);
            assert_eq!(noted.envelope()["id"], noted.envelope()["id"]);
        }
        let noted = RecentEvents::default().note(call(0));
        assert_eq!(noted.envelope()["detail"]["eventName"], "DeletePolicy");
    }
}
