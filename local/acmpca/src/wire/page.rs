//! A page of CAs, written from descriptions that others show, too: the SDK's own output type would want
//! a copy of each.

use std::sync::Arc;

use aws_sdk_acmpca::{
    operation::list_certificate_authorities::ListCertificateAuthoritiesOutput as Shape,
    types::CertificateAuthority,
};
use aws_smithy_schema::{
    Schema,
    serde::{SerdeError, SerializableStruct, ShapeSerializer},
};

/// What ListCertificateAuthorities answers with.
pub(crate) struct Page {
    pub(crate) listed: Vec<Arc<CertificateAuthority>>,
    pub(crate) next: Option<String>,
}

impl SerializableStruct for Page {
    fn schema(&self) -> &Schema<'_> {
        Shape::SCHEMA
    }

    fn serialize_members(&self, to: &mut dyn ShapeSerializer) -> Result<(), SerdeError> {
        if let Some(next) = &self.next {
            to.write_string(member("NextToken")?, next)?;
        }
        to.write_list(member("CertificateAuthorities")?, &|to| {
            let mut listed = self.listed.iter();
            listed.try_for_each(|ca| to.write_struct(CertificateAuthority::SCHEMA, ca.as_ref()))
        })
    }
}

fn member(name: &str) -> Result<&'static Schema<'static>, SerdeError> {
    let schema: &'static Schema<'static> = Shape::SCHEMA;
    schema.member_schema(name).ok_or_else(|| SerdeError::missing_member(name))
}

#[cfg(test)]
mod tests {
    use aws_sdk_acmpca::{primitives::DateTime, types::CertificateAuthorityStatus};

    use super::*;
    use crate::{protocol::Protocol, wire};

    #[test]
    fn a_page_reads_like_the_sdks_own_output() {
        let ca = CertificateAuthority::builder()
            .arn("arn:\"quoted\"")
            .status(CertificateAuthorityStatus::Active)
            .created_at(DateTime::from_millis(1_700_000_000_123))
            .build();
        for (listed, next) in [
            (vec![], None),
            (vec![ca.clone()], None),
            (vec![ca.clone(), ca], Some("token".to_owned())),
        ] {
            let own = Shape::builder()
                .set_certificate_authorities(Some(listed.clone()))
                .set_next_token(next.clone())
                .build();
            let page = Page { listed: listed.into_iter().map(Arc::new).collect(), next };
            for protocol in [Protocol::AwsJson, Protocol::RpcV2Cbor] {
                let [page, own] = [&page as &dyn SerializableStruct, &own]
                    .map(|output| wire::answer(output, protocol).unwrap());
                assert_eq!((page.json, page.body), (own.json, own.body), "{protocol:?}");
            }
        }
    }
}
