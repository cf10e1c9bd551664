//! Which module of a package may use which: floors, each of which uses only those below it, and no
//! circle between the modules of one folder. Held against the sources themselves; test code is free.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "module_layers/graph.rs"]
mod graph;
#[path = "module_layers/paths.rs"]
mod paths;
#[path = "module_layers/self_test.rs"]
mod self_test;
#[path = "module_layers/tokens.rs"]
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use graph::{Graph, circle};
use paths::used_paths;

/// A package, where its sources are, and its floors from the ground up. Without floors the test
/// finds circles only.
struct House {
    package: &'static str,
    source: &'static str,
    floors: &'static [&'static str],
    others: Others,
}

/// Where the modules at the root are that are no floor.
#[derive(Clone, Copy, PartialEq)]
enum Others {
    /// Above all floors: no floor may use them.
    Above,
    /// Below all floors: they may use no floor.
    Below,
}

const HOUSES: &[House] = &[
    House {
        package: "pca-local",
        source: "local/pca-local/src",
        floors: &["x509", "model", "state", "service", "api", "web"],
        others: Others::Above,
    },
    House {
        package: "vigil-core",
        source: "shared/vigil-core/src",
        floors: &["policy", "rules", "ports", "jobs", "fakes"],
        others: Others::Below,
    },
    House::without_floors("iam-policy", "shared/iam-policy/src"),
    House::without_floors("vigil-aws", "shared/vigil-aws/src"),
    House::without_floors("vigil-local", "local/vigil-local/src"),
    House::without_floors("vigil-page", "shared/vigil-page/src"),
    House::without_floors("vigil", "vigil/src"),
];

impl House {
    const fn without_floors(package: &'static str, source: &'static str) -> Self {
        Self { package, source, floors: &[], others: Others::Above }
    }
}

/// One source file: the module that it is, as segments from the root, and its text.
struct Source {
    module: Vec<String>,
    text: String,
}

#[test]
fn modules_use_only_the_floors_below_them() {
    for House { package, source, floors, others } in HOUSES {
        let sources = read(source);
        assert!(sources.len() > floors.len(), "{package}: {source} has no sources");
        for floor in *floors {
            let is_there = sources.iter().any(|source| source.module == [*floor]);
            assert!(is_there, "{package} has no module {floor}");
        }
        assert_eq!(upward_uses(floors, *others, &sources), Vec::<String>::new(), "{package}");
    }
}

#[test]
fn modules_of_one_folder_form_no_circle() {
    for House { package, source, .. } in HOUSES {
        assert_eq!(circles(&read(source)), Vec::<String>::new(), "{package}");
    }
}

/// Each use of a floor that is not below, and of a name that the crate's root re-exports.
fn upward_uses(floors: &[&str], others: Others, sources: &[Source]) -> Vec<String> {
    let is_module =
        |name: &String| sources.iter().any(|source| source.module.first() == Some(name));
    // The ground is 0; `None` is above all floors.
    let level = |name: Option<&String>| {
        let floor = name.and_then(|name| floors.iter().position(|floor| floor == name));
        let is_ground = others == Others::Below && name.is_some_and(is_module);
        floor.map(|at| at + 1).or(is_ground.then_some(0))
    };
    let mut found = BTreeSet::new();
    for source in sources {
        let Some(own) = level(source.module.first()) else { continue };
        for path in used_paths(&source.module, &source.text) {
            let is_below = level(path.first()).is_some_and(|to| to <= own);
            if !is_below {
                let (from, to) = (source.module.join("::"), path.join("::"));
                found.insert(format!("{from} uses {to}"));
            }
        }
    }
    found.into_iter().collect()
}

/// One circle for each folder that has any.
fn circles(sources: &[Source]) -> Vec<String> {
    let modules: BTreeSet<&[String]> = sources.iter().map(|source| &source.module[..]).collect();
    let mut folders: BTreeMap<Vec<String>, Graph> = BTreeMap::new();
    for source in sources {
        let from = &source.module;
        for to in used_paths(from, &source.text) {
            // Where the two paths part is the folder whose modules they are in.
            let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            let (Some(user), Some(used)) = (from.get(shared), to.get(shared)) else { continue };
            if modules.contains(&to[..=shared]) {
                let graph = folders.entry(from[..shared].to_vec()).or_default();
                graph.entry(user.clone()).or_default().insert(used.clone());
            }
        }
    }
    folders
        .iter()
        .filter_map(|(folder, graph)| Some((folder, circle(graph)?)))
        .map(|(folder, circle)| format!("crate::{}: {}", folder.join("::"), circle.join(" -> ")))
        .collect()
}

fn read(source: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join(source);
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let module = module_of(path.strip_prefix(&root).unwrap().to_owned());
                sources.push(Source { module, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    without_tests(sources)
}

/// Leaves out the modules that their parent declares under `#[cfg(test)]`, with those below them.
fn without_tests(sources: Vec<Source>) -> Vec<Source> {
    let mut tests = BTreeSet::new();
    for Source { module, text } in &sources {
        for (_, rest) in
            text.match_indices("#[cfg(test)]\n").map(|(at, mark)| text.split_at(at + mark.len()))
        {
            let declared = rest.lines().next().and_then(|line| line.trim().strip_suffix(';'));
            if let Some((_, name)) = declared.and_then(|item| item.rsplit_once("mod ")) {
                tests.insert([module.as_slice(), &[name.to_owned()]].concat());
            }
        }
    }
    let is_test = |module: &[String]| tests.iter().any(|test| module.starts_with(test));
    sources.into_iter().filter(|source| !is_test(&source.module)).collect()
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`; the roots of a crate are the empty path.
fn module_of(file: PathBuf) -> Vec<String> {
    let file = file.with_extension("");
    let mut module: Vec<String> =
        file.iter().map(|segment| segment.to_string_lossy().into_owned()).collect();
    let is_root = module.len() == 1 && matches!(module[0].as_str(), "lib" | "main");
    if is_root || module.last().is_some_and(|name| name == "mod") {
        module.pop();
    }
    module
}
