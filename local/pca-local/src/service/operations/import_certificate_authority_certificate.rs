//! ImportCertificateAuthorityCertificate: brings a CA to life, or renews it.

use aws_sdk_acmpca::{
    operation::import_certificate_authority_certificate::{
        ImportCertificateAuthorityCertificateInput as Input,
        ImportCertificateAuthorityCertificateOutput as Output,
    },
    types::CertificateAuthorityType,
};

use crate::{
    model::{
        ca_certificate::CaCertificate,
        error::{ApiError, explain},
        lifecycle::{self, Call},
    },
    service::{caller::Caller, core::Service},
    x509::{
        certificate::Certificate,
        chain::{ImportError, check_import},
    },
};

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (_, cell) = service.authority(caller, "ImportCertificateAuthorityCertificate", &arn)?;
    let now = service.now();
    let mut authority = cell.lock();
    authority.permit(Call::Import, now)?;

    let certificate = input.certificate.as_ref().map(AsRef::as_ref).unwrap_or_default();
    let certificate = parse(certificate, "Certificate")?;
    let [certificate] = <[Certificate; 1]>::try_from(certificate).map_err(|found| {
        ApiError::malformed_certificate(format!(
            "Certificate must hold exactly one certificate, not {}",
            found.len()
        ))
    })?;
    let chain = match input.certificate_chain.as_ref().map(AsRef::as_ref) {
        None | Some([]) => Vec::new(),
        Some(chain) => parse(chain, "CertificateChain")?,
    };
    let is_root = authority.kind == CertificateAuthorityType::Root;
    let key = authority.key()?.public_key_info();
    check_import(key, is_root, &certificate, &chain, now).map_err(refuse)?;

    authority.certificate = Some(CaCertificate::new(certificate, chain));
    let state = lifecycle::import(&authority.state);
    authority.change_state(state, now);
    Ok(Output::builder().build())
}

fn parse(text: &[u8], member: &str) -> Result<Vec<Certificate>, ApiError> {
    Certificate::parse_pem_chain(text)
        .map_err(|error| ApiError::malformed_certificate(format!("{member}: {}", explain(&error))))
}

/// Which exception each violation is (the service's documentation gives the set, not the map).
fn refuse(error: ImportError) -> ApiError {
    let message = explain(&error);
    match error {
        ImportError::AnotherKey | ImportError::ChainBroken { .. } => {
            ApiError::certificate_mismatch(message)
        }
        ImportError::ChainHoldsCertificate
        | ImportError::ChainMissing
        | ImportError::ChainWithRoot
        | ImportError::ChainWithoutRoot { .. }
        | ImportError::NotSelfSigned
        | ImportError::SelfSigned => ApiError::invalid_request(message),
        ImportError::CriticalExtension { .. } | ImportError::Expired { .. } => {
            ApiError::malformed_certificate(message)
        }
        // "A validation exception", says the user guide's page on RFC compliance.
        ImportError::BasicConstraintsMissing { .. }
        | ImportError::BasicConstraintsNotCritical { .. }
        | ImportError::NotACa { .. }
        | ImportError::PathLength { .. } => ApiError::validation(message),
    }
}
