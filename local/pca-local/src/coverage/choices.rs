//! Each question that AWS's documentation leaves open, and the answer here.

use super::Choice;

pub const CHOICES: &[Choice] = &[
    Choice {
        question: "Is a CA restorable at `RestorableUntil` itself?",
        choice: "no: until, not at",
        test: "src/lifecycle.rs: deletion_hides_expiry_and_ends_at_restorable_until",
    },
    Choice {
        question: "Policy, permissions, tags and CRL configuration after a restoration",
        choice: "all are as they were",
        test: "tests/choices.rs: a_restored_ca_has_everything_that_it_had",
    },
    Choice {
        question: "Deleting a CA in CREATING or FAILED",
        choice: "it is gone at once",
        test: "tests/waiting.rs: a_failed_creation_has_its_reason_and_is_deleted_at_once",
    },
    Choice {
        question: "Deleting a DELETED CA; its CSR; tags, policy and permissions of a DELETED CA",
        choice: "InvalidStateException, of the last three \
                 \"The certificate authority is in the DELETED state\"",
        test: "tests/states.rs: each_operation_is_answered_or_refused_as_the_state_says",
    },
    Choice {
        question: "The CSR of a CA in FAILED",
        choice: "InvalidStateException",
        test: "tests/states.rs: each_operation_is_answered_or_refused_as_the_state_says",
    },
    Choice {
        question: "The number of a CRL when the clock stands still, or has been turned back",
        choice: "one more than the last: numbers never go back (RFC 5280 §5.2.3)",
        test: "src/crl/list.rs: a_crl_number_never_goes_back_nor_stands_still",
    },
    Choice {
        question: "Import while DISABLED",
        choice: "accepted, stays DISABLED",
        test: "tests/states.rs: each_operation_is_answered_or_refused_as_the_state_says",
    },
    Choice {
        question: "Updating the status to anything but ACTIVE and DISABLED",
        choice: "InvalidArgsException",
        test: "tests/rules.rs: only_the_two_switchable_states_can_be_asked_for",
    },
    Choice {
        question: "Order and page size of ListCertificateAuthorities",
        choice: "order of creation; 100",
        test: "tests/lifecycle.rs: pages_neither_repeat_nor_skip_when_cas_come_and_go",
    },
    Choice {
        question: "ARN of another Region, of a certificate, of a template",
        choice: "InvalidArnException",
        test: "tests/rules.rs: an_arn_of_another_kind_or_place_is_not_an_arn_of_a_ca",
    },
    Choice {
        question: "Another account's CA without a policy that lets the caller in",
        choice: "AccessDeniedException with HTTP 400, as observed, whether the CA exists or not",
        test: "tests/lifecycle.rs: another_account_sees_nothing_and_is_refused",
    },
    Choice {
        question: "Same idempotency token, other parameters",
        choice: "the first resource is returned; tokens belong to the account and Region, or to \
                 the issuing CA",
        test: "tests/choices.rs: a_token_returns_the_first_resource_whatever_else_is_asked_for",
    },
    Choice {
        question: "How many seconds' worth of requests a rate quota lets through at once",
        choice: "one",
        test: "src/quotas/bucket.rs: a_second_holds_the_rate_and_each_part_of_a_second_its_part",
    },
    Choice {
        question: "Second audit report within 30 minutes, or while one is being written",
        choice: "RequestInProgressException, per CA",
        test: "tests/choices.rs: the_next_audit_report_waits_for_the_last_and_for_half_an_hour",
    },
    Choice {
        question: "Report bucket that cannot be written",
        choice: "the ValidationException of CRL buckets, at once",
        test: "tests/choices.rs: a_bucket_that_cannot_be_written_is_refused_at_once",
    },
    Choice {
        question: "A bucket name that S3 could not have",
        choice: "InvalidArgsException",
        test: "src/operations/bucket_name.rs: names_are_judged_by_s3s_rules",
    },
    Choice {
        question: "Revocation of an expired certificate",
        choice: "InvalidRequestException",
        test: "tests/choices.rs: an_expired_certificate_cannot_be_revoked",
    },
    Choice {
        question: "Revocation of a certificate whose issuance waits, or has failed",
        choice: "RequestInProgressException, RequestFailedException",
        test: "tests/waiting.rs: \
               a_certificate_can_be_had_and_revoked_only_when_its_issuance_is_over",
    },
    Choice {
        question: "Unknown TemplateArn; validity beyond the CA's; path length",
        choice: "ValidationException",
        test: "tests/issuance.rs: what_a_ca_may_not_issue_is_refused_by_name",
    },
    Choice {
        question: "Seven days of SHORT_LIVED_CERTIFICATE: from when, and the error",
        choice: "from the issuance, inclusive; ValidationException",
        test: "tests/choices.rs: a_short_lived_certificate_lives_seven_days_from_its_issuance",
    },
    Choice {
        question: "Which exception each import violation is",
        choice: "another key or a broken chain: CertificateMismatchException; a chain that is \
                 missing or should be: InvalidRequestException; not readable: \
                 MalformedCertificateException; basic constraints: ValidationException",
        test: "tests/issuance.rs: an_import_that_does_not_fit_is_refused",
    },
    Choice {
        question: "Salt length of RSASSA-PSS",
        choice: "the hash's (RFC 4055 §3.1)",
        test: "src/x509/scheme.rs: pss_is_encoded_as_rfc_4055_prints_it",
    },
    Choice {
        question: "Order of the less common attributes in a CA's request",
        choice: "after C, O, OU, ST, CN, L in the order of the API model",
        test: "src/x509/name/from_api.rs: attributes_stand_in_the_order_of_the_services_requests",
    },
    Choice {
        question: "`ExpirationInDays` left out",
        choice: "7, the console's default",
        test: "tests/choices.rs: what_a_crl_configuration_leaves_out_is_chosen",
    },
    Choice {
        question: "CDP of a bucket with dots in its name",
        choice: "path style",
        test: "tests/choices.rs: what_a_crl_configuration_leaves_out_is_chosen",
    },
    Choice {
        question: "Key of a CRL partition",
        choice: "`crl/<CA-ID>/<GUID>.crl`, with a custom path `<CustomPath>/<GUID>.crl`",
        test: "src/crl/location.rs: keys_and_urls_follow_the_bucket_the_path_and_the_name",
    },
    Choice {
        question: "When a CRL partition is closed",
        choice: "when its CRL would reach 1 MB if all its certificates were revoked, or the URL changes",
        test: "src/crl/lists.rs: a_partition_is_closed_when_it_is_full_or_its_url_would_change",
    },
    Choice {
        question: "What the issuingDistributionPoint of a partition holds besides its URL",
        choice: "nothing: no flag is set",
        test: "tests/crl/partitions.rs: certificates_are_bound_to_partitions_and_stay_so",
    },
    Choice {
        question: "From PARTITIONED back to COMPLETE: the CRL, and certificates bound to partitions",
        choice: "it keeps its issuingDistributionPoint; InvalidRequestException until PARTITIONED again",
        test: "tests/crl/partitions.rs: certificates_are_bound_to_partitions_and_stay_so",
    },
    Choice {
        question: "The first CRL of a CA that leaves the distribution point out of certificates",
        choice: "with the first certificate, as with it",
        test: "tests/crl/places.rs: a_crl_that_certificates_do_not_name_is_published_all_the_same",
    },
    Choice {
        question: "The first CRL in a new bucket",
        choice: "with the first certificate that names it, or at the next planned moment",
        test: "tests/crl/places.rs: a_new_bucket_gets_the_crl_with_the_first_certificate_that_names_it",
    },
    Choice {
        question: "Events of CRLs that are refreshed",
        choice: "as after a revocation: one for each moment at which a CA writes CRLs",
        test: "tests/crl/schedule.rs: a_crl_comes_with_the_first_certificate_then_at_the_midpoint_and_after_a_revocation",
    },
    Choice {
        question: "The object that tries a bucket whose CRLs are not public",
        choice: "`acm-pca-permission-test-key-private`",
        test: "tests/crl/places.rs: a_new_bucket_gets_the_crl_with_the_first_certificate_that_names_it",
    },
    Choice {
        question: "OCSP: when a revocation shows (within 60 minutes), how long a response may be used",
        choice: "at once; an hour",
        test: "tests/ocsp.rs: openssl_verifies_that_a_certificate_is_good_revoked_or_unknown",
    },
    Choice {
        question: "OCSP for a CA that is neither ACTIVE nor DISABLED, or has it off",
        choice: "unauthorized (RFC 5019 §2.2.3)",
        test: "tests/ocsp.rs: a_disabled_ca_answers_and_one_that_is_not_in_service_is_not_spoken_for",
    },
    Choice {
        question: "OCSP for a serial that the CA never issued",
        choice: "unknown",
        test: "tests/ocsp.rs: openssl_verifies_that_a_certificate_is_good_revoked_or_unknown",
    },
    Choice {
        question: "The end of a PEM text",
        choice: "no line feed after a certificate or a chain (clients add their own), one after a CSR",
        test: "tests/e2e/suites/moto.rs: what_moto_expects_of_acm_pca_holds_wherever_aws_does_it_too",
    },
    Choice {
        question: "CRL entry reason UNSPECIFIED",
        choice: "no reasonCode extension (RFC 5280 §5.3.1)",
        test: "tests/choices.rs: what_a_crl_configuration_leaves_out_is_chosen",
    },
    Choice {
        question: "A part of RevocationConfiguration left out of an update",
        choice: "stays as it was",
        test: "tests/choices.rs: a_part_of_the_configuration_that_an_update_leaves_out_stays",
    },
    Choice {
        question: "A principal of CreatePermission that is not ACM",
        choice: "ValidationException",
        test: "tests/lifecycle.rs: acm_gets_one_permission_for_each_account",
    },
    Choice {
        question: "HTTP status of InvalidSignatureException",
        choice: "403, that of the other errors about the caller",
        test: "src/signature/tests.rs: each_defect_has_its_code",
    },
    Choice {
        question: "The template that `acm-pca:TemplateArn` has for a request that names none",
        choice: "the default, `EndEntityCertificate/V1`",
        test: "src/iam/tests.rs: conditions_see_the_template_the_tags_and_the_caller",
    },
    Choice {
        question: "The resource that IAM holds ListCertificateAuthorities and \
                   CreateCertificateAuthority against",
        choice: "`*`; the tags of a new CA against `…:certificate-authority/*`",
        test: "src/iam/tests.rs: actions_and_resources_may_be_wildcards_or_exceptions",
    },
    Choice {
        question: "What a share of RAM is in the CA's resource policy",
        choice: "two statements for each permission and account, marked by their Sid; \
                 DeletePolicy ends all shares",
        test: "tests/access.rs: a_shared_ca_is_open_to_the_account_as_far_as_the_permission_goes",
    },
    Choice {
        question: "The forms of IssueCertificateDetails: the certificate to be signed, names, \
                   identifiers, members without a value",
        choice: "base64 of the DER; RFC 2253, as in audit reports; upper-case pairs between colons; \
                 left out",
        test: "tests/service_events.rs: \
               an_issuance_is_told_with_what_was_signed_and_who_asked_for_it",
    },
    Choice {
        question: "The validity that IssueCertificateDetails leaves out of a failure",
        choice: "notBefore, notAfter and issuedAt; what was to be signed is there",
        test: "tests/service_events.rs: \
               an_issuance_that_fails_is_told_with_its_reason_and_without_its_validity",
    },
    Choice {
        question: "SignCertificate of an issuance that takes time or fails",
        choice: "when it is over; none if it failed",
        test: "tests/service_events.rs: \
               an_issuance_that_fails_is_told_with_its_reason_and_without_its_validity",
    },
    Choice {
        question: "GenerateCRL of a CRL that could not be written",
        choice: "none, only SignCRL; each partition has records of its own",
        test: "tests/service_events.rs: a_crl_is_told_when_it_is_signed_and_when_it_is_there",
    },
    Choice {
        question: "What GenerateOCSPResponse names if several certificates were asked for, or one \
                   that was never issued",
        choice: "each that was asked for, by the ARN that it would have",
        test: "tests/service_events.rs: an_ocsp_answer_is_told_with_the_certificates_that_it_is_about",
    },
    Choice {
        question: "The resources of the Sign… records",
        choice: "the CA; of SignCertificate also the certificate",
        test: "src/cloudtrail/acts.rs: each_act_has_its_name_and_what_it_was_done_to",
    },
];
