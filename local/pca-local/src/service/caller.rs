//! The caller of a request, read from its headers.

use http::HeaderMap;

use crate::model::arn::partition;

/// The account of a caller whose access key does not name one.
pub(crate) const DEFAULT_ACCOUNT: &str = "111122223333";

/// The caller of one request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) region: String,
    /// Whom CloudTrail records: a user named by the access key id, unless IAM knows better.
    pub(crate) arn: String,
    pub(crate) access_key_id: String,
    pub(crate) user_agent: String,
    pub(crate) source_ip: String,
    pub(crate) request_id: String,
}

impl Caller {
    /// The account comes from the access key: a key id of twelve digits is an account, any other
    /// belongs to `account`. The Region comes from the credential scope.
    pub(crate) fn from_headers(headers: &HeaderMap, account: &str, region: &str) -> Self {
        let scope = credential(headers);
        let access_key_id = scope.as_ref().map_or("anonymous", |scope| scope.access_key_id);
        let is_account =
            access_key_id.len() == 12 && access_key_id.bytes().all(|byte| byte.is_ascii_digit());
        let account = if is_account { access_key_id } else { account };
        let region = scope.as_ref().map_or(region, |scope| scope.region);
        let user = if is_account { "root" } else { access_key_id };
        Self {
            account: account.to_owned(),
            arn: format!("arn:{}:iam::{account}:user/{user}", partition(region)),
            region: region.to_owned(),
            access_key_id: access_key_id.to_owned(),
            user_agent: text(headers, "user-agent").unwrap_or("unknown").to_owned(),
            source_ip: text(headers, "x-forwarded-for").unwrap_or("127.0.0.1").to_owned(),
            request_id: uuid::Uuid::new_v4().to_string(),
        }
    }

    /// The caller that a seed is planted as: the account itself.
    pub(crate) fn of_seed(account: String, region: String) -> Self {
        let arn = format!("arn:{}:iam::{account}:user/root", partition(&region));
        Self {
            access_key_id: account.clone(),
            account,
            region,
            arn,
            user_agent: "pca-local".to_owned(),
            source_ip: "127.0.0.1".to_owned(),
            request_id: uuid::Uuid::new_v4().to_string(),
        }
    }
}

struct Scope<'a> {
    access_key_id: &'a str,
    region: &'a str,
}

/// `Authorization: AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`
fn credential(headers: &HeaderMap) -> Option<Scope<'_>> {
    let credential = text(headers, "authorization")?.split("Credential=").nth(1)?;
    let mut fields = credential.split([',', ' ']).next()?.split('/');
    let (access_key_id, _date, region) = (fields.next()?, fields.next()?, fields.next()?);
    Some(Scope { access_key_id, region })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(authorization: Option<&str>) -> Caller {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert("authorization", value.parse().unwrap());
        }
        Caller::from_headers(&headers, DEFAULT_ACCOUNT, "us-east-1")
    }

    #[test]
    fn account_and_region_come_from_the_credential() {
        let authorization = "AWS4-HMAC-SHA256 \
             Credential=444455556666/20261122/eu-west-1/acm-pca/aws4_request, \
             SignedHeaders=host, Signature=00";
        let caller = caller(Some(authorization));
        assert_eq!(
            (caller.account.as_str(), caller.region.as_str()),
            ("444455556666", "eu-west-1")
        );
    }

    #[test]
    fn another_key_is_a_user_of_the_default_account() {
        let authorization = "AWS4-HMAC-SHA256 Credential=alice/20261122/us-east-1/acm-pca/aws4_request, Signature=0";
        let alice = caller(Some(authorization));
        assert_eq!(alice.account, DEFAULT_ACCOUNT);
        assert_eq!(alice.arn, "arn:aws:iam::111122223333:user/alice");
        assert_eq!(caller(None).arn, "arn:aws:iam::111122223333:user/anonymous");
    }
}
