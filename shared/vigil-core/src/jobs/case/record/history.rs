//! What the acts of a case amount to: each answer is found in them, newest first.

use time::OffsetDateTime;

use super::{Case, CaseEntry, Doubt};
use crate::{
    cloudtrail::Deletion,
    evidence::keys,
    jobs::case::{
        act::{Act, Judgement, Source},
        machine::CaseState,
    },
    snapshot::Missing,
};

impl Case {
    pub(super) fn deletions(&self) -> impl DoubleEndedIterator<Item = &Deletion> {
        self.entries.iter().filter_map(|entry| match &entry.act {
            Act::Seen { deletion, .. } | Act::Joined { deletion } => Some(&**deletion),
            _ => None,
        })
    }

    /// Under what a restoration is counted: the record, and which of its deletions. It is one restoration at
    /// whichever of the record's keys.
    pub(in crate::jobs) fn occasion(&self) -> String {
        let seen = self.entries.iter().filter(|entry| matches!(entry.act, Act::Seen { .. }));
        let key = keys::case(&self.ca, self.until);
        match seen.count() {
            ..=1 => key,
            more => format!("{key}#{more}"),
        }
    }

    /// How the deletion that is being judged was seen first, and the events that joined since.
    pub(super) fn present(&self) -> (Source, Deletion, Vec<Deletion>) {
        let mut present = None;
        for entry in &self.entries {
            match (&entry.act, &mut present) {
                (Act::Seen { source, deletion, .. }, _) => {
                    present = Some((*source, Deletion::clone(deletion), Vec::new()));
                }
                (Act::Joined { deletion }, Some((_, _, joined))) => {
                    joined.push(Deletion::clone(deletion));
                }
                _ => {}
            }
        }
        present.expect("a case begins with a deletion")
    }

    /// The deletion, by its event once that has come.
    pub fn deletion(&self) -> &Deletion {
        self.deletions().next_back().expect("a case begins with a deletion")
    }

    /// The one that holds: facts that come late can lead to another.
    pub fn judgement(&self) -> Option<&Judgement> {
        self.entries.iter().rev().find_map(|entry| match &entry.act {
            Act::Judged { judgement } => Some(&**judgement),
            _ => None,
        })
    }

    /// Objects of the evidence bucket that could not be used, and why.
    pub(in crate::jobs) fn suspicious(&self) -> Vec<String> {
        let mut all = Vec::new();
        for entry in &self.entries {
            match &entry.act {
                Act::Seen { over_unreadable, passed_over, .. } => {
                    if *over_unreadable {
                        all.push(format!("{}: it held no case that holds together", self.key()));
                    }
                    all.extend(passed_over.iter().cloned());
                }
                Act::Judged { judgement } => all.extend(judgement.suspicious.iter().cloned()),
                Act::Restoring { uncounted: Some(why), .. }
                | Act::Overruled { refused_approval: Some(why), .. } => all.push(why.clone()),
                _ => {}
            }
        }
        all.sort();
        all.dedup();
        all
    }

    /// Whether the CA is to become ACTIVE, and the record does not say how that ended.
    pub(in crate::jobs) fn is_reactivating(&self) -> bool {
        // An event that joins, and what is put back, come in between and change nothing of it.
        let passed_over = |act: &Act| {
            matches!(act, Act::Joined { .. } | Act::PuttingBack { .. } | Act::PutBack { .. })
        };
        let last = self.entries.iter().rev().find(|entry| !passed_over(&entry.act));
        last.is_some_and(|entry| matches!(entry.act, Act::Reactivating { .. }))
    }

    /// What of the CA was put back, and whether that is done.
    pub(in crate::jobs) fn put_back(&self) -> Option<(&Missing, bool)> {
        self.entries.iter().enumerate().rev().find_map(|(seq, entry)| match &entry.act {
            Act::PuttingBack { missing, .. } => {
                let done = |entry: &CaseEntry| matches!(entry.act, Act::PutBack { .. });
                Some((&**missing, self.entries[seq..].iter().any(done)))
            }
            _ => None,
        })
    }

    /// When the CA was restored, where it is not on record that it has signed a CRL since.
    pub(in crate::jobs) fn unverified(&self) -> Option<(OffsetDateTime, Doubt)> {
        if !self.position.published {
            return None;
        }
        let mut doubt = Doubt::NotYet;
        for entry in self.entries.iter().rev() {
            match &entry.act {
                Act::Unverified { last: None } => doubt = Doubt::Unseen,
                Act::Unverified { last: Some(_) } => {
                    doubt = Doubt::Published(entry.at);
                }
                Act::Restored { deleted_again_at: None, .. } => return Some((entry.at, doubt)),
                Act::FirstCrl { .. } | Act::Restored { .. } | Act::Seen { .. } => return None,
                _ => {}
            }
        }
        None
    }

    /// Whether it waits for the end of a pause, and not for an operator, as policy says.
    pub(in crate::jobs) fn is_pausing(&self) -> bool {
        let last = self.entries.iter().rev().find_map(|entry| match &entry.act {
            Act::Escalated { asked, .. } => Some(!asked),
            Act::Withheld => Some(false),
            _ => None,
        });
        self.position.state == CaseState::Escalated && last == Some(true)
    }

    /// Whether Vigil would have restored the CA, and only observed.
    pub(in crate::jobs) fn is_withheld(&self) -> bool {
        let last = self.entries.iter().rev().find_map(|entry| match &entry.act {
            Act::Withheld => Some(true),
            Act::Escalated { .. } | Act::Judged { .. } => Some(false),
            _ => None,
        });
        self.position.state == CaseState::Escalated && last == Some(true)
    }

    /// Whether the window's end overruled what was decided before.
    pub(in crate::jobs) fn is_overruled(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.act, Act::Overruled { .. }))
    }

    pub(in crate::jobs) fn last_published(&self) -> Option<(&[String], Option<&str>)> {
        self.entries.iter().rev().find_map(|entry| match &entry.act {
            Act::Published { findings, service, .. } => {
                Some((findings.as_slice(), service.as_deref()))
            }
            _ => None,
        })
    }
}
