//! The audit report, which lists what was issued.

use time::Duration;

use super::world::*;

#[tokio::test]
async fn an_audit_report_lists_what_was_issued_in_both_formats() {
    let world = World::new().await;
    let leaf = world.issue(30).await;
    world.revoke(&leaf).await.unwrap();
    for format in ["JSON", "CSV"] {
        let report = world.client.create_certificate_authority_audit_report();
        let report = report.certificate_authority_arn(&world.ca).s3_bucket_name("bucket");
        let created = report.audit_report_response_format(format.into()).send().await.unwrap();
        world.at(world.service.timeline().clock().now() + Duration::minutes(30)).await;
        let path = format!("bucket/{}", created.s3_key.unwrap());
        let probe = "bucket/acm-pca-permission-test-key-private".to_owned();
        assert_eq!(world.s3.take_writes(), [probe, path.clone()], "one object, at once");
        let text = String::from_utf8(world.s3.object(&path).unwrap()).unwrap();
        assert!(text.contains(serial(&leaf)) && text.contains("SUPERSEDED"), "{text}");
        if format == "JSON" {
            let records: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(records.as_array().unwrap().len(), 2);
            assert_eq!(records[1]["subject"], "CN=Leaf,O=Example");
        } else {
            assert!(text.lines().count() == 3 && text.ends_with('\n'), "{text}");
            assert!(text.contains(",\"CN=Leaf,O=Example\","), "{text}");
        }
    }
}
