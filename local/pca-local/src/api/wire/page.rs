//! ListCertificateAuthorities' answer, made of what was written before: hardly any of the CAs on a page
//! has changed since it was listed last.

use aws_sdk_acmpca::{
    operation::list_certificate_authorities::ListCertificateAuthoritiesOutput as Shape,
    types::CertificateAuthority,
};
use aws_smithy_schema::{
    Schema,
    serde::{SerdeError, SerializableStruct, ShapeSerializer},
};

use super::{Output, cbor};
use crate::{model::shape_json, service::operations::list_certificate_authorities::AuthorityPage};

impl Output for AuthorityPage {
    /// The CAs go into the empty list that the output without them ends with.
    fn json(&self) -> Result<Vec<u8>, SerdeError> {
        let empty = Shape::builder().set_certificate_authorities(Some(Vec::new()));
        let mut json = shape_json::write(&empty.set_next_token(self.next.clone()).build())?;
        const END: &[u8] = b"]}";
        if !json.ends_with(b"[]}") {
            return Err(SerdeError::write_failed("the list is not the output's last member"));
        }
        json.truncate(json.len() - END.len());
        let listed: Vec<&[u8]> =
            self.listed.iter().map(|ca| ca.json()).collect::<Result<_, _>>()?;
        json.reserve(listed.iter().map(|ca| ca.len() + 1).sum::<usize>() + END.len());
        for (place, ca) in listed.into_iter().enumerate() {
            if place > 0 {
                json.push(b',');
            }
            json.extend_from_slice(ca);
        }
        json.extend_from_slice(END);
        Ok(json)
    }

    fn cbor(&self) -> Result<Vec<u8>, SerdeError> {
        cbor::write(&Borrowed(self))
    }
}

/// The output, without a copy of each CA.
struct Borrowed<'a>(&'a AuthorityPage);

impl SerializableStruct for Borrowed<'_> {
    fn schema(&self) -> &Schema<'_> {
        Shape::SCHEMA
    }

    fn serialize_members(&self, to: &mut dyn ShapeSerializer) -> Result<(), SerdeError> {
        let AuthorityPage { listed, next } = self.0;
        if let Some(next) = next {
            to.write_string(member("NextToken")?, next)?;
        }
        to.write_list(member("CertificateAuthorities")?, &|to| {
            listed
                .iter()
                .try_for_each(|ca| to.write_struct(CertificateAuthority::SCHEMA, &ca.shape))
        })
    }
}

fn member(name: &str) -> Result<&'static Schema<'static>, SerdeError> {
    let schema: &'static Schema<'static> = Shape::SCHEMA;
    schema.member_schema(name).ok_or_else(|| SerdeError::missing_member(name))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_sdk_acmpca::{primitives::DateTime, types::CertificateAuthorityStatus};

    use super::*;
    use crate::model::shown::Shown;

    #[test]
    fn a_page_reads_octet_for_octet_like_the_sdks_own_output() {
        let ca = |name: &str| {
            CertificateAuthority::builder()
                .arn(name)
                .status(CertificateAuthorityStatus::Active)
                .created_at(DateTime::from_millis(1_700_000_000_123))
                .build()
        };
        for (listed, next) in [
            (vec![], None),
            (vec![ca("one")], None),
            (vec![ca("quoted \"\\\u{e4}\n"), ca(""), ca("three")], Some("a \"token\"".to_owned())),
        ] {
            let own = Shape::builder()
                .set_certificate_authorities(Some(listed.clone()))
                .set_next_token(next.clone())
                .build();
            let listed = listed.into_iter().map(|ca| Arc::new(Shown::new(ca))).collect();
            let page = AuthorityPage { listed, next };
            for _ in ["written", "taken from what was written"] {
                assert_eq!(page.json().unwrap(), own.json().unwrap());
            }
            assert_eq!(page.cbor().unwrap(), own.cbor().unwrap());
        }
    }
}
