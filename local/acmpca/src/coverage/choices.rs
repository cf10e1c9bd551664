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
];
