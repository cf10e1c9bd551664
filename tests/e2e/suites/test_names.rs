//! The name of a test says what holds, in at most 60 characters.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::path::{Path, PathBuf};

use e2e::root;

const MAX_LENGTH: usize = 60;

/// The Rust files of the workspace, of which build output is no part.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names of the functions with a test attribute: `#[test]`, `#[tokio::test]`, with arguments
/// or without, also inside `proptest!`.
fn test_names(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        }
        let function = line.strip_prefix("async ").unwrap_or(line);
        if let Some(rest) = function.strip_prefix("fn ").filter(|_| is_test) {
            let end = rest.find(|next: char| !next.is_alphanumeric() && next != '_');
            names.push(rest[..end.unwrap_or(rest.len())].to_owned());
            is_test = false;
        }
    }
    names
}

#[test]
fn no_test_has_a_name_of_more_than_60_characters() {
    let mut files = Vec::new();
    sources(root(), &mut files);
    let sources = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
    let names: Vec<_> = sources.flat_map(|source| test_names(&source)).collect();
    assert!(names.len() > 500, "only {} tests were found", names.len());
    let longer: Vec<_> = names.iter().filter(|name| name.len() > MAX_LENGTH).collect();
    assert!(longer.is_empty(), "shorten to {MAX_LENGTH} characters: {longer:#?}");
}

#[test]
fn a_test_is_known_by_its_attribute() {
    let source = "
        #[test]
        fn one() {}
        #[tokio::test(start_paused = true)]
        #[allow(dead_code)]
        async fn two() { fn inner() {} }
        fn helper() {}
        proptest! {
            /// A property.
            #[test]
            fn three(value in 0..9) {}
        }
    ";
    assert_eq!(test_names(source), ["one", "two", "three"]);
}
