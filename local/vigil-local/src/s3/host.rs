//! Which bucket does the host name mean? `bucket.s3.us-east-1.amazonaws.com` is how a certificate
//! names its CRL, and how it is fetched here with the stack as the HTTP proxy.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// Every other host is one of our own, and the bucket is in the path.
pub(super) struct S3Hosts {
    bases: [String; 3],
}

impl S3Hosts {
    pub(super) fn of_region(region: &str) -> Self {
        let regional = format!("s3.{region}.amazonaws.com");
        Self { bases: [regional, "s3.amazonaws.com".to_owned(), "localhost".to_owned()] }
    }

    fn bucket<'a>(&self, host: &'a str) -> Option<&'a str> {
        let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
        self.bases.iter().find_map(|base| name.strip_suffix(base.as_str())?.strip_suffix('.'))
    }
}

impl S3Host for S3Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let found = VirtualHost::new(host);
        Ok(match self.bucket(host) {
            Some(bucket) => found.with_bucket(bucket),
            None => found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_names_a_bucket_only_before_s3_hosts_and_localhost() {
        for (host, bucket) in [
            ("crls.s3.eu-west-1.amazonaws.com", Some("crls")),
            ("crls.s3.eu-west-1.amazonaws.com:4566", Some("crls")),
            ("with.dots.s3.amazonaws.com", Some("with.dots")),
            ("crls.localhost:4566", Some("crls")),
            ("s3.eu-west-1.amazonaws.com", None),
            ("crls.s3.us-east-1.amazonaws.com", None),
            ("localhost:4566", None),
            ("127.0.0.1:4566", None),
            ("vigil-local", None),
        ] {
            assert_eq!(S3Hosts::of_region("eu-west-1").bucket(host), bucket, "{host}");
        }
    }
}
