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
    /// A path on the machine of the caller, or a URL, with a CRL in DER.
    File(String),
    /// A file with a CRL in text.
    Text {
        /// What the caller calls the CRL.
        name: String,
        /// The file.
        path: String,
        /// How the CRL stands in it.
        form: TextForm,
    },
}

/// How a CRL stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextForm {
    /// In base64.
    Base64,
    /// As this block in PEM, counted from one, which cannot be decoded.
    DamagedOf(usize),
    /// As the only one in PEM.
    Pem,
    /// As this one in PEM, counted from one.
    PemOf(usize),
}

impl TextForm {
    /// Writes the CRL in DER to standard output; the text of one that cannot be decoded.
    fn reader(self) -> &'static str {
        match self {
            Self::Base64 => "base64 -d < {path}",
            Self::DamagedOf(_) => "awk '/BEGIN X509 CRL/{n++} n=={nth}' {path}",
            Self::Pem => "openssl crl -in {path} -outform DER",
            Self::PemOf(_) => {
                "awk '/BEGIN X509 CRL/{n++} n=={nth}' {path} | openssl crl -outform DER"
            }
        }
    }
}

/// Of a file it is not known where it came from.
const ANOTHER_COPY: &str = "Fetch the CRL again from its distribution point. If that copy shows the \
                            same, have the CA publish a new CRL and find out who made this one. \
                            Relying parties must not use this file. Show what is in it:";

/// Writes the CRL to standard output. The commands of kinds about its content begin with it.
const DOWNLOAD: &str = "aws s3 cp s3://{bucket}/{key} -";
const SHOW: &str = " | openssl crl -inform DER -noout -text";

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
                let begins = |scheme: &str| {
                    path.get(..scheme.len()).is_some_and(|of| of.eq_ignore_ascii_case(scheme))
                };
                let (reader, is_elsewhere) = if begins("http://") || begins("https://") {
                    ("curl -sSL {object}", true)
                } else if begins("s3://") {
                    ("aws s3 cp {object} -", true)
                } else if path == "-" {
                    ("cat CRL.der", true)
                } else {
                    ("cat {object}", false)
                };
                let piped = format!("{}{SHOW}", reader.replace("{object}", &quoted(path)));
                Names::new(path.as_str())
                    .with("object", path.as_str())
                    .instead(DOWNLOAD, reader)
                    .otherwise(ANOTHER_COPY, if is_elsewhere { piped } else { show })
            }
            Self::Text { name, path, form } => {
                let nth = match form {
                    TextForm::DamagedOf(nth) | TextForm::PemOf(nth) => nth.to_string(),
                    TextForm::Base64 | TextForm::Pem => String::new(),
                };
                let reader = form.reader();
                let show = reader.replace("{path}", &quoted(path)).replace("{nth}", &nth);
                Names::new(name.as_str())
                    .with("object", name.as_str())
                    .with("path", path.as_str())
                    .with("nth", nth)
                    .instead(DOWNLOAD, reader)
                    .otherwise(ANOTHER_COPY, format!("{show}{SHOW}"))
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
        let text = |path: &str, form| {
            let name = format!("{path}#");
            CrlLocation::Text { name, path: path.to_owned(), form }
        };
        let second = "awk '/BEGIN X509 CRL/{n++} n==2' 'a b.pem' | openssl crl -outform DER";
        for (location, reads) in [
            (CrlLocation::Bucket { bucket, key }, "aws s3 cp s3://crls/crl/1.crl -"),
            (file("a b.crl"), "cat 'a b.crl'"),
            (file("http://ca.example.com/1.crl"), "curl -sSL http://ca.example.com/1.crl"),
            (file("S3://crls/1.crl"), "aws s3 cp S3://crls/1.crl -"),
            (file("-"), "cat CRL.der"),
            (text("a.txt", TextForm::Base64), "base64 -d < a.txt"),
            (text("a.pem", TextForm::Pem), "openssl crl -in a.pem -outform DER"),
            (text("a b.pem", TextForm::PemOf(2)), second),
            (text("a.pem", TextForm::DamagedOf(2)), "awk '/BEGIN X509 CRL/{n++} n==2' a.pem"),
        ] {
            let seen = Observation::new(KIND);
            let names = location.names();
            let finding = seen.finding(&RULE, &names, "resource", OffsetDateTime::UNIX_EPOCH);
            let want = format!("Show it:\n  {reads} | openssl crl -inform DER -noout -text");
            assert_eq!(finding.what_to_do, want);
        }
    }
}
