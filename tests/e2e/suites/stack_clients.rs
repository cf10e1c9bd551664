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
async fn the_account_public_access_block_overrides_the_buckets() {
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

    let points = json(&control("list-access-points", &[]).unwrap());
    assert_eq!(points["AccessPointList"], serde_json::json!([]), "{points}");

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

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_reads_lists_and_deletes_versions() {
    let stack = Stack::builder().start().await.unwrap();
    let aws = |arguments: &[&str]| cli::aws(stack.endpoint(), arguments);
    let folder = tempfile::tempdir().unwrap();
    let api = |operation: &str, rest: &[&str]| {
        aws(&[&["s3api", operation, "--bucket=crls"], rest].concat()).map(|text| json(&text))
    };
    api("create-bucket", &[]).unwrap();
    api("put-bucket-versioning", &["--versioning-configuration=Status=Enabled"]).unwrap();
    let put = |text: &str| {
        let path = folder.path().join("body");
        std::fs::write(&path, text).unwrap();
        let body = format!("--body={}", path.display());
        api("put-object", &["--key=k", &body]).unwrap()["VersionId"].as_str().unwrap().to_owned()
    };
    let (first, second) = (put("first"), put("second"));
    let read = |version: &[&str]| {
        let path = folder.path().join("read").display().to_string();
        let got = api("get-object", &[&["--key=k"], version, &[&path]].concat())?;
        Ok::<_, String>((std::fs::read_to_string(path).unwrap(), got["VersionId"].clone()))
    };
    assert_eq!(read(&[]).unwrap(), ("second".to_owned(), second.as_str().into()));
    let of_first = format!("--version-id={first}");
    assert_eq!(read(&[&of_first]).unwrap(), ("first".to_owned(), first.as_str().into()));

    let deleted = api("delete-object", &["--key=k"]).unwrap();
    assert_eq!(deleted["DeleteMarker"], true);
    assert!(read(&[]).unwrap_err().contains("(NoSuchKey)"));
    let of_marker = format!("--version-id={}", deleted["VersionId"].as_str().unwrap());
    assert!(read(&[&of_marker]).unwrap_err().contains("(MethodNotAllowed)"));
    let listed = api("list-object-versions", &["--page-size=1"]).unwrap();
    let ids = |name: &str| {
        let all = listed[name].as_array().unwrap().iter();
        all.map(|one| (one["VersionId"].clone(), one["IsLatest"].clone())).collect::<Vec<_>>()
    };
    let want = [second.as_str(), &first].map(|id| (Value::from(id), Value::from(false)));
    assert_eq!(ids("Versions"), want);
    assert_eq!(ids("DeleteMarkers"), [(deleted["VersionId"].clone(), true.into())]);
    api("delete-object", &["--key=k", &of_marker]).unwrap();
    assert_eq!(read(&[]).unwrap().0, "second");
    stack.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_makes_names_disables_and_deletes_keys() {
    let stack = Stack::builder().start().await.unwrap();
    let aws = |arguments: &[&str]| cli::aws(stack.endpoint(), arguments);
    let kms = |operation: &str, rest: &[&str]| {
        aws(&[&["kms", operation], rest].concat()).map(|text| json(&text))
    };
    let made = kms("create-key", &["--description=CRLs"]).unwrap();
    let metadata = &made["KeyMetadata"];
    let (id, arn) = (metadata["KeyId"].as_str().unwrap(), metadata["Arn"].as_str().unwrap());
    assert_eq!(arn, format!("arn:aws:kms:us-east-1:111122223333:key/{id}"));
    assert_eq!(
        (&metadata["KeyState"], &metadata["KeyManager"]),
        (&"Enabled".into(), &"CUSTOMER".into())
    );
    let of_id = format!("--key-id={id}");
    let policy = kms("get-key-policy", &[&of_id]).unwrap();
    assert!(policy["Policy"].as_str().unwrap().contains("arn:aws:iam::111122223333:root"));

    let alias = "arn:aws:kms:us-east-1:111122223333:alias/crls";
    let target = format!("--target-key-id={id}");
    kms("create-alias", &["--alias-name=alias/crls", &target]).unwrap();
    for name in [id, arn, "alias/crls", alias] {
        let described = kms("describe-key", &[&format!("--key-id={name}")]).unwrap();
        assert_eq!(described["KeyMetadata"]["Arn"], arn, "{name}");
    }
    let listed = kms("list-keys", &["--page-size=1"]).unwrap();
    assert_eq!(listed["Keys"][0]["KeyArn"], arn);
    let aliases = kms("list-aliases", &[&of_id]).unwrap();
    assert_eq!(aliases["Aliases"][0]["AliasName"], "alias/crls");
    let own = kms("describe-key", &["--key-id=alias/aws/s3"]).unwrap();
    assert_eq!(own["KeyMetadata"]["KeyManager"], "AWS");

    let missing = id.replace(|c: char| c.is_ascii_hexdigit(), "0");
    for (operation, rest, code) in [
        ("describe-key", vec![format!("--key-id={missing}")], "NotFoundException"),
        ("describe-key", vec!["--key-id=alias/none".to_owned()], "NotFoundException"),
        ("get-key-policy", vec![format!("--key-id={alias}")], "InvalidArnException"),
        ("get-key-policy", vec!["--key-id=alias/crls".to_owned()], "NotFoundException"),
        (
            "put-key-policy",
            vec![of_id.clone(), "--policy={".to_owned()],
            "MalformedPolicyDocumentException",
        ),
        (
            "create-alias",
            vec!["--alias-name=alias/crls".to_owned(), target.clone()],
            "AlreadyExistsException",
        ),
        (
            "create-alias",
            vec!["--alias-name=crls".to_owned(), target.clone()],
            "InvalidAliasNameException",
        ),
        ("create-key", vec!["--key-spec=RSA_2048".to_owned()], "ValidationException"),
        ("create-key", vec!["--key-spec=SM2".to_owned()], "UnsupportedOperationException"),
        ("generate-random", vec!["--number-of-bytes=1".to_owned()], "UnknownOperationException"),
    ] {
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let refused = kms(operation, &rest).unwrap_err();
        assert!(refused.contains(&format!("({code})")), "{operation}: {refused}");
    }
    let state = || kms("describe-key", &[&of_id]).unwrap()["KeyMetadata"]["KeyState"].clone();
    kms("disable-key", &[&of_id]).unwrap();
    assert_eq!(state(), "Disabled");
    kms("schedule-key-deletion", &[&of_id, "--pending-window-in-days=7"]).unwrap();
    assert_eq!(state(), "PendingDeletion");
    let pending = kms("enable-key", &[&of_id]).unwrap_err();
    assert!(pending.contains("(KMSInvalidStateException)"), "{pending}");
    kms("cancel-key-deletion", &[&of_id]).unwrap();
    assert_eq!(state(), "Disabled");
    stack.shutdown().await;
}
