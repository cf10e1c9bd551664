//! Which audit reports lie in a bucket.

use async_trait::async_trait;
use aws_sdk_s3::types::{Tag, Tagging};
use time::OffsetDateTime;
use vigil_core::{
    audit_report::Format,
    ports::{Address, PortError, ReportFiles, ReportTags},
};

use crate::{answer::port_error, date::instant, objects::S3Objects};

/// The tag of the lifecycle rule `SupersededReports` in infra/template.yaml.
const SUPERSEDED: (&str, &str) = ("vigil:superseded", "true");

/// Pages of a thousand objects that are read of one CA's folder: a report a day for 270 years.
const MAX_PAGES: usize = 100;

#[async_trait]
impl ReportFiles for S3Objects {
    async fn newest(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<Option<(String, OffsetDateTime)>, PortError> {
        let call = self.client().list_objects_v2().bucket(bucket).prefix(prefix);
        let mut pages = call.into_paginator().send();
        let mut newest: Option<(String, OffsetDateTime)> = None;
        for _ in 0..MAX_PAGES {
            let Some(page) = pages.next().await else { break };
            let resource = || format!("s3://{bucket}/{prefix}");
            let page = page.map_err(|error| port_error("ListObjectsV2", &resource(), error))?;
            for object in page.contents.unwrap_or_default() {
                let at = object.last_modified.as_ref().and_then(instant);
                let (Some(key), Some(at)) = (object.key, at) else { continue };
                let is_newer = newest.as_ref().is_none_or(|(_, of)| *of < at);
                if Format::of_key(&key).is_some() && is_newer {
                    newest = Some((key, at));
                }
            }
        }
        Ok(newest)
    }
}

#[async_trait]
impl ReportTags for S3Objects {
    async fn supersede(
        &self,
        Address { bucket, key, version }: Address<'_>,
    ) -> Result<(), PortError> {
        let failed = |cause| PortError::Other {
            operation: "PutObjectTagging",
            resource: format!("s3://{bucket}/{key}"),
            cause,
        };
        let (name, value) = SUPERSEDED;
        let tag = Tag::builder().key(name).value(value).build();
        let tag = tag.map_err(|error| failed(error.into()))?;
        let tags = Tagging::builder().tag_set(tag).build();
        let tags = tags.map_err(|error| failed(error.into()))?;
        let call = self.client().put_object_tagging().bucket(bucket).key(key).tagging(tags);
        let call = call.set_version_id(version.map(str::to_owned));
        let resource = format!("s3://{bucket}/{key}");
        call.send()
            .await
            .map(drop)
            .map_err(|error| port_error("PutObjectTagging", &resource, error))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::wire::{Wire, client, dated};

    #[tokio::test]
    async fn the_newest_report_is_found_among_other_objects() {
        let object = |key: &str, day: u8| {
            format!(
                "<Contents><Key>audit-report/1/{key}</Key>\
                 <LastModified>2026-03-{day:02}T00:00:00.000Z</LastModified></Contents>"
            )
        };
        let all = [("a.json", 1), ("b.csv", 3), ("c.json", 2), ("d.txt", 9)];
        let all: String = all.iter().map(|(key, day)| object(key, *day)).collect();
        let body =
            format!("<ListBucketResult><IsTruncated>false</IsTruncated>{all}</ListBucketResult>");
        let wire = Wire::new([dated(body)]);
        let objects = S3Objects::new(client!(aws_sdk_s3, wire));
        let newest = objects.newest("reports", "audit-report/1/").await.unwrap();
        let want = ("audit-report/1/b.csv".to_owned(), datetime!(2026-03-03 0:00 UTC));
        assert_eq!(newest, Some(want));
    }

    #[tokio::test]
    async fn a_superseded_report_has_the_tag_that_the_lifecycle_names() {
        let wire = Wire::new([dated("")]);
        let objects = S3Objects::new(client!(aws_sdk_s3, wire));
        objects.supersede(Address::new("reports", "audit-report/1/a.json")).await.unwrap();
        let asked = &wire.asked()[0];
        assert!(asked.uri.contains("/audit-report/1/a.json?tagging"), "{}", asked.uri);
        let tag = "<Key>vigil:superseded</Key><Value>true</Value>";
        assert!(asked.body.contains(tag), "{}", asked.body);
        let template = include_str!("../../../infra/template.yaml");
        assert!(template.contains("- Key: vigil:superseded\n                Value: \"true\""));
    }
}
