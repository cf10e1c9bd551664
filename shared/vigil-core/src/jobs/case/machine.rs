//! The life of a case: its states, the moves between them, and what is to be done next. Pure.
//!
//! ```text
//!          ┌─ joined ─┬──────────────────┬───────────┐
//!          ▼          │                  │           │
//! seen ─► judged ─► restoring ─► restored ─► reactivated
//!    │       ├────► permitted ┐ ▲
//!    │       ├────► escalated ┴─┘ overruled, when the window is about to end
//!    └───────┴────► lost        (and lost, or restored by another principal, from every state before)
//! ```

use serde::{Deserialize, Serialize};

/// The state of a case: what its acts amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CaseState {
    /// A deletion is known, by its event or by the deleted CA itself.
    Seen,
    /// The policies have spoken.
    Judged,
    /// The CA is to be restored, and one of the day's restorations is taken for it.
    Restoring,
    /// The CA is not DELETED any more, by Vigil or another principal.
    Restored,
    /// And it is ACTIVE again.
    Reactivated,
    /// The deletion was permitted.
    Permitted,
    /// The CA was restored too often, a policy asks, or Vigil observes: an operator decides.
    Escalated,
    /// The window has ended, and the CA with it.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::jobs) enum Ruling {
    /// People decide, and the CA stays DELETED until they have.
    Ask,
    Restore,
    Permit,
}

/// What an entry of the record does to its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::jobs) enum Move {
    See,
    /// The event of a deletion that the sweep had found without one.
    Join,
    Judge(Ruling),
    BeginRestoring,
    /// What was lost with the deletion is put back, or is about to be.
    Mend,
    /// The window is about to end, and the CA is to be restored whatever was decided before.
    Overrule,
    /// The service refused to restore.
    Refuse,
    Restore,
    /// The restored CA is to become ACTIVE.
    BeginReactivating,
    Reactivate,
    Permit,
    Escalate,
    /// Vigil observes only: what was decided is left to an operator.
    Withhold,
    Lose,
    /// It is known whether the CA publishes CRLs again.
    Verify,
    /// The findings were published.
    Publish,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::jobs) struct Position {
    pub(in crate::jobs) state: CaseState,
    pub(in crate::jobs) ruling: Option<Ruling>,
    /// Whether the findings of this state were published.
    pub(in crate::jobs) published: bool,
}

/// How the CA stands to the deletion of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::jobs) enum Observed {
    Back,
    Deleted,
    /// By another deletion: in between it was restored.
    DeletedAgain,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::jobs) enum Step {
    /// Leave it to an operator, as policy says.
    Ask,
    /// Take one of the day's restorations, or find that there is none left.
    Begin,
    Done,
    Judge,
    Lose,
    /// It is back without us, or by an attempt of ours that was cut short.
    NoteRestored,
    Restore,
    /// See whether the CA becomes ACTIVE; then publish.
    Reactivate,
    Permit,
    Publish,
}

/// Where a move leads; `None`: it does not exist.
pub(in crate::jobs) fn after(from: Option<Position>, made: Move) -> Option<Position> {
    let Some(position) = from else {
        let seen = Position { state: CaseState::Seen, ruling: None, published: false };
        return (made == Move::See).then_some(seen);
    };
    let to = |state| Some(Position { state, published: false, ..position });
    let seen = Some(Position { state: CaseState::Seen, ruling: None, published: false });
    match (made, position.state) {
        // Restored and deleted anew within one second, so that both windows end at the same one.
        (
            Move::See,
            CaseState::Restored
            | CaseState::Reactivated
            | CaseState::Permitted
            | CaseState::Escalated,
        ) if position.published => seen,
        // Facts have come that were not there: what was judged without them, and not yet acted on,
        // is judged with them.
        (
            Move::Join,
            CaseState::Seen | CaseState::Judged | CaseState::Permitted | CaseState::Escalated,
        ) => seen,
        (
            Move::Join,
            CaseState::Restoring | CaseState::Restored | CaseState::Reactivated | CaseState::Lost,
        ) => Some(position),
        (Move::Judge(ruling), CaseState::Seen) => {
            Some(Position { state: CaseState::Judged, ruling: Some(ruling), published: false })
        }
        (Move::BeginRestoring, CaseState::Judged) if position.ruling == Some(Ruling::Restore) => {
            to(CaseState::Restoring)
        }
        (Move::Escalate, CaseState::Judged) if position.ruling != Some(Ruling::Permit) => {
            to(CaseState::Escalated)
        }
        // Not begun, or begun before the mode was changed to observe.
        (Move::Withhold, CaseState::Judged | CaseState::Restoring)
            if position.ruling == Some(Ruling::Restore) =>
        {
            to(CaseState::Escalated)
        }
        (
            Move::Overrule,
            CaseState::Seen
            | CaseState::Judged
            | CaseState::Restoring
            | CaseState::Permitted
            | CaseState::Escalated,
        ) => Some(Position {
            state: CaseState::Restoring,
            ruling: Some(Ruling::Restore),
            published: false,
        }),
        (Move::Permit, CaseState::Judged) if position.ruling == Some(Ruling::Permit) => {
            to(CaseState::Permitted)
        }
        (Move::Refuse, CaseState::Restoring) => to(CaseState::Restoring),
        (
            Move::Restore | Move::Lose,
            CaseState::Seen
            | CaseState::Judged
            | CaseState::Restoring
            | CaseState::Permitted
            | CaseState::Escalated,
        ) => to(if made == Move::Restore { CaseState::Restored } else { CaseState::Lost }),
        (Move::BeginReactivating | Move::Mend, CaseState::Restored) => to(CaseState::Restored),
        (Move::Reactivate, CaseState::Restored) => to(CaseState::Reactivated),
        // When the next CRL is due, the case is long closed.
        (Move::Verify, CaseState::Restored | CaseState::Reactivated) if position.published => {
            Some(position)
        }
        (Move::Publish, state) if state.is_final() && !position.published => {
            Some(Position { published: true, ..position })
        }
        _ => None,
    }
}

/// What to do with a case, given how its CA stands.
pub(in crate::jobs) fn next(position: Position, observed: Observed) -> Step {
    use Observed::{Back, Deleted, DeletedAgain, Gone};
    if position.published {
        return Step::Done;
    }
    match (position.state, observed) {
        (CaseState::Restored, Back) => Step::Reactivate,
        (CaseState::Restored | CaseState::Reactivated | CaseState::Lost, _) => Step::Publish,
        (_, Back | DeletedAgain) => Step::NoteRestored,
        (_, Gone) => Step::Lose,
        (CaseState::Seen, Deleted) => Step::Judge,
        (CaseState::Judged, Deleted) if position.ruling == Some(Ruling::Permit) => Step::Permit,
        (CaseState::Judged, Deleted) if position.ruling == Some(Ruling::Ask) => Step::Ask,
        (CaseState::Judged, Deleted) => Step::Begin,
        (CaseState::Restoring, Deleted) => Step::Restore,
        (CaseState::Permitted | CaseState::Escalated, Deleted) => Step::Publish,
    }
}

impl CaseState {
    /// Whether publishing is all that is left to do.
    pub(in crate::jobs) fn is_final(self) -> bool {
        match self {
            Self::Seen | Self::Judged | Self::Restoring => false,
            Self::Restored | Self::Reactivated | Self::Permitted | Self::Escalated | Self::Lost => {
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [CaseState; 8] = [
        CaseState::Seen,
        CaseState::Judged,
        CaseState::Restoring,
        CaseState::Restored,
        CaseState::Reactivated,
        CaseState::Permitted,
        CaseState::Escalated,
        CaseState::Lost,
    ];

    /// Rows: moves. Columns: the states in the order above, with the ruling `restore` where there
    /// is one. `.` does not exist, `=` stays, otherwise the first two letters of where it leads.
    const MOVES: &[(Move, &str)] = &[
        (Move::See, ".. .. .. .. .. .. .. .."),
        (Move::Join, "se se == == == se se =="),
        (Move::Judge(Ruling::Restore), "ju .. .. .. .. .. .. .."),
        (Move::BeginRestoring, ".. re .. .. .. .. .. .."),
        (Move::Mend, ".. .. .. == .. .. .. .."),
        (Move::Overrule, "re re == .. .. re re .."),
        (Move::Refuse, ".. .. == .. .. .. .. .."),
        (Move::Restore, "Re Re Re .. .. Re Re .."),
        (Move::BeginReactivating, ".. .. .. == .. .. .. .."),
        (Move::Reactivate, ".. .. .. ac .. .. .. .."),
        (Move::Permit, ".. .. .. .. .. .. .. .."),
        (Move::Escalate, ".. es .. .. .. .. .. .."),
        (Move::Withhold, ".. es es .. .. .. .. .."),
        (Move::Lose, "lo lo lo .. .. lo lo .."),
        (Move::Verify, ".. .. .. .. .. .. .. .."),
        (Move::Publish, ".. .. .. == == == == =="),
    ];

    fn short(state: CaseState) -> &'static str {
        match state {
            CaseState::Seen => "se",
            CaseState::Judged => "ju",
            CaseState::Restoring => "re",
            CaseState::Restored => "Re",
            CaseState::Reactivated => "ac",
            CaseState::Permitted => "st",
            CaseState::Escalated => "es",
            CaseState::Lost => "lo",
        }
    }

    fn at(state: CaseState, published: bool) -> Position {
        let ruling = (state != CaseState::Seen).then_some(Ruling::Restore);
        Position { state, ruling, published }
    }

    #[test]
    fn every_move_leads_where_the_table_says() {
        for (made, row) in MOVES {
            for (state, want) in STATES.into_iter().zip(row.split(' ')) {
                let got = after(Some(at(state, false)), *made);
                let found = match got {
                    None => "..",
                    Some(to) if to.state == state && state != CaseState::Seen => "==",
                    Some(to) => short(to.state),
                };
                assert_eq!(found, want, "{made:?} from {state:?}");
            }
        }
        for state in [
            CaseState::Restored,
            CaseState::Reactivated,
            CaseState::Permitted,
            CaseState::Escalated,
        ] {
            let again = after(Some(at(state, true)), Move::See).map(|to| to.state);
            assert_eq!(again, Some(CaseState::Seen), "deleted anew");
        }
        assert_eq!(after(Some(at(CaseState::Lost, true)), Move::See), None);
        assert_eq!(after(None, Move::See).map(|to| to.state), Some(CaseState::Seen));
        assert_eq!(after(None, Move::Publish), None);
    }

    #[test]
    fn a_case_stands_only_by_its_ruling_and_is_published_once() {
        let deletion_match =
            Position { ruling: Some(Ruling::Permit), ..at(CaseState::Judged, false) };
        assert_eq!(
            after(Some(deletion_match), Move::Permit).map(|to| to.state),
            Some(CaseState::Permitted)
        );
        assert_eq!(after(Some(deletion_match), Move::BeginRestoring), None);
        assert_eq!(after(Some(deletion_match), Move::Escalate), None);
        let asking = Position { ruling: Some(Ruling::Ask), ..deletion_match };
        assert_eq!(
            after(Some(asking), Move::Escalate).map(|to| to.state),
            Some(CaseState::Escalated)
        );
        assert_eq!(after(Some(asking), Move::BeginRestoring), None);
        let permitted = Position { published: true, ..at(CaseState::Permitted, false) };
        let overruled = after(Some(permitted), Move::Overrule);
        assert_eq!(overruled, Some(at(CaseState::Restoring, false)), "and is to be told anew");
        let published = after(Some(at(CaseState::Restored, false)), Move::Publish);
        assert_eq!(published, Some(at(CaseState::Restored, true)));
        assert_eq!(after(published, Move::Publish), None);
        let begun = after(published, Move::BeginReactivating);
        assert_eq!(begun, Some(at(CaseState::Restored, false)), "which is to be told anew");
        assert_eq!(after(begun, Move::Reactivate), Some(at(CaseState::Reactivated, false)));
        let joined = after(Some(at(CaseState::Restored, true)), Move::Join);
        assert_eq!(joined, Some(at(CaseState::Restored, true)), "what is done and told stays so");
    }

    /// Rows: states. Columns: BACK, DELETED, DELETED AGAIN, GONE.
    #[test]
    fn what_is_next_depends_on_the_case_and_on_its_ca() {
        use Step::{Begin, Judge, Lose, NoteRestored, Publish, Reactivate, Restore};
        let observed = [Observed::Back, Observed::Deleted, Observed::DeletedAgain, Observed::Gone];
        for (state, want) in [
            (CaseState::Seen, [NoteRestored, Judge, NoteRestored, Lose]),
            (CaseState::Judged, [NoteRestored, Begin, NoteRestored, Lose]),
            (CaseState::Restoring, [NoteRestored, Restore, NoteRestored, Lose]),
            (CaseState::Restored, [Reactivate, Publish, Publish, Publish]),
            (CaseState::Reactivated, [Publish, Publish, Publish, Publish]),
            (CaseState::Permitted, [NoteRestored, Publish, NoteRestored, Lose]),
            (CaseState::Escalated, [NoteRestored, Publish, NoteRestored, Lose]),
            (CaseState::Lost, [Publish, Publish, Publish, Publish]),
        ] {
            for (observed, want) in observed.into_iter().zip(want) {
                assert_eq!(next(at(state, false), observed), want, "{state:?} {observed:?}");
                if state.is_final() {
                    assert_eq!(next(at(state, true), observed), Step::Done, "{state:?}, told");
                }
            }
        }
        let deletion_match =
            Position { ruling: Some(Ruling::Permit), ..at(CaseState::Judged, false) };
        assert_eq!(next(deletion_match, Observed::Deleted), Step::Permit);
        let asking = Position { ruling: Some(Ruling::Ask), ..deletion_match };
        assert_eq!(next(asking, Observed::Deleted), Step::Ask);
    }

    /// Whatever happens in between, a case ends: no step leads in a circle.
    #[test]
    fn every_step_is_a_move_that_exists_and_brings_the_end_nearer() {
        let rank = |position: Position| {
            let state = STATES.iter().position(|state| *state == position.state).unwrap();
            (state, position.published)
        };
        for state in STATES {
            for observed in
                [Observed::Back, Observed::Deleted, Observed::DeletedAgain, Observed::Gone]
            {
                let from = at(state, false);
                let made = match next(from, observed) {
                    Step::Ask => Move::Escalate,
                    Step::Begin => Move::BeginRestoring,
                    Step::Done => continue,
                    Step::Judge => Move::Judge(Ruling::Restore),
                    Step::Lose => Move::Lose,
                    Step::NoteRestored | Step::Restore => Move::Restore,
                    Step::Reactivate => Move::Reactivate,
                    Step::Permit => Move::Permit,
                    Step::Publish => Move::Publish,
                };
                let to = after(Some(from), made).unwrap_or_else(|| panic!("{made:?} {state:?}"));
                // Permitted and Escalated can still become Restored: by another principal.
                let undone = matches!(state, CaseState::Permitted | CaseState::Escalated);
                assert!(rank(to) > rank(from) || undone, "{state:?} {made:?}");
            }
        }
    }
}
