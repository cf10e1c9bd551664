//! Pages that restate the template or the code say what these say.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{collections::BTreeSet, fs, process::Command};

use e2e::{configuration, root, run, template::template};
use serde_json::Value;

/// `make docs` writes the page.
#[test]
fn docs_configuration_md_is_generated() {
    let written = fs::read_to_string(root().join("docs/configuration.md")).unwrap_or_default();
    assert!(written == configuration::page(), "docs/configuration.md is outdated: run `make docs`");
}

#[test]
fn every_parameter_is_in_one_group() {
    let template = template();
    let parameters = template["Parameters"].as_object().unwrap();
    let grouped = configuration::groups(&template).into_iter().flat_map(|(_, names)| names);
    let mut grouped: Vec<String> = grouped.collect();
    grouped.sort_unstable();
    let mut declared: Vec<String> = parameters.keys().cloned().collect();
    declared.sort_unstable();
    assert_eq!(grouped, declared);
}

/// Every string below a value.
fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        Value::Object(members) => members.values().for_each(|value| strings(value, found)),
        Value::Bool(_) | Value::Null | Value::Number(_) => {}
    }
}

/// The actions of ACM PCA that a role allows, by reading and changing.
fn actions(function: &Value) -> [BTreeSet<String>; 2] {
    let mut found = Vec::new();
    strings(&function["Properties"]["Policies"], &mut found);
    let actions = found.iter().filter_map(|text| text.strip_prefix("acm-pca:"));
    let is_read =
        |action: &String| ["Describe", "Get", "List"].iter().any(|p| action.starts_with(p));
    let (reads, changes) = actions.map(str::to_owned).partition(is_read);
    [reads, changes]
}

/// The names in backticks of a table's cell.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn readme_shows_a_mail_as_it_is_sent() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, section) = readme.split_once("## What a finding looks like").unwrap();
    let alert = section.split("```\n").nth(1).unwrap();
    let golden = "shared/vigil-core/tests/golden/notify/email.txt";
    assert!(fs::read_to_string(root().join(golden)).unwrap().starts_with(alert), "{alert}");
}

/// `<…>` stands for a name: the folder before it must exist.
#[test]
fn architecture_names_files_that_exist() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, table) = page.split_once("Where to look first:").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let paths: BTreeSet<String> = table.lines().flat_map(names).collect();
    let paths: Vec<_> = paths.iter().filter(|path| path.contains('/')).collect();
    assert!(paths.len() > 8, "{paths:?}");
    for path in paths {
        let fixed = path.split('<').next().unwrap();
        assert!(root().join(fixed).exists(), "{path}");
    }
}

#[test]
fn deploying_lists_the_actions_of_every_role() {
    let page = fs::read_to_string(root().join("docs/deploying.md")).unwrap();
    for (name, function) in configuration::functions(&template()) {
        let [reads, changes] = actions(&function);
        if reads.is_empty() && changes.is_empty() {
            continue;
        }
        let start = format!("| `{name}` |");
        let row = page.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("docs/deploying.md has no row for {name}"));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(names(cells[3]), reads, "what {name} reads");
        assert_eq!(names(cells[4]), changes, "what {name} changes");
        assert_eq!(cells[4] == "read only", changes.is_empty(), "{name}");
    }
}

/// Links between our own pages, and to files of the repository.
#[test]
fn links_lead_to_files_that_exist() {
    let mut pages = vec!["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];
    pages.extend(["CHANGELOG.md", "docs/permitting-deletions.md", "docs/glossary.md"]);
    pages.extend(["docs/runbook.md", "docs/deploying.md"]);
    pages.extend(["docs/decisions/README.md"]);
    for page in pages {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let folder = root().join(page).parent().unwrap().to_owned();
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(folder.join(target).exists(), "{page} links to {target}, which does not exist");
        }
    }
}

/// On a copy of the files that it edits.
#[test]
fn make_new_rule_writes_a_rule_and_registers_it() {
    let copy = tempfile::tempdir().unwrap();
    for file in ["tools/new-rule.py", "src/rules/crl.rs", "src/rules/crl/version.rs", FIXTURES] {
        let to = copy.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root().join("shared/vigil-core").join(file), to).unwrap();
    }
    let script = copy.path().join("tools/new-rule.py");
    run(Command::new("python3").arg(script).arg("crl.issuer-key")).unwrap();
    let text = |file| fs::read_to_string(copy.path().join(file)).unwrap();
    assert!(text("src/rules/crl/issuer_key.rs").contains("id: \"crl.issuer-key\""));
    let rules = text("src/rules/crl.rs");
    assert!(rules.contains("mod issuer_key;") && rules.contains("issuer_key::RULE,"));
    assert!(text(FIXTURES).contains("(\"crl.issuer-key\", \"wrong\""));
}

const FIXTURES: &str = "src/rules/crl/tests/fixtures.rs";
