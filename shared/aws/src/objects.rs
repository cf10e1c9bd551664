//! Objects of S3, handed on as they arrive.

use std::ops::ControlFlow;

use aws_sdk_s3::Client;
use vigil_core::ports::{Delivery, Objects, PortError};

use crate::{answer::port_error, date::instant};

#[derive(Clone, Debug)]
pub struct S3Objects {
    client: Client,
}

impl S3Objects {
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Objects for S3Objects {
    async fn read(
        &self,
        bucket: &str,
        key: &str,
        limit: u64,
        sink: &mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send),
    ) -> Result<Delivery, PortError> {
        const OPERATION: &str = "GetObject";
        let resource = format!("s3://{bucket}/{key}");
        let answer = match self.client.get_object().bucket(bucket).key(key).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|of| of.is_no_such_key()) => {
                return Ok(Delivery::Absent);
            }
            Err(error) => return Err(port_error(OPERATION, &resource, error)),
        };
        let length = answer.content_length.and_then(|length| u64::try_from(length).ok());
        if length.is_some_and(|length| length > limit) {
            return Ok(Delivery::TooLarge);
        }
        let last_modified = answer.last_modified.as_ref().and_then(instant);
        let mut body = answer.body;
        let mut seen: u64 = 0;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| PortError::Other {
                operation: OPERATION,
                resource: resource.clone(),
                cause: Box::new(error),
            })?;
            // The announced length is the bucket's word for it.
            seen += piece.len() as u64;
            if seen > limit {
                return Ok(Delivery::TooLarge);
            }
            if sink(&piece).is_break() {
                break;
            }
        }
        Ok(Delivery::Delivered { last_modified })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::wire::{Answer, Wire, client};

    const MODIFIED: (&str, &str) = ("last-modified", "Sat, 31 Jan 2026 12:00:00 GMT");

    async fn read(answer: Answer, limit: u64) -> (Result<Delivery, PortError>, String, String) {
        let wire = Wire::new([answer]);
        let objects = S3Objects::new(client!(aws_sdk_s3, wire));
        let mut seen = Vec::new();
        let mut sink = |piece: &[u8]| {
            seen.extend_from_slice(piece);
            ControlFlow::Continue(())
        };
        let delivery = objects.read("crls", "crl/1.crl", limit, &mut sink).await;
        (delivery, String::from_utf8(seen).unwrap(), wire.asked()[0].uri.clone())
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: vec![MODIFIED], body: body.to_owned() }
    }

    #[tokio::test]
    async fn an_object_is_handed_on_whole_with_its_date() {
        let (delivery, seen, uri) = read(answer(200, "hello"), 5).await;
        let last_modified = Some(datetime!(2026-01-31 12:00 UTC));
        assert_eq!(delivery.unwrap(), Delivery::Delivered { last_modified });
        assert_eq!(seen, "hello");
        assert!(uri.contains("/crl/1.crl"), "{uri}");
    }

    #[tokio::test]
    async fn an_object_over_the_limit_is_not_begun() {
        let (delivery, seen, _) = read(answer(200, "hello!"), 5).await;
        assert_eq!((delivery.unwrap(), seen.as_str()), (Delivery::TooLarge, ""));
    }

    #[tokio::test]
    async fn no_object_is_an_answer_and_no_bucket_or_no_permission_an_error() {
        let error = |code: &str| format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
        let (absent, ..) = read(answer(404, &error("NoSuchKey")), 5).await;
        assert_eq!(absent.unwrap(), Delivery::Absent);
        let (no_bucket, ..) = read(answer(404, &error("NoSuchBucket")), 5).await;
        assert!(matches!(no_bucket, Err(PortError::NotFound { .. })));
        let (denied, ..) = read(answer(403, &error("AccessDenied")), 5).await;
        assert!(matches!(denied, Err(PortError::Denied { .. })));
    }
}
