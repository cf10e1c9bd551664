//! The port that all services share, and the way from a CA to its events and its CRL bucket.

use crate::support::{NOW, bare, http, http_json, s3, with_functions};
use aws_sdk_acmpca::error::ProvideErrorMetadata as _;
use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus, CertificateAuthorityType, CrlConfiguration,
    RevocationConfiguration, S3ObjectAcl,
};
use serde_json::{Value, json};
use testkit::pca::{configuration, create};
use time::Duration;
use vigil_local::{SECRET, Stack};

fn pca(stack: &Stack) -> aws_sdk_acmpca::Client {
    testkit::pca::client_at(stack.endpoint(), "alice", SECRET, "us-east-1")
}

#[tokio::test]
async fn a_deletion_invokes_the_function_and_a_refused_one_does_not() {
    let stack = with_functions().start().await.unwrap();
    let client = pca(&stack);
    let arn = create(&client, CertificateAuthorityType::Subordinate, "Test").await;
    stack.timeline().catch_up().await;
    let csr = client.get_certificate_authority_csr().certificate_authority_arn(&arn);
    csr.send().await.unwrap();
    let delete = || client.delete_certificate_authority().certificate_authority_arn(&arn);
    delete().permanent_deletion_time_in_days(7).send().await.unwrap();
    delete().send().await.unwrap_err();
    stack.settled().await;

    let invocations = stack.invocations();
    assert_eq!(invocations.len(), 1, "{invocations:?}");
    assert_eq!(invocations[0].trigger, "EchoDeletion");
    let detail = &invocations[0].event["detail"];
    assert_eq!(detail["eventName"], "DeleteCertificateAuthority");
    assert_eq!(detail["requestParameters"]["certificateAuthorityArn"], arn.as_str());
    let refused = stack
        .events()
        .into_iter()
        .filter(|seen| seen.event["detail"]["errorCode"] == "InvalidStateException");
    assert_eq!(refused.filter(|seen| seen.rules.is_empty()).count(), 1);
    let describe = client.describe_certificate_authority().certificate_authority_arn(&arn);
    let ca = describe.send().await.unwrap().certificate_authority.unwrap();
    assert_eq!(ca.status, Some(CertificateAuthorityStatus::Deleted));
    stack.shutdown().await;
}

#[tokio::test]
async fn a_ca_uses_a_bucket_only_while_its_policy_allows_it() {
    let stack = bare().start().await.unwrap();
    let (client, buckets) = (pca(&stack), s3(&stack));
    buckets.create_bucket().bucket("crls").send().await.unwrap();
    let create = || {
        let crl = CrlConfiguration::builder()
            .enabled(true)
            .expiration_in_days(7)
            .s3_bucket_name("crls")
            .s3_object_acl(S3ObjectAcl::BucketOwnerFullControl)
            .build()
            .unwrap();
        client
            .create_certificate_authority()
            .certificate_authority_type(CertificateAuthorityType::Root)
            .certificate_authority_configuration(configuration(
                "Test",
                "EC_prime256v1",
                "SHA256WITHECDSA",
            ))
            .revocation_configuration(
                RevocationConfiguration::builder().crl_configuration(crl).build(),
            )
            .send()
    };
    let error = create().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));

    let policy = json!({"Statement": {
        "Effect": "Allow", "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
        "Resource": ["arn:aws:s3:::crls", "arn:aws:s3:::crls/*"],
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "111122223333"},
            "ArnLike": {"aws:SourceArn": "arn:aws:acm-pca:*:111122223333:certificate-authority/*"},
        },
    }});
    let put = buckets.put_bucket_policy().bucket("crls").policy(policy.to_string());
    put.send().await.unwrap();
    create().await.unwrap();
    stack.shutdown().await;
}

#[tokio::test]
async fn all_services_share_one_port_and_one_clock() {
    let stack = with_functions().start().await.unwrap();
    let date = "Thu, 01 Jan 2026 00:30:00 GMT";
    for path in ["/_vigil-local/health", "/_pca-local/health", "/no-bucket/key"] {
        let (_, headers, _) = http(&stack, "GET", path, &[], "").await;
        assert_eq!(headers["date"], date, "{path}");
    }
    let credential = |service: &str| {
        format!("AWS4-HMAC-SHA256 Credential=alice/20260101/us-east-1/{service}/aws4_request")
    };
    let sts = credential("sts");
    let headers = [("authorization", sts.as_str())];
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let (status, _, answer) = http(&stack, "POST", "/", &headers, body).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert_eq!(status, 200);
    assert!(answer.contains("<Account>111122223333</Account>"), "{answer}");
    assert!(answer.contains("arn:aws:iam::111122223333:user/alice"), "{answer}");

    let dynamodb = credential("dynamodb");
    let headers = [("authorization", dynamodb.as_str())];
    let (status, answer) = http_json(&stack, "POST", "/", &headers, &json!({})).await;
    assert_eq!(status, 501);
    assert!(answer["message"].as_str().unwrap().contains("not dynamodb"), "{answer}");
    stack.shutdown().await;
}

#[tokio::test]
async fn events_and_invocations_can_be_read_over_http() {
    let stack = with_functions().start().await.unwrap();
    let advance = json!({"seconds": Duration::HOUR.whole_seconds()});
    let path = "/_pca-local/clock/advance";
    let (status, answer) = http_json(&stack, "POST", path, &[], &advance).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(stack.timeline().clock().now(), NOW + Duration::HOUR);
    let (_, invocations) =
        http_json(&stack, "GET", "/_vigil-local/invocations", &[], &Value::Null).await;
    assert_eq!(invocations[0]["function"], "echo");
    assert_eq!(invocations[0]["trigger"], "EchoHourly");
    assert!(invocations[0]["outcome"]["response"].is_object(), "{invocations}");
    let (_, events) = http_json(&stack, "GET", "/_vigil-local/events", &[], &Value::Null).await;
    assert!(events.is_array(), "{events}");
    let (status, _) = http_json(&stack, "GET", "/_vigil-local/no", &[], &Value::Null).await;
    assert_eq!(status, 404);
    stack.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let stack = bare().start().await.unwrap();
    let address = stack.endpoint().strip_prefix("http://").unwrap().to_owned();
    let error = bare().listen(&address).start().await.err().unwrap().to_string();
    assert!(error.contains(&address) && error.contains("in use"), "{error}");
    stack.shutdown().await;
}

#[tokio::test]
async fn the_templates_bucket_is_made_once_with_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let first = with_functions().data_dir(folder.path()).start().await.unwrap();
    let client = s3(&first);
    let bucket = "evidence-111122223333";
    let encryption = client.get_bucket_encryption().bucket(bucket).send().await.unwrap();
    let rules = encryption.server_side_encryption_configuration().unwrap().rules();
    let default = rules[0].apply_server_side_encryption_by_default().unwrap();
    assert_eq!(default.sse_algorithm().as_str(), "aws:kms");
    client.delete_bucket_policy().bucket(bucket).send().await.unwrap();
    first.shutdown().await;

    let again = with_functions().data_dir(folder.path()).start().await.unwrap();
    s3(&again).get_bucket_policy().bucket(bucket).send().await.unwrap_err();
    again.shutdown().await;
}

/// With CAs on disk, the event of a call leaves after the answer.
#[tokio::test]
async fn what_a_call_sets_off_has_ended_when_the_stack_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let stack = with_functions().data_dir(folder.path()).start().await.unwrap();
    for times in 1..=8 {
        let arn = create(&pca(&stack), CertificateAuthorityType::Subordinate, "Deleted").await;
        let delete = pca(&stack).delete_certificate_authority().certificate_authority_arn(&arn);
        delete.send().await.unwrap();
        stack.settled().await;
        let done = stack.invocations().into_iter().filter(|one| one.trigger == "EchoDeletion");
        assert_eq!(done.count(), times);
    }
    stack.shutdown().await;
}

/// With its key, so that it still signs; and the events of the second run reach the functions.
#[tokio::test]
async fn a_data_folder_keeps_the_cas_and_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let first = with_functions().data_dir(folder.path()).start().await.unwrap();
    let arn = create(&pca(&first), CertificateAuthorityType::Subordinate, "Kept").await;
    let csr_of = async |client: &aws_sdk_acmpca::Client| {
        let csr = client.get_certificate_authority_csr().certificate_authority_arn(&arn);
        csr.send().await.unwrap().csr().unwrap().to_owned()
    };
    let csr = csr_of(&pca(&first)).await;
    first.timeline().advance_to(NOW + Duration::DAY).await;
    first.close().await.unwrap();
    assert!(!folder.path().join("pca/state.db-wal").exists(), "it is one file");

    let again = with_functions().data_dir(folder.path()).start().await.unwrap();
    assert_eq!(again.timeline().clock().now(), NOW + Duration::DAY);
    assert_eq!(csr_of(&pca(&again)).await, csr);
    let delete = pca(&again).delete_certificate_authority().certificate_authority_arn(&arn);
    delete.send().await.unwrap();
    again.timeline().advance_to(NOW + Duration::DAY + Duration::hours(3)).await;
    let triggers: Vec<_> = again.invocations().into_iter().map(|one| one.trigger).collect();
    assert!(triggers.contains(&"EchoDeletion".to_owned()), "{triggers:?}");
    let hourly = triggers.iter().filter(|trigger| *trigger == "EchoHourly").count();
    assert_eq!(hourly, 3, "a schedule counts from the kept time on");
    again.shutdown().await;
}

async fn look_up(stack: &Stack, request: &Value) -> (u16, Value) {
    let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
    let authorization = "AWS4-HMAC-SHA256 \
        Credential=local/20260101/us-east-1/cloudtrail/aws4_request, SignedHeaders=host, Signature=0";
    let headers = [("x-amz-target", target), ("authorization", authorization)];
    http_json(stack, "POST", "/", &headers, request).await
}

/// CloudTrail API reference, LookupEvents.
#[tokio::test]
async fn the_event_history_has_true_calls_and_no_forged_ones() {
    let stack = bare().lookups_per_second(None).start().await.unwrap();
    let client = pca(&stack);
    let arn = create(&client, CertificateAuthorityType::Subordinate, "Test").await;
    let delete = client.delete_certificate_authority().certificate_authority_arn(&arn);
    delete.send().await.unwrap();
    stack.timeline().catch_up().await;
    let true_one = stack
        .events()
        .into_iter()
        .find(|seen| seen.event["detail"]["eventName"] == "DeleteCertificateAuthority")
        .unwrap()
        .event;
    let mut forged = true_one.clone();
    forged["detail"]["eventID"] = json!("00000000-0000-4000-8000-000000000000");
    stack.deliver(forged);

    let by = |key: &str, value: &str| json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]});
    let count = async |request: &Value| {
        let (status, found) = look_up(&stack, request).await;
        assert_eq!(status, 200, "{found}");
        found["Events"].as_array().unwrap().len()
    };
    let name = by("EventName", "DeleteCertificateAuthority");
    let (_, found) = look_up(&stack, &name).await;
    let events = found["Events"].as_array().unwrap();
    assert_eq!(events.len(), 1, "{found}");
    assert_eq!(events[0]["EventId"], true_one["detail"]["eventID"]);
    assert_eq!(events[0]["Username"], "alice");
    let record: Value =
        serde_json::from_str(events[0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record, true_one["detail"]);
    assert_eq!(count(&by("ResourceName", &arn)).await, 2, "created and deleted");
    assert_eq!(count(&by("EventId", "00000000-0000-4000-8000-000000000000")).await, 0);
    assert_eq!(count(&by("EventSource", "acm-pca.amazonaws.com")).await, 2);
    let now = NOW.unix_timestamp();
    assert_eq!(count(&json!({"StartTime": now + 1})).await, 0);
    assert_eq!(count(&json!({"EndTime": now - 1})).await, 0);

    let (_, first) = look_up(&stack, &json!({"MaxResults": 1})).await;
    assert_eq!(first["Events"][0]["EventName"], "DeleteCertificateAuthority", "newest first");
    let (_, next) =
        look_up(&stack, &json!({"MaxResults": 1, "NextToken": first["NextToken"]})).await;
    assert_eq!(next["Events"][0]["EventName"], "CreateCertificateAuthority");
    for (request, code) in [
        (json!({"MaxResults": 51}), "InvalidMaxResultsException"),
        (json!({"NextToken": "x"}), "InvalidNextTokenException"),
        (by("Colour", "red"), "InvalidLookupAttributesException"),
        (json!({"StartTime": now, "EndTime": now - 1}), "InvalidTimeRangeException"),
    ] {
        let (status, refused) = look_up(&stack, &request).await;
        assert_eq!((status, &refused["__type"]), (400, &json!(code)));
    }
}

/// CloudTrail API reference, LookupEvents: two calls a second for each account and Region.
#[tokio::test]
async fn the_event_history_is_throttled_as_awss_is() {
    let stack = bare().start().await.unwrap();
    let mut last = (200, Value::Null);
    for _ in 0..20 {
        last = look_up(&stack, &json!({})).await;
        if last.0 != 200 {
            break;
        }
    }
    assert_eq!((last.0, &last.1["__type"]), (400, &json!("ThrottlingException")));
}

#[tokio::test]
async fn a_service_that_is_absent_answers_in_its_clients_protocol() {
    let stack = bare().start().await.unwrap();
    for (name, content_type, want) in [
        (
            "ec2",
            "application/x-www-form-urlencoded; charset=utf-8",
            "<Response><Errors><Error><Code>",
        ),
        (
            "iam",
            "application/x-www-form-urlencoded",
            "<ErrorResponse><Error><Type>Sender</Type><Code>",
        ),
        ("route53", "", "<ErrorResponse><Error><Type>Sender</Type><Code>"),
        ("dynamodb", "application/x-amz-json-1.0", "{\"__type\":\"UnknownServiceException\""),
    ] {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{name}/aws4_request, \
             SignedHeaders=host, Signature=0"
        );
        let headers = [("authorization", authorization.as_str()), ("content-type", content_type)];
        let (status, _, body) = http(&stack, "POST", "/", &headers, "").await;
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(status, 501);
        assert!(body.starts_with(want) && body.contains(&format!("not {name}")), "{body}");
    }
}
