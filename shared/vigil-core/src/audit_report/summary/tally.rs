//! Counts and first times by name. The number of names is limited, whatever the report contains.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Counts by name. Of more than 1,000 names, the first 1,000 in order of the alphabet are counted
/// each, and the others together as `(others)`: which ones does not depend on the order of records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Tally(BTreeMap<String, u64>);

/// The first time of each name, limited as a [`Tally`] is; later names have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct FirstSeen(BTreeMap<String, Moment>);

/// A time of RFC 3339, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(#[serde(with = "crate::instant::text")] pub OffsetDateTime);

const MAX_NAMES: usize = 1000;
/// Of one name; templates and principals of AWS are shorter.
const MAX_NAME: usize = 128;
const OTHERS: &str = "(others)";

impl Tally {
    pub(super) fn count(&mut self, name: &str) {
        if let Some(count) = self.0.get_mut(name) {
            *count += 1;
            return;
        }
        *self.0.entry(cut(name)).or_default() += 1;
        self.keep(MAX_NAMES);
    }

    /// Counts the last names together, until there are so many.
    pub(super) fn keep(&mut self, names: usize) {
        while self.0.len() - usize::from(self.0.contains_key(OTHERS)) > names
            && let Some(last) = self.0.keys().rev().find(|name| *name != OTHERS).cloned()
            && let Some(count) = self.0.remove(&last)
        {
            *self.0.entry(OTHERS.to_owned()).or_default() += count;
        }
    }

    /// Whether some names are not counted each.
    pub fn is_cut(&self) -> bool {
        self.of(OTHERS) > 0
    }

    /// The first names, in order, that `before` had not: at most so many.
    pub(super) fn new_since(&self, before: &Self, max: usize) -> Vec<String> {
        // Where `before` is cut, one behind its last name may be among its others.
        let last = before.0.keys().rev().find(|name| *name != OTHERS).filter(|_| before.is_cut());
        let is_new = |name: &str| {
            name != OTHERS && before.of(name) == 0 && last.is_none_or(|last| name < last.as_str())
        };
        let new = self.iter().map(|(name, _)| name).filter(|name| is_new(name));
        new.take(max).map(str::to_owned).collect()
    }

    /// How often the name was counted.
    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Names and counts, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }
}

impl FirstSeen {
    pub(super) fn see(&mut self, name: &str, at: OffsetDateTime) {
        if let Some(first) = self.0.get_mut(name) {
            first.0 = first.0.min(at);
            return;
        }
        let first = self.0.entry(cut(name)).or_insert(Moment(at));
        first.0 = first.0.min(at);
        self.keep(MAX_NAMES);
    }

    /// Leaves out the last names, until there are so many.
    pub(super) fn keep(&mut self, names: usize) {
        while self.0.len() > names {
            self.0.pop_last();
        }
    }

    /// When the name was first seen.
    pub fn of(&self, name: &str) -> Option<OffsetDateTime> {
        self.0.get(name).map(|first| first.0)
    }

    /// Names and first times, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, OffsetDateTime)> {
        self.0.iter().map(|(name, first)| (name.as_str(), first.0))
    }
}

fn cut(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

#[cfg(test)]
impl schemars::JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schemas::DateTime::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(names: &[&str]) -> Tally {
        let mut tally = Tally::default();
        names.iter().for_each(|name| tally.count(name));
        tally
    }

    #[test]
    fn only_a_name_that_was_surely_not_there_is_new() {
        let now = tally(&["a", "b", "c", "d", "x", "x"]);
        assert_eq!(now.new_since(&tally(&["b", "d"]), 9), ["a", "c", "x"]);
        assert_eq!(now.new_since(&tally(&["b", "d"]), 2), ["a", "c"], "the first");
        assert!(now.new_since(&now, 9).is_empty());
        // Of three names, two are counted each: what is behind them may be the third.
        let mut cut = tally(&["b", "d", "e"]);
        cut.keep(2);
        assert_eq!(now.new_since(&cut, 9), ["a", "c"]);
        let mut others = tally(&["a", "b"]);
        others.keep(1);
        assert!(others.new_since(&tally(&["a"]), 9).is_empty(), "the others have no name");
    }
}
