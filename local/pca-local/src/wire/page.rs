//! ListCertificateAuthorities' answer, made of what was written before: hardly any of the CAs on a page
//! has changed since it was listed last.

use std::sync::{Arc, OnceLock};

use aws_sdk_acmpca::{
    operation::list_certificate_authorities::ListCertificateAuthoritiesOutput as Shape,
    types::CertificateAuthority,
};
use aws_smithy_schema::{
    Schema,
    serde::{SerdeError, SerializableStruct, ShapeSerializer},
};

use super::{Output, cbor, write};

/// A CA as it is shown, which many answers share.
pub(crate) struct Shown {
    pub(crate) shape: CertificateAuthority,
    /// Written when it is first listed.
    json: OnceLock<Vec<u8>>,
}

impl Shown {
    pub(crate) fn new(shape: CertificateAuthority) -> Self {
        Self { shape, json: OnceLock::new() }
    }

    fn json(&self) -> Result<&[u8], SerdeError> {
        if let Some(json) = self.json.get() {
            return Ok(json);
        }
        let json = write(&self.shape)?;
        Ok(self.json.get_or_init(|| json))
    }
}

/// What ListCertificateAuthorities answers with.
pub(crate) struct Page {
    pub(crate) listed: Vec<Arc<Shown>>,
    pub(crate) next: Option<String>,
}

impl Output for Page {
    /// The CAs go into the empty list that the output without them ends with.
    fn json(&self) -> Result<Vec<u8>, SerdeError> {
        let empty = Shape::builder().set_certificate_authorities(Some(Vec::new()));
        let mut json = write(&empty.set_next_token(self.next.clone()).build())?;
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
struct Borrowed<'a>(&'a Page);

impl SerializableStruct for Borrowed<'_> {
    fn schema(&self) -> &Schema<'_> {
        Shape::SCHEMA
    }

    fn serialize_members(&self, to: &mut dyn ShapeSerializer) -> Result<(), SerdeError> {
        let Page { listed, next } = self.0;
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
    use aws_sdk_acmpca::{primitives::DateTime, types::CertificateAuthorityStatus};

    use super::*;

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
            let page = Page { listed, next };
            for _ in ["written", "taken from what was written"] {
                assert_eq!(page.json().unwrap(), own.json().unwrap());
            }
            assert_eq!(page.cbor().unwrap(), own.cbor().unwrap());
        }
    }
}
