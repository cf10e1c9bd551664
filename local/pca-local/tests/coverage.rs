//! docs/acmpca-coverage.md says what coverage/ says, and every row is backed by a test that exists.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{fs, path::Path};

#[path = "../examples/coverage.rs"]
mod pages;

use pages::{behaviours, choices, page};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_page_is_what_make_docs_would_write() {
    let written = fs::read_to_string(Path::new(FOLDER).join("../../docs/acmpca-coverage.md"));
    assert!(
        written.is_ok_and(|written| written == page().unwrap()),
        "docs/acmpca-coverage.md is not what local/pca-local/coverage/ says: run `make docs`"
    );
}

#[test]
fn every_row_names_a_test_that_exists() {
    let of_choices = choices().unwrap().into_iter().map(|choice| choice.test);
    for named in behaviours().unwrap().into_iter().map(|row| row.test).chain(of_choices) {
        let (path, name) = named.split_once(": ").unwrap();
        let is_from_the_root = path.starts_with("local/")
            || path.starts_with("shared/")
            || path.starts_with("tests/e2e/suites/");
        let base = if is_from_the_root { "../.." } else { "" };
        let source = fs::read_to_string(Path::new(FOLDER).join(base).join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let at = source.find(&format!("fn {name}(")).unwrap_or_else(|| panic!("{named}"));
        let before = source[..at].trim_end().trim_end_matches("async").trim_end();
        let attribute = before.lines().last().unwrap_or_default().trim();
        let is_test = ["#[test]", "#[tokio::test]", "#[tokio::test("]
            .iter()
            .any(|start| attribute.starts_with(start));
        assert!(is_test, "{named} is a function, and not a test");
    }
}

#[test]
fn rows_are_single_cells_of_a_table() {
    for line in page().unwrap().lines().filter(|line| line.starts_with("| ")) {
        assert!(matches!(line.matches('|').count(), 3 | 4), "{line}");
    }
}
