//! What `vigil crl check` says to programs, in JSON and SARIF, is what its exit code says.

use super::*;

#[test]
fn the_result_of_several_is_what_the_exit_code_says() {
    let world = World::new();
    world.crl("good.crl", 7, &[1]);
    world.crl("twice.crl", 7, &[5, 5]);
    for (more, want) in [
        (&["good.crl"][..], (0, "clean")),
        (&["twice.crl"], (1, "findings")),
        (&["none.crl"], (2, "incomplete")),
        (&["twice.crl", "none.crl"], (2, "incomplete")),
    ] {
        let output = world.check("good.crl", &[more, &["--format", "json"]].concat());
        let result = json(&output)["result"].clone();
        assert_eq!((code(&output), result.as_str().unwrap()), want, "{more:?}");
        let log = json(&world.check("good.crl", &[more, &["--format", "sarif"]].concat()));
        let is_successful = &log["runs"][0]["invocations"][0]["executionSuccessful"];
        assert_eq!(*is_successful, want.0 != 2, "{more:?}");
    }
}

/// A code scanning service opens the file that is named.
#[test]
fn sarif_names_the_file_of_several_crls() {
    let world = World::new();
    world.crl("twice.crl", 7, &[5, 5]);
    world.pem("twice.crl", "a.pem", "");
    let block = fs::read_to_string(world.path("a.pem")).unwrap();
    fs::write(world.path("two#1.pem"), [&block, &block[..block.len() / 2]].concat()).unwrap();
    let log = json(&world.check("two#1.pem", &["--format", "sarif"]));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let seen = results.iter().map(|result| {
        let location = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(location, "two%231.pem");
        let message = result["message"]["text"].as_str().unwrap();
        (result["ruleId"].as_str().unwrap(), message)
    });
    let seen: Vec<_> = seen.collect();
    let of = |rule: &str| seen.iter().find(|(of, _)| *of == rule).unwrap().1;
    assert!(of("crl.serials").contains(" (CRL 1 of the file). "), "{seen:?}");
    assert!(of("crl.parses").contains(" (CRL 2 of the file). "), "{seen:?}");
    let alone = json(&world.check("a.pem", &["--format", "sarif"]));
    assert!(!alone.to_string().contains("of the file)"), "{alone:#}");
}

/// Of a block that cannot be decoded, too.
#[test]
fn a_command_shows_a_damaged_block_of_its_file() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    world.pem("a.crl", "a.pem", "");
    let block = fs::read_to_string(world.path("a.pem")).unwrap();
    fs::write(world.path("two.pem"), [&block, &block[..block.len() / 2]].concat()).unwrap();
    let shown = text(&world.check("two.pem", &[]));
    let command = "awk '/BEGIN X509 CRL/{n++} n==2' two.pem | head -c 64 | od -c";
    assert!(shown.contains(command), "{shown}");
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", command]).current_dir(world.folder.path()).output().unwrap();
    assert!(text(&output).contains("B   E   G   I   N"), "{}", text(&output));
}

#[test]
fn a_file_to_compare_with_that_is_unread_is_an_answer() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    for file in ["none.pem", "none.csv"] {
        for option in ["--issuer", "--previous", "--report"] {
            let with = |format| {
                let arguments = ["a.crl", "--issuer", "ca.pem", option, file, "--format", format];
                check(world.folder.path(), &arguments)
            };
            let output = with("json");
            let checked = json(&output);
            assert_eq!((code(&output), &checked["result"]), (2, &"incomplete".into()), "{option}");
            assert!(checked["error"].as_str().unwrap().contains(file), "{option}: {checked:#}");
            let output = with("sarif");
            let run = &json(&output)["runs"][0]["invocations"][0];
            assert_eq!((code(&output), &run["executionSuccessful"]), (2, &false.into()));
            let note = run["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
            assert!(note.contains(file), "{option}: {note}");
            let output = with("human");
            assert!(output.stdout.is_empty(), "{option}: readers have it on standard error");
        }
    }
}
