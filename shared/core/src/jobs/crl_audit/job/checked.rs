//! What came of turns.

use super::super::{CheckFailure, Step, Told, report::Report};
use crate::rules::Judgement;

/// What came of one resource's turn.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) judgements: Vec<Judgement>,
    pub(super) told: Told,
    pub(super) failures: Vec<CheckFailure>,
}

impl Checked {
    pub(super) fn add(&mut self, other: Self) {
        self.judgements.extend(other.judgements);
        self.told.add(other.told);
        self.failures.extend(other.failures);
    }

    pub(super) fn failed(resource: &str, step: Step) -> Self {
        let failure = CheckFailure { resource: resource.to_owned(), step };
        Self { failures: vec![failure], ..Self::default() }
    }
}

/// Adds what was done to the report, and says how many had their turn.
pub(super) fn absorb(
    done: Vec<Option<Checked>>,
    report: &mut Report,
    failures: &mut Vec<CheckFailure>,
) -> usize {
    let mut begun = 0;
    for checked in done.into_iter().map_while(|checked| checked) {
        begun += 1;
        report.told.add(checked.told);
        report.judgements.extend(checked.judgements);
        failures.extend(checked.failures);
    }
    begun
}
