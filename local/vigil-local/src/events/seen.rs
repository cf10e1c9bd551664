//! What went over each bus lately. The buses are kept apart, so that a busy default bus does not
//! push Vigil's findings out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use serde_json::Value;

use crate::recent::Recent;

/// An event on a bus, with the rules that it matched.
#[derive(Clone, Debug, Serialize)]
pub struct SeenEvent {
    /// The name of the bus.
    pub bus: String,
    /// The logical ids of the rules.
    pub rules: Vec<String>,
    /// The envelope with its detail.
    pub event: Value,
}

pub(super) struct SeenEvents {
    buses: BTreeMap<String, Recent<(u64, SeenEvent)>>,
    next: AtomicU64,
}

impl SeenEvents {
    pub(super) fn of(buses: &BTreeSet<String>) -> Self {
        let buses = buses.iter().map(|bus| (bus.clone(), Recent::default())).collect();
        Self { buses, next: AtomicU64::default() }
    }

    pub(super) fn push(&self, event: SeenEvent) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(bus) = self.buses.get(&event.bus) {
            bus.push((number, event));
        }
    }

    /// Oldest first.
    pub(super) fn all(&self) -> Vec<SeenEvent> {
        let mut all: Vec<_> = self.buses.values().flat_map(Recent::all).collect();
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, event)| event).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_bus_does_not_push_out_the_events_of_another() {
        let seen = SeenEvents::of(&["default", "vigil"].map(str::to_owned).into());
        let event = |bus: &str, event: Value| SeenEvent { bus: bus.into(), rules: vec![], event };
        seen.push(event("vigil", "finding".into()));
        (0..5000).for_each(|number| seen.push(event("default", number.into())));
        let all = seen.all();
        let (first, last) = (&all[0], &all[all.len() - 1]);
        assert_eq!((&first.event, &last.event), (&"finding".into(), &4999.into()));
    }
}
