//! Certificate templates: which extensions each defines and what it lets the caller pass through.

mod table;

use const_oid::ObjectIdentifier;
use x509_cert::ext::pkix::KeyUsages;

pub use table::ALL;

/// The template that applies when none is named.
pub const DEFAULT: &str = "EndEntityCertificate/V1";

/// One certificate template of the service (user guide, "AWS Private CA template definitions").
#[derive(Debug)]
pub struct Template {
    /// The end of its ARN, version included.
    pub name: &'static str,
    /// Which kind of certificate it makes.
    pub kind: Kind,
    /// What it takes from the request and the API.
    pub variety: Variety,
    pub(crate) basic_constraints_critical: bool,
    /// Empty when the template leaves key usage open; critical where it does not.
    pub(crate) key_usage: &'static [KeyUsages],
    pub(crate) extended_key_usage: Option<Purposes>,
    pub(crate) distribution_point: DistributionPoint,
}

/// The kinds of certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A certificate that signs no others.
    EndEntity,
    /// A root CA's own.
    Root {
        /// How many CA certificates may follow; `None` is no limit.
        path_len: Option<u8>,
    },
    /// A subordinate CA's, with its path length.
    Subordinate {
        /// How many CA certificates may follow.
        path_len: u8,
    },
}

/// What the caller may add. Base templates take subject, SAN and public key from the request, and
/// nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variety {
    /// Extensions from the API and from the request; the API goes before the request.
    ApiCsrPassthrough,
    /// The subject and extensions from the API.
    ApiPassthrough,
    /// Nothing.
    Base,
    /// Extensions from the request.
    CsrPassthrough,
}

#[derive(Debug)]
pub(crate) struct Purposes {
    pub(crate) critical: bool,
    pub(crate) purposes: &'static [ObjectIdentifier],
}

/// Who may set the CRL distribution points; where several may, API goes before CSR before CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DistributionPoint {
    pub(crate) api: bool,
    pub(crate) csr: bool,
    pub(crate) ca: bool,
}

impl Template {
    /// The ARN in a partition, as in `aws`.
    pub fn arn(&self, partition: &str) -> String {
        format!("arn:{partition}:acm-pca:::template/{}", self.name)
    }

    /// Whether it makes CA certificates.
    pub fn is_ca(&self) -> bool {
        !matches!(self.kind, Kind::EndEntity)
    }

    /// Whether it makes a root CA's own certificate.
    pub fn is_root(&self) -> bool {
        matches!(self.kind, Kind::Root { .. })
    }

    /// The path length that it writes; `None` for none.
    pub fn path_len(&self) -> Option<u8> {
        match self.kind {
            Kind::EndEntity => None,
            Kind::Root { path_len } => path_len,
            Kind::Subordinate { path_len } => Some(path_len),
        }
    }
}

impl Variety {
    /// Whether extensions are taken from the API.
    pub fn takes_api(self) -> bool {
        matches!(self, Self::ApiCsrPassthrough | Self::ApiPassthrough)
    }

    /// Whether extensions are taken from the request.
    pub fn takes_csr(self) -> bool {
        matches!(self, Self::ApiCsrPassthrough | Self::CsrPassthrough)
    }
}

/// Looks a template up by its ARN, which has neither Region nor account, in a partition.
pub fn find(arn: &str, partition: &str) -> Option<&'static Template> {
    let rest = arn.strip_prefix("arn:")?.strip_prefix(partition)?;
    by_name(rest.strip_prefix(":acm-pca:::template/")?)
}

/// Looks a template up by the end of its ARN, as [`DEFAULT`] is written.
pub fn by_name(name: &str) -> Option<&'static Template> {
    ALL.iter().find(|template| template.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const PARTITIONS: [&str; 8] = [
        "aws",
        "aws-cn",
        "aws-eusc",
        "aws-iso",
        "aws-iso-b",
        "aws-iso-e",
        "aws-iso-f",
        "aws-us-gov",
    ];

    #[test]
    fn there_are_61_templates_and_each_is_found_in_every_partition() {
        let names: HashSet<_> = ALL.iter().map(|template| template.name).collect();
        assert_eq!((ALL.len(), names.len()), (61, 61));
        for template in ALL {
            for partition in PARTITIONS {
                let found = find(&template.arn(partition), partition).unwrap();
                assert_eq!(found.name, template.name);
            }
        }
        assert!(by_name(DEFAULT).is_some());
    }

    #[test]
    fn other_arns_are_no_templates() {
        for arn in [
            "",
            "EndEntityCertificate/V1",
            "arn:aws:acm-pca:::template/EndEntityCertificate",
            "arn:aws:acm-pca:::template/EndEntityCertificate/V2",
            "arn:aws:acm-pca:::template/endentitycertificate/V1",
            "arn:aws:acm-pca:eu-central-1::template/EndEntityCertificate/V1",
            "arn:aws:acm-pca::111122223333:template/EndEntityCertificate/V1",
            "arn:azure:acm-pca:::template/EndEntityCertificate/V1",
            "arn:aws-cn:acm-pca:::template/EndEntityCertificate/V1",
        ] {
            assert!(find(arn, "aws").is_none(), "{arn}");
        }
    }

    /// A name says what the template is, so the table is held against its own names.
    #[test]
    fn the_columns_agree_with_the_names() {
        for template in ALL {
            let name = template.name;
            let variety = match () {
                () if name.contains("_APICSRPassthrough") => Variety::ApiCsrPassthrough,
                () if name.contains("_APIPassthrough") => Variety::ApiPassthrough,
                () if name.contains("_CSRPassthrough") => Variety::CsrPassthrough,
                () => Variety::Base,
            };
            assert_eq!(template.variety, variety, "{name}");
            assert_eq!(template.is_root(), name.contains("RootCA"), "{name}");
            assert_eq!(template.is_ca(), name.contains("CACertificate"), "{name}");
            let path_len = (0..=3).find(|length| name.contains(&format!("_PathLen{length}")));
            assert_eq!(template.path_len(), path_len, "{name}");
            assert_eq!(template.key_usage.is_empty(), name.starts_with("Blank"), "{name}");
            let critical = template.is_ca() || name.contains("CriticalBasicConstraints");
            assert_eq!(template.basic_constraints_critical, critical, "{name}");
        }
    }
}
