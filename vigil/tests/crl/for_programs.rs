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
