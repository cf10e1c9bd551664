//! The AWS CLI on what the local stack serves beside ACM PCA.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use e2e::cli;
use serde_json::Value;
use vigil_local::Stack;

/// What a call prints, as JSON; nothing is `null`.
fn json(answer: &str) -> Value {
    serde_json::from_str(answer).unwrap_or(Value::Null)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_public_access_block_is_set_read_and_deleted_and_stands_above_buckets() {
    let stack = Stack::builder().start().await.unwrap();
    let aws = |arguments: &[&str]| cli::aws(stack.endpoint(), arguments);
    let control = |operation: &str, rest: &[&str]| {
        let call = ["s3control", operation, "--account-id=111122223333"];
        aws(&[&call[..], rest].concat())
    };
    let never = control("get-public-access-block", &[]).unwrap_err();
    assert!(never.contains("(NoSuchPublicAccessBlockConfiguration)"), "{never}");
    let other = aws(&["s3control", "get-public-access-block", "--account-id=999999999999"]);
    assert!(other.as_ref().unwrap_err().contains("(AccessDenied)"), "{other:?}");

    aws(&["s3api", "create-bucket", "--bucket=crls"]).unwrap();
    aws(&["s3api", "delete-public-access-block", "--bucket=crls"]).unwrap();
    let ownership = "--ownership-controls=Rules=[{ObjectOwnership=BucketOwnerPreferred}]";
    aws(&["s3api", "put-bucket-ownership-controls", "--bucket=crls", ownership]).unwrap();
    let publish = || aws(&["s3api", "put-object", "--bucket=crls", "--key=k", "--acl=public-read"]);
    publish().unwrap();
    control(
        "put-public-access-block",
        &["--public-access-block-configuration=BlockPublicAcls=true,BlockPublicPolicy=true"],
    )
    .unwrap();
    let set = json(&control("get-public-access-block", &[]).unwrap());
    let set = &set["PublicAccessBlockConfiguration"];
    assert_eq!((&set["BlockPublicAcls"], &set["IgnorePublicAcls"]), (&true.into(), &false.into()));
    let refused = publish().unwrap_err();
    assert!(refused.contains("(AccessDenied)"), "{refused}");
    let everybody = r#"--policy={"Statement": {"Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::crls/*"}}"#;
    let refused = aws(&["s3api", "put-bucket-policy", "--bucket=crls", everybody]).unwrap_err();
    assert!(refused.contains("(AccessDenied)"), "{refused}");
    control("delete-public-access-block", &[]).unwrap();
    publish().unwrap();
    stack.shutdown().await;
}
