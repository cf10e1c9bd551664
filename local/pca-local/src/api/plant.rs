//! Carries a seed out, CA by CA: first all with their certificates, then what they issued, then
//! their states.

use std::sync::Arc;

use aws_sdk_acmpca::{
    operation::{
        create_certificate_authority::CreateCertificateAuthorityInput,
        issue_certificate::IssueCertificateInput,
    },
    types::{Asn1Subject, KeyAlgorithm, SigningAlgorithm},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{
    api::{dispatch::dispatch, protocol::Protocol, wire::validate::validate},
    model::{
        api_model::MODEL,
        arn::{CaArn, parse_serial, partition},
        error::{ApiError, explain},
        shape_json,
    },
    service::{
        caller::Caller,
        core::Service,
        operations::{create_certificate_authority::create_as, issue_certificate::issue_as},
        timing::Timing,
    },
    state::{
        memory::AuthorityCell,
        seed::{OwnCertificate, Seed, SeedAuthority, SeedCertificate, SeedError, SeedStatus},
    },
    x509::{csr, key::CaKey, pem},
};

const PRIVATE_KEY: &str = "PRIVATE KEY";

/// Makes what the seed asks for, as far as it is not there.
pub(crate) async fn plant(service: &Arc<Service>, seed: &Seed) -> Result<(), SeedError> {
    // From the beginning: after a commit that fails on the way, what stands then is on disk, and is not
    // all that was asked for.
    let generation = service.store.generation();
    let mut new = Vec::new();
    for (number, authority) in seed.authorities.iter().enumerate() {
        let plot = Plot::new(service, authority, number);
        let is_new = plot.establish().await.map_err(|refusal| refusal.at(&plot.place))?;
        new.push((plot, is_new));
    }
    for (plot, is_new) in &new {
        plot.furnish(*is_new).await.map_err(|refusal| refusal.at(&plot.place))?;
    }
    for (plot, _) in new.iter().filter(|(_, is_new)| *is_new) {
        plot.conclude().await.map_err(|refusal| refusal.at(&plot.place))?;
    }
    service.store.settled_since(generation).await.map_err(|_| SeedError::NotWritten)
}

/// One CA of a seed, and where it is to be.
struct Plot<'a> {
    service: &'a Arc<Service>,
    wanted: &'a SeedAuthority,
    caller: Caller,
    arn: CaArn,
    place: String,
}

/// What the service refused, and the member that asked for it.
struct PlantRefusal(String, ApiError);

impl PlantRefusal {
    fn at(self, place: &str) -> SeedError {
        SeedError::Refused { place: format!("{place}.{}", self.0), source: self.1 }
    }
}

fn asked_by(member: impl Into<String>) -> impl FnOnce(ApiError) -> PlantRefusal {
    move |error| PlantRefusal(member.into(), error)
}

impl<'a> Plot<'a> {
    fn new(service: &'a Arc<Service>, wanted: &'a SeedAuthority, number: usize) -> Self {
        let account = wanted.account.as_deref().unwrap_or(&service.account).to_owned();
        let region = wanted.region.as_deref().unwrap_or(&service.region).to_owned();
        let arn = CaArn {
            partition: partition(&region).to_owned(),
            region: region.clone(),
            account: account.clone(),
            id: wanted.id.clone(),
        };
        let caller = Caller::of_seed(account, region);
        Self { service, wanted, caller, arn, place: format!("authorities[{number}]") }
    }

    fn cell(&self) -> Result<AuthorityCell, ApiError> {
        self.service.store.find(&self.arn, self.service.now())
    }

    /// The CA, with its own certificate if it is to have one. Says whether it was not there, or
    /// not finished.
    async fn establish(&self) -> Result<bool, PlantRefusal> {
        let cell = match self.cell() {
            Ok(cell) => cell,
            Err(_) => {
                let key = self.key().map_err(asked_by("key"))?;
                let input = self.read(
                    "CreateCertificateAuthority",
                    &self.wanted.create,
                    CreateCertificateAuthorityInput::deserialize,
                );
                let input = input.map_err(asked_by("create"))?;
                let id = self.wanted.id.clone();
                create_as(self.service, &self.caller, input, id, key).map_err(asked_by("create"))?
            }
        };
        let Some(own) = &self.wanted.certificate else { return Ok(false) };
        if cell.lock().certificate.is_some() {
            return Ok(false);
        }
        self.certify(&cell, own).await.map_err(asked_by("certificate"))?;
        Ok(true)
    }

    fn key(&self) -> Result<Option<CaKey>, ApiError> {
        let Some(text) = &self.wanted.key else { return Ok(None) };
        let unusable = |error: &dyn std::error::Error| ApiError::invalid_args(explain(error));
        let der =
            pem::decode_one(text.0.as_bytes(), &[PRIVATE_KEY]).map_err(|error| unusable(&error))?;
        let algorithm = &self.wanted.create["CertificateAuthorityConfiguration"]["KeyAlgorithm"];
        let algorithm = KeyAlgorithm::from(algorithm.as_str().unwrap_or_default());
        CaKey::from_pkcs8(&algorithm, &der).map(Some).map_err(|error| unusable(&error))
    }

    async fn certify(&self, cell: &AuthorityCell, own: &OwnCertificate) -> Result<(), ApiError> {
        let issuer = match &own.issuer {
            None => self.arn.clone(),
            Some(id) => CaArn { id: id.clone(), ..self.arn.clone() },
        };
        let (default, is_root) = match own.issuer {
            None => ("RootCACertificate/V1", true),
            Some(_) => ("SubordinateCACertificate_PathLen0/V1", false),
        };
        let csr = csr::to_pem(cell.lock().csr()?);
        let template = own.template.as_deref().unwrap_or(default);
        self.issue(&issuer, &own.serial, &csr, template, own.days).await?;
        let certificate_arn = issuer.certificate(&own.serial.to_ascii_lowercase());
        let wanted = json!({
            "CertificateAuthorityArn": issuer.to_string(), "CertificateArn": certificate_arn,
        });
        let got = self.call("GetCertificate", &wanted).await?;
        let blob = |member: &str| BASE64_STANDARD.encode(got[member].as_str().unwrap_or_default());
        let mut import = json!({
            "CertificateAuthorityArn": self.arn.to_string(), "Certificate": blob("Certificate"),
        });
        if !is_root {
            import["CertificateChain"] = blob("CertificateChain").into();
        }
        self.call("ImportCertificateAuthorityCertificate", &import).await.map(|_| ())
    }

    /// What belongs to the CA. What it issued is made up for as far as it is missing.
    async fn furnish(&self, is_new: bool) -> Result<(), PlantRefusal> {
        let arn = self.arn.to_string();
        if is_new {
            for (number, permission) in self.wanted.permissions.iter().enumerate() {
                let mut request = json!(permission);
                request["CertificateAuthorityArn"] = arn.clone().into();
                let made = self.call("CreatePermission", &request).await;
                made.map_err(asked_by(format!("permissions[{number}]")))?;
            }
            if let Some(policy) = &self.wanted.policy {
                let request = json!({"ResourceArn": arn, "Policy": policy.to_string()});
                self.call("PutPolicy", &request).await.map_err(asked_by("policy"))?;
            }
        }
        for (number, certificate) in self.wanted.issued.iter().enumerate() {
            let made = self.furnish_one(certificate).await;
            made.map_err(asked_by(format!("issued[{number}]")))?;
        }
        Ok(())
    }

    async fn furnish_one(&self, wanted: &SeedCertificate) -> Result<(), ApiError> {
        let csr = match (&wanted.csr, &wanted.subject) {
            (Some(csr), _) => csr.clone(),
            (None, subject) => made_up_request(subject.as_ref().unwrap_or(&Value::Null))?,
        };
        let template = wanted.template.as_deref().unwrap_or("EndEntityCertificate/V1");
        self.issue(&self.arn, &wanted.serial, &csr, template, wanted.days).await?;
        let Some(reason) = &wanted.revoked else { return Ok(()) };
        let request = json!({
            "CertificateAuthorityArn": self.arn.to_string(),
            "CertificateSerial": wanted.serial,
            "RevocationReason": reason.as_str(),
        });
        match self.call("RevokeCertificate", &request).await {
            Err(error) if error.code != "RequestAlreadyProcessedException" => Err(error),
            _ => Ok(()),
        }
    }

    /// Does nothing if the issuer has such a certificate.
    async fn issue(
        &self,
        issuer: &CaArn,
        serial: &str,
        csr: &str,
        template: &str,
        days: i64,
    ) -> Result<(), ApiError> {
        let serial = parse_serial(serial)
            .ok_or_else(|| ApiError::internal("the seed's serial numbers have been read"))?;
        let cell = self.service.store.find(issuer, self.service.now())?;
        let algorithm = {
            let authority = cell.lock();
            if authority.issued.get(&serial).is_some() {
                return Ok(());
            }
            authority.configuration.signing_algorithm().clone()
        };
        let request = json!({
            "CertificateAuthorityArn": issuer.to_string(),
            "Csr": BASE64_STANDARD.encode(csr),
            "SigningAlgorithm": algorithm.as_str(),
            "TemplateArn": format!("arn:{}:acm-pca:::template/{template}", issuer.partition),
            "Validity": {"Type": "DAYS", "Value": days},
        });
        let input = self.read("IssueCertificate", &request, IssueCertificateInput::deserialize)?;
        let (service, caller) = (self.service, &self.caller);
        issue_as(service, caller, input, serial, Timing::Immediate).await.map(|_| ())
    }

    /// The state that the CA is to be left in.
    async fn conclude(&self) -> Result<(), PlantRefusal> {
        let mut request = json!({"CertificateAuthorityArn": self.arn.to_string()});
        if matches!(self.wanted.status, SeedStatus::Deleted | SeedStatus::Disabled) {
            let mut disable = request.clone();
            disable["Status"] = "DISABLED".into();
            let disabled = self.call("UpdateCertificateAuthority", &disable).await;
            disabled.map_err(asked_by("status"))?;
        }
        if self.wanted.status == SeedStatus::Deleted {
            if let Some(days) = self.wanted.restorable_days {
                request["PermanentDeletionTimeInDays"] = days.into();
            }
            let deleted = self.call("DeleteCertificateAuthority", &request).await;
            deleted.map_err(asked_by("restorable-days"))?;
        }
        Ok(())
    }

    fn read<T>(
        &self,
        operation: &str,
        request: &Value,
        deserialize: fn(
            &mut dyn aws_smithy_schema::serde::ShapeDeserializer,
        ) -> Result<T, aws_smithy_schema::serde::SerdeError>,
    ) -> Result<T, ApiError> {
        validated(operation, request)?;
        shape_json::read(request.to_string().as_bytes(), deserialize)
            .map_err(|error| ApiError::serialization(error.to_string()))
    }

    async fn call(&self, operation: &str, request: &Value) -> Result<Value, ApiError> {
        validated(operation, request)?;
        let body = request.to_string();
        let (caller, protocol) = (&self.caller, Protocol::AwsJson);
        let answer = dispatch(operation, self.service, caller, body.as_bytes(), protocol);
        Ok(serde_json::from_slice(&answer.await?.json).unwrap_or(Value::Null))
    }
}

fn validated(operation: &str, request: &Value) -> Result<(), ApiError> {
    let model = MODEL.operations.get(operation);
    let model = model.ok_or_else(|| ApiError::internal("the operation is one of the model's"))?;
    validate(model, request)
}

/// A request for that subject, whose key is thrown away.
fn made_up_request(subject: &Value) -> Result<String, ApiError> {
    let invalid = |error: &dyn std::error::Error| ApiError::invalid_args(explain(error));
    let subject = shape_json::read(subject.to_string().as_bytes(), Asn1Subject::deserialize)
        .map_err(|error| invalid(&error))?;
    let key = CaKey::generate(&KeyAlgorithm::EcPrime256v1).map_err(|error| invalid(&error))?;
    let request = csr::ca_request(&key, &SigningAlgorithm::Sha256Withecdsa, &subject, None);
    request.map(|der| csr::to_pem(&der)).map_err(|error| invalid(&error))
}
