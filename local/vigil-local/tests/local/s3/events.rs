//! The events of EventBridge and CloudTrail about buckets and objects.

use vigil_local::Stack;

use crate::support::s3_as;

/// As the user guides show them; and nothing of buckets that did not ask for it.
#[tokio::test]
async fn object_events_go_to_eventbridge_and_bucket_calls_to_trail() {
    use aws_sdk_s3::types::{EventBridgeConfiguration, NotificationConfiguration};
    let stack = Stack::builder().start().await.unwrap();
    let s3 = s3_as(&stack, "alice", vigil_local::SECRET);
    s3.create_bucket().bucket("crls").send().await.unwrap();
    s3.put_object().bucket("crls").key("crl/0.crl").send().await.unwrap();
    let notifications = NotificationConfiguration::builder()
        .event_bridge_configuration(EventBridgeConfiguration::builder().build())
        .build();
    let put = s3.put_bucket_notification_configuration().bucket("crls");
    put.notification_configuration(notifications).send().await.unwrap();
    let body = b"12345".to_vec();
    s3.put_object().bucket("crls").key("crl/1.crl").body(body.into()).send().await.unwrap();
    s3.delete_object().bucket("crls").key("crl/1.crl").send().await.unwrap();
    s3.delete_object().bucket("crls").key("crl/never.crl").send().await.unwrap();
    s3.delete_bucket_policy().bucket("crls").send().await.unwrap();
    let refused = s3.put_bucket_policy().bucket("crls").policy("{").send().await;
    assert!(refused.is_err());

    let events: Vec<_> = stack.events().into_iter().map(|seen| seen.event).collect();
    let names: Vec<_> = events
        .iter()
        .map(|event| event["detail"]["eventName"].as_str().unwrap_or_default())
        .collect();
    let calls = ["CreateBucket", "PutBucketNotification", "", "", "DeleteBucketPolicy"];
    assert_eq!(names, calls, "{events:#?}");
    let created = &events[2];
    assert_eq!(
        (&created["source"], &created["detail-type"]),
        (&"aws.s3".into(), &"Object Created".into())
    );
    assert_eq!(created["resources"][0], "arn:aws:s3:::crls");
    let detail = &created["detail"];
    assert_eq!(
        (&detail["bucket"]["name"], &detail["object"]["key"]),
        (&"crls".into(), &"crl/1.crl".into())
    );
    assert_eq!((&detail["object"]["size"], &detail["reason"]), (&5.into(), &"PutObject".into()));
    assert_eq!(detail["object"]["etag"], "827ccb0eea8a706c4c34a16891f84e7b");
    assert_eq!(detail["requester"], "111122223333");
    assert_eq!(events[3]["detail-type"], "Object Deleted");
    assert_eq!(events[3]["detail"]["deletion-type"], "Permanently Deleted");
    let call = &events[4]["detail"];
    assert_eq!(call["requestParameters"]["bucketName"], "crls");
    assert_eq!(call["userIdentity"]["userName"], "alice");
    assert_eq!(call["eventSource"], "s3.amazonaws.com");
}
