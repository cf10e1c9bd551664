//! Thirty days of a fleet, from a seed: deletions, fights, approvals, duplicated, late and lost
//! events, throttling, faults of S3 and invocations that die; and what must hold whatever happens.
//!
//! `make test` plays a few seeds, `make scenarios` a thousand (from VIGIL_SCENARIO_FIRST on). A failure names
//! its seed: `VIGIL_SCENARIO_SEED=<seed> cargo test --package vigil-core --lib scenarios`.

mod chaos;
mod checks;
mod fleet;
mod random;

use std::sync::atomic::{AtomicU64, Ordering};

use fleet::Fleet;

/// How many seeds are played by default.
const SEEDS: u64 = if cfg!(debug_assertions) { 1 } else { 20 };

fn variable(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "who runs the scenarios says how many")]
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is {value:?}, not a number")))
}

#[test]
fn no_protected_ca_is_lost_and_no_permitted_deletion_undone() {
    each_seed(|seed| {
        let mut fleet = Fleet::new(seed);
        fleet.live();
        assert_holds(seed, &fleet, &checks::problems(&fleet));
    });
}

/// Permitted deletions may be undone then, and alerts repeated.
#[test]
fn no_ca_is_lost_to_a_saboteur() {
    each_seed(|seed| {
        let mut fleet = Fleet::with_saboteur(seed);
        fleet.live();
        assert_holds(seed, &fleet, &checks::losses(&fleet));
    });
}

fn each_seed(play: impl Fn(u64) + Sync) {
    if let Some(seed) = variable("VIGIL_SCENARIO_SEED") {
        return play(seed);
    }
    let seeds = variable("VIGIL_SCENARIO_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(variable("VIGIL_SCENARIO_FIRST").unwrap_or(0));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    play(seed);
                }
            });
        }
    });
}

fn assert_holds(seed: u64, fleet: &Fleet, problems: &[String]) {
    assert!(
        problems.is_empty(),
        "seed {seed} (VIGIL_SCENARIO_SEED={seed} plays it again):\n{}\n{}",
        problems.join("\n"),
        fleet.tally(),
    );
}

/// A suite in which nothing happens would pass.
#[test]
fn the_scenarios_have_everything_in_them() {
    let mut fleet = Fleet::new(7);
    fleet.live();
    let tally = fleet.tally();
    assert!(tally.is_rich(), "{tally}");
}
