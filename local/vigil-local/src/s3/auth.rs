//! The caller of a request. Every access key is accepted, and all have the same secret.

use pca_local::SERVICE_ACCESS_KEY_ID;
use s3s::S3Result;
use s3s::auth::{Credentials, S3Auth, SecretKey};

use crate::account::Account;
use crate::caller::Caller;

/// The secret that goes with every access key.
pub const SECRET: &str = "local";

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
        Some(credentials) if credentials.access_key == SERVICE_ACCESS_KEY_ID => {
            Caller::Service(SERVICE_PRINCIPAL.to_owned())
        }
        Some(credentials) => {
            let access_key = &credentials.access_key;
            let account = account.of_access_key(access_key);
            Caller::Account { arn: account.user_arn(access_key), id: account.id }
        }
    }
}
