//! What a finding advises ends it, and makes no other.

use serde_json::{Value, json};

use super::world::*;
use crate::rules::bucket::BucketSubject;

/// Of two accounts, and one of them in two Regions.
fn shared_by_three() -> BucketSubject {
    let mut subject = clean();
    let second = CA.replace("11223344-", "55667788-");
    let foreign = CA.replace("111122223333", "444455556666");
    subject.users.extend([user(&second), user(&foreign)]);
    subject
}

/// The statements that stand in the advice about the policy.
fn advised(subject: &BucketSubject, rule: &str) -> Vec<Value> {
    let found = whole_findings(subject);
    let (_, finding) = found.iter().find(|(of, _)| *of == rule).expect("the rule finds something");
    let lines = finding.what_to_do.lines().filter_map(|line| line.strip_prefix("  {"));
    let read = |line: &str| {
        let text = format!("{{{}", line.trim_end_matches(','));
        serde_json::from_str(&text).expect("a statement stands on one line, as JSON")
    };
    lines.map(read).collect()
}

#[test]
fn a_statement_in_place_of_another_lets_in_every_ca() {
    let tls = || tls_statement(&["s3:*"]);
    let open = {
        let mut statement = service_statement();
        statement.as_object_mut().unwrap().remove("Condition");
        statement
    };
    let without_probe = {
        let mut statement = open.clone();
        statement["Resource"] = json!(["arn:aws:s3:::crls/crl/*", "arn:aws:s3:::crls"]);
        statement
    };
    for (rule, before) in
        [("bucket.confused-deputy", open), ("bucket.service-access", without_probe)]
    {
        let mut subject = shared_by_three();
        set_policy(&mut subject, &[before, tls()]);
        let mut after = advised(&subject, rule);
        assert_eq!(after.len(), 2, "{rule}: one for each account");
        after.push(tls());
        set_policy(&mut subject, &after);
        assert_eq!(findings(&subject), [], "{rule}");
    }
}

#[test]
fn a_statement_to_add_ends_the_finding() {
    let mut subject = clean();
    let mut service = service_statement();
    service["Action"] = json!(["s3:PutObject", "s3:GetBucket*"]);
    set_policy(&mut subject, &[service.clone()]);
    let access = advised(&subject, "bucket.service-access");
    let tls = advised(&subject, "bucket.tls-only");
    set_policy(&mut subject, &[&[service][..], &access, &tls].concat());
    assert_eq!(findings(&subject), []);
}
