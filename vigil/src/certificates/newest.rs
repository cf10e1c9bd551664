//! Of each CA the newest report. ACM PCA deletes no report, and an older one has as valid what was
//! revoked since.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use vigil_aws::clients::Clients;
use vigil_core::{
    audit_report::{Ending, Record},
    ports::ReportFiles as _,
};

use super::source::{Source, SourceError};
use crate::newest_report::{Age, Owners, id_in_path};

/// What is read, and what is not.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) sources: Vec<Source>,
    pub(super) older: Vec<Older>,
}

/// A report that is left out, because a newer one of its CA is read.
#[derive(Debug)]
pub(super) struct Older {
    pub(super) name: String,
    /// How its reading ended, if it was read.
    pub(super) ending: Option<Ending>,
}

/// A report, and what was learnt of it without reading its certificates.
struct Candidate {
    source: Source,
    /// The id of its CA. `None`: it is not known, and the report is read in any case.
    id: Option<String>,
    glance: Option<Glance>,
}

struct Glance {
    age: Age,
    ending: Ending,
}

/// Reads a report for this only where its path does not name its CA, or more reports are of that CA.
pub(super) async fn of_each_ca(
    sources: Vec<Source>,
    clients: &Clients,
) -> Result<Chosen, SourceError> {
    if sources.len() < 2 {
        return Ok(Chosen { sources, older: Vec::new() });
    }
    let superseded = superseded_in_s3(&sources, clients).await?;
    let mut chosen = Chosen::default();
    let mut candidates = Vec::new();
    for source in sources {
        if superseded.contains(&source.name()) {
            chosen.older.push(Older { name: source.name(), ending: None });
        } else {
            candidates.push(candidate(source, clients).await);
        }
    }
    let shared = shared_ids(&candidates);
    for of in &mut candidates {
        if of.glance.is_none() && of.id.as_ref().is_some_and(|id| shared.contains(id)) {
            of.glance = glance(&of.source, clients).await.map(|(_, glance)| glance);
            // What cannot be read is not left out: its error is reported when it is read again.
            if of.glance.is_none() {
                of.id = None;
            }
        }
    }
    choose(candidates, &mut chosen);
    Ok(chosen)
}

/// Of the reports that lie where ACM PCA put them, S3 knows which is the newest.
async fn superseded_in_s3(
    sources: &[Source],
    clients: &Clients,
) -> Result<BTreeSet<String>, SourceError> {
    let mut folders: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for source in sources {
        if let Source::Object { bucket, key } = source
            && id_in_path(key).is_some()
            && let Some((folder, _)) = key.rsplit_once('/')
        {
            folders.entry((bucket.as_str(), folder)).or_default().push(key.as_str());
        }
    }
    let mut superseded = BTreeSet::new();
    for ((bucket, folder), keys) in folders.into_iter().filter(|(_, keys)| keys.len() > 1) {
        let prefix = format!("{folder}/");
        let newest = clients.objects().newest(bucket, &prefix).await;
        let place = format!("s3://{bucket}/{prefix}");
        let newest = newest.map_err(|cause| SourceError::Object { place, cause })?;
        let Some((newest, _)) = newest else { continue };
        // If the newest was not named, the contents of those that were named decide.
        if keys.contains(&newest.as_str()) {
            let others = keys.into_iter().filter(|key| **key != *newest);
            superseded.extend(others.map(|key| format!("s3://{bucket}/{key}")));
        }
    }
    Ok(superseded)
}

async fn candidate(source: Source, clients: &Clients) -> Candidate {
    // Standard input can be read only once.
    if source == Source::StandardInput {
        return Candidate { source, id: None, glance: None };
    }
    if let Some(id) = id_in_path(&source.name()).map(str::to_owned) {
        return Candidate { source, id: Some(id), glance: None };
    }
    let (id, glance) = glance(&source, clients).await.unzip();
    Candidate { source, id, glance }
}

/// The id of the report's CA, and up to when it knows; `None` if it cannot be read, or names no CA.
async fn glance(source: &Source, clients: &Clients) -> Option<(String, Glance)> {
    let mut owners = Owners::of(&source.name());
    let mut take = |record: &Record<'_>| {
        owners.add(record);
        ControlFlow::Continue(())
    };
    let ending = source.read(clients, &mut take).await.ok()?;
    let owner = owners.owner()?;
    let age = Age { latest: owner.latest, modified: source.modified() };
    Some((owner.ca.id().to_owned(), Glance { age, ending }))
}

/// The CAs of more than one report.
fn shared_ids(candidates: &[Candidate]) -> BTreeSet<String> {
    let mut once = BTreeSet::new();
    let ids = candidates.iter().filter_map(|of| of.id.as_ref());
    ids.filter(|id| !once.insert(*id)).cloned().collect()
}

fn choose(candidates: Vec<Candidate>, chosen: &mut Chosen) {
    let mut newest: BTreeMap<String, (Age, usize)> = BTreeMap::new();
    for (at, of) in candidates.iter().enumerate() {
        let (Some(id), Some(glance)) = (&of.id, &of.glance) else { continue };
        let known = newest.get(id).is_some_and(|(age, _)| *age > glance.age);
        if !known {
            newest.insert(id.clone(), (glance.age, at));
        }
    }
    for (at, of) in candidates.into_iter().enumerate() {
        let newest = of.id.as_ref().and_then(|id| newest.get(id));
        if newest.is_none_or(|(_, newest)| *newest == at) {
            chosen.sources.push(of.source);
        } else {
            let ending = of.glance.map(|glance| glance.ending);
            chosen.older.push(Older { name: of.source.name(), ending });
        }
    }
}
