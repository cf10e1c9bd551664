//! What users read keeps to one vocabulary: docs/words-not-used.txt lists the words that are not used.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use e2e::{binary, root, run, template::template};
use serde_json::Value;

/// A word or phrase that is not used, what to write instead, and the texts in which it may stand.
struct NotUsed {
    word: String,
    instead: String,
    allowed: BTreeSet<String>,
}

fn list() -> Vec<NotUsed> {
    let text = fs::read_to_string(root().join("docs/words-not-used.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [word, instead, allowed] = cells[..] else { panic!("{line:?} has not three cells") };
        let allowed = allowed.split(',').map(|name| name.trim().to_owned());
        let allowed = allowed.filter(|name| !name.is_empty()).collect();
        NotUsed { word: word.to_owned(), instead: instead.to_owned(), allowed }
    };
    lines.map(read).collect()
}

/// Markdown without code spans, which quote names as they are.
fn without_code(markdown: &str) -> String {
    let mut text = String::new();
    for line in markdown.lines() {
        text.extend(line.split('`').step_by(2));
        text.push('\n');
    }
    text
}

/// The help of a command and of all its subcommands.
fn help(name: &str, arguments: &[&str], texts: &mut BTreeMap<String, String>) {
    let text = run(Command::new(binary(name)).args(arguments).arg("--help")).unwrap();
    let commands = text.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.trim().is_empty());
    let is_command = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    for line in commands.filter(is_command) {
        let command = line.split_whitespace().next().unwrap();
        if command != "help" {
            help(name, &[arguments, &[command]].concat(), texts);
        }
    }
    texts.insert([&[name], arguments, &["--help"]].concat().join(" "), text);
}

fn descriptions(value: &Value, text: &mut String) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| descriptions(value, text)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(words) if name.ends_with("Description") => {
                        text.push_str(words);
                        text.push('\n');
                    }
                    other => descriptions(other, text),
                }
            }
        }
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

/// The folders of source files.
const SOURCES: [&str; 9] =
    ["bench", "functions", "fuzz", "infra", "local", "packaging", "shared", "tests", "vigil"];

/// What begins a comment, by the ending of a file's name.
fn comment_mark(path: &Path) -> Option<&'static str> {
    match path.extension()?.to_str()? {
        "cedar" | "cedarschema" | "rs" => Some("//"),
        "py" | "toml" | "yaml" => Some("#"),
        _ => None,
    }
}

/// The comments of a source file, without code spans. Code in between ends a phrase.
fn comments(source: &str, mark: &str) -> String {
    let mut text = String::new();
    for line in source.lines() {
        let own_line = line.trim_start().strip_prefix(mark);
        let after_code = || Some(line.split_once(&format!(" {mark} "))?.1);
        match own_line.or_else(after_code) {
            Some(comment) => text.push_str(comment.trim_start_matches(['/', '!'])),
            None => text.push('¶'),
        }
        text.push('\n');
    }
    without_code(&text)
}

/// The messages of a source file's errors.
fn messages(source: &str) -> String {
    let errors = source.split("#[error(").skip(1);
    errors.filter_map(|error| Some(error.split_once(")]")?.0)).collect::<Vec<_>>().join("\n")
}

/// Folders whose string literals users read. Their code is checked as it stands: a name with `_` is one word.
const SPOKEN: [&str; 3] =
    ["vigil/src/", "local/vigil-local/src/demo/", "shared/vigil-core/src/rules/"];

/// Source without comments. A string goes on behind `\` at the end of a line.
fn code(source: &str) -> String {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let lines = source.lines().filter(is_code);
    lines.map(|line| line.trim_end_matches('\\')).collect::<Vec<_>>().join("\n")
}

fn source_texts(folder: &Path, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            source_texts(&path, texts);
        } else if let Some(mark) = comment_mark(&path) {
            let source = fs::read_to_string(&path).unwrap();
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            let mut text = format!("{}\n{}", comments(&source, mark), messages(&source));
            if SPOKEN.iter().any(|folder| name.starts_with(folder)) {
                text.push_str(&code(&source));
            }
            texts.entry(name).or_default().push_str(&text);
        }
    }
}

/// Everything that is checked, by name.
fn texts() -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for name in ["vigil", "vigil-local", "pca-local"] {
        help(name, &[], &mut texts);
    }
    let mut words = String::new();
    descriptions(&template(), &mut words);
    texts.insert("infra/template.yaml".to_owned(), words);
    for folder in SOURCES {
        source_texts(&root().join(folder), &mut texts);
    }
    for folder in ["", "docs/", "docs/decisions/", "docs/pca-local/"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                let path = format!("{folder}{name}");
                let text = fs::read_to_string(root().join(&path)).unwrap();
                texts.insert(path, without_code(&text));
            }
        }
    }
    texts
}

/// Whether the phrase stands in the text as whole words.
fn uses(text: &str, phrase: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(phrase).any(|(at, _)| {
        !text[..at].ends_with(is_word) && !text[at + phrase.len()..].starts_with(is_word)
    })
}

/// Lower case, with one blank for any white space, so that a phrase may be wrapped.
fn normal(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn texts_and_comments_use_one_vocabulary() {
    let mut faults = Vec::new();
    let texts = texts();
    let normal: Vec<(&String, String)> =
        texts.iter().map(|(name, text)| (name, normal(text))).collect();
    for NotUsed { word, instead, allowed } in list() {
        for (name, text) in &normal {
            match (uses(text, &word), allowed.contains(*name)) {
                (true, false) => faults.push(format!("{name}: {word:?}; write: {instead}")),
                (false, true) => {
                    faults.push(format!("{name} does not use {word:?}: end the exception"))
                }
                (true, true) | (false, false) => {}
            }
        }
        let unknown = allowed.iter().filter(|name| !texts.contains_key(*name));
        faults.extend(unknown.map(|name| format!("{name} is no text that is checked")));
    }
    assert!(faults.is_empty(), "docs/words-not-used.txt:\n{}", faults.join("\n"));
}

#[test]
fn a_phrase_is_found_as_whole_words_only() {
    assert!(uses("it is let go.", "let go") && !uses("outlet goes", "let go"));
    assert!(uses("told", "told") && !uses("untold", "told"));
    assert_eq!(normal("Looked\n  at"), "looked at");
    assert_eq!(without_code("a `told` b\n"), "a  b\n");
    assert_eq!(comments("/// a `b`\n//! c\nd // e\nf", "//"), " a \n c\ne\n¶\n");
    assert_eq!(comments("# a\nb # c\n", "#"), " a\nc\n");
    assert_eq!(code("// a\n\"let \\\n go\"\n"), "\"let \n go\"");
    assert_eq!(messages("#[error(\"a\")]\nA,\n#[error(\"b\")]\nB,"), "\"a\"\n\"b\"");
}

/// Sentences of prose: outside of fences, cells of tables separately.
fn sentences(markdown: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    let mut fenced = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced || line.trim().is_empty() || line.starts_with(['#', '|', '-']) {
            blocks.push(String::new());
        }
        if !fenced && !line.starts_with("```") {
            for cell in line.split('|') {
                let block = blocks.last_mut().unwrap();
                block.push(' ');
                block.push_str(cell);
                if line.starts_with('|') {
                    blocks.push(String::new());
                }
            }
        }
    }
    let ends = |block: &String| {
        block.split_inclusive([' ', '\n']).fold(vec![String::new()], |mut all, word| {
            all.last_mut().unwrap().push_str(word);
            if word.trim_end().ends_with(['.', ':', '!', '?', ';']) {
                all.push(String::new());
            }
            all
        })
    };
    blocks.iter().flat_map(ends).collect()
}

const MAX_WORDS: usize = 30;

#[test]
fn sentences_of_readme_have_at_most_thirty_words() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let long: Vec<String> = sentences(&readme)
        .into_iter()
        .filter(|sentence| sentence.split_whitespace().count() > MAX_WORDS)
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
