//! Prints docs/acmpca-coverage.md: what of ACM PCA is in pca-local, made from the tables in
//! `coverage/` and the API model.

use std::{collections::BTreeMap, fmt::Write as _, io::Write as _};

use serde::Deserialize;

const BEHAVIOURS: &str = include_str!("../coverage/behaviours.json");
const CHOICES: &str = include_str!("../coverage/choices.json");
const TEXTS: &str = include_str!("../coverage/texts.json");
const UNUSED_ERRORS: &str = include_str!("../coverage/unused-errors.json");
const MODEL: &str = include_str!("../model/acm-pca-2017-08-22.json");

const HEAD: &str = "\
# What of ACM PCA is in pca-local

Made by `make docs` from `local/pca-local/coverage/`; a test fails when the two differ, and when a
test that is named here does not exist. Paths are those of `local/pca-local` unless they begin with
`local/` or `tests/e2e/suites/`.

## Operations

All of API version 2017-08-22. Every constraint of every member is held, and tried at its edges, by \
`tests/validation.rs: every_constraint_of_the_model_is_enforced_at_its_edge`; every operation is \
tried in every state of a CA by `tests/states.rs: \
each_operation_is_answered_or_refused_as_the_state_says`.

| operation | modeled errors (less the suffix Exception) |
| --- | --- |
";
const UNUSED_ERRORS_HEAD: &str =
    "\nThe API model has errors that nothing here ends in:\n\n| error | why |\n| --- | --- |\n";
const KNOWN_HEAD: &str = "\n## Texts of refusals\n\nWhat the real service was seen to say; the test \
                          quotes it. `…` stands for what differs from call to call.\n\n\
                          | code | text | source | test |\n| --- | --- | --- | --- |\n";
const CHOICES_HEAD: &str = "\n## Not known\n\nNo public document or report says what the real service \
                            does or says here. Programs should not rely on it. `searched` is the day \
                            on which public issues and pages were last searched for a report of it.\n\n\
                            ### Behaviour and codes\n\n\
                            | question | choice | test | searched |\n| --- | --- | --- | --- |\n";
const UNKNOWN_HEAD: &str = "\n### Texts\n\nThese are pca-local's own words. The code is the service's \
                            for this case where a row above or the API reference says so, else a \
                            choice too.\n\n\
                            | code | text | searched |\n| --- | --- | --- |\n";
const REFERENCE: &str = "https://docs.aws.amazon.com/privateca/latest/APIReference/API_";

/// Something that the service does, as AWS documents it.
#[derive(Deserialize)]
pub(crate) struct Behaviour {
    area: String,
    behaviour: String,
    /// The page of AWS's, or the standard, that says so.
    source: String,
    /// `path: name` of the test that holds it.
    pub(crate) test: String,
}

/// Something that AWS does not document, and what is done here.
#[derive(Deserialize)]
pub(crate) struct Choice {
    question: String,
    choice: String,
    /// `path: name` of the test that holds it.
    pub(crate) test: String,
    /// The day on which public reports were last searched for an answer.
    searched: Option<String>,
}

/// What a refusal says. Whose words they are: the service's, if there is a source.
#[derive(Deserialize)]
pub(crate) struct Text {
    code: String,
    pub(crate) text: String,
    source: Option<String>,
    /// `path: name` of the test that quotes it, if there is a source.
    pub(crate) test: Option<String>,
    /// The day on which public reports were last searched for one.
    searched: Option<String>,
}

/// An error of the model that no rule here ends in. Faults on request can have it all the same.
#[derive(Deserialize)]
struct UnusedError {
    error: String,
    why: String,
}

#[derive(Deserialize)]
struct Model {
    operations: BTreeMap<String, Operation>,
}

#[derive(Deserialize)]
struct Operation {
    #[serde(default)]
    errors: Vec<String>,
}

/// The rows of documented behaviour.
pub(crate) fn behaviours() -> serde_json::Result<Vec<Behaviour>> {
    serde_json::from_str(BEHAVIOURS)
}

/// The rows of what is not documented.
pub(crate) fn choices() -> serde_json::Result<Vec<Choice>> {
    serde_json::from_str(CHOICES)
}

/// The rows of what refusals say.
pub(crate) fn texts() -> serde_json::Result<Vec<Text>> {
    serde_json::from_str(TEXTS)
}

/// The page, in Markdown.
pub(crate) fn page() -> Result<String, Box<dyn std::error::Error>> {
    let mut page = HEAD.to_owned();
    let model: Model = serde_json::from_str(MODEL)?;
    for (name, operation) in &model.operations {
        let errors = operation.errors.iter();
        let errors: Vec<&str> =
            errors.map(|error| error.strip_suffix("Exception").unwrap_or(error)).collect();
        writeln!(page, "| [{name}]({REFERENCE}{name}.html) | {} |", errors.join(", "))?;
    }
    page.push_str(UNUSED_ERRORS_HEAD);
    let unused: Vec<UnusedError> = serde_json::from_str(UNUSED_ERRORS)?;
    for UnusedError { error, why } in &unused {
        writeln!(page, "| {error} | {why} |")?;
    }
    let mut current = String::new();
    for Behaviour { area, behaviour, source, test } in behaviours()? {
        if area != current {
            writeln!(page, "\n## {area}\n\n| behaviour | source | test |\n| --- | --- | --- |")?;
            current = area;
        }
        writeln!(page, "| {behaviour} | {source} | `{test}` |")?;
    }
    page.push_str(KNOWN_HEAD);
    let texts = texts()?;
    for Text { code, text, source, test, .. } in &texts {
        if let (Some(source), Some(test)) = (source, test) {
            writeln!(page, "| {code} | {text} | {source} | `{test}` |")?;
        }
    }
    page.push_str(CHOICES_HEAD);
    for Choice { question, choice, test, searched } in choices()? {
        let searched = searched.unwrap_or_default();
        writeln!(page, "| {question} | {choice} | `{test}` | {searched} |")?;
    }
    page.push_str(UNKNOWN_HEAD);
    for Text { code, text, searched, .. } in texts.iter().filter(|text| text.source.is_none()) {
        writeln!(page, "| {code} | {text} | {} |", searched.as_deref().unwrap_or_default())?;
    }
    Ok(page)
}

#[allow(dead_code, reason = "the test includes this file")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(std::io::stdout().write_all(page()?.as_bytes())?)
}
