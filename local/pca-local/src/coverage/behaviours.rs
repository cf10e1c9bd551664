//! Each behaviour that AWS documents and a test here holds us to.

use super::Behaviour;

const WIRE: &str = "Protocol";
const VALIDATION: &str = "Validation";
const LIFECYCLE: &str = "Lifecycle";
const WAITING: &str = "What takes time";
const CERTIFICATES: &str = "Certificates";
const REVOCATION: &str = "Revocation and audit reports";
const ACCESS: &str = "Accounts, policies, permissions, tags";
const QUOTAS: &str = "Quotas";
const EVENTS: &str = "Events";

const fn row(
    area: &'static str,
    what: &'static str,
    source: &'static str,
    test: &'static str,
) -> Behaviour {
    Behaviour { area, what, source, test }
}

pub const BEHAVIOURS: &[Behaviour] = &[
    row(
        WIRE,
        "AWS JSON 1.1 over HTTP: the AWS CLI works unmodified",
        "API reference, \"Making API requests\"",
        "tests/e2e/suites/aws_cli.rs: the_aws_cli_creates_issues_revokes_deletes_and_restores",
    ),
    row(
        WIRE,
        "boto3's paginators, waiters and exceptions work unmodified",
        "botocore's `paginators-1.json`, `waiters-2.json`",
        "tests/e2e/suites/boto3_client.rs: boto3_pages_waits_and_catches",
    ),
    row(
        WIRE,
        "Smithy RPC v2 CBOR, for whatever speaks it: boto3",
        "botocore's `service-2.json` since 1.44.5; Smithy specification, \"Smithy RPC v2 CBOR protocol\"",
        "tests/e2e/suites/boto3_client.rs: boto3_pages_waits_and_catches_in_cbor",
    ),
    row(
        WIRE,
        "the Rust SDK reads the same in CBOR as in JSON, errors too",
        "Smithy specification, \"Smithy RPC v2 CBOR protocol\"",
        "tests/cbor.rs: the_sdk_reads_and_writes_the_same_in_cbor_as_in_json",
    ),
    row(
        WIRE,
        "an unknown operation and a body that is no request have their codes",
        "API reference, \"Common errors\"",
        "tests/rules.rs: a_request_that_is_no_request_gets_an_error_and_never_a_panic",
    ),
    row(
        WIRE,
        "Signature Version 4 is verified on request, its age by the service's clock",
        "IAM user guide, \"Create a signed AWS API request\"",
        "tests/behaviour.rs: the_sdks_signature_is_verified_when_asked_for",
    ),
    row(
        WIRE,
        "TLS, with a certificate of one's own or one made for the run",
        "README",
        "tests/e2e/suites/aws_cli.rs: the_aws_cli_speaks_tls_with_who_it_is_told_to_trust",
    ),
    row(
        WIRE,
        "a body that does not come, and one that is too large, have their codes",
        "API reference, \"Common errors\"",
        "tests/server.rs: a_client_that_does_not_finish_its_body_is_told_so",
    ),
    row(
        VALIDATION,
        "every constraint of the model, with its place in the request",
        "API model",
        "tests/validation.rs: every_constraint_of_the_model_is_enforced_at_its_edge",
    ),
    row(
        VALIDATION,
        "several violations are reported together",
        "API model",
        "src/wire/validate.rs: several_violations_are_reported_together_with_their_paths",
    ),
    row(
        VALIDATION,
        "custom attributes stand alone; one access method; one general name; a disabled CRL or \
         OCSP configuration says nothing else; bucket names are S3's; a CNAME has no scheme and \
         goes with a distribution point; algorithms fit each other and the Region",
        "API reference, ASN1Subject, AccessMethod, GeneralName, CrlConfiguration, OcspConfiguration",
        "tests/rules.rs: creation_refuses_what_the_shapes_let_through",
    ),
    row(
        VALIDATION,
        "ApiPassthrough is held to the same rules, and ignored where the template takes none",
        "API reference, IssueCertificate",
        "tests/rules.rs: \
         passthrough_refuses_what_the_shapes_let_through_where_the_template_takes_it",
    ),
    row(
        LIFECYCLE,
        "each state permits exactly its calls and refuses the others in the service's words",
        "User guide, \"Updating a private CA\", \"Deleting your private CA\"",
        "tests/states.rs: each_operation_is_answered_or_refused_as_the_state_says",
    ),
    row(
        LIFECYCLE,
        "a root signs its own request before it has a certificate; a subordinate is signed by it",
        "User guide, \"Installing the CA certificate\"",
        "tests/lifecycle.rs: a_hierarchy_is_made_and_its_status_told",
    ),
    row(
        LIFECYCLE,
        "only a CA that is not ACTIVE is deleted, and it is restored to what it was",
        "User guide, \"Restoring a private CA\"",
        "tests/lifecycle.rs: only_a_disabled_ca_is_deleted_and_it_comes_back_disabled",
    ),
    row(
        LIFECYCLE,
        "after 7 to 30 days, 30 if not said, a deleted CA and its key are gone",
        "API reference, DeleteCertificateAuthority",
        "tests/lifecycle.rs: after_restorable_until_a_ca_is_gone_for_good",
    ),
    row(
        LIFECYCLE,
        "EXPIRED follows from the CA's certificate and the clock",
        "User guide, \"Managing the private CA lifecycle\"",
        "tests/lifecycle.rs: an_expired_ca_says_so_and_cannot_be_updated",
    ),
    row(
        LIFECYCLE,
        "page tokens survive what is created and deleted between two pages",
        "API reference, ListCertificateAuthorities",
        "tests/lifecycle.rs: pages_neither_repeat_nor_skip_when_cas_come_and_go",
    ),
    row(
        WAITING,
        "CREATING until the key is made; then PENDING_CERTIFICATE, or FAILED with a reason",
        "API reference, GetCertificateAuthorityCsr, CertificateAuthority",
        "tests/waiting.rs: a_ca_is_creating_for_as_many_polls_as_asked_for",
    ),
    row(
        WAITING,
        "GetCertificate says RequestInProgressException until the certificate is issued",
        "API reference, GetCertificate",
        "tests/waiting.rs: a_certificate_can_be_had_and_revoked_only_when_its_issuance_is_over",
    ),
    row(
        WAITING,
        "an issuance that fails is RequestFailedException, and an event",
        "API reference, GetCertificate",
        "tests/waiting.rs: a_failed_issuance_is_told_by_get_certificate_and_by_its_event",
    ),
    row(
        WAITING,
        "an audit report is CREATING, then SUCCESS or FAILED",
        "API reference, DescribeCertificateAuthorityAuditReport",
        "tests/waiting.rs: \
         an_audit_report_is_creating_until_it_is_asked_for_often_enough_or_late_enough",
    ),
    row(
        WAITING,
        "any operation answers with any of the service's errors, as often as asked for",
        "API reference, \"Common errors\"",
        "tests/behaviour.rs: an_operation_fails_as_often_as_asked_for",
    ),
    row(
        CERTIFICATES,
        "all 61 templates with their extensions",
        "User guide, \"Understanding certificate templates\"",
        "tests/x509/templates.rs: \
         every_template_writes_its_extensions_and_openssl_verifies_the_certificate",
    ),
    row(
        CERTIFICATES,
        "chains verify in OpenSSL",
        "RFC 5280",
        "tests/issuance.rs: the_chain_of_a_leaf_verifies_in_openssl",
    ),
    row(
        CERTIFICATES,
        "RSA, ECDSA and ML-DSA keys with their signing algorithms",
        "User guide, \"Supported cryptographic algorithms\"",
        "tests/x509/algorithms.rs: elliptic_curves_are_read_by_others",
    ),
    row(
        CERTIFICATES,
        "certificates of every key algorithm and template, and CRLs, verify in pyca/cryptography and \
         pass pkilint",
        "RFC 5280",
        "tests/e2e/suites/readers.rs: independent_readers_verify_all_that_is_signed",
    ),
    row(
        CERTIFICATES,
        "a certificate does not outlive its CA, path lengths shrink, signatures are the CA's family",
        "User guide, \"RFC 5280 compliance\"",
        "tests/issuance.rs: what_a_ca_may_not_issue_is_refused_by_name",
    ),
    row(
        CERTIFICATES,
        "an idempotency token returns what it made for five minutes",
        "API reference, IssueCertificate",
        "tests/issuance.rs: a_repeated_token_issues_one_certificate_for_five_minutes",
    ),
    row(
        CERTIFICATES,
        "repeats of a token that come at once make one CA, or one certificate",
        "API reference, CreateCertificateAuthority, IssueCertificate",
        "tests/issuance.rs: repeats_of_a_token_that_come_at_once_make_one_ca_and_one_certificate",
    ),
    row(
        CERTIFICATES,
        "an imported certificate has the CA's key and a sound chain to its root",
        "API reference, ImportCertificateAuthorityCertificate",
        "tests/x509/chain.rs: the_chain_runs_from_the_issuer_to_the_root",
    ),
    row(
        CERTIFICATES,
        "names that break the name constraints above make the issuance fail",
        "User guide, \"RFC compliance\"",
        "tests/issuance.rs: \
         names_outside_the_constraints_above_make_the_issuance_fail_in_the_services_words",
    ),
    row(
        REVOCATION,
        "a certificate is revoked once, and a root's own never",
        "API reference, RevokeCertificate",
        "tests/issuance.rs: a_certificate_is_revoked_once_and_a_roots_own_never",
    ),
    row(
        REVOCATION,
        "a CRL with the first certificate, 30 minutes after a revocation, at half of its validity",
        "User guide, \"Planning a certificate revocation list (CRL)\"",
        "tests/crl/schedule.rs: a_crl_comes_with_the_first_certificate_then_at_the_midpoint_and_after_a_revocation",
    ),
    row(
        REVOCATION,
        "a CRL that cannot be written is tried each 15 minutes, with the documented events",
        "User guide, \"Planning a certificate revocation list (CRL)\"",
        "tests/crl/schedule.rs: a_write_that_fails_is_tried_each_15_minutes_and_told_in_the_services_words",
    ),
    row(
        REVOCATION,
        "an entry stays for one CRL after its certificate has ended",
        "RFC 5280 §3.3",
        "tests/crl/entries.rs: an_entry_stays_for_one_crl_after_its_certificate_has_ended",
    ),
    row(
        REVOCATION,
        "DISABLED CAs publish, DELETED and EXPIRED ones do not, restored ones catch up",
        "User guide, \"Managing the private CA lifecycle\"",
        "tests/crl/schedule.rs: disabled_cas_publish_deleted_ones_do_not_and_restored_ones_catch_up",
    ),
    row(
        REVOCATION,
        "partitioned CRLs, whose certificates are bound to them by their CDP",
        "API reference, CrlConfiguration",
        "tests/crl/partitions.rs: certificates_are_bound_to_partitions_and_stay_so",
    ),
    row(
        REVOCATION,
        "an OCSP responder for GET and POST, which OpenSSL verifies",
        "RFC 6960, RFC 5019",
        "tests/ocsp.rs: openssl_verifies_that_a_certificate_is_good_revoked_or_unknown",
    ),
    row(
        REVOCATION,
        "OCSP responses say how long proxies may keep them",
        "RFC 5019 §6",
        "tests/ocsp.rs: a_get_is_answered_for_caches_and_what_has_a_nonce_is_not",
    ),
    row(
        REVOCATION,
        "a CRL makes OpenSSL refuse what was revoked",
        "RFC 5280 §5",
        "tests/x509/revocation.rs: a_revoked_certificate_is_refused_by_openssl_and_another_is_not",
    ),
    row(
        REVOCATION,
        "audit reports have the documented fields in the documented form",
        "User guide, \"Using audit reports with your private CA\"",
        "src/reports/render.rs: a_record_is_written_as_documented",
    ),
    row(
        ACCESS,
        "a resource policy of the documented form shares a CA with an account",
        "User guide, \"Resource-based policies\"",
        "tests/lifecycle.rs: a_policy_shares_a_ca_with_the_account_that_it_names",
    ),
    row(
        ACCESS,
        "policies of any other form are refused",
        "API reference, PutPolicy",
        "src/policy.rs: what_the_service_would_not_take_is_refused",
    ),
    row(
        ACCESS,
        "the permissions that RAM manages share a CA: reading, and issuing with one template or revoking",
        "User guide, \"Attach a policy for cross-account access\"; RAM user guide",
        "tests/access.rs: a_shared_ca_is_open_to_the_account_as_far_as_the_permission_goes",
    ),
    row(
        ACCESS,
        "IAM policies, if given: wildcards, exceptions, `acm-pca:TemplateArn`, tags of request and resource",
        "Service authorization reference, AWS Private CA",
        "src/iam/tests.rs: conditions_see_the_template_the_tags_and_the_caller",
    ),
    row(
        ACCESS,
        "a refused caller is told who may not do what on what, and which kind of policy is the reason",
        "IAM user guide, \"Troubleshoot access denied error messages\"",
        "src/iam/tests.rs: a_call_is_refused_in_awss_words",
    ),
    row(
        ACCESS,
        "across accounts both the caller and the CA have to allow a call",
        "IAM user guide, \"Cross-account policy evaluation logic\"",
        "tests/access.rs: a_caller_needs_both_its_own_policy_and_the_cas_across_accounts",
    ),
    row(
        ACCESS,
        "ACM gets one permission for each source account",
        "API reference, CreatePermission",
        "tests/lifecycle.rs: acm_gets_one_permission_for_each_account",
    ),
    row(
        ACCESS,
        "tags are added, replaced, removed with or without their value; reserved keys are refused",
        "API reference, TagCertificateAuthority, UntagCertificateAuthority",
        "tests/lifecycle.rs: tags_are_added_replaced_listed_and_removed",
    ),
    row(
        QUOTAS,
        "requests a second, by operation, account and Region; off unless asked for",
        "AWS General Reference, \"AWS Private CA endpoints and quotas\"",
        "tests/behaviour.rs: awss_rates_throttle_until_the_clock_moves_on",
    ),
    row(
        QUOTAS,
        "CAs, certificates and tags; deleted CAs count until they are gone",
        "AWS General Reference, \"AWS Private CA endpoints and quotas\"",
        "tests/behaviour.rs: quotas_of_resources_are_as_configured",
    ),
    row(
        QUOTAS,
        "a CA with a complete CRL has a quota of revoked certificates that have not expired",
        "AWS General Reference, \"AWS Private CA endpoints and quotas\"",
        "tests/crl/entries.rs: a_complete_crl_has_a_quota_of_revoked_certificates_until_they_expire",
    ),
    row(
        EVENTS,
        "CloudWatch's metrics of CRLs and issuances, at `/_pca-local/metrics`",
        "User guide, \"AWS Private CA CloudWatch metrics\"",
        "tests/crl/schedule.rs: a_write_that_fails_is_tried_each_15_minutes_and_told_in_the_services_words",
    ),
    row(
        EVENTS,
        "service events in the documented envelope, failures with their reasons",
        "User guide, \"Monitoring AWS Private CA with CloudWatch Events\"",
        "src/events.rs: a_failed_crl_generation_says_why_in_the_services_words",
    ),
    row(
        EVENTS,
        "events reach an EventBridge endpoint and a file; what an endpoint does not take is sent again",
        "EventBridge API reference, PutEvents",
        "tests/e2e/suites/events.rs: an_eventbridge_endpoint_and_a_file_get_what_happened",
    ),
    row(
        EVENTS,
        "CloudTrail records of calls, refused ones with their error",
        "User guide, \"Logging AWS Private CA API calls with AWS CloudTrail\"",
        "src/cloudtrail.rs: a_refused_call_carries_its_error_and_blobs_are_byte_buffers",
    ),
    row(
        EVENTS,
        "CloudTrail records of what the service does by itself: CRLs, OCSP responses and signatures",
        "User guide, \"Logging AWS Private CA API calls with AWS CloudTrail\"",
        "src/cloudtrail/acts.rs: each_act_has_its_name_and_what_it_was_done_to",
    ),
    row(
        EVENTS,
        "SignCRL and GenerateCRL, SignOCSPResponse and GenerateOCSPResponse for each CRL and answer",
        "User guide, \"GenerateCRL\", \"GenerateOCSPResponse\"",
        "tests/service_events.rs: an_ocsp_answer_is_told_with_the_certificates_that_it_is_about",
    ),
    row(
        EVENTS,
        "IssueCertificateDetails: what was issued, from what and for whom",
        "User guide, \"Logging AWS Private CA API calls with AWS CloudTrail\"",
        "tests/service_events.rs: \
         an_issuance_is_told_with_what_was_signed_and_who_asked_for_it",
    ),
    row(
        EVENTS,
        "IssueCertificateDetails of an issuance that failed has the reason, and no validity",
        "User guide, \"Logging AWS Private CA API calls with AWS CloudTrail\"",
        "tests/service_events.rs: \
         an_issuance_that_fails_is_told_with_its_reason_and_without_its_validity",
    ),
];
