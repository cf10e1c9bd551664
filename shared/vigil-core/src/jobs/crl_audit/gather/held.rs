//! Holds a CRL against the version before and against the newest audit report.

use time::OffsetDateTime;

use super::{
    Asked, Kind, PartRead, naming,
    previous::Before,
    report::{self, Unknown},
};
use crate::{
    crl::comparison::{Against, Compared, Coverage, Difference, Listed, Sample, Unnamed},
    failure::chain,
    jobs::crl_audit::{CheckError, Ports, certificate_scan::Plan},
};

/// What came of it.
pub(super) struct Held {
    pub(super) report: Result<Coverage, String>,
    pub(super) previous: Result<Difference, String>,
    pub(super) plan: Option<Plan>,
    pub(super) report_created_at: Option<OffsetDateTime>,
    pub(super) is_put_down: bool,
}

/// What came of the report.
struct Report {
    compared: Result<Compared, String>,
    plan: Option<Plan>,
    created_at: Option<OffsetDateTime>,
    is_put_down: bool,
}

/// `crl` is the CRL's own entries, and its digest; `before` is what the version before listed.
pub(super) async fn hold(
    ports: &Ports<'_>,
    asked: &Asked<'_>,
    crl: (Option<&Listed>, &[u8]),
    before: Result<Before, String>,
    failures: &mut Vec<CheckError>,
) -> Held {
    let parts = parts(asked.kind);
    let read = read(ports, asked, crl, before.as_ref().ok(), failures).await;
    let Report { compared, plan, created_at, is_put_down } = read;
    let mut report = coverage(compared.as_ref(), asked.kind);
    let never_issued = match (&report, &compared) {
        (Ok(_), Ok(compared)) => compared.unnamed.clone(),
        _ => Unnamed::default(),
    };
    let explained = before.map(|before| match &compared {
        Ok(compared) => compared.explain(before.removed),
        Err(_) => before.removed.unexplained(),
    });
    let (mut previous, readded) = match explained {
        Ok((difference, unnamed)) => (Ok(difference), unnamed),
        Err(why) => (Err(why), Unnamed::default()),
    };
    let (mut none, mut nothing) = (Sample::default(), Sample::default());
    let wanted = [
        (never_issued, report.as_mut().map_or(&mut none, |report| &mut report.never_issued)),
        (readded, previous.as_mut().map_or(&mut nothing, |previous| &mut previous.readded)),
    ];
    let keys = [asked.scope.key.as_str()].into_iter();
    let keys: Vec<_> = keys.chain(parts.iter().map(|part| part.key.as_str())).collect();
    let limit = asked.settings.max_crl_bytes;
    naming::name(ports.objects, &asked.scope.bucket, &keys, limit, wanted).await;
    Held { report, previous, plan, report_created_at: created_at, is_put_down }
}

fn parts(kind: Kind<'_>) -> &[PartRead] {
    match kind {
        Kind::Whole(parts) => &parts.read,
        Kind::Partition => &[],
    }
}

/// Reads the report, if there is something to hold against it.
async fn read(
    ports: &Ports<'_>,
    asked: &Asked<'_>,
    (listed, sha256): (Option<&Listed>, &[u8]),
    before: Option<&Before>,
    failures: &mut Vec<CheckError>,
) -> Report {
    let parts = parts(asked.kind);
    let lists: Vec<_> = listed.into_iter().chain(parts.iter().map(|part| &part.listed)).collect();
    let is_compared = match asked.kind {
        Kind::Whole(_) => !lists.is_empty(),
        // The report can explain what went, and nothing else.
        Kind::Partition => before.is_some_and(|before| !before.removed.is_empty()),
    };
    let nothing = || Err("there is no CRL to compare with an audit report".to_owned());
    let unread = |compared| Report { compared, plan: None, created_at: None, is_put_down: false };
    if !is_compared && asked.wanted.is_none() {
        return unread(nothing());
    }
    let objects = [sha256].into_iter().chain(parts.iter().map(|part| part.sha256.as_slice()));
    let objects = objects.chain(before.map(|before| before.sha256.as_slice()));
    let against = Against::new(lists, before.map(|before| &before.removed), asked.as_of);
    let wanted = report::Asked {
        ca: asked.ca,
        limit: asked.settings.max_report_bytes,
        wanted: asked.wanted,
        against: &against,
        basis: objects.map(hex::encode).collect::<Vec<_>>().join(" "),
        may_put_down: asked.may_put_down,
    };
    match report::newest(ports, wanted).await {
        Ok(read) => Report {
            compared: if is_compared { Ok(read.compared) } else { nothing() },
            plan: read.plan,
            created_at: Some(read.created_at),
            is_put_down: false,
        },
        Err(Unknown::Because(reason)) => unread(Err(reason)),
        Err(Unknown::PutDown) => {
            Report { is_put_down: true, ..unread(Err("the next run reads on".to_owned())) }
        }
        Err(Unknown::Failed(step)) => {
            let reason = chain(&step);
            failures.push(step);
            unread(Err(reason))
        }
    }
}

/// What is revoked may be listed in any part, so only all of them together can be complete.
fn coverage(compared: Result<&Compared, &String>, kind: Kind<'_>) -> Result<Coverage, String> {
    let compared = compared.map_err(String::clone)?;
    let Kind::Whole(parts) = kind else {
        return Err("the CRL is held against audit reports as a whole".to_owned());
    };
    if parts.is_incomplete {
        return Err("not every partition of the CRL could be read".to_owned());
    }
    Ok(compared.coverage.clone())
}
