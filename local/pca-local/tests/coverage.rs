//! docs/acmpca-coverage.md says what coverage/ says, and every row is backed by a test that exists.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{fs, path::Path};

#[path = "../examples/coverage.rs"]
mod pages;

use pages::{behaviours, choices, page, texts};

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
    let of_texts = texts().unwrap().into_iter().filter_map(|text| text.test);
    let rows = behaviours().unwrap().into_iter().map(|row| row.test);
    for named in rows.chain(of_choices).chain(of_texts) {
        let path = named.split_once(": ").unwrap().0;
        let is_from_the_root = path.starts_with("local/")
            || path.starts_with("shared/")
            || path.starts_with("tests/e2e/suites/");
        is_a_test(&Path::new(FOLDER).join(if is_from_the_root { "../.." } else { "" }), &named);
    }
}

/// `PATH: NAME` is a test in a file of that folder.
fn is_a_test(folder: &Path, named: &str) {
    let (path, name) = named.split_once(": ").unwrap();
    let source =
        fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let at = source.find(&format!("fn {name}(")).unwrap_or_else(|| panic!("{named}"));
    let before = source[..at].trim_end().trim_end_matches("async").trim_end();
    let attribute = before.lines().last().unwrap_or_default().trim();
    let is_test = ["#[test]", "#[tokio::test]", "#[tokio::test("]
        .iter()
        .any(|start| attribute.starts_with(start));
    assert!(is_test, "{named} is a function, and not a test");
}

#[test]
fn each_promise_of_durability_names_its_test() {
    let page = Path::new(FOLDER).join("../../docs/pca-local/durability.md");
    let page = fs::read_to_string(page).unwrap();
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| promise");
    let rows: Vec<&str> =
        page.lines().filter(is_row).filter(|line| !line.starts_with("| ---")).collect();
    assert!(rows.len() > 25, "{}", rows.len());
    for row in rows {
        let named = row.trim_end_matches("` |").rsplit_once('`').unwrap().1;
        is_a_test(&Path::new(FOLDER).join("tests"), named);
    }
}

#[test]
fn rows_are_single_cells_of_a_table() {
    for line in page().unwrap().lines().filter(|line| line.starts_with("| ")) {
        assert!(matches!(line.matches('|').count(), 3..=5), "{line}");
    }
}

/// Every text that the source refuses with is in coverage/texts.json, as known or as not known.
#[test]
fn every_text_of_a_refusal_is_listed() {
    let listed: Vec<String> = texts().unwrap().into_iter().map(|text| text.text).collect();
    let mut found = 0;
    for file in sources(&Path::new(FOLDER).join("src")) {
        let source = fs::read_to_string(&file).unwrap();
        let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        for text in refusals(source) {
            assert!(listed.contains(&text), "{}: not in texts.json: {text}", file.display());
            found += 1;
        }
    }
    assert!(found > 60, "{found} texts were found");
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The literals that errors are made from, with `…` for each value that is put in. Internal errors
/// are no refusals.
fn refusals(source: &str) -> Vec<String> {
    let call = r#"ApiError::(\w+)\(\s*(?:"\w+",\s*)?(?:format!\(\s*)?"((?:[^"\\]|\\.|\\\n)*)""#;
    let call = regex::Regex::new(call).unwrap();
    let value = regex::Regex::new(r"\{[^{}]*\}").unwrap();
    let broken = regex::Regex::new(r"\\\n\s*").unwrap();
    call.captures_iter(source)
        .filter(|found| !matches!(&found[1], "internal" | "with_code"))
        .map(|found| broken.replace_all(&found[2], "").into_owned())
        .map(|text| value.replace_all(&text, "…").replace('|', "/"))
        .filter(|text| text.contains(' '))
        .collect()
}
