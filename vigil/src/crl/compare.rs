//! Holds a CRL against the version before and an audit report, which pass by its entries.

use std::path::Path;

use time::OffsetDateTime;
use vigil_core::{
    certificate::Certificate,
    crl::comparison::{
        Against, Allowed, Coverage, Difference, Listed, Removed, Sample, Unnamed, Versions,
        are_versions, have_comparable_entries,
    },
    rules::crl::{CrlHistory, CrlState},
};

use super::{
    input::{self, InputError, Source},
    report,
    walk::{self, Keep, Names, Walked},
};

/// What came of it.
pub(super) struct Held {
    pub(super) report: Result<Coverage, String>,
    pub(super) previous: Result<Difference, String>,
    pub(super) history: CrlHistory,
}

const NOTHING_TO_COMPARE: &str = "there are no entries to compare";
const NO_PREVIOUS: &str = "no version before this one was given (--previous)";
const NO_REPORT: &str = "no audit report was given (--report)";

impl Held {
    /// There is nothing that could be compared.
    pub(super) fn nothing() -> Self {
        Self {
            report: Err(NOTHING_TO_COMPARE.to_owned()),
            previous: Err(NOTHING_TO_COMPARE.to_owned()),
            history: CrlHistory::default(),
        }
    }
}

/// The version before.
struct Before {
    removed: Result<Removed, String>,
    history: CrlHistory,
}

impl Before {
    /// There is none that can be compared, and why.
    fn not_compared(why: &str) -> Self {
        Self { removed: Err(why.to_owned()), history: CrlHistory::default() }
    }
}

/// What a CRL is compared with.
pub(super) struct With<'a> {
    pub(super) previous: Option<&'a Path>,
    pub(super) report: Option<&'a Path>,
    /// What may have changed since the version before.
    pub(super) allowed: Allowed,
}

pub(super) fn hold(
    with: &With<'_>,
    source: &Source,
    current: &Walked,
    issuers: &[Certificate],
    as_of: OffsetDateTime,
) -> Result<Held, InputError> {
    let listed = current.listed.as_ref();
    let before = match with.previous {
        None => Before::not_compared(NO_PREVIOUS),
        Some(path) => before(path, with.allowed, current, issuers)?,
    };
    let Before { removed, history } = before;
    let compared = match (with.report, listed) {
        (None, _) => Err(NO_REPORT.to_owned()),
        (Some(_), None) => Err(NOTHING_TO_COMPARE.to_owned()),
        (Some(path), Some(listed)) => {
            let against = Against::new(vec![listed], removed.as_ref().ok(), as_of);
            Ok(report::compare(path, &against)?)
        }
    };
    let explained = removed.map(|removed| match &compared {
        Ok(compared) => compared.explain(removed),
        Err(_) => removed.unexplained(),
    });
    let (mut report, unnamed) = match compared {
        Ok(compared) => (Ok(compared.coverage), compared.unnamed),
        Err(why) => (Err(why), Unnamed::default()),
    };
    let (mut previous, readded) = match explained {
        Ok((difference, readded)) => (Ok(difference), readded),
        Err(why) => (Err(why), Unnamed::default()),
    };
    if let Some(listed) = listed {
        let wanted = [
            report.as_mut().ok().map(|report| (unnamed, &mut report.never_issued)),
            previous.as_mut().ok().map(|previous| (readded, &mut previous.readded)),
        ];
        name(source, listed, wanted.into_iter().flatten().collect())?;
    }
    Ok(Held { report, previous, history })
}

/// Reads the version before beside the current entries.
fn before(
    path: &Path,
    allowed: Allowed,
    current: &Walked,
    issuers: &[Certificate],
) -> Result<Before, InputError> {
    let is_delta =
        matches!(&current.crl, CrlState::Read { facts, .. } if facts.delta_base.is_some());
    let allowed = Allowed { delta: is_delta, ..allowed };
    let of_listed = |listed| Versions::new(listed).allowing(allowed);
    let mut versions = current.listed.as_ref().map(of_listed);
    let keep = versions.as_mut().map_or(Keep::Nothing, Keep::Marks);
    let walked = match &input::source(path)? {
        Source::File(path) => walk::crl(path, issuers, keep)?,
        Source::Bytes { bytes, .. } => walk::bytes(bytes, issuers, keep),
        Source::Damaged { .. } => Walked::damaged(issuers),
    };
    let CrlState::Read { facts, signature: Some(Ok(())) } = &walked.crl else {
        return Ok(Before::not_compared("the version before is not a CRL by this CA"));
    };
    let CrlState::Read { facts: now, .. } = &current.crl else {
        return Ok(Before::not_compared(NOTHING_TO_COMPARE));
    };
    // A key may sign the CRLs of several names.
    if now.issuer != facts.issuer {
        return Ok(Before::not_compared("the version before is a CRL of another issuer"));
    }
    if let Err(why) = are_versions(now, facts) {
        return Ok(Before::not_compared(why));
    }
    // The CRL must not run backwards.
    let history = CrlHistory {
        number: facts.number.clone(),
        this_update: facts.this_update,
        digest: facts.signed_digest.clone(),
        validity: facts.next_update.zip(facts.this_update).map(|(next, this)| next - this),
        ..CrlHistory::default()
    };
    let removed = have_comparable_entries(now, facts)
        .and_then(|()| versions.ok_or(NOTHING_TO_COMPARE))
        .map(|versions| versions.finish(facts.this_update));
    Ok(Before { removed: removed.map_err(str::to_owned), history })
}

/// Finds the serials of entries of which only fingerprints were kept.
fn name(
    source: &Source,
    listed: &Listed,
    wanted: Vec<(Unnamed, &mut Sample)>,
) -> Result<(), InputError> {
    let mut names = Names { by: listed.fingerprints(), wanted };
    if names.are_known() {
        return Ok(());
    }
    match source {
        Source::File(path) => walk::name(path, &mut names).map_err(InputError::read(path)),
        Source::Bytes { bytes, .. } => {
            walk::name_bytes(bytes, &mut names);
            Ok(())
        }
        Source::Damaged { .. } => Ok(()),
    }
}
