//! ARNs of certificate authorities and of the certificates that they issued.

use std::fmt;

use crate::model::error::ApiError;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CaArn {
    pub(crate) partition: String,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) id: String,
}

impl CaArn {
    /// Reads `arn:<partition>:acm-pca:<region>:<account>:certificate-authority/<id>`. The model's
    /// pattern has let other kinds of acm-pca ARN through: those are an `InvalidArnException`.
    pub(crate) fn parse(arn: &str) -> Result<Self, ApiError> {
        match split(arn)? {
            (ca, None) => Ok(ca),
            (_, Some(_)) => Err(not_valid()),
        }
    }

    pub(crate) fn certificate(&self, serial_hex: &str) -> String {
        format!("{self}/certificate/{serial_hex}")
    }

    pub(crate) fn certificate_with(&self, serial: [u8; 16]) -> String {
        self.certificate(&format!("{:032x}", u128::from_be_bytes(serial)))
    }
}

/// Reads the ARN of a certificate: that of its CA, then `/certificate/<serial>`. Returns the CA and
/// the serial's hexadecimal digits.
pub(crate) fn parse_certificate(arn: &str) -> Result<(CaArn, String), ApiError> {
    let (ca, rest) = split(arn)?;
    match rest.and_then(|rest| rest.strip_prefix("certificate/")) {
        Some(serial) if !serial.is_empty() => Ok((ca, serial.to_owned())),
        _ => Err(not_valid()),
    }
}

/// The service keeps one set of CAs for each account in each Region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AccountRegion {
    pub(crate) account: String,
    pub(crate) region: String,
}

impl AccountRegion {
    pub(crate) fn of(arn: &CaArn) -> Self {
        Self { account: arn.account.clone(), region: arn.region.clone() }
    }
}

/// 32 hexadecimal digits, as ARNs carry a serial number.
pub(crate) fn parse_serial(digits: &str) -> Option<[u8; 16]> {
    let is_serial = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_serial.then(|| u128::from_str_radix(digits, 16).ok()).flatten().map(u128::to_be_bytes)
}

/// The service's own words, for the ARNs of a CA and of a certificate in each other's place
/// (terraform-provider-aws#45137, #45176).
fn not_valid() -> ApiError {
    ApiError::invalid_arn("Not a valid arn.")
}

fn split(arn: &str) -> Result<(CaArn, Option<&str>), ApiError> {
    let mut fields = arn.splitn(6, ':');
    let (
        Some("arn"),
        Some(partition),
        Some("acm-pca"),
        Some(region),
        Some(account),
        Some(resource),
    ) = (fields.next(), fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(not_valid());
    };
    let resource = resource.strip_prefix("certificate-authority/").ok_or_else(not_valid)?;
    let (id, rest) = match resource.split_once('/') {
        Some((id, rest)) => (id, Some(rest)),
        None => (resource, None),
    };
    let is_whole = !region.is_empty() && account.len() == 12 && !id.is_empty();
    if !is_whole || partition != partition_of(region).0 {
        return Err(not_valid());
    }
    let ca = CaArn {
        partition: partition.to_owned(),
        region: region.to_owned(),
        account: account.to_owned(),
        id: id.to_owned(),
    };
    Ok((ca, rest))
}

impl fmt::Display for CaArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account, id } = self;
        write!(f, "arn:{partition}:acm-pca:{region}:{account}:certificate-authority/{id}")
    }
}

/// How a partition's Regions begin, its name, and the suffix of its hosts, as botocore's
/// `endpoints.json` has them.
const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
];

fn partition_of(region: &str) -> (&'static str, &'static str) {
    let other = PARTITIONS.iter().find(|(start, _, _)| region.starts_with(start));
    other.map_or(("aws", "amazonaws.com"), |(_, name, suffix)| (*name, *suffix))
}

/// The partition that a Region lies in.
pub(crate) fn partition(region: &str) -> &'static str {
    partition_of(region).0
}

/// What the hosts of AWS's services in a Region end in, as in `amazonaws.com.cn`.
pub(crate) fn host_suffix(region: &str) -> &'static str {
    partition_of(region).1
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/5230e14a";

    #[test]
    fn a_ca_and_a_certificate_are_told_apart() {
        assert_eq!(CaArn::parse(CA).unwrap().to_string(), CA);
        let certificate = format!("{CA}/certificate/a4e9");
        assert_eq!(CaArn::parse(&certificate).unwrap_err().code, "InvalidArnException");
        let (ca, serial) = parse_certificate(&certificate).unwrap();
        assert_eq!((ca.to_string().as_str(), serial.as_str()), (CA, "a4e9"));
        assert_eq!(ca.certificate(&serial), certificate);
        assert_eq!(parse_certificate(CA).unwrap_err().code, "InvalidArnException");
    }

    #[test]
    fn a_region_has_its_partition_and_the_suffix_of_its_hosts() {
        for (region, name, suffix) in [
            ("us-east-1", "aws", "amazonaws.com"),
            ("mx-central-1", "aws", "amazonaws.com"),
            ("cn-northwest-1", "aws-cn", "amazonaws.com.cn"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
            ("us-iso-east-1", "aws-iso", "c2s.ic.gov"),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
            ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"),
            ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov"),
        ] {
            assert_eq!((partition(region), host_suffix(region)), (name, suffix), "{region}");
        }
    }

    #[test]
    fn what_is_not_an_arn_of_a_ca_is_refused() {
        for arn in [
            "",
            "arn:aws:s3:::bucket",
            "arn:aws:acm-pca:us-east-1:1:certificate-authority/x",
            "arn:aws:acm-pca::111122223333:certificate-authority/x",
            "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/",
            "arn:aws:acm-pca:us-east-1:111122223333:other/x",
            "arn:aws-cn:acm-pca:us-east-1:111122223333:certificate-authority/x",
            "arn:aws:acm-pca:cn-north-1:111122223333:certificate-authority/x",
        ] {
            assert_eq!(CaArn::parse(arn).unwrap_err().code, "InvalidArnException", "{arn}");
        }
    }
}
