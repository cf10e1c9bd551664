//! Who signed a request: every access key is somebody, and all share one secret.

use s3s::S3Result;
use s3s::auth::{Credentials, S3Auth, SecretKey};

use super::policy::Caller;
use crate::account::Account;

/// The secret that goes with every access key.
pub const SECRET: &str = "local";

/// The access key under which pca-local writes as the service principal of AWS Private CA.
pub const SERVICE_ACCESS_KEY: &str = "PCALOCALSERVICE";

pub(crate) const SERVICE_PRINCIPAL: &str = "acm-pca.amazonaws.com";

pub(crate) struct OneSecret;

#[async_trait::async_trait]
impl S3Auth for OneSecret {
    async fn get_secret_key(&self, _access_key: &str) -> S3Result<SecretKey> {
        Ok(SecretKey::from(SECRET))
    }
}

pub(crate) fn caller(credentials: Option<&Credentials>, account: &Account) -> Caller {
    match credentials {
        None => Caller::Anonymous,
        Some(credentials) if credentials.access_key == SERVICE_ACCESS_KEY => {
            Caller::Service(SERVICE_PRINCIPAL.to_owned())
        }
        Some(_) => Caller::Account { id: account.id.clone(), arn: account.user_arn() },
    }
}
