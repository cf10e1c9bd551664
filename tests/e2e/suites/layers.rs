//! Which package may depend on which (ARCHITECTURE.md, "Layers"), held against `cargo metadata`.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::Value;

/// The packages that are tests themselves: no other has one of them as a normal dependency.
const FOR_TESTS: &[&str] = &["bench", "e2e", "testkit"];

/// A package of ours, which of our packages it may use, and what it must not use.
struct Layer {
    package: &'static str,
    ours: &'static [&'static str],
    forbidden: &'static [&'static str],
}

const PURE: &[&str] = &["aws-config", "aws-sdk-*", "axum", "hyper", "lambda_runtime", "tokio"];
const FUNCTION: &[&str] = &["vigil-aws", "vigil-core"];

/// One function makes pages.
const WITH_PAGE: &[&str] = &["vigil-aws", "vigil-core", "vigil-page"];

const LAYERS: &[Layer] = &[
    Layer { package: "vigil-core", ours: &["iam-policy"], forbidden: PURE },
    Layer { package: "vigil-aws", ours: &["vigil-core"], forbidden: &["axum", "cedar-policy"] },
    Layer { package: "vigil-page", ours: &["vigil-core"], forbidden: PURE },
    Layer { package: "audit-report", ours: WITH_PAGE, forbidden: &["aws-sdk-*", "cedar-policy"] },
    Layer { package: "auto-restore", ours: FUNCTION, forbidden: &["aws-sdk-*", "cedar-policy"] },
    Layer { package: "crl-audit", ours: FUNCTION, forbidden: &["aws-sdk-*", "cedar-policy"] },
    Layer { package: "last-resort", ours: FUNCTION, forbidden: &["aws-sdk-*", "cedar-policy"] },
    Layer { package: "notify", ours: FUNCTION, forbidden: &["aws-sdk-*", "cedar-policy"] },
    Layer {
        package: "restore-deadline",
        ours: FUNCTION,
        forbidden: &["aws-sdk-*", "cedar-policy"],
    },
    Layer {
        package: "vigil",
        ours: &["iam-policy", "vigil-aws", "vigil-core", "vigil-page"],
        forbidden: &["aws-config", "aws-sdk-*", "axum", "cedar-policy", "lambda_runtime"],
    },
    Layer { package: "iam-policy", ours: &[], forbidden: PURE },
    Layer { package: "crc-fast", ours: &[], forbidden: PURE },
    Layer {
        package: "pca-local",
        ours: &["crc-fast", "iam-policy"],
        forbidden: &["lambda_runtime", "s3s", "s3s-fs"],
    },
    Layer {
        package: "bench",
        ours: &["pca-local", "testkit"],
        forbidden: &["lambda_runtime", "s3s"],
    },
    Layer {
        package: "testkit",
        ours: &["pca-local"],
        forbidden: &["aws-config", "lambda_runtime", "s3s", "s3s-fs"],
    },
    Layer {
        package: "vigil-local",
        ours: &["iam-policy", "pca-local"],
        forbidden: &["lambda_runtime"],
    },
];

fn metadata() -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The normal dependencies of a package. Those of its tests are not restricted.
fn dependencies(package: &Value) -> BTreeSet<&str> {
    package["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| dependency["name"].as_str().unwrap())
        .collect()
}

fn is_one_of(name: &str, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *pattern,
    })
}

#[test]
fn every_package_depends_only_on_its_layers() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|p| p["name"].as_str().unwrap()).collect();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let dependencies = dependencies(package);
        let tests = FOR_TESTS.iter().filter(|tests| dependencies.contains(*tests));
        let tests: Vec<_> = tests.filter(|_| !FOR_TESTS.contains(&name)).collect();
        assert!(tests.is_empty(), "{name} depends on {tests:?}, which are for tests only");
        let Some(layer) = LAYERS.iter().find(|layer| layer.package == name) else {
            assert_eq!(name, "e2e", "{name} has no layer: add it to LAYERS and ARCHITECTURE.md");
            continue;
        };
        for dependency in dependencies {
            if ours.contains(dependency) {
                assert!(layer.ours.contains(&dependency), "{name} must not use {dependency}");
            }
            assert!(!is_one_of(dependency, layer.forbidden), "{name} must not use {dependency}");
        }
    }
    for layer in LAYERS {
        assert!(ours.contains(layer.package), "{} is not a package any more", layer.package);
    }
}
