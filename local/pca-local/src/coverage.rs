//! What of ACM PCA is here, as the page docs/acmpca-coverage.md tells it.

mod behaviours;
mod choices;

use std::fmt::Write as _;

use crate::wire::model::MODEL;
pub use behaviours::BEHAVIOURS;
pub use choices::CHOICES;

/// Something that the service does, as AWS documents it.
#[derive(Debug)]
pub struct Behaviour {
    pub area: &'static str,
    pub what: &'static str,
    /// The page of AWS's, or the standard, that says so.
    pub source: &'static str,
    /// `path: name` of the test that holds us to it.
    pub test: &'static str,
}

/// Something that AWS does not document, and what is done here.
#[derive(Debug)]
pub struct Choice {
    pub question: &'static str,
    pub choice: &'static str,
    pub test: &'static str,
}

/// Errors of the model that no rule here ends in. Faults on request can have them all the same.
const NEVER: &[(&str, &str)] = &[
    (
        "ConcurrentModificationException",
        "changes of one CA follow each other, so none meets another half-way",
    ),
    ("LockoutPreventedException", "no policy of the accepted form locks its owner out"),
    (
        "InvalidArgsException of DescribeCertificateAuthorityAuditReport",
        "it has no argument that only the operation could judge",
    ),
    (
        "InvalidPolicyException of CreateCertificateAuthority and UpdateCertificateAuthority",
        "they have no member that holds a policy",
    ),
    (
        "InvalidTagException of UntagCertificateAuthority",
        "removing a tag that cannot be there removes nothing",
    ),
    ("LimitExceededException of CreatePermission", "there is one principal only"),
    (
        "RequestFailedException but of GetCertificate and RevokeCertificate",
        "a failure without a reason; here there is always one",
    ),
    (
        "RequestInProgressException of ImportCertificateAuthorityCertificate",
        "an import is done when it is answered",
    ),
];

const HEAD: &str = "\
# What of ACM PCA is in pca-local

Made by `make docs` from `local/pca-local/src/coverage.rs`; a test fails when the two part, and when a
test that is named here does not exist. Paths are those of `local/pca-local` unless they begin with
`local/` or `tests/e2e/suites/`.

";

/// The page, in Markdown.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    operations(&mut page);
    let mut area = "";
    for Behaviour { area: of, what, source, test } in BEHAVIOURS {
        if *of != area {
            area = of;
            line(
                &mut page,
                &format!("\n## {area}\n\n| behaviour | source | test |\n| --- | --- | --- |"),
            );
        }
        line(&mut page, &format!("| {what} | {source} | `{test}` |"));
    }
    line(
        &mut page,
        "\n## Choices\n\nWhere the real service's behaviour is not known.\n\n\
         | question | choice | test |\n| --- | --- | --- |",
    );
    for Choice { question, choice, test } in CHOICES {
        line(&mut page, &format!("| {question} | {choice} | `{test}` |"));
    }
    page
}

fn operations(page: &mut String) {
    line(
        page,
        "## Operations\n\nAll of API version 2017-08-22. Every constraint of every member is held, \
         and tried at its edges, by `tests/validation.rs: \
         every_constraint_of_the_model_is_enforced_at_its_edge`; every operation is tried in every \
         state of a CA by `tests/states.rs: \
         each_operation_is_answered_or_refused_as_the_state_says`.\n\n\
         | operation | modeled errors (less the suffix Exception) |\n| --- | --- |",
    );
    for (name, operation) in &MODEL.operations {
        let errors: Vec<&str> = operation
            .errors
            .iter()
            .map(|error| error.strip_suffix("Exception").unwrap_or(error))
            .collect();
        let url = "https://docs.aws.amazon.com/privateca/latest/APIReference/API_";
        line(page, &format!("| [{name}]({url}{name}.html) | {} |", errors.join(", ")));
    }
    line(
        page,
        "\nThe API model has errors that nothing here ends in:\n\n| error | why |\n| --- | --- |",
    );
    for (error, why) in NEVER {
        line(page, &format!("| {error} | {why} |"));
    }
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("a String takes everything");
}
