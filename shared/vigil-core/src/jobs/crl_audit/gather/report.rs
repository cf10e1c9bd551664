//! Reads the newest audit report that audit-report has summarised, for what the CRL must list.

use std::ops::ControlFlow;

use time::OffsetDateTime;

use super::super::{
    CheckError, Ports,
    certificate_scan::{Choice, Plan, Wanted},
};
use crate::{
    audit_report::{Brief, Format, Newest, ReportReader, Sink},
    ca::Ca,
    crl::comparison::{Certificates, Reported},
    evidence::keys,
    ports::{Address, Delivery},
};

/// Why there is nothing to compare with.
pub(super) enum Unknown {
    /// It is not a failure.
    Because(String),
    Failed(CheckError),
}

pub(super) struct Read {
    pub(super) reported: Reported,
    pub(super) created_at: OffsetDateTime,
    pub(super) plan: Option<Plan>,
}

/// Both see each record.
struct Both {
    certificates: Certificates,
    choice: Option<Choice>,
}

impl Sink for Both {
    type Form<'r> = Brief<'r>;

    fn take(&mut self, record: &Brief<'_>) {
        self.certificates.take(record);
        if let Some(choice) = &mut self.choice {
            choice.take(record);
        }
    }
}

pub(super) async fn newest(
    ports: &Ports<'_>,
    ca: &Ca,
    limit: u64,
    wanted: Option<Wanted<'_>>,
) -> Result<Read, Unknown> {
    let because = |reason: &str| Err(Unknown::Because(reason.to_owned()));
    let noted = ports.evidence.read(&keys::newest_report(ca.arn.id())).await;
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
    let choice = wanted.map(|wanted| Choice::new(wanted, newest.created_at));
    let mut both = Both { certificates: Certificates::default(), choice };
    let mut reader = ReportReader::new(format);
    let delivery = {
        let mut sink = |piece: &[u8]| {
            reader.push(piece, &mut both);
            ControlFlow::Continue(())
        };
        ports.objects.read(Address::new(&newest.bucket, &newest.key), limit, &mut sink).await
    };
    match delivery.map_err(|error| Unknown::Failed(CheckError::AuditReport(error)))? {
        Delivery::Absent => return because("the newest audit report is not there any more"),
        Delivery::TooLarge => {
            let reason = format!("the newest audit report is over {limit} bytes");
            return Err(Unknown::Because(reason));
        }
        Delivery::Delivered(_) => {}
    }
    // A finding of audit-report says that it cannot be read.
    let broken =
        |why: String| Err(Unknown::Because(format!("the newest audit report is broken: {why}")));
    let ending = match reader.finish(&mut both) {
        Ok(ending) => ending,
        Err(error) => return broken(error.to_string()),
    };
    if let Some(why) = ending.incomplete.into_iter().next() {
        return broken(why);
    }
    let bad = ending.unreadable.count;
    let name = format!("s3://{}/{}", newest.bucket, newest.key);
    let parts = vec![both.certificates.sort()];
    let reported = Reported::new(name, parts, Some(newest.created_at), bad);
    Ok(Read {
        reported,
        created_at: newest.created_at,
        plan: both.choice.map(|choice| choice.finish(bad)),
    })
}
