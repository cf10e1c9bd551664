//! Reads the newest audit report that audit-report has summarised, for what the CRL must list.
//!
//! A report has any size: its records pass by, and leave marks on the CRL's entries. Where time runs
//! out, the marks are put down, and the next invocation goes on behind the last record.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::super::{
    CheckError, Ports,
    certificate_scan::{Choice, KEPT, Plan, Wanted},
};
use crate::{
    audit_report::{Brief, Format, Newest, ReaderState, ReportReader, Sink},
    ca::Ca,
    crl::comparison::{Against, Compared, Comparison, Tally},
    evidence::keys,
    jobs::{
        conditional,
        stored::{self, Stored},
    },
    ports::{Address, Etag, ObjectFacts, Rest},
};

/// A larger report may be put down. A smaller one takes seconds.
pub(super) const MAX_AT_ONCE: u64 = if cfg!(test) { 4096 } else { 512 * 1024 * 1024 };

/// The marks of some hundred million entries: sixteen octets of each do not fit into the function's memory.
fn is_too_large(body: &[u8], key: &str) -> bool {
    let limit = if cfg!(test) { 4096 } else { keys::max_bytes(key) };
    body.len() as u64 > limit
}

/// Why there is nothing to compare with.
pub(super) enum Unknown {
    /// It is not a failure.
    Because(String),
    Failed(CheckError),
    /// The next invocation goes on.
    PutDown,
}

pub(super) struct Read {
    pub(super) compared: Compared,
    pub(super) created_at: OffsetDateTime,
    pub(super) plan: Option<Plan>,
}

/// How a report is to be read.
pub(super) struct Asked<'a> {
    pub(super) ca: &'a Ca,
    /// A larger report is not read.
    pub(super) limit: u64,
    pub(super) wanted: Option<Wanted<'a>>,
    pub(super) against: &'a Against<'a>,
    /// Names the objects behind `against`: marks are of these alone.
    pub(super) basis: String,
    /// Whether another invocation goes on with what this one puts down.
    pub(super) may_put_down: bool,
}

/// How far a report was read, `state/crl-audit/reports/…`.
#[derive(Serialize, Deserialize)]
struct Checkpoint {
    report: String,
    object: ObjectFacts,
    basis: String,
    reader: ReaderState,
    tally: Tally,
    choice: Option<Choice>,
}

/// Both see each record.
struct Both<'a> {
    comparison: Comparison<'a>,
    choice: Option<Choice>,
}

impl Sink for Both<'_> {
    type Form<'r> = Brief<'r>;

    fn take(&mut self, record: &Brief<'_>) {
        self.comparison.take(record);
        if let Some(choice) = &mut self.choice {
            choice.take(record);
        }
    }
}

pub(super) async fn newest(ports: &Ports<'_>, asked: Asked<'_>) -> Result<Read, Unknown> {
    let because = |reason: &str| Err(Unknown::Because(reason.to_owned()));
    let noted = ports.evidence.read(&keys::newest_report(asked.ca.arn.id())).await;
    let noted = noted.map_err(|error| Unknown::Failed(CheckError::AuditState(error)))?;
    let Some(entry) = noted else {
        return because("no audit report of the CA was summarised yet");
    };
    let Ok(newest) = serde_json::from_slice::<Newest>(&entry.body) else {
        return because("the note of the newest audit report cannot be read");
    };
    let Some(format) = Format::of_key(&newest.key) else {
        return because("the newest audit report is neither JSON nor CSV");
    };
    let object = Address::new(&newest.bucket, &newest.key);
    let failed = |error| Unknown::Failed(CheckError::AuditReport(error));
    let Some(facts) = ports.objects.stat(object).await.map_err(failed)? else {
        return because("the newest audit report is not there any more");
    };
    let Asked { limit, may_put_down, .. } = asked;
    if facts.size > limit {
        return Err(Unknown::Because(format!("the newest audit report is over {limit} bytes")));
    }
    let is_large = facts.size > MAX_AT_ONCE;
    if is_large && !may_put_down {
        return because("so large an audit report is compared by the hourly runs alone");
    }
    let mut run = ReportRun { ports, asked, newest: &newest, facts: &facts, over: None };
    let (mut reader, mut both) = run.begin(format, is_large).await?;
    let from = reader.state().offset;
    let mut is_put_down = false;
    let rest = {
        let mut sink = |piece: &[u8]| {
            reader.push(piece, &mut both);
            is_put_down = is_large && !ports.pace.lasts(KEPT);
            if is_put_down { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        ports.objects.read_on(object, &facts, from, &mut sink).await.map_err(failed)?
    };
    match rest {
        Rest::Changed => return because("the newest audit report was replaced while it was read"),
        Rest::Delivered if is_put_down => return Err(run.put_down(reader.state(), both).await),
        Rest::Delivered => {}
    }
    run.finish(reader, both)
}

/// One report while it is read.
struct ReportRun<'a> {
    ports: &'a Ports<'a>,
    asked: Asked<'a>,
    newest: &'a Newest,
    facts: &'a ObjectFacts,
    /// The checkpoint that was there.
    over: Option<Etag>,
}

impl<'a> ReportRun<'a> {
    fn key(&self) -> String {
        keys::compared_report(self.asked.ca.arn.id())
    }

    fn name(&self) -> String {
        format!("s3://{}/{}", self.newest.bucket, self.newest.key)
    }

    /// At the beginning, or where an earlier invocation has put the same report down.
    async fn begin(
        &mut self,
        format: Format,
        is_large: bool,
    ) -> Result<(ReportReader, Both<'a>), Unknown> {
        let Asked { against, wanted, .. } = self.asked;
        let choice = wanted.map(|wanted| Choice::new(wanted, self.newest.created_at));
        let begin = |choice| {
            let both = Both { comparison: Comparison::begin(against), choice };
            (ReportReader::new(format), both)
        };
        if !is_large {
            return Ok(begin(choice));
        }
        let stored = stored::read::<Checkpoint>(self.ports.evidence, &self.key()).await;
        let failed = |error| Unknown::Failed(CheckError::AuditState(error));
        let checkpoint = match stored.map_err(failed)? {
            Stored::Absent => None,
            Stored::Known(checkpoint, etag) => {
                self.over = Some(etag);
                Some(checkpoint)
            }
            Stored::Unusable { etag, .. } => {
                self.over = etag;
                None
            }
        };
        let same = checkpoint.filter(|checkpoint| {
            checkpoint.report == self.name()
                && checkpoint.object == *self.facts
                && checkpoint.basis == self.asked.basis
                && checkpoint.tally.fits(against)
                && Choice::is_same(checkpoint.choice.as_ref(), choice.as_ref())
        });
        Ok(match same {
            None => begin(choice),
            Some(Checkpoint { reader, tally, choice, .. }) => {
                let both = Both { comparison: Comparison::resume(against, tally), choice };
                (ReportReader::resume(reader), both)
            }
        })
    }

    async fn put_down(&self, reader: &ReaderState, both: Both<'_>) -> Unknown {
        let checkpoint = Checkpoint {
            report: self.name(),
            object: self.facts.clone(),
            basis: self.asked.basis.clone(),
            reader: reader.clone(),
            tally: both.comparison.into_tally(),
            choice: both.choice,
        };
        let body = match serde_json::to_vec(&checkpoint) {
            Ok(body) => body,
            Err(error) => return Unknown::Failed(CheckError::Write(error)),
        };
        if is_too_large(&body, &self.key()) {
            let reason = "the audit report takes more than one run, and the CRL has too many entries for \
                          the marks that a run leaves to the next one: compare them with vigil crl \
                          check CRL --issuer CA.pem --report REPORT, which needs one run for any size";
            return Unknown::Because(reason.to_owned());
        }
        let key = self.key();
        match conditional::write(self.ports.evidence, &key, body, self.over.as_ref()).await {
            Err(error) => Unknown::Failed(CheckError::AuditState(error)),
            Ok(None) => Unknown::Because("another run reads the audit report".to_owned()),
            Ok(Some(_)) => Unknown::PutDown,
        }
    }

    fn finish(&self, reader: ReportReader, mut both: Both<'_>) -> Result<Read, Unknown> {
        // A finding of audit-report says that it cannot be read.
        let broken =
            |why: String| Unknown::Because(format!("the newest audit report is broken: {why}"));
        let ending = reader.finish(&mut both).map_err(|error| broken(error.to_string()))?;
        if let Some(why) = ending.incomplete.into_iter().next() {
            return Err(broken(why));
        }
        let bad = ending.unreadable.count;
        let created_at = self.newest.created_at;
        let tally = both.comparison.into_tally();
        let compared = Compared::new(self.asked.against, tally, self.name(), Some(created_at), bad);
        let plan = both.choice.map(|choice| choice.finish(bad));
        Ok(Read { compared, created_at, plan })
    }
}
