//! CreateCertificateAuthority: a key, a request for its certificate, and a place to keep both.

use std::sync::Arc;

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
    model::{
        arn::{AccountRegion, CaArn, partition},
        authority::{Authority, Specification},
        error::{ApiError, explain},
        lifecycle::CaState,
        pending_work::PendingCreation,
    },
    service::{
        caller::Caller, cloudtrail::Act, core::Service, events::ServiceEvent, pending_work,
        timing::Timing,
    },
    state::memory::AuthorityCell,
    x509::{
        csr,
        key::{CaKey, check_algorithms},
    },
};

pub(crate) async fn run(
    service: &Arc<Service>,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let now = service.now();
    let place = AccountRegion { account: caller.account.clone(), region: caller.region.clone() };
    let token = input.idempotency_token.clone();
    let token = token.as_deref();
    if let Some(arn) = token.and_then(|token| service.store.created_with(&place, token, now)) {
        return Ok(Output::builder().certificate_authority_arn(arn).build());
    }
    let most = service.limiter.quotas().certificate_authorities;
    if service.store.count(&place, now) >= most {
        return Err(ApiError::limit_exceeded(format!(
            "This account has {most} certificate authorities in {}, which is its quota",
            place.region
        )));
    }
    let specification = specify(service, place, input, uuid::Uuid::new_v4().to_string())?;
    let arn = specification.arn.clone();
    revocation::probe(service, &arn, &specification.revocation).await?;
    let timing = service.timings().creation;
    let creation =
        PendingCreation { wait: timing.begin(now), fault: service.faults.take_creation() };
    let mut authority = Authority::new(specification, creation, now);
    let succeeded = match timing {
        Timing::Immediate => Some(pending_work::create_at_once(&mut authority, now).await),
        _ => None,
    };
    let made = service.store.insert(authority, token, now);
    // With the ARN of another, a concurrent call with the same token came first.
    if let Some(succeeded) = succeeded.filter(|_| made == arn.to_string()) {
        pending_work::announce_creation(service, &arn, succeeded, now);
    }
    Ok(Output::builder().certificate_authority_arn(made).build())
}

/// The operation, for a given id and key, and without trying the bucket: it need not be there yet.
pub(crate) fn create_as(
    service: &Service,
    caller: &Caller,
    input: Input,
    id: String,
    key: Option<CaKey>,
) -> Result<AuthorityCell, ApiError> {
    let now = service.now();
    let place = AccountRegion { account: caller.account.clone(), region: caller.region.clone() };
    let specification = specify(service, place, input, id)?;
    let made = pending_work::make_key(&specification.configuration, key);
    let (key, csr) = made.map_err(|_| {
        ApiError::invalid_args("the key is not one of the given KeyAlgorithm, or cannot be used")
    })?;
    let arn = specification.arn.clone();
    let creation = PendingCreation { wait: Timing::Immediate.begin(now), fault: None };
    let mut authority = Authority::new(specification, creation, now);
    authority.set_key(key, csr).map_err(|error| ApiError::internal(explain(&error)))?;
    authority.creation = None;
    authority.change_state(CaState::PendingCertificate, now);
    // With its key at once: there is no moment at which it could be given another.
    service.store.insert(authority, None, now);
    service.events.trail(&arn, || Act::SignCaCsr, now);
    service.events.announce(&arn, ServiceEvent::CaCreation { succeeded: true }, now);
    service.store.find(&arn, now)
}

/// Everything that can be refused is refused before there is a CA.
fn specify(
    service: &Service,
    place: AccountRegion,
    input: Input,
    id: String,
) -> Result<Specification, ApiError> {
    let configuration = input
        .certificate_authority_configuration
        .ok_or_else(|| ApiError::validation("CertificateAuthorityConfiguration is missing"))?;
    check(&configuration)?;
    let kind = input
        .certificate_authority_type
        .ok_or_else(|| ApiError::validation("CertificateAuthorityType is missing"))?;
    let tags = tags::add(&[], &input.tags.unwrap_or_default(), service.limiter.quotas().tags)?;
    let key_storage = key_storage(input.key_storage_security_standard, &place.region)?;
    let revocation = match &input.revocation_configuration {
        Some(given) => revocation::merge(&revocation::none(), given)?,
        None => revocation::none(),
    };
    let arn = CaArn {
        partition: partition(&place.region).to_owned(),
        region: place.region,
        account: place.account,
        id,
    };
    let usage_mode = input.usage_mode.unwrap_or(UsageMode::GeneralPurpose);
    Ok(Specification { arn, kind, configuration, revocation, key_storage, usage_mode, tags })
}

fn check(configuration: &CertificateAuthorityConfiguration) -> Result<(), ApiError> {
    let (key, signing) = (configuration.key_algorithm(), configuration.signing_algorithm());
    check_algorithms(key, signing).map_err(|error| ApiError::invalid_args(explain(&error)))?;
    let subject =
        configuration.subject().ok_or_else(|| ApiError::validation("Subject is missing"))?;
    csr::check_ca_request(subject, configuration.csr_extensions())
        .map_err(|error| ApiError::invalid_args(explain(&error)))
}

/// FIPS 140-2 Level 3 is the default everywhere. Regions in China do not have it, and want their own standard
/// by name (API reference, CreateCertificateAuthority, KeyStorageSecurityStandard).
fn key_storage(given: Option<KeyStorage>, region: &str) -> Result<KeyStorage, ApiError> {
    let is_china = region.starts_with("cn-");
    let wanted = given.unwrap_or(KeyStorage::Fips1402Level3OrHigher);
    if is_china == (wanted == KeyStorage::CcpcLevel1OrHigher) {
        return Ok(wanted);
    }
    Err(ApiError::invalid_args(
        "A certificate authority cannot be created in this region with the specified security \
         standard.",
    ))
}
