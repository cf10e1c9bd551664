use super::*;
use pca_local::Clock;

const PRODUCT: &str = "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default";

fn finding(id: &str, updated: &str) -> Value {
    json!({
        "SchemaVersion": "2018-10-08", "Id": id, "ProductArn": PRODUCT, "GeneratorId": "g",
        "AwsAccountId": "111122223333", "CreatedAt": "2026-01-01T00:00:00Z", "UpdatedAt": updated,
        "FindingProviderFields": {
            "Severity": {"Label": "HIGH"}, "Types": ["TTPs/Impact"]},
        "Title": "t", "Description": "d", "Resources": [{"Type": "Other", "Id": "r"}],
        "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE",
    })
}

fn hub() -> (tempfile::TempDir, SecurityHub) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let sinks = Arc::new(Sinks::in_folders(path.clone(), path, Clock::system()));
    (folder, SecurityHub::new(Account::default(), Roles::default(), sinks))
}

fn call(hub: &SecurityHub, method: Method, path: &str, body: &Value) -> Result<Value, Refused> {
    hub.call((&method, path), "bob", &Bytes::from(body.to_string()))
}

fn import(hub: &SecurityHub, findings: &[Value]) -> Result<Value, Refused> {
    call(hub, Method::POST, "/findings/import", &json!({"Findings": findings}))
}

fn all(hub: &SecurityHub) -> Vec<Value> {
    let answer = call(hub, Method::POST, "/findings", &json!({})).unwrap();
    answer["Findings"].as_array().unwrap().clone()
}

#[test]
fn a_later_update_replaces_a_finding_an_earlier_one_does_not() {
    let (_folder, hub) = hub();
    let mut over = finding("f", "2026-01-03T00:00:00Z");
    over["RecordState"] = json!("ARCHIVED");
    over["Workflow"] = json!({"Status": "RESOLVED"});
    let late = finding("f", "2026-01-02T00:00:00Z");
    for of in [finding("f", "2026-01-01T00:00:00Z"), over.clone(), late, over] {
        assert_eq!(import(&hub, &[of]).unwrap()["SuccessCount"], 1);
    }
    let all = all(&hub);
    assert_eq!((all.len(), &all[0]["RecordState"]), (1, &json!("ARCHIVED")));
    assert_eq!(all[0]["Workflow"]["Status"], "NEW", "the customer's");
}

#[test]
fn what_is_no_finding_is_refused_beside_what_is_one() {
    let (_folder, hub) = hub();
    let at = "2026-01-01T00:00:00Z";
    let with = |pointer: &str, value: Value| {
        let mut of = finding("bad", at);
        *of.pointer_mut(pointer).unwrap() = value;
        of
    };
    let mut without = finding("bad", at);
    without.as_object_mut().unwrap().remove("FindingProviderFields");
    let mut more = finding("bad", at);
    more["Sample"] = json!(true);
    for (bad, why) in [
        (without, "required property 'FindingProviderFields'"),
        (more, "additional property 'Sample'"),
        (with("/Title", json!("x".repeat(257))), "data.Title should be"),
        (with("/UpdatedAt", json!("yesterday")), "data.UpdatedAt should be"),
        (with("/Resources", json!([])), "data.Resources should have"),
        (with("/FindingProviderFields/Severity/Label", json!("URGENT")), "Label should be one of"),
        (with("/FindingProviderFields/Types/0", json!("Other")), "no namespace"),
        (with("/RecordState", json!("OPEN")), "data.RecordState should be"),
    ] {
        let answer = import(&hub, &[bad, finding("good", at)]).unwrap();
        assert_eq!((&answer["FailedCount"], &answer["SuccessCount"]), (&json!(1), &json!(1)));
        let failed = &answer["FailedFindings"][0];
        assert_eq!((&failed["Id"], &failed["ErrorCode"]), (&json!("bad"), &json!("InvalidInput")));
        assert!(failed["ErrorMessage"].as_str().unwrap().contains(why), "{failed}");
    }
    assert_eq!(all(&hub).len(), 1);
}

#[test]
fn a_batch_is_limited_and_a_foreign_product_is_refused() {
    let (_folder, hub) = hub();
    let at = "2026-01-01T00:00:00Z";
    let many: Vec<Value> = (0..101).map(|n| finding(&n.to_string(), at)).collect();
    assert_eq!(import(&hub, &many).unwrap_err().1, "InvalidInputException");
    assert_eq!(import(&hub, &[]).unwrap_err().1, "InvalidInputException");
    let mut foreign = finding("f", at);
    foreign["ProductArn"] = json!(PRODUCT.replace("111122223333", "444455556666"));
    let answer = import(&hub, &[foreign]).unwrap();
    assert_eq!(answer["FailedFindings"][0]["ErrorCode"], "InvalidAccess");
}

#[test]
fn a_hub_that_is_disabled_takes_nothing() {
    let (_folder, hub) = hub();
    call(&hub, Method::DELETE, "/accounts", &json!({})).unwrap();
    let answer = import(&hub, &[finding("f", "2026-01-01T00:00:00Z")]).unwrap();
    assert_eq!(answer["FailedFindings"][0]["ErrorCode"], "InvalidAccess");
    let error = call(&hub, Method::GET, "/accounts", &json!({})).unwrap_err();
    assert_eq!(error.1, "InvalidAccessException");
    call(&hub, Method::POST, "/accounts", &json!({})).unwrap();
    assert!(all(&hub).is_empty());
}
