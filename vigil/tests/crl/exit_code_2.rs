//! Where `vigil crl check` ends with 2, its last line for readers says why it is not 0 or 1.

use super::*;

/// The last line of standard output, if it is about the exit code.
fn why(output: &Output) -> Option<String> {
    let text = text(output);
    let line = text.lines().last()?;
    line.starts_with("Exit code 2: ").then(|| line.to_owned())
}

fn assert_why(output: &Output, all: &[&str]) {
    let why = why(output).unwrap_or_else(|| panic!("no reason in: {}", text(output)));
    assert_eq!(code(output), 2, "{why}");
    for words in all {
        assert!(why.contains(words), "{words}: {why}");
    }
}

#[test]
fn an_incomplete_check_says_what_is_missing() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    let alone = check(world.folder.path(), &["a.crl"]);
    assert_why(&alone, &["1 of 1 CRLs", "a.crl (crl.signature: ", "--issuer"]);
    world.report(&[]);
    let report = world.check("a.crl", &["--report", "audit.csv"]);
    assert_why(&report, &["1 of 1 CRLs", "crl.completeness: ", "no record that can be read"]);
}

#[test]
fn what_is_below_the_threshold_or_ignored_is_counted() {
    let (world, mallory) = (World::new(), World::new());
    mallory.crl("forged.crl", 7, &[1]);
    fs::copy(mallory.path("forged.crl"), world.path("forged.crl")).unwrap();
    let below = world.check("forged.crl", &["--fail-on", "critical"]);
    let said = ["the signature was not verified", "findings below --fail-on critical", "count: 1."];
    assert_why(&below, &said);
    let ignored = world.check("forged.crl", &["--ignore", "crl.signature=known"]);
    let said = ["the signature was not verified", "--ignore, which verifies nothing: 1"];
    assert_why(&ignored, &said);
    assert!(!why(&ignored).unwrap().contains("--fail-on"), "it decides nothing here");
}

#[test]
fn a_crl_that_is_not_read_decides_over_findings_of_others() {
    let world = World::new();
    world.crl("good.crl", 7, &[1]);
    world.crl("twice.crl", 7, &[5, 5]);
    let some = world.check("good.crl", &["none.crl", "twice.crl"]);
    assert_why(&some, &["1 of 3 CRLs could not be read: none.crl", "findings in 1 of them"]);
    let many = world.check("good.crl", &["1.crl", "2.crl", "3.crl", "4.crl"]);
    assert_why(&many, &["4 of 5 CRLs", "1.crl, 2.crl, 3.crl and 1 more"]);
}

#[test]
fn other_exit_codes_are_not_explained() {
    let world = World::new();
    world.crl("good.crl", 7, &[1]);
    world.crl("twice.crl", 7, &[5, 5]);
    for (name, want) in [("good.crl", 0), ("twice.crl", 1)] {
        let output = world.check(name, &[]);
        assert_eq!((code(&output), why(&output)), (want, None), "{name}");
    }
}
