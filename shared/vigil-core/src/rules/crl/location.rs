//! Where a CRL was found, and what therefore can be done about it.

use crate::finding::{Names, quoted};

/// Where a CRL was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrlLocation {
    /// An object in S3.
    Bucket {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
    },
    /// A path on the machine of the caller.
    File(String),
}

/// Of a file it is not known where it came from.
const ANOTHER_COPY: &str = "Fetch the CRL again from its distribution point. If that copy shows the \
                            same, have the CA publish a new CRL and find out who made this one. \
                            Relying parties must not use this file. Show what is in it:";

/// Writes the CRL to standard output. The commands of kinds about its content begin with it.
const DOWNLOAD: &str = "aws s3 cp s3://{bucket}/{key} -";

impl CrlLocation {
    /// With `{object}`, and `{bucket}` and `{key}` where there are any.
    pub(super) fn names(&self) -> Names {
        match self {
            Self::Bucket { bucket, key } => {
                let object = format!("s3://{bucket}/{key}");
                Names::new(object.as_str())
                    .with("bucket", bucket.as_str())
                    .with("key", key.as_str())
                    .with("object", object)
            }
            Self::File(path) => {
                let show = format!("openssl crl -inform DER -noout -text -in {}", quoted(path));
                let is_url = path.starts_with("http://") || path.starts_with("https://");
                Names::new(path.as_str())
                    .with("object", path.as_str())
                    .instead(DOWNLOAD, if is_url { "curl -sSL {object}" } else { "cat {object}" })
                    .otherwise(ANOTHER_COPY, show)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::finding::{Kind, Observation, RuleInfo, Severity};

    const KIND: Kind = Kind {
        id: "odd",
        severity: Severity::Low,
        title: "It is odd",
        what_happened: "It is odd.",
        impact: "None.",
        what_to_do: "Show it:",
        first_command: super::super::SHOW_CRL,
    };
    const RULE: RuleInfo = RuleInfo { id: "crl.odd", holds: "x.", cites: "x", kinds: &[KIND] };

    #[test]
    fn a_command_reads_the_crl_where_it_is() {
        let file = |path: &str| CrlLocation::File(path.to_owned());
        let (bucket, key) = ("crls".to_owned(), "crl/1.crl".to_owned());
        for (location, reads) in [
            (CrlLocation::Bucket { bucket, key }, "aws s3 cp s3://crls/crl/1.crl -"),
            (file("a b.crl"), "cat 'a b.crl'"),
            (file("http://ca.example.com/1.crl"), "curl -sSL http://ca.example.com/1.crl"),
        ] {
            let seen = Observation::new(KIND);
            let names = location.names();
            let finding = seen.finding(&RULE, &names, "resource", OffsetDateTime::UNIX_EPOCH);
            let want = format!("Show it:\n  {reads} | openssl crl -inform DER -noout -text");
            assert_eq!(finding.what_to_do, want);
        }
    }
}
