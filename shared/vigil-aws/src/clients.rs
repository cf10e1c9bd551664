//! The SDK's clients, built once while the function starts.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, environment::EnvironmentVariableCredentialsProvider};
use aws_credential_types::provider::{
    ProvideCredentials as _, SharedCredentialsProvider, error::CredentialsError,
};
use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_smithy_types::timeout::TimeoutConfig;

use vigil_core::ports::PortError;

use crate::{
    audit_reports::AcmPcaReports,
    authorities::AcmPca,
    buckets::S3Buckets,
    bus::EventBridge,
    config::{self, ConfigError, RegionNames},
    dead_letters::SqsDeadLetters,
    deployment::AwsDeployment,
    distribution::{HttpDistribution, Route},
    event_history::CloudTrail,
    evidence_bucket::EvidenceBucket,
    keys::KmsKeys,
    objects::S3Objects,
    regions::WatchedRegions,
    security_hub::ImportedFindings,
    signatures::{KmsSealing, KmsSignatures},
    topic::SnsTopic,
};

/// There are no credentials to sign a request with.
#[derive(Debug, thiserror::Error)]
#[error(
    "no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
     or run `aws sso login`"
)]
pub struct NoCredentials {
    #[source]
    cause: Option<CredentialsError>,
}

/// Credentials, Region and endpoints as the environment gives them.
pub struct Clients {
    sdk: SdkConfig,
}

impl Clients {
    /// Loads credentials, Region and endpoints from the environment.
    pub async fn load() -> Self {
        Self { sdk: aws_config::load_defaults(BehaviorVersion::latest()).await }
    }

    /// As Lambda gives them to a function: all in its environment.
    ///
    /// [`Self::load`] would also find profiles, containers and machines. A function has none of them, and
    /// the code for them is 4 % of it.
    pub fn of_function() -> Self {
        let credentials = EnvironmentVariableCredentialsProvider::new();
        let mut sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(config::region().map(aws_config::Region::new));
        sdk.set_endpoint_url(config::own_endpoint());
        Self { sdk: sdk.build() }
    }

    /// The same credentials and endpoints in another Region.
    #[must_use]
    pub fn in_region(&self, name: &str) -> Self {
        let region = aws_config::Region::new(name.to_owned());
        Self { sdk: self.sdk.clone().into_builder().region(region).build() }
    }

    /// The Region that the environment names.
    pub fn region_name(&self) -> Option<&str> {
        self.sdk.region().map(AsRef::as_ref)
    }

    /// Finds credentials, as every call does, so that an operator who has none learns it at once.
    ///
    /// # Errors
    ///
    /// [`NoCredentials`] if the environment, the profile and the machine have none.
    pub async fn find_credentials(&self) -> Result<(), NoCredentials> {
        let provider = self.sdk.credentials_provider().ok_or(NoCredentials { cause: None })?;
        let found = provider.provide_credentials().await;
        found.map(drop).map_err(|cause| match cause {
            // The providers that were tried, over several lines, tell an operator nothing more.
            CredentialsError::CredentialsNotLoaded(_) => NoCredentials { cause: None },
            cause => NoCredentials { cause: Some(cause) },
        })
    }

    /// A client of ACM PCA in the function's Region.
    pub fn acm_pca(&self) -> aws_sdk_acmpca::Client {
        aws_sdk_acmpca::Client::new(&self.sdk)
    }

    /// A bucket has a host name of its own only at AWS: elsewhere it is part of the path.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(self.s3_config().build())
    }

    fn s3_config(&self) -> aws_sdk_s3::config::Builder {
        let endpoint = config::own_s3_endpoint();
        let mut s3 =
            aws_sdk_s3::config::Builder::from(&self.sdk).force_path_style(endpoint.is_some());
        if let Some(endpoint) = endpoint {
            s3 = s3.endpoint_url(endpoint);
        }
        s3
    }

    /// The account has a host name of its own only at AWS, too.
    fn s3_control(&self) -> aws_sdk_s3control::Client {
        let mut control = aws_sdk_s3control::config::Builder::from(&self.sdk);
        if config::own_endpoint().is_some() {
            control = control.endpoint_resolver(AsGiven);
        }
        aws_sdk_s3control::Client::from_conf(control.build())
    }

    /// A client of EventBridge.
    pub fn event_bridge(&self) -> aws_sdk_eventbridge::Client {
        let bus = aws_sdk_eventbridge::config::Builder::from(&self.sdk).timeout_config(in_time());
        aws_sdk_eventbridge::Client::from_conf(bus.build())
    }

    /// ACM PCA in each of these Regions; in the function's own, if none is named.
    pub fn regions(&self, names: &RegionNames) -> WatchedRegions {
        let own = || self.sdk.region().map(|region| vec![region.to_string()]).unwrap_or_default();
        let names = if names.0.is_empty() { own() } else { names.0.clone() };
        WatchedRegions::new(names.into_iter().map(|name| {
            let config = aws_sdk_acmpca::config::Builder::from(&self.sdk)
                .region(aws_sdk_acmpca::config::Region::new(name.clone()))
                .timeout_config(in_time())
                .build();
            let region = aws_config::Region::new(name.clone());
            let history = CloudTrail::new(self.sdk.clone().into_builder().region(region).build());
            (name, (AcmPca::new(aws_sdk_acmpca::Client::from_conf(config)), history))
        }))
    }

    /// The CAs of the function's Region.
    pub fn authorities(&self) -> AcmPca {
        AcmPca::new(self.acm_pca())
    }

    /// The audit reports of ACM PCA.
    pub fn audit_reports(&self) -> AcmPcaReports {
        AcmPcaReports::new(self.acm_pca())
    }

    /// The configuration of buckets, with that of their KMS keys.
    pub fn buckets(&self) -> S3Buckets {
        let keys = KmsKeys::new(aws_sdk_kms::Client::new(&self.sdk));
        S3Buckets::new(self.s3(), self.s3_control(), keys)
    }

    /// Objects of any bucket.
    pub fn objects(&self) -> S3Objects {
        S3Objects::new(self.s3())
    }

    /// `None` unless it is switched on. With an S3 endpoint that is not AWS's, that is where all
    /// distribution points are.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the variable is neither `true` nor `false`.
    pub async fn distribution(&self) -> Result<Option<HttpDistribution>, ConfigError> {
        if !config::FETCH_DISTRIBUTION_POINTS.parse::<bool>()? {
            return Ok(None);
        }
        let Some(endpoint) = config::own_s3_endpoint() else {
            return Ok(Some(HttpDistribution::new(Route::Public)));
        };
        let authority = endpoint.split("://").last().unwrap_or_default().trim_end_matches('/');
        let address = tokio::net::lookup_host(authority).await.ok().and_then(|mut all| all.next());
        Ok(address.map(|address| HttpDistribution::new(Route::Via(address))))
    }

    /// The evidence bucket, by its name.
    pub fn evidence(&self, bucket: String) -> EvidenceBucket {
        EvidenceBucket::new(self.s3(), bucket)
    }

    /// The evidence bucket for who must not wait for it: a call ends after a few seconds.
    pub fn evidence_in_a_hurry(&self, bucket: String) -> EvidenceBucket {
        let s3 = self.s3_config().timeout_config(in_a_hurry());
        EvidenceBucket::new(aws_sdk_s3::Client::from_conf(s3.build()), bucket)
    }

    /// Signatures by KMS.
    pub fn signatures(&self) -> KmsSignatures {
        KmsSignatures::new(self.kms())
    }

    /// What seals the functions' records, by the ARN of its key.
    pub fn sealing(&self, key: String) -> KmsSealing {
        KmsSealing::new(self.kms(), key)
    }

    /// A KMS that hangs holds up no restoration.
    fn kms(&self) -> aws_sdk_kms::Client {
        let kms = aws_sdk_kms::config::Builder::from(&self.sdk).timeout_config(in_a_hurry());
        aws_sdk_kms::Client::from_conf(kms.build())
    }

    /// The event bus, by its name or ARN.
    pub fn bus(&self, name: String) -> EventBridge {
        EventBridge::new(self.event_bridge(), name)
    }

    /// The services that a deployment of Vigil consists of.
    pub fn deployment(&self) -> AwsDeployment {
        AwsDeployment::new(self.sdk.clone(), self.s3())
    }

    /// A dead-letter queue, by its name or URL.
    ///
    /// # Errors
    ///
    /// [`PortError::NotFound`] if there is no such queue.
    pub async fn dead_letters(&self, queue: &str) -> Result<SqsDeadLetters, PortError> {
        SqsDeadLetters::open(self.sdk.clone(), queue).await
    }

    /// Security Hub in the function's Region.
    pub fn security_hub(&self) -> ImportedFindings {
        ImportedFindings::new(self.sdk.clone())
    }

    /// A topic, by its ARN.
    pub fn topic(&self, arn: String) -> SnsTopic {
        SnsTopic::new(aws_sdk_sns::Client::new(&self.sdk), arn)
    }
}

/// One call that is not answered must not use up the time of an invocation, which other CAs need, too.
fn in_time() -> TimeoutConfig {
    let attempt = Duration::from_secs(8);
    TimeoutConfig::builder()
        .operation_attempt_timeout(attempt)
        .operation_timeout(2 * attempt)
        .build()
}

fn in_a_hurry() -> TimeoutConfig {
    TimeoutConfig::builder().operation_timeout(Duration::from_secs(5)).build()
}

/// The endpoint as the environment has it. AWS's own resolver puts the account before the host, and
/// `111122223333.127.0.0.1` is nowhere.
#[derive(Debug)]
struct AsGiven;

impl ResolveEndpoint for AsGiven {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(match params.endpoint() {
            Some(url) => Ok(Endpoint::builder().url(url.to_owned()).build()),
            None => Err("no endpoint is set for S3 Control".into()),
        })
    }
}
