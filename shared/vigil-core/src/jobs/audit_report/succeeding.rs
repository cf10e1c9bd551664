//! Certificates whose successor was issued by another CA: the one that succeeds this CA.
//!
//! A CA succeeds another if it has the same subject and its own certificate ends later, or if the other
//! has the tag `vigil:successor` with its ARN.

use std::{collections::BTreeMap, ops::ControlFlow};

use time::OffsetDateTime;

use super::{AuditReportError, Ports, newest};
use crate::{
    arn::CaArn,
    audit_report::{Counter, Format, Record, ReportReader, Succeeding},
    evidence::keys,
    failure::chain,
    inventory::Inventory,
    jobs::stored,
    ports::{Address, Rest},
};

/// The tag of a CA that names the one that succeeds it.
pub(super) const TAG: &str = "vigil:successor";
/// So many CAs are read.
const MAX_CAS: usize = 4;

/// The CAs that succeed `ca`: the one of the tag, then those of the same subject, the last to end first.
pub(super) async fn cas(
    ports: &Ports<'_>,
    ca: &CaArn,
    tags: Option<&BTreeMap<String, Option<String>>>,
) -> Result<Vec<CaArn>, AuditReportError> {
    let tag = tags.and_then(|tags| tags.get(TAG)).and_then(|value| value.as_ref());
    let named = tag.and_then(|arn| arn.parse::<CaArn>().ok());
    let keys = ports.evidence.list(keys::INVENTORIES).await;
    let mut known = BTreeMap::new();
    for key in keys.map_err(AuditReportError::EvidenceStore)? {
        let read = stored::read::<Inventory>(ports.evidence, &key).await;
        if let Some(inventory) = read.map_err(AuditReportError::EvidenceStore)?.known() {
            known.extend(inventory.cas);
        }
    }
    let of_ca = known.get(ca).and_then(|of| Some((of.identity.as_ref()?, of.not_after)));
    let mut later: Vec<(Option<OffsetDateTime>, CaArn)> = Vec::new();
    if let Some((identity, end)) = of_ca {
        for (arn, of) in &known {
            let is_same = of.identity.as_ref().is_some_and(|one| one.subject == identity.subject);
            if is_same && arn != ca && of.not_after > end {
                later.push((of.not_after, arn.clone()));
            }
        }
    }
    later.sort_by(|a, b| b.cmp(a));
    let mut cas: Vec<CaArn> =
        named.into_iter().chain(later.into_iter().map(|(_, arn)| arn)).collect();
    cas.retain(|arn| arn != ca);
    let mut seen = std::collections::BTreeSet::new();
    cas.retain(|arn| seen.insert(arn.clone()));
    cas.truncate(MAX_CAS);
    Ok(cas)
}

/// Has the certificates of a succeeding CA's newest report count as successors. What cannot be read is
/// said in the summary, and hides nothing else.
pub(super) async fn add(
    ports: &Ports<'_>,
    (bucket, limit): (&str, u64),
    ca: &CaArn,
    counter: &mut Counter,
) -> Result<(), AuditReportError> {
    let why = match newest::of(ports.evidence, ca).await? {
        None => "no report of it was summarised".to_owned(),
        Some(newest) if newest.bucket != bucket => {
            format!("its newest report is in another bucket, {}", newest.bucket)
        }
        Some(newest) => match read(ports, &newest.bucket, &newest.key, limit, counter).await {
            Ok(()) => {
                let (ca, report, as_of) = (ca.clone(), newest.report, newest.created_at);
                counter.succeeded_by(Succeeding { ca, report, as_of });
                return Ok(());
            }
            Err(why) => why,
        },
    };
    counter.not_judged(format!("successors of {ca}: {why}"));
    Ok(())
}

async fn read(
    ports: &Ports<'_>,
    bucket: &str,
    key: &str,
    limit: u64,
    counter: &mut Counter,
) -> Result<(), String> {
    let object = Address::new(bucket, key);
    let format = Format::of_key(key).ok_or("its key has no known end")?;
    let facts = ports.objects.stat(object).await.map_err(|error| chain(&error))?;
    let facts = facts.ok_or("its report is not there any more")?;
    if facts.size > limit {
        return Err(format!("its report is over {limit} bytes"));
    }
    let mut reader = ReportReader::new(format);
    let mut add = |record: &Record<'_>| counter.add_succeeding(record);
    let rest = {
        let mut sink = |piece: &[u8]| {
            reader.push(piece, &mut add);
            ControlFlow::Continue(())
        };
        ports.objects.read_on(object, &facts, 0, &mut sink).await
    };
    match rest.map_err(|error| chain(&error))? {
        Rest::Changed => Err("its report was replaced while it was read".to_owned()),
        _ => reader.finish(&mut add).map(drop).map_err(|error| error.to_string()),
    }
}
