//! CreateCertificateAuthority: a key, a request for its certificate, and a place to keep both.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_acmpca::{
    operation::create_certificate_authority::{
        CreateCertificateAuthorityInput as Input, CreateCertificateAuthorityOutput as Output,
    },
    types::{
        CertificateAuthorityConfiguration, CertificateAuthorityUsageMode as UsageMode,
        KeyStorageSecurityStandard as KeyStorage,
    },
};

use super::{revocation, tags};
use crate::{
    ApiError, PcaLocal,
    arn::{CaArn, partition},
    authority::{Authority, CrlState},
    caller::Caller,
    error::explain,
    events::ServiceEvent,
    lifecycle::State,
    store::Place,
    x509::{csr, key::CaKey},
};

/// The default quota of CAs in one account and Region; deleted ones count until they are gone.
const AUTHORITIES_MAX: usize = 200;

pub(super) async fn run(
    service: &PcaLocal,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let now = service.now();
    let place = Place { account: caller.account.clone(), region: caller.region.clone() };
    let token = input.idempotency_token.as_deref();
    if let Some(arn) = token.and_then(|token| service.store().created_with(&place, token, now)) {
        return Ok(Output::builder().certificate_authority_arn(arn).build());
    }
    if service.store().count(&place, now) >= AUTHORITIES_MAX {
        return Err(ApiError::limit_exceeded(format!(
            "This account has {AUTHORITIES_MAX} certificate authorities in {}, which is its quota",
            place.region
        )));
    }
    let configuration = input
        .certificate_authority_configuration
        .ok_or_else(|| ApiError::validation("CertificateAuthorityConfiguration is missing"))?;
    let kind = input
        .certificate_authority_type
        .ok_or_else(|| ApiError::validation("CertificateAuthorityType is missing"))?;
    let tags = tags::add(&[], &input.tags.unwrap_or_default())?;
    let key_storage = key_storage(input.key_storage_security_standard, &place.region)?;
    let revocation = match &input.revocation_configuration {
        Some(given) => revocation::merge(&revocation::none(), given)?,
        None => revocation::none(),
    };
    let arn = CaArn {
        partition: partition(&place.region).to_owned(),
        region: place.region.clone(),
        account: place.account.clone(),
        id: uuid::Uuid::new_v4().to_string(),
    };
    revocation::probe(service, &arn, &revocation).await?;
    let (configuration, key, csr) = make_key(configuration).await?;
    let authority = Authority {
        arn: arn.clone(),
        ordinal: 0,
        created_at: now,
        last_state_change_at: now,
        kind,
        configuration,
        revocation,
        key_storage,
        usage_mode: input.usage_mode.unwrap_or(UsageMode::GeneralPurpose),
        key: Arc::new(key),
        csr,
        state: State::PendingCertificate,
        certificate: None,
        tags,
        permissions: Vec::new(),
        policy: None,
        issued: HashMap::new(),
        issue_tokens: HashMap::new(),
        reports: HashMap::new(),
        crl: CrlState::default(),
    };
    let made = service.store().insert(authority, token, now);
    if made == arn.to_string() {
        service.announce(&arn, ServiceEvent::CaCreation, now);
    }
    Ok(Output::builder().certificate_authority_arn(made).build())
}

/// Making an RSA key takes seconds of a core: not on a thread that answers requests.
async fn make_key(
    configuration: CertificateAuthorityConfiguration,
) -> Result<(CertificateAuthorityConfiguration, CaKey, Vec<u8>), ApiError> {
    tokio::task::spawn_blocking(move || {
        let key = CaKey::generate(configuration.key_algorithm())
            .map_err(|error| ApiError::invalid_args(explain(&error)))?;
        let signing = configuration.signing_algorithm();
        if !key.can_sign_with(signing) {
            return Err(ApiError::invalid_args(format!(
                "The signing algorithm {signing} does not fit the key algorithm {}",
                configuration.key_algorithm()
            )));
        }
        let subject =
            configuration.subject().ok_or_else(|| ApiError::validation("Subject is missing"))?;
        let csr = csr::ca_request(&key, signing, subject, configuration.csr_extensions())
            .map_err(|error| ApiError::invalid_args(explain(&error)))?;
        Ok((configuration, key, csr))
    })
    .await
    .map_err(|_| ApiError::internal("the key could not be made"))?
}

/// FIPS 140-2 Level 3 everywhere but in China, whose Regions have their own standard.
fn key_storage(given: Option<KeyStorage>, region: &str) -> Result<KeyStorage, ApiError> {
    let is_china = region.starts_with("cn-");
    match given {
        None if is_china => Ok(KeyStorage::CcpcLevel1OrHigher),
        None => Ok(KeyStorage::Fips1402Level3OrHigher),
        Some(given) if is_china == (given == KeyStorage::CcpcLevel1OrHigher) => Ok(given),
        Some(_) => Err(ApiError::invalid_args(
            "A certificate authority cannot be created in this region with the specified security \
             standard.",
        )),
    }
}
