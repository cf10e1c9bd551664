//! How much there was of everything that a scenario should have in it.

use std::{collections::BTreeMap, fmt};

/// What there was of everything.
pub(in crate::jobs::scenarios) struct Tally(pub(super) BTreeMap<&'static str, usize>);

impl Tally {
    pub(in crate::jobs::scenarios) fn is_rich(&self) -> bool {
        [
            "approvals",
            "crash",
            "disablings",
            "duplicates",
            "failed",
            "forbidden deletions",
            "gone",
            "lost events",
            "permitted deletions",
            "restorations",
            "throttled",
        ]
        .iter()
        .all(|what| self.0.get(what).is_some_and(|count| *count > 0))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self.0.iter().map(|(what, count)| format!("{count} {what}"));
        f.write_str(&each.collect::<Vec<_>>().join(", "))
    }
}
