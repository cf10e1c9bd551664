//! Which events of its deletion a case has taken in, and whether they can all be true.
//!
//! CloudTrail delivers an event more than once, each time the same. The id alone does not show that: a principal
//! that may invoke the function can deliver the true id with another caller, before the true event comes.

use super::Case;
use crate::{cloudtrail::Deletion, instant::rfc3339, jobs::case::act::Act};

impl Case {
    /// Whether this very event has been taken in.
    pub(in crate::jobs) fn knows(&self, event: &Deletion) -> bool {
        self.deletions().any(|known| is_same(known, event))
    }

    /// Whether an event with its id has been taken in, whatever else that one says.
    pub(in crate::jobs) fn knows_id_of(&self, event: &Deletion) -> bool {
        self.deletions().any(|known| known.event_id == event.event_id)
    }

    /// CloudTrail's ids of the events of the deletion that is being judged.
    pub(in crate::jobs) fn event_ids(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        for id in self.events().into_iter().filter_map(|event| event.event_id.as_deref()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// Why the events of the deletion that is being judged cannot all be true: a call has one record, which
    /// names one caller and one time.
    pub(in crate::jobs) fn contradiction(&self) -> Option<String> {
        let events = self.events();
        if events.len() < 2 {
            return None;
        }
        let ids = self.event_ids();
        if ids.len() > 1 {
            return Some(format!("the events {} are of one deletion", ids.join(" and ")));
        }
        let calls = events.iter().map(|of| format!("{} at {}", of.by.name(), rfc3339(of.at)));
        let calls: Vec<String> = calls.collect();
        Some(format!("the event {} names {}", ids.join(", "), calls.join(" and ")))
    }

    /// Each once.
    fn events(&self) -> Vec<&Deletion> {
        let mut events: Vec<&Deletion> = Vec::new();
        for entry in &self.entries {
            let deletion = match &entry.act {
                Act::Seen { deletion, .. } => {
                    events.clear();
                    deletion
                }
                Act::Joined { deletion } => deletion,
                _ => continue,
            };
            if deletion.event_id.is_some() && !events.iter().any(|known| is_same(known, deletion)) {
                events.push(deletion);
            }
        }
        events
    }
}

/// Whether two events say the same of a call.
fn is_same(one: &Deletion, other: &Deletion) -> bool {
    (&one.event_id, &one.by, one.at) == (&other.event_id, &other.by, other.at)
}
