//! Where a CRL was found, and what therefore can be done about it.

use crate::ca::Ca;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Bucket {
        bucket: String,
        key: String,
    },
    /// A path on the machine of whoever asks.
    File(String),
}

impl Place {
    /// How to fetch the CRL and look at it.
    fn look(&self) -> String {
        match self {
            Self::Bucket { bucket, key } => {
                format!("aws s3 cp s3://{bucket}/{key} - | openssl crl -inform DER -noout -text")
            }
            Self::File(path) => format!("openssl crl -inform DER -noout -text -in {path}"),
        }
    }

    /// What makes the service write the CRL anew: nothing but time and a bucket that it may use.
    pub(super) fn republish(&self, ca: Option<&Ca>) -> String {
        let (Self::Bucket { bucket, .. }, Some(ca)) = (self, ca) else {
            return "Fetch the CRL again from its distribution point; if that one is no newer, have \
                    the CA make and publish a new one."
                .to_owned();
        };
        format!(
            "The service writes the CRL again by itself, and retries every 15 minutes if it \
             cannot. Check that it may write to the bucket: aws s3api get-bucket-policy --bucket \
             {bucket}; aws acm-pca describe-certificate-authority --certificate-authority-arn {arn}",
            arn = ca.arn,
        )
    }

    /// What to do about an object that the CA cannot have made.
    pub(super) fn suspect(&self) -> String {
        let look = self.look();
        match self {
            Self::Bucket { bucket, key } => format!(
                "Find out who wrote it: aws s3api list-object-versions --bucket {bucket} --prefix \
                 {key}, and the bucket's CloudTrail data events. Look at it: {look}. Restore the \
                 last version that the service wrote, and take write access from everybody but \
                 the service.",
            ),
            Self::File(_) => format!(
                "Look at it: {look}. Find out who made it, fetch the CRL again from its \
                 distribution point, and let nobody rely on this one."
            ),
        }
    }
}
