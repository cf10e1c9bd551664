//! Which CA an audit report is of, and which of several reports of one CA is the newest.

use std::{collections::BTreeMap, time::SystemTime};

use time::OffsetDateTime;
use vigil_core::{arn::CaArn, audit_report::Record};

/// A report is of one CA. Of so many, records are counted. One more takes the place of the one with the fewest
/// records, and counts from there on (Metwally, Agrawal and El Abbadi, "Space-Saving"): so a CA that more than
/// a hundredth of the records name is among them at the end, whatever their order.
const MAX_CAS: usize = 100;

/// Up to when a report knows. Of two reports of a CA, the greater one is the newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Age {
    /// The latest issuance or revocation. Copying a report does not change it.
    pub(crate) latest: OffsetDateTime,
    /// When the file was modified. Decides between reports with the same latest record.
    pub(crate) modified: Option<SystemTime>,
}

/// A CA that records of a report name.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) ca: CaArn,
    /// At most so many, where records name more CAs than are counted.
    pub(crate) records: u64,
    /// The latest issuance or revocation.
    pub(crate) latest: OffsetDateTime,
}

/// The CAs that the records of a report name.
#[derive(Debug)]
pub(crate) struct Owners {
    by_name: BTreeMap<String, Owner>,
    /// The id of the CA that the report's path names.
    in_path: Option<String>,
}

impl Owners {
    /// Of the report with this path.
    pub(crate) fn of(path: &str) -> Self {
        Self { by_name: BTreeMap::new(), in_path: id_in_path(path).map(str::to_owned) }
    }

    /// Counts a record, and returns the ARN of its CA; `None` if it names none.
    pub(crate) fn add<'r>(&mut self, record: &'r Record<'_>) -> Option<&'r str> {
        let certificate: &str = &record.certificate_arn;
        let name = certificate.split_once("/certificate/").map_or(certificate, |(of, _)| of);
        let latest = record.revoked_at.map_or(record.issued_at, |at| at.max(record.issued_at));
        if let Some(owner) = self.by_name.get_mut(name) {
            owner.records += 1;
            owner.latest = owner.latest.max(latest);
            return Some(name);
        }
        let ca: CaArn = name.parse().ok()?;
        let before = if self.by_name.len() < MAX_CAS { 0 } else { self.make_room() };
        self.by_name.insert(name.to_owned(), Owner { ca, records: before + 1, latest });
        Some(name)
    }

    /// Leaves out the CA with the fewest records, and returns how many these are.
    fn make_room(&mut self) -> u64 {
        let is_in_path = |of: &Owner| self.in_path.as_deref() == Some(of.ca.id());
        let others = self.by_name.iter().filter(|(_, of)| !is_in_path(of));
        let fewest = others.min_by_key(|(_, of)| of.records).map(|(name, _)| name.clone());
        fewest.and_then(|name| self.by_name.remove(&name)).map_or(0, |of| of.records)
    }

    /// The CA that the report's path names, if a record names it, too; otherwise the CA that most
    /// records name. The order of the records makes no difference.
    pub(crate) fn owner(&self) -> Option<&Owner> {
        let id = self.in_path.as_deref();
        self.by_name.values().max_by_key(|of| (id == Some(of.ca.id()), of.records))
    }
}

/// The id of the CA in a path like `audit-report/<id of the CA>/<id of the report>.json`, which
/// ACM PCA gives to each report.
pub(crate) fn id_in_path(path: &str) -> Option<&str> {
    let parts: Vec<&str> = path.split(['/', '\\']).collect();
    let named = parts.windows(3).rfind(|of| of[0] == "audit-report" && is_uuid(of[1]))?;
    Some(named[1])
}

pub(crate) fn is_uuid(text: &str) -> bool {
    let is_fit = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_fit)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use time::macros::datetime;

    use super::*;

    const ONE: &str = "11223344-1234-1122-2233-112233445566";
    const OTHER: &str = "99999999-1234-1122-2233-112233445566";

    fn owner(ids: &[impl AsRef<str>], path: &str) -> String {
        let mut owners = Owners::of(path);
        for id in ids.iter().map(AsRef::as_ref) {
            let ca = format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{id}");
            let at = datetime!(2026-01-01 0:00 UTC);
            let record = Record {
                aws_account_id: Cow::Borrowed("111122223333"),
                requested_by_service_principal: None,
                certificate_arn: Cow::Owned(format!("{ca}/certificate/01")),
                serial: Cow::Borrowed("01"),
                subject: Cow::Borrowed("CN=a"),
                not_before: at,
                not_after: at,
                issued_at: at,
                revoked_at: None,
                revocation_reason: None,
                template_arn: None,
            };
            assert_eq!(owners.add(&record), Some(ca.as_str()));
        }
        owners.owner().unwrap().ca.id().to_owned()
    }

    #[test]
    fn records_of_many_other_cas_do_not_hide_its_own() {
        let others: Vec<String> = (0..150).map(|n| format!("{n:08}{}", &ONE[8..])).collect();
        let own = vec![OTHER.to_owned(); 40];
        for ids in [[own.clone(), others.clone()].concat(), [others.clone(), own].concat()] {
            assert_eq!(owner(&ids, "report.json"), OTHER);
        }
        // One record is enough where the path names the CA, too.
        let path = format!("audit-report/{OTHER}/x.json");
        let once = vec![OTHER.to_owned()];
        let twice = [others.clone(), others.clone()].concat();
        for ids in [[once.clone(), twice.clone()].concat(), [twice, once].concat()] {
            assert_eq!(owner(&ids, &path), OTHER);
        }
    }

    #[test]
    fn the_path_names_the_ca_else_most_records_do() {
        for ids in [[ONE, ONE, OTHER], [OTHER, ONE, ONE], [ONE, OTHER, ONE]] {
            assert_eq!(owner(&ids, "report.json"), ONE);
            assert_eq!(owner(&ids, &format!("in/audit-report/{OTHER}/x.json")), OTHER);
            assert_eq!(owner(&ids, &format!("{OTHER}/x.json")), ONE, "no path of ACM PCA");
        }
        let third = ONE.replace('1', "2");
        assert_eq!(owner(&[ONE], &format!("audit-report/{third}/x.json")), ONE, "no record");
    }

    #[test]
    fn only_a_path_of_acm_pca_names_a_ca() {
        assert_eq!(id_in_path(&format!("s3://b/audit-report/{ONE}/r.csv")), Some(ONE));
        assert_eq!(id_in_path(&format!("audit-report\\{ONE}\\r.csv")), Some(ONE));
        for other in [format!("audit-report/{ONE}"), "audit-report/x/r.csv".to_owned()] {
            assert_eq!(id_in_path(&other), None, "{other}");
        }
    }
}
