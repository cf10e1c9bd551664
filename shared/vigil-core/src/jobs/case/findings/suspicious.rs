//! Objects of the evidence bucket that counted as absent, and what cures each reason.

use time::OffsetDateTime;

use super::finding;
use crate::{
    arn::CaArn,
    ca::Ca,
    evidence::keys,
    finding::{APPROVER_KEY, EVIDENCE_BUCKET, Finding, Kind, Observation},
    jobs::case::record::Case,
    rules::auto_restore as rules,
};

/// The finding about them, if there are any.
pub(super) fn suspicious(case: &Case, ca: Option<&Ca>, as_of: OffsetDateTime) -> Option<Finding> {
    let objects = case.suspicious();
    let first = objects.first()?.as_str();
    let (object, _) = first.split_once(": ").unwrap_or((first, ""));
    let object = object.to_owned();
    let arn = &case.deletion().ca;
    let approval = keys::approval(arn);
    let why = objects.iter().find_map(|one| one.strip_prefix(&approval)?.strip_prefix(": "));
    let cure = why.map(|why| cure(why, arn));
    let kind = match cure {
        Some(_) => {
            Kind { title: "An approval of the deletion of {ca} did not count", ..rules::UNUSABLE }
        }
        None => rules::UNUSABLE,
    };
    let seen = Observation::new(kind)
        .name("object", if why.is_some() { approval } else { object })
        .name("objects", objects.join("; "));
    let seen = match cure {
        Some(cure) => seen.also(cure),
        None => seen,
    };
    let seen = seen.with("objects", objects);
    Some(finding(&rules::EVIDENCE_SUSPICIOUS, seen, case, ca, as_of))
}

/// What makes an approval count next time.
fn cure(why: &str, ca: &CaArn) -> String {
    let remove = format!(
        "If it was not intended, remove the approval:\n  aws s3 rm s3://{EVIDENCE_BUCKET}/{}",
        keys::approval(ca)
    );
    let sign = |how: &str| {
        format!(
            "vigil approve {ca} {how} --by NAME --key {APPROVER_KEY} --evidence-bucket {EVIDENCE_BUCKET}"
        )
    };
    // It was signed, and the same principal would approve and delete in vain.
    if why.contains("deleted by one of those") || why.contains("approved by who deleted") {
        return format!(
            "If the deletion was intended, another role approves it anew or deletes the CA, or a second group signs \
             the approval, too, with its own key. Then delete the CA again:\n  {}\n{remove}",
            sign("--cosign")
        );
    }
    if why.contains("keys that are needed") || why.contains("not known who deleted") {
        return format!(
            "If the deletion was intended, another group signs the approval, too, with its own key. Then delete the \
             CA again:\n  {}\n{remove}",
            sign("--cosign")
        );
    }
    format!(
        "If the deletion was intended, an approver signs it anew, with the reason in place of REASON. Then delete the \
         CA again:\n  {}\n{remove}",
        sign("--reason REASON")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes;

    fn of(why: &str) -> String {
        cure(why, &fakes::ARN.parse().unwrap())
    }

    #[test]
    fn each_reason_has_the_cure_that_helps() {
        let unsigned = of("the approval does not count: it is not signed");
        assert!(unsigned.contains("--reason REASON") && !unsigned.contains("--cosign"));
        for why in [
            "the CA was deleted by one of those who may sign the approval",
            "1 of the 2 keys that are needed have signed it",
            "it is not known who deleted the CA: CloudTrail's event history does not have the deletion",
        ] {
            let text = of(why);
            assert!(text.contains("--cosign") && !text.contains("--reason"), "{why}: {text}");
        }
        assert!(unsigned.contains("aws s3 rm s3://EVIDENCE-BUCKET/approvals/"), "{unsigned}");
    }
}
