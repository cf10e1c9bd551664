//! Writes the summary of each CA's report beside the page, as audit-report publishes it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use vigil_core::{arn::CaArn, audit_report::Document};

use super::files::complain;
use crate::{fleet_files::WriteError, output::line};

/// Writes `summaries/<CA id>.json` into the folder, and says where they are.
pub(super) fn write(folder: &Path, documents: &[Document]) -> Result<(), WriteError> {
    if documents.is_empty() {
        return Ok(());
    }
    let folder = folder.join("summaries");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| WriteError::File { path, cause }
    };
    fs::create_dir_all(&folder).map_err(failed(&folder))?;
    let mut written = BTreeSet::new();
    for document in documents {
        let path = folder.join(name(&document.ca, documents));
        let body = document.written().map_err(WriteError::Json)?;
        fs::write(&path, body).map_err(failed(&path))?;
        written.insert(path);
    }
    match written.first() {
        Some(one) if written.len() == 1 => line(&format!("summary: {}", one.display())),
        _ => {
            let (count, folder) = (written.len(), folder.display());
            line(&format!("summaries: {count} in {folder}, each under the id of its CA"));
        }
    }
    name_earlier(&folder, &written);
    Ok(())
}

/// The CA's id, as in the evidence bucket. Ids are unique; where reports say otherwise, each summary has a
/// name of its own all the same, also where capitals make no difference.
fn name(ca: &CaArn, documents: &[Document]) -> String {
    let is_same = |of: &&Document| of.ca.id().eq_ignore_ascii_case(ca.id());
    match documents.iter().filter(is_same).position(|of| of.ca == *ca) {
        None | Some(0) => format!("{}.json", ca.id()),
        Some(nth) => format!("{}-{}.json", ca.id(), nth + 1),
    }
}

/// Those of an earlier run stay, and are not of this one.
fn name_earlier(folder: &Path, written: &BTreeSet<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let earlier = entries.map(|entry| entry.path()).filter(|path| !written.contains(path)).count();
    if earlier > 0 {
        let folder = folder.display();
        complain(&format!(
            "{folder} also has {earlier} files of earlier runs, which were left alone"
        ));
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use vigil_core::audit_report::{Input, SCHEMA, Summary};

    use super::*;

    fn document(region: &str, id: &str) -> Document {
        let arn = format!("arn:aws:acm-pca:{region}:111122223333:certificate-authority/{id}");
        Document {
            schema: SCHEMA.to_owned(),
            ca: arn.parse().unwrap(),
            report: String::new(),
            bucket: String::new(),
            key: "a.json".to_owned(),
            created_at: None,
            analysed_at: OffsetDateTime::UNIX_EPOCH,
            input: Input::default(),
            compared: None,
            summary: Summary::new(OffsetDateTime::UNIX_EPOCH, None),
        }
    }

    #[test]
    fn two_cas_never_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let all = [("eu-west-1", "a"), ("us-east-1", "A"), ("us-east-1", "b")];
        let documents = all.map(|(region, id)| document(region, id));
        write(folder.path(), &documents).unwrap();
        for (name, of) in [("a.json", 0), ("A-2.json", 1), ("b.json", 2)] {
            let text = fs::read(folder.path().join("summaries").join(name)).unwrap();
            let read: Document = serde_json::from_slice(&text).unwrap();
            assert_eq!(read, documents[of], "{name}");
        }
    }
}
