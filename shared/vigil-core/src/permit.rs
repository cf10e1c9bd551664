//! Which deletions may end with the loss of the CA: the last word, which nothing in a bucket has.
//!
//! It is a parameter of the stack. A principal that can change it can change the functions
//! themselves, so it is as authentic as they are. Signed permits would be checked here, too.

use time::OffsetDateTime;

use crate::{ca::Ca, instant};

/// Deletions, each by the id of the CA and the end of its window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermittedDeletions(Vec<(String, i64)>);

impl PermittedDeletions {
    /// Reads `<CA id>@<RestorableUntil>`, separated by commas. What cannot be read permits nothing: a
    /// misspelt entry must not keep the other CAs from being restored.
    pub fn read(text: &str) -> Self {
        let entry = |entry: &str| {
            let (id, until) = entry.trim().split_once('@')?;
            let until = instant::parse(until.trim()).ok()?;
            Some((id.trim().to_owned(), until.unix_timestamp()))
        };
        Self(text.split(',').filter_map(entry).collect())
    }

    /// Whether the CA may be lost at the end of its window: its very deletion is permitted, or it never
    /// had a certificate, so that nothing relies on it.
    pub fn may_end(&self, ca: &Ca) -> bool {
        let Some(until) = ca.restorable_until else { return false };
        !ca.had_certificate() || self.names(ca.arn.id(), until)
    }

    /// Whether the deletion is named.
    pub fn names(&self, ca_id: &str, until: OffsetDateTime) -> bool {
        self.0.iter().any(|(id, named)| id == ca_id && *named == until.unix_timestamp())
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::fakes;

    const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
    const ID: &str = "11223344-1234-1122-2233-112233445566";

    #[test]
    fn only_the_very_deletion_that_is_named_may_end() {
        let ca = fakes::deleted_ca(AT);
        let may = |text: &str| PermittedDeletions::read(text).may_end(&ca);
        assert!(may(&format!("garbage, {ID}@2026-11-27T10:00:00Z")));
        for text in [
            "",
            ID,
            "*",
            &format!("{ID}@2026-11-27T10:00:01Z"),
            &format!("{ID}@soon"),
            "11223344@2026-11-27T10:00:00Z",
        ] {
            assert!(!may(text), "{text}");
        }
        let again = fakes::deleted_ca(AT + Duration::HOUR);
        let named = PermittedDeletions::read(&format!("{ID}@2026-11-27T10:00:00Z"));
        assert!(!named.may_end(&again), "another deletion of the same CA");
        let never = Ca { serial: None, not_before: None, not_after: None, ..ca };
        assert!(PermittedDeletions::default().may_end(&never));
    }
}
