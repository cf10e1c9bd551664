//! RevokeCertificate: marks a certificate revoked; the CRL follows about 30 minutes later.

use aws_sdk_acmpca::{
    operation::revoke_certificate::{
        RevokeCertificateInput as Input, RevokeCertificateOutput as Output,
    },
    types::RevocationReason,
};
use time::OffsetDateTime;

use crate::{
    model::{
        arn::CaArn, authority::Authority, error::ApiError, issued_certificates::Revocation,
        lifecycle::Call, pending_work::UnissuedCertificate,
    },
    service::{caller::Caller, core::Service, events::ServiceEvent},
    x509::crl::Reason,
};

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let given = input.certificate_serial.unwrap_or_default();
    let reason = input.revocation_reason.unwrap_or(RevocationReason::Unspecified);
    let (arn, cell) = service.authority(caller, "RevokeCertificate", &arn)?;
    let now = service.now();
    let certificate_arn = {
        let mut authority = cell.lock();
        let serial = parse_serial(&given);
        // Before the CA's state: Terraform destroys roots that never got their certificate, and
        // passes on this answer only (terraform-provider-aws#28142).
        if serial.is_some_and(|serial| is_self_signed(&authority, serial)) {
            return Err(ApiError::invalid_request("Self-signed certificate can not be revoked"));
        }
        authority.permit(Call::Revoke, now)?;
        let serial = serial.ok_or_else(|| {
            ApiError::invalid_request(format!(
                "'{given}' is not a certificate serial: hexadecimal digits, with or without colons"
            ))
        })?;
        check_revocable(&authority, (serial, &given), &arn, now)?;
        let most = service.limiter.quotas().revoked_certificates_with_complete_crl;
        if authority.listed_in_complete(most, now) >= most {
            return Err(ApiError::limit_exceeded(format!(
                "{arn} has revoked {most} certificates that have not expired, which is its quota"
            )));
        }
        // The model's enumeration has been checked: there is no other reason.
        let reason = Reason::from_api(&reason).unwrap_or(Reason::Unspecified);
        authority.noted().revoke(serial, Revocation { at: now, reason });
        arn.certificate_with(serial)
    };
    let event = ServiceEvent::CertificateRevocation { certificate_arn };
    service.events.announce(&arn, event, now);
    Ok(Output::builder().build())
}

/// Refuses a certificate that cannot be revoked, or not any more.
fn check_revocable(
    authority: &Authority,
    (serial, given): ([u8; 16], &str),
    arn: &CaArn,
    now: OffsetDateTime,
) -> Result<(), ApiError> {
    match authority.unissued.get(&serial) {
        Some(UnissuedCertificate::Failed { .. }) => {
            return Err(ApiError::request_failed(format!(
                "The certificate with serial {given} was never issued: its issuance failed"
            )));
        }
        Some(UnissuedCertificate::Waiting { .. }) => {
            return Err(ApiError::request_in_progress(format!(
                "The certificate with serial {given} is still being issued"
            )));
        }
        None => {}
    }
    let issued = authority.issued.get(&serial).ok_or_else(|| {
        ApiError::resource_not_found(format!(
            "Could not find a certificate with serial {given}, issued by {arn}"
        ))
    })?;
    if issued.revocation.is_some() {
        return Err(ApiError::request_already_processed(format!(
            "The certificate with serial {given} has already been revoked"
        )));
    }
    if issued.not_after < now {
        return Err(ApiError::invalid_request(format!(
            "The certificate with serial {given} has expired and cannot be revoked"
        )));
    }
    if !authority.accepts_revocation(issued.crl) {
        return Err(ApiError::invalid_request(format!(
            "The certificate with serial {given} is bound to a partition of the CRL, and the \
             certificate authority does not publish partitioned CRLs any more"
        )));
    }
    Ok(())
}

/// Whether the serial is that of a root's own certificate, signed already or being signed.
fn is_self_signed(authority: &Authority, serial: [u8; 16]) -> bool {
    match authority.unissued.get(&serial) {
        Some(UnissuedCertificate::Waiting { issued, .. }) => issued.is_self_signed,
        Some(UnissuedCertificate::Failed { .. }) => false,
        None => authority.issued.get(&serial).is_some_and(|issued| issued.is_self_signed),
    }
}

/// Hexadecimal, in either case, with colons or without; leading zeros may be left out.
fn parse_serial(given: &str) -> Option<[u8; 16]> {
    let digits: String = given.chars().filter(|&c| c != ':').collect();
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let significant = digits.trim_start_matches('0');
    if !is_hex || significant.len() > 32 {
        return None;
    }
    let value =
        if significant.is_empty() { 0 } else { u128::from_str_radix(significant, 16).ok()? };
    Some(value.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::parse_serial;

    #[test]
    fn serials_are_read_with_and_without_colons_in_either_case() {
        let want = Some(0x0067_0744_u128.to_be_bytes());
        for given in ["67:07:44", "670744", "00670744", "67:07:44".to_uppercase().as_str()] {
            assert_eq!(parse_serial(given), want, "{given}");
        }
        let long = "f".repeat(33);
        for given in ["", ":", "xyz", "-1", "+1", long.as_str()] {
            assert_eq!(parse_serial(given), None, "{given}");
        }
    }
}
