//! IssueCertificate: signs what a request asks for, as far as the template lets it.

use std::sync::Arc;

use aws_sdk_acmpca::{
    operation::issue_certificate::{
        IssueCertificateInput as Input, IssueCertificateOutput as Output,
    },
    types::{
        CertificateAuthorityType, CertificateAuthorityUsageMode, CrlType, SigningAlgorithm,
        Validity,
    },
};
use time::{Duration, OffsetDateTime};

use crate::{
    ApiError, PcaLocal,
    arn::partition,
    authority::{Authority, Issued},
    caller::Caller,
    crl,
    error::explain,
    lifecycle::Call,
    quotas::Quotas,
    store,
    timing::Timing,
    unfinished::{self, Unissued},
    x509::{
        certificate::Certificate,
        csr::Request,
        issue::{self, Fault, Issuance, Issuer},
        name::rfc2253,
        template::{self, Template},
        validity::Period,
    },
};

const SHORT_LIVED_MAX: Duration = Duration::days(7);
const OCSP_HOST: &str = "http://ocsp.acm-pca";

pub(super) async fn run(
    service: &PcaLocal,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.clone().unwrap_or_default();
    let template = find_template(input.template_arn.as_deref())?;
    let template_arn = template.arn(partition(&caller.region));
    let (arn, cell) =
        service.authority_for(caller, "IssueCertificate", &arn, Some(&template_arn))?;
    let (now, timing) = (service.now(), service.timings().issuance);
    let signing_algorithm = input
        .signing_algorithm
        .clone()
        .ok_or_else(|| ApiError::validation("SigningAlgorithm is missing"))?;
    let plan = {
        let authority = cell.lock();
        let token = input.idempotency_token.as_deref();
        if let Some(made) =
            token.and_then(|token| store::fresh(&authority.issue_tokens, token, now))
        {
            return Ok(Output::builder().certificate_arn(made).build());
        }
        check_quota(&authority, service.quotas())?;
        plan(&authority, &input, template, now)?
    };
    // Signing happens without the lock: other calls to the same CA go on.
    let serial = random_serial()?;
    let der = sign(&plan, &input, template, serial, &signing_algorithm)?;
    // Read back rather than worked out again: the report names what was signed.
    let subject = Certificate::parse_der(&der)
        .map(|certificate| rfc2253(&certificate.subject))
        .map_err(|error| ApiError::internal(explain(&error)))?;
    let certificate_arn = arn.certificate(&format!("{:032x}", u128::from_be_bytes(serial)));
    let issued = Issued {
        der,
        serial,
        subject,
        not_before: plan.period.not_before,
        not_after: plan.period.not_after,
        issued_at: now,
        template_arn,
        account: caller.account.clone(),
        is_self_signed: plan.is_own_root,
        revoked: None,
    };
    {
        let mut authority = cell.lock();
        if let Some(token) = input.idempotency_token {
            // A concurrent request with the same token may have come first.
            if let Some(made) = store::fresh(&authority.issue_tokens, &token, now) {
                return Ok(Output::builder().certificate_arn(made).build());
            }
            authority.issue_tokens.insert(token, (certificate_arn.clone(), now));
        }
        let waiting = Unissued::Waiting {
            issued: Box::new(issued),
            names_crl: plan.crl_distribution_point.is_some(),
            fails: service.faults().take_issuance(),
            wait: timing.begin(now),
        };
        authority.unissued.insert(serial, waiting);
    }
    if timing == Timing::Immediate {
        unfinished::end_issuance(service, &cell, serial, now);
    }
    Ok(Output::builder().certificate_arn(certificate_arn).build())
}

fn check_quota(authority: &Authority, quotas: &Quotas) -> Result<(), ApiError> {
    let has_complete_crl = authority
        .crl_configuration()
        .is_some_and(|crl| crl.crl_type() != Some(&CrlType::Partitioned));
    let most =
        if has_complete_crl { quotas.certificates_with_complete_crl } else { quotas.certificates };
    if authority.issued.len() + authority.unissued.len() < most {
        return Ok(());
    }
    Err(ApiError::limit_exceeded(format!(
        "{} has issued {most} certificates, which is its quota",
        authority.arn
    )))
}

/// Everything that is decided from the CA's record, before anything is signed.
struct Plan {
    issuer: Issuer,
    request: Request,
    period: Period,
    crl_distribution_point: Option<String>,
    ocsp_responder: Option<String>,
    /// A root CA signs its own request.
    is_own_root: bool,
}

fn find_template(arn: Option<&str>) -> Result<&'static Template, ApiError> {
    let Some(arn) = arn else {
        return template::by_name(template::DEFAULT)
            .ok_or_else(|| ApiError::internal("the default template is missing"));
    };
    template::find(arn)
        .ok_or_else(|| ApiError::validation(format!("{arn} is not a certificate template")))
}

fn plan(
    authority: &Authority,
    input: &Input,
    template: &Template,
    now: OffsetDateTime,
) -> Result<Plan, ApiError> {
    let is_own_root = template.is_root();
    let call = if is_own_root && authority.kind == CertificateAuthorityType::Root {
        Call::IssueOwnRoot
    } else {
        Call::Issue
    };
    authority.permit(call, now)?;
    let csr = input.csr.as_ref().map(AsRef::as_ref).unwrap_or_default();
    let request = Request::parse(csr).map_err(|error| ApiError::malformed_csr(explain(&error)))?;
    let issuer = if is_own_root { own_root(authority, &request)? } else { issuer(authority)? };
    let period = period(authority, input, is_own_root, now)?;
    Ok(Plan {
        issuer,
        period,
        crl_distribution_point: (!is_own_root)
            .then(|| crl::distribution_point(authority))
            .flatten(),
        ocsp_responder: (!is_own_root).then(|| ocsp_responder(authority)).flatten(),
        request,
        is_own_root,
    })
}

/// The service's root templates are for one thing: the CA's own request, signed with its own key.
fn own_root(authority: &Authority, request: &Request) -> Result<Issuer, ApiError> {
    let is_own = authority.kind == CertificateAuthorityType::Root
        && request.public_key_info == authority.key()?.public_key_info();
    if !is_own {
        return Err(ApiError::invalid_args(
            "A root CA certificate template can only be used by a root CA, for its own CSR",
        ));
    }
    Ok(Issuer::self_signing(request.subject.clone(), Arc::clone(authority.key()?)))
}

fn issuer(authority: &Authority) -> Result<Issuer, ApiError> {
    authority.issuer().ok_or_else(|| ApiError::internal("an active CA has a certificate"))
}

fn period(
    authority: &Authority,
    input: &Input,
    is_own_root: bool,
    now: OffsetDateTime,
) -> Result<Period, ApiError> {
    let validity: &Validity =
        input.validity.as_ref().ok_or_else(|| ApiError::validation("Validity is missing"))?;
    let period = Period::new(validity, input.validity_not_before.as_ref(), now)
        .map_err(|error| ApiError::validation(explain(&error)))?;
    let is_short_lived =
        authority.usage_mode == CertificateAuthorityUsageMode::ShortLivedCertificate;
    if is_short_lived && !is_own_root && period.not_after - now > SHORT_LIVED_MAX {
        return Err(ApiError::validation(
            "A certificate authority in SHORT_LIVED_CERTIFICATE mode issues certificates with a \
             validity of seven days at the most",
        ));
    }
    Ok(period)
}

fn ocsp_responder(authority: &Authority) -> Option<String> {
    let ocsp = authority.revocation.ocsp_configuration().filter(|ocsp| ocsp.enabled())?;
    let region = &authority.arn.region;
    Some(match ocsp.ocsp_custom_cname().filter(|name| !name.is_empty()) {
        Some(name) => format!("http://{name}"),
        None => format!("{OCSP_HOST}.{region}.amazonaws.com"),
    })
}

fn sign(
    plan: &Plan,
    input: &Input,
    template: &'static Template,
    serial: [u8; 16],
    signing_algorithm: &SigningAlgorithm,
) -> Result<Vec<u8>, ApiError> {
    let signed = issue::issue(&Issuance {
        issuer: &plan.issuer,
        request: &plan.request,
        template,
        passthrough: input.api_passthrough.as_ref(),
        serial,
        not_before: plan.period.not_before,
        not_after: plan.period.not_after,
        signing_algorithm,
        crl_distribution_point: plan.crl_distribution_point.as_deref(),
        ocsp_responder: plan.ocsp_responder.as_deref(),
    });
    signed.map_err(|error| match error.fault() {
        Fault::Argument => ApiError::invalid_args(explain(&error)),
        // The validity or the path length goes beyond the CA's own.
        Fault::Issuer => ApiError::validation(explain(&error)),
        Fault::Request => ApiError::malformed_csr(explain(&error)),
        Fault::Service => ApiError::internal(explain(&error)),
    })
}

/// 16 random bytes, all of them random, taken as an unsigned number.
fn random_serial() -> Result<[u8; 16], ApiError> {
    let mut serial = [0; 16];
    aws_lc_rs::rand::fill(&mut serial)
        .map_err(|_| ApiError::internal("the system gave no random bytes"))?;
    Ok(serial)
}
