//! An entry goes on saying what it said: when, why and since when.

use super::CrlSubject;
use crate::{
    crl::comparison::{Difference, Sample},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.rewritten",
        holds: "An entry keeps the date, the reason and the invalidityDate that it had in the version \
                before, unless it was on hold, or the Baseline Requirements have it changed to \
                keyCompromise. An entry that is dated long before that version was in it.",
        cites: "RFC 5280 §5.1.2.6, §5.3.1, §5.3.2; CA/Browser Forum Baseline Requirements §4.9.1.1, \
                §7.2.2.1",
        kinds: &[DATE, INVALIDITY, READDED, REASON],
    },
    check,
};

const DATE: Kind = Kind {
    id: "date-moved",
    severity: Severity::Medium,
    title: "The CRL of {ca} gives {entries} another revocation date",
    what_happened: "{object} gives {count} serial(s) another revocationDate than the version before: \
                    {first_serials}. Seen at {as_of}.",
    impact: "Signatures made between the two dates are judged differently. The entries may hide when \
             the certificates were revoked.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const INVALIDITY: Kind = Kind {
    id: "invalidity-moved",
    title: "The CRL of {ca} gives {entries} another invalidityDate",
    what_happened: "{object} gives {count} serial(s) another invalidityDate than the version before, or \
                    none: {first_serials}. Seen at {as_of}.",
    ..DATE
};

const READDED: Kind = Kind {
    id: "readded",
    severity: Severity::Low,
    title: "The CRL of {ca} lists {entries} that the version before should have had",
    what_happened: "{object} lists {count} serial(s) that the version before did not list: \
                    {first_serials}. Their revocationDate is earlier than that version. Seen at \
                    {as_of}.",
    impact: "While the version before was in use, relying parties accepted these certificates. An entry \
             was left out and put back, or a revocation was dated back.",
    ..DATE
};

const REASON: Kind = Kind {
    id: "reason-changed",
    title: "The CRL of {ca} gives {entries} another reason",
    what_happened: "{object} gives {count} serial(s) another reasonCode than the version before, or \
                    none: {first_serials}. Seen at {as_of}.",
    impact: "Relying parties and auditors that act on keyCompromise do not see it any more, or see it \
             where it was not.",
    ..DATE
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    subject.facts()?;
    let Difference { date_moved, invalidity_moved, readded, reason_changed, .. } =
        subject.previous.as_ref().map_err(NotJudged::unknown)?;
    let kinds = [
        (DATE, date_moved),
        (INVALIDITY, invalidity_moved),
        (READDED, readded),
        (REASON, reason_changed),
    ];
    let seen = kinds.into_iter().filter(|(_, sample)| sample.count > 0).map(|(kind, sample)| {
        let Sample { count, first } = sample;
        let entries = if *count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
        let seen = Observation::new(kind).name("entries", entries).with("count", *count);
        seen.with("first_serials", first.as_slice())
    });
    Ok(seen.collect())
}
