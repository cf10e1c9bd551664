//! ACM PCA through the real SDK: the steps that tests begin with. Each works on any endpoint, and
//! panics where the service refuses it.

mod in_process;

use aws_sdk_acmpca::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    primitives::Blob,
    types::{
        ApiPassthrough, Asn1Subject, CertificateAuthorityConfiguration, CertificateAuthorityStatus,
        CertificateAuthorityType, CustomExtension, Extensions, KeyAlgorithm,
        RevocationConfiguration, SigningAlgorithm, Validity, ValidityPeriodType,
    },
};

pub use in_process::{START, admin, builder, call, client, client_over, service};

/// A client of a service that listens at a URL.
pub fn client_at(endpoint: &str, access_key_id: &str, secret: &str, region: &str) -> Client {
    let config = aws_sdk_acmpca::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(access_key_id, secret, None, None, "test"))
        .endpoint_url(endpoint)
        .region(Region::new(region.to_owned()))
        .build();
    Client::from_conf(config)
}

/// The ARN of a template, from its name without the version.
pub fn template(name: &str) -> String {
    format!("arn:aws:acm-pca:::template/{name}/V1")
}

/// A validity of IssueCertificate.
pub fn validity(kind: ValidityPeriodType, value: i64) -> Validity {
    Validity::builder().r#type(kind).value(value).build().unwrap()
}

/// So many years.
pub fn years(value: i64) -> Validity {
    validity(ValidityPeriodType::Years, value)
}

/// So many days.
pub fn days(value: i64) -> Validity {
    validity(ValidityPeriodType::Days, value)
}

/// A CA's subject and algorithms, as the API names them.
pub fn configuration(
    name: &str,
    key_algorithm: &str,
    signing_algorithm: &str,
) -> CertificateAuthorityConfiguration {
    CertificateAuthorityConfiguration::builder()
        .key_algorithm(KeyAlgorithm::from(key_algorithm))
        .signing_algorithm(SigningAlgorithm::from(signing_algorithm))
        .subject(Asn1Subject::builder().organization("Example").common_name(name).build())
        .build()
        .unwrap()
}

/// The ARN of a new P-256 CA, which waits for its certificate.
pub async fn create(client: &Client, kind: CertificateAuthorityType, name: &str) -> String {
    create_with(client, kind, name, "EC_prime256v1", "SHA256WITHECDSA").await
}

/// Creates a CA; gives its ARN.
pub async fn create_with(
    client: &Client,
    kind: CertificateAuthorityType,
    name: &str,
    key_algorithm: &str,
    signing_algorithm: &str,
) -> String {
    let configuration = configuration(name, key_algorithm, signing_algorithm);
    create_configured(client, kind, configuration, None).await
}

/// A new P-256 CA with a revocation configuration.
pub async fn create_revoking(
    client: &Client,
    kind: CertificateAuthorityType,
    name: &str,
    revocation: Option<RevocationConfiguration>,
) -> String {
    let configuration = configuration(name, "EC_prime256v1", "SHA256WITHECDSA");
    create_configured(client, kind, configuration, revocation).await
}

async fn create_configured(
    client: &Client,
    kind: CertificateAuthorityType,
    configuration: CertificateAuthorityConfiguration,
    revocation: Option<RevocationConfiguration>,
) -> String {
    let created = client
        .create_certificate_authority()
        .certificate_authority_type(kind)
        .certificate_authority_configuration(configuration)
        .set_revocation_configuration(revocation)
        .send()
        .await
        .unwrap();
    created.certificate_authority_arn.unwrap()
}

/// The CSR of a CA.
pub async fn csr(client: &Client, ca: &str) -> Blob {
    let response =
        client.get_certificate_authority_csr().certificate_authority_arn(ca).send().await.unwrap();
    Blob::new(response.csr.unwrap())
}

/// The new certificate's ARN. `template_name` has no version.
pub async fn issue(
    client: &Client,
    ca: &str,
    csr: Blob,
    template_name: &str,
    validity: Validity,
) -> String {
    let issued = client
        .issue_certificate()
        .certificate_authority_arn(ca)
        .csr(csr)
        .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
        .template_arn(template(template_name))
        .validity(validity)
        .send()
        .await
        .unwrap();
    issued.certificate_arn.unwrap()
}

/// The certificate and its chain, in PEM.
pub async fn certificate(client: &Client, ca: &str, arn: &str) -> (String, Option<String>) {
    let got = client
        .get_certificate()
        .certificate_authority_arn(ca)
        .certificate_arn(arn)
        .send()
        .await
        .unwrap();
    (got.certificate.unwrap(), got.certificate_chain)
}

/// The ARN of an ACTIVE root CA with a certificate of ten years.
pub async fn active_root(client: &Client) -> String {
    let root = create(client, CertificateAuthorityType::Root, "Root").await;
    activate_root(client, &root).await;
    root
}

/// Signs a root's own certificate for ten years and imports it.
pub async fn activate_root(client: &Client, root: &str) {
    let csr = csr(client, root).await;
    let arn = issue(client, root, csr, "RootCACertificate", years(10)).await;
    let (own, chain) = certificate(client, root, &arn).await;
    assert_eq!(chain, None, "a root's own certificate has no chain");
    client
        .import_certificate_authority_certificate()
        .certificate_authority_arn(root)
        .certificate(Blob::new(own))
        .send()
        .await
        .unwrap();
}

/// The ARN of an ACTIVE CA below `root` with a certificate of five years.
pub async fn active_subordinate(client: &Client, root: &str, name: &str) -> String {
    active_subordinate_for(client, root, name, years(5)).await
}

/// An ACTIVE subordinate CA; gives its ARN.
pub async fn active_subordinate_for(
    client: &Client,
    root: &str,
    name: &str,
    validity: Validity,
) -> String {
    let subordinate = create(client, CertificateAuthorityType::Subordinate, name).await;
    let request = csr(client, &subordinate).await;
    let template = "SubordinateCACertificate_PathLen0";
    let arn = issue(client, root, request, template, validity).await;
    import(client, root, &arn, &subordinate).await;
    subordinate
}

/// A subordinate CA whose certificate has an extension that the test chooses.
pub async fn subordinate_from(
    client: &Client,
    root: &str,
    template_name: &str,
    extension: Option<CustomExtension>,
) -> String {
    let subordinate = create(client, CertificateAuthorityType::Subordinate, "Special").await;
    let extensions = Extensions::builder().set_custom_extensions(extension.map(|own| vec![own]));
    let issued = client
        .issue_certificate()
        .certificate_authority_arn(root)
        .csr(csr(client, &subordinate).await)
        .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
        .template_arn(template(template_name))
        .api_passthrough(ApiPassthrough::builder().extensions(extensions.build()).build())
        .validity(years(5))
        .send()
        .await
        .unwrap();
    import(client, root, &issued.certificate_arn.unwrap(), &subordinate).await;
    subordinate
}

async fn import(client: &Client, root: &str, arn: &str, subordinate: &str) {
    let (own, chain) = certificate(client, root, arn).await;
    client
        .import_certificate_authority_certificate()
        .certificate_authority_arn(subordinate)
        .certificate(Blob::new(own))
        .certificate_chain(Blob::new(chain.unwrap()))
        .send()
        .await
        .unwrap();
}

/// The status of a CA.
pub async fn status(client: &Client, ca: &str) -> CertificateAuthorityStatus {
    let described =
        client.describe_certificate_authority().certificate_authority_arn(ca).send().await.unwrap();
    described.certificate_authority.unwrap().status.unwrap()
}

/// Sets the status of a CA.
pub async fn set_status(client: &Client, ca: &str, status: CertificateAuthorityStatus) {
    client
        .update_certificate_authority()
        .certificate_authority_arn(ca)
        .status(status)
        .send()
        .await
        .unwrap();
}

/// Deletes a CA that is not ACTIVE; its restoration window is seven days.
pub async fn delete(client: &Client, ca: &str) {
    client
        .delete_certificate_authority()
        .certificate_authority_arn(ca)
        .permanent_deletion_time_in_days(7)
        .send()
        .await
        .unwrap();
}
