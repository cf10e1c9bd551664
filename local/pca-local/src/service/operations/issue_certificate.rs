//! IssueCertificate: signs what a request asks for, as far as the template lets it.

use std::sync::Arc;

use aws_sdk_acmpca::{
    operation::issue_certificate::{
        IssueCertificateInput as Input, IssueCertificateOutput as Output,
    },
    types::{CertificateAuthorityType, CertificateAuthorityUsageMode, CrlType, Validity},
};
use time::{Duration, OffsetDateTime};

use crate::{
    model::{
        arn::{host_suffix, partition},
        authority::Authority,
        crl::{Binding, Reservation},
        error::{ApiError, explain},
        issued_certificates::IssuedCertificate,
        lifecycle::Call,
        pending_work::UnissuedCertificate,
    },
    service::{
        caller::Caller, core::Service, pending_work::Ending, quotas::Quotas, timing::Timing,
    },
    x509::{
        certificate::Certificate,
        csr::{Request, RequestError},
        issue::{self, Fault, Issuance, Issuer},
        key::CaKey,
        name_constraints::{check_name_constraints, has_name_constraints},
        template::{self, Template},
        validity::Period,
    },
};

const MAX_SHORT_LIVED: Duration = Duration::days(7);

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let timing = service.timings().issuance;
    issue_as(service, caller, input, random_serial()?, timing).await
}

/// The operation, for a given serial number.
pub(crate) async fn issue_as(
    service: &Service,
    caller: &Caller,
    input: Input,
    serial: [u8; 16],
    timing: Timing,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.clone().unwrap_or_default();
    let partition = partition(&caller.region);
    let template = find_template(input.template_arn.as_deref(), partition)?;
    let template_arn = template.arn(partition);
    let (arn, cell) =
        service.authority_for(caller, "IssueCertificate", &arn, Some(&template_arn))?;
    let now = service.now();
    let plan = {
        let mut authority = cell.lock();
        let authority = authority.noted();
        let token = input.idempotency_token.as_deref();
        if let Some(made) = token.and_then(|token| authority.issued_with(token, now)) {
            return Ok(Output::builder().certificate_arn(made).build());
        }
        check_quota(authority, service.limiter.quotas())?;
        plan(authority, template, now)?
    };
    // Verifying the request and signing happen without the lock: other calls to the same CA go on.
    let csr = input.csr.as_ref().map(AsRef::as_ref).unwrap_or_default();
    let request = Request::parse(csr).map_err(|error| refuse_request(&error))?;
    let issuer = plan.signer.issuer(&request)?;
    let period = period(&plan, &input, now)?;
    let der = sign(&issuer, &request, &plan, &period, &input, template, serial)?;
    let violation = violation(&der, &plan.constraining)?;
    let certificate_arn = arn.certificate_with(serial);
    let issued = IssuedCertificate {
        crl: binding(&der, plan.crl.as_ref()),
        der,
        serial,
        not_before: period.not_before,
        not_after: period.not_after,
        issued_at: now,
        template_arn,
        account: caller.account.clone(),
        is_self_signed: plan.is_own_root(),
    };
    let over = {
        let mut authority = cell.lock();
        let authority = authority.noted();
        if let Some(token) = input.idempotency_token {
            // A concurrent request with the same token may have come first.
            if let Some(made) = authority.issued_with(&token, now) {
                return Ok(Output::builder().certificate_arn(made).build());
            }
            authority.remember(token, certificate_arn.clone(), now);
        }
        let failure = violation.or_else(|| fault(service));
        if timing == Timing::Immediate {
            let ending = Ending { issued, failure, requester: Some(&caller.arn), at: now };
            Some(ending.conclude(service, authority))
        } else {
            let (issued, wait) = (Box::new(issued), timing.begin(now));
            let requester = Some(caller.arn.clone());
            authority
                .hold(serial, UnissuedCertificate::Waiting { issued, failure, requester, wait });
            None
        }
    };
    if let Some(over) = over {
        over.announce(service, &arn);
    }
    Ok(Output::builder().certificate_arn(certificate_arn).build())
}

/// "Bad formatting" is a ValidationException (user guide, "Troubleshoot AWS Private CA"): the
/// service holds the text against a pattern (aws/aws-cli#9613, #5011).
fn refuse_request(error: &RequestError) -> ApiError {
    match error {
        RequestError::Format => ApiError::validation(explain(error)),
        _ => ApiError::malformed_csr(explain(error)),
    }
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

/// Everything that is taken from the CA's record, before the request is checked.
struct Plan {
    signer: Signer,
    usage_mode: CertificateAuthorityUsageMode,
    crl: Option<Reservation>,
    ocsp_responder: Option<String>,
    /// The CA's certificate and those above it, as far as they have name constraints.
    constraining: Vec<Arc<Certificate>>,
}

enum Signer {
    Ca(Issuer),
    /// A root CA signs its own request.
    OwnRoot {
        key: Arc<CaKey>,
        is_root: bool,
    },
}

impl Plan {
    fn is_own_root(&self) -> bool {
        matches!(self.signer, Signer::OwnRoot { .. })
    }
}

impl Signer {
    /// The service's root templates are for one thing: the CA's own request, signed with its own
    /// key.
    fn issuer(&self, request: &Request) -> Result<Issuer, ApiError> {
        match self {
            Self::Ca(issuer) => Ok(issuer.clone()),
            Self::OwnRoot { key, is_root: true }
                if request.public_key_info == key.public_key_info() =>
            {
                Ok(Issuer::self_signing(request.subject.clone(), Arc::clone(key)))
            }
            // gyuho/infra has the words.
            Self::OwnRoot { .. } => Err(ApiError::invalid_args("Root CA CSR is not provided")),
        }
    }
}

fn find_template(arn: Option<&str>, partition: &str) -> Result<&'static Template, ApiError> {
    let Some(arn) = arn else {
        return template::by_name(template::DEFAULT)
            .ok_or_else(|| ApiError::internal("the default template is missing"));
    };
    template::find(arn, partition)
        .ok_or_else(|| ApiError::validation(format!("{arn} is not a certificate template")))
}

fn plan(
    authority: &mut Authority,
    template: &Template,
    now: OffsetDateTime,
) -> Result<Plan, ApiError> {
    let is_root = authority.kind == CertificateAuthorityType::Root;
    let call = if template.is_root() && is_root { Call::IssueOwnRoot } else { Call::Issue };
    authority.permit(call, now)?;
    let usage_mode = authority.usage_mode.clone();
    if template.is_root() {
        let signer = Signer::OwnRoot { key: Arc::clone(authority.key()?), is_root };
        let (crl, ocsp_responder, constraining) = (None, None, Vec::new());
        return Ok(Plan { signer, usage_mode, crl, ocsp_responder, constraining });
    }
    let issuer =
        authority.issuer().ok_or_else(|| ApiError::internal("an active CA has a certificate"))?;
    Ok(Plan {
        signer: Signer::Ca(issuer),
        usage_mode,
        crl: authority.reserve_crl(),
        ocsp_responder: ocsp_responder(authority),
        constraining: constraining(authority),
    })
}

fn constraining(authority: &Authority) -> Vec<Arc<Certificate>> {
    let Some(held) = &authority.certificate else { return Vec::new() };
    let path = std::iter::once(&held.certificate).chain(&held.chain);
    path.filter(|certificate| has_name_constraints(certificate)).cloned().collect()
}

/// A name that the constraints above do not allow is not refused: the issuance fails, later.
fn violation(der: &[u8], constraining: &[Arc<Certificate>]) -> Result<Option<String>, ApiError> {
    if constraining.is_empty() {
        return Ok(None);
    }
    // Read back rather than worked out again: what was signed is what is judged.
    let certificate =
        Certificate::parse_der(der).map_err(|error| ApiError::internal(explain(&error)))?;
    let checked = check_name_constraints(&certificate, constraining.iter().map(Arc::as_ref));
    Ok(checked.err().map(|error| error.to_string()))
}

fn fault(service: &Service) -> Option<String> {
    service.faults.take_issuance().then(|| "/_pca-local/faults asked for it.".to_owned())
}

/// A certificate is bound to the CRL whose URL it has. A template may have let the request or the
/// API name another CRL, which this service does not write: then the complete one answers for it.
fn binding(der: &[u8], reservation: Option<&Reservation>) -> Binding {
    match reservation {
        Some(Reservation { binding, url })
            if memchr::memmem::find(der, url.as_bytes()).is_some() =>
        {
            *binding
        }
        _ => Binding::Complete,
    }
}

fn period(plan: &Plan, input: &Input, now: OffsetDateTime) -> Result<Period, ApiError> {
    let validity: &Validity =
        input.validity.as_ref().ok_or_else(|| ApiError::validation("Validity is missing"))?;
    let period = Period::new(validity, input.validity_not_before.as_ref(), now)
        .map_err(|error| ApiError::validation(explain(&error)))?;
    let is_short_lived = plan.usage_mode == CertificateAuthorityUsageMode::ShortLivedCertificate;
    if is_short_lived && !plan.is_own_root() && period.not_after - now > MAX_SHORT_LIVED {
        return Err(ApiError::validation(
            "A certificate authority in SHORT_LIVED_CERTIFICATE mode issues certificates with a \
             validity of seven days at the most",
        ));
    }
    Ok(period)
}

fn ocsp_responder(authority: &Authority) -> Option<String> {
    let ocsp = authority.ocsp_configuration()?;
    let region = &authority.arn.region;
    Some(match ocsp.ocsp_custom_cname().filter(|name| !name.is_empty()) {
        Some(name) => format!("http://{name}"),
        None => format!("http://ocsp.acm-pca.{region}.{}", host_suffix(region)),
    })
}

fn sign(
    issuer: &Issuer,
    request: &Request,
    plan: &Plan,
    period: &Period,
    input: &Input,
    template: &'static Template,
    serial: [u8; 16],
) -> Result<Vec<u8>, ApiError> {
    let signing_algorithm = input
        .signing_algorithm
        .as_ref()
        .ok_or_else(|| ApiError::validation("SigningAlgorithm is missing"))?;
    let signed = issue::issue(&Issuance {
        issuer,
        request,
        template,
        passthrough: input.api_passthrough.as_ref(),
        serial,
        not_before: period.not_before,
        not_after: period.not_after,
        signing_algorithm,
        crl_distribution_point: plan.crl.as_ref().map(|crl| crl.url.as_str()),
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
