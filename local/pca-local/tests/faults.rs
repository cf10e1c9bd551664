//! Storage that fails: the system calls of the real binary are made to fail, to lie, or to be the last
//! ones, by strace, which needs neither `unsafe` code nor another binary.
//!
//! After each fault the state is the model's, or the directory is refused by name.
//! `PCA_LOCAL_FAULTS=500 PCA_LOCAL_SEED=7 cargo test --test faults` tries more, or again.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]
#![cfg(target_os = "linux")]

mod model;
mod process;
mod recording;

use std::{fs, path::Path};

use model::{Model, State};
use process::{Random, Row, Server, Sink, copy, setting};
use recording::Recording;

const FILES: [&str; 4] = ["state.db", "state.db-wal", "last-commit", "lock"];

fn seed() -> u64 {
    let seed = setting("PCA_LOCAL_SEED", Random::anything());
    eprintln!("PCA_LOCAL_SEED={seed}");
    seed
}

/// A stopped directory with some history, which each fault begins from.
fn template(world: &Path, sink: &Sink, random: &mut Random) -> Model {
    let data = world.join("template");
    let server = Server::start(&data, sink);
    let mut model = Model::begin(&server);
    for _ in 0..20 {
        model.step(&server, random).unwrap();
    }
    assert_eq!(server.stop("TERM"), Some(0));
    model
}

/// What strace does to the calls of one kind to one file.
struct Fault {
    file: &'static str,
    call: &'static str,
    effect: &'static str,
}

const FAULTS: [Fault; 14] = [
    Fault { file: "state.db-wal", call: "pwrite64", effect: "error=EIO" },
    Fault { file: "state.db-wal", call: "pwrite64", effect: "error=ENOSPC" },
    Fault { file: "state.db-wal", call: "fdatasync", effect: "error=EIO" },
    Fault { file: "state.db-wal", call: "ftruncate", effect: "error=EIO" },
    Fault { file: "state.db-wal", call: "unlink", effect: "error=EIO" },
    Fault { file: "state.db-wal", call: "pread64", effect: "error=EIO" },
    Fault { file: "state.db", call: "pwrite64", effect: "error=EIO" },
    Fault { file: "state.db", call: "pwrite64", effect: "error=ENOSPC" },
    Fault { file: "state.db", call: "fdatasync", effect: "error=EIO" },
    Fault { file: "state.db", call: "pread64", effect: "error=EIO" },
    Fault { file: "last-commit", call: "pwrite64", effect: "error=EIO" },
    Fault { file: "last-commit", call: "pwrite64", effect: "error=ENOSPC" },
    Fault { file: "last-commit", call: "fsync", effect: "error=EIO" },
    // Said to be written, and nothing is; said to be half written, and nothing is.
    Fault { file: "state.db-wal", call: "pwrite64", effect: "retval=4096" },
];

impl Fault {
    /// Once, or from then on.
    fn arguments(&self, data: &Path, trace: &Path, when: u64, stays: bool) -> Vec<String> {
        let Self { file, call, effect } = self;
        let path = data.join(file).display().to_string();
        let plus = if stays { "+" } else { "" };
        let inject = format!("inject={call}:{effect}:when={when}{plus}");
        let (trace, call) = (trace.display().to_string(), format!("trace={call}"));
        ["-o", &trace, "-P", &path, "-e", &call, "-e", &inject].map(str::to_owned).into()
    }
}

#[test]
fn a_failing_disk_loses_nothing_that_was_acknowledged() {
    let mut row = Row::new(
        "16 EIO, ENOSPC and lost writes in any call to the data directory's files",
        "the model's state; refused by name only if a write was lost",
    );
    let mut random = Random::new(seed());
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let mut begun = template(folder.path(), &sink, &mut random);
    let (mut refused_starts, mut failures) = (0, 0);
    for number in 0..setting("PCA_LOCAL_FAULTS", 42) {
        let fault = &FAULTS[number as usize % FAULTS.len()];
        // A commit writes many pages, and does the rest once.
        let reach = if fault.call == "pwrite64" { 40 } else { 10 };
        // At its first call in the first round, so that each fault is met.
        let is_first_round = (number as usize) < FAULTS.len();
        let when = if is_first_round { 1 } else { 1 + random.below(reach) };
        let stays = random.below(3) == 0;
        let name = format!(
            "{} {} {} at {when}{}",
            fault.file,
            fault.call,
            fault.effect,
            if stays { " and on" } else { "" }
        );
        let data = folder.path().join(format!("fault-{number}"));
        copy(&folder.path().join("template"), &data, &["state.db", "last-commit", "lock"]);
        let mut model = begun.fork();
        let trace = folder.path().join(format!("trace-{number}"));
        match Server::start_traced(&data, &sink, &fault.arguments(&data, &trace, when, stays)) {
            Err(said) => {
                refused_starts += 1;
                assert!(said.contains("pca-local: ") && said.contains("fault-"), "{name}: {said}");
            }
            Ok(server) => {
                for _ in 0..12 {
                    failures += u64::from(model.step(&server, &mut random).unwrap() == 500);
                }
                if random.below(2) == 0 && !is_first_round {
                    server.kill();
                } else {
                    // 1 if it could not leave one file.
                    assert!(matches!(server.stop("TERM"), Some(0 | 1)), "{name}");
                }
            }
        }
        let traced = fs::read_to_string(trace).unwrap();
        assert!(!is_first_round || traced.contains("(INJECTED)"), "{name} is never met: {traced}");
        let is_lie = fault.effect.starts_with("retval");
        match model::read(&data) {
            Ok(seen) => model.accept(&seen).unwrap_or_else(|why| panic!("{name}: {why}")),
            Err(why) => {
                assert!(is_lie, "{name}: everything is there, and it is refused: {why}");
                assert!(why.contains("fault-"), "{name}: the directory is named: {why}");
            }
        }
        fs::remove_dir_all(data).unwrap();
    }
    assert!(failures + refused_starts > 0, "the faults have been met");
    row.saw(format!("{failures} calls failed, {refused_starts} starts were refused"));
    // So that the template is known to have been whole.
    let seen = model::read(&folder.path().join("template")).unwrap();
    begun.accept(&seen).unwrap();
}

/// A run whose system calls are recorded, and the model after each answer.
fn recorded(folder: &Path, random: &mut Random) -> (Recording, Vec<State>) {
    let (data, sink) = (folder.join("data"), Sink::start());
    let trace = folder.join("trace");
    let server = Server::start_traced(&data, &sink, &Recording::arguments(&trace)).unwrap();
    let mut model = Model::begin(&server);
    let mut states = vec![model.state.clone()];
    for _ in 0..setting("PCA_LOCAL_STEPS", 24) {
        assert_ne!(model.step(&server, random).unwrap(), 500);
        states.push(model.state.clone());
    }
    assert_eq!(server.stop("TERM"), Some(0));
    let recording = Recording::read(&trace, &data);
    (recording, states)
}

/// The steps of a run that can be the last ones, and the states that may be found after each.
fn ends(recording: &Recording, states: &[State]) -> Vec<(usize, Vec<State>)> {
    let before = recording.answers() + 1 - states.len();
    (0..=recording.len())
        .filter_map(|end| {
            let answered = recording.answers_before(end).checked_sub(before)?;
            Some((end, states[answered..states.len().min(answered + 2)].to_vec()))
        })
        .collect()
}

/// As many of them as are asked for, spread over all.
fn some<T>(all: Vec<T>, count: u64) -> impl Iterator<Item = T> {
    let every = (all.len() / (count as usize).max(1)).max(1);
    all.into_iter().step_by(every)
}

#[test]
fn a_run_that_ends_at_any_write_is_whole() {
    let mut row = Row::new(
        "17 a recorded run that ends at any write: the process killed, the power gone",
        "the model's state",
    );
    let mut random = Random::new(seed());
    let folder = tempfile::tempdir().unwrap();
    let (recording, states) = recorded(folder.path(), &mut random);
    let data = folder.path().join("image");
    let mut tried = 0;
    for (end, allowed) in some(ends(&recording, &states), setting("PCA_LOCAL_FAULTS", 42) * 3) {
        // A killed process: the system has all that was written.
        recording.killed_at(end).write(&data);
        let seen = model::read(&data).unwrap_or_else(|why| panic!("killed at {end}: {why}"));
        assert!(allowed.contains(&seen), "killed at {end}: {seen:#?}\nnot one of {allowed:#?}");
        // A machine without power: of what was not synchronised there is some of each sector.
        recording.without_power_at(end, &mut random).write(&data);
        let seen = model::read(&data).unwrap_or_else(|why| panic!("no power at {end}: {why}"));
        assert!(allowed.contains(&seen), "no power at {end}: {seen:#?}\nnot one of {allowed:#?}");
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
    row.saw(format!("{tried} ends of each"));
}

#[test]
fn a_lost_sync_or_file_at_any_write_is_seen() {
    let mut row = Row::new(
        "18 a recorded run whose log is taken back, or a file of which is removed, at any write",
        "the model's state, or refused by name",
    );
    let mut random = Random::new(seed());
    let folder = tempfile::tempdir().unwrap();
    let (recording, states) = recorded(folder.path(), &mut random);
    let data = folder.path().join("image");
    let mut refused = 0;
    for (end, allowed) in some(ends(&recording, &states), setting("PCA_LOCAL_FAULTS", 42) * 3) {
        let mut check = |what: &str| match model::read(&data) {
            Ok(seen) => assert!(allowed.contains(&seen), "{what} at {end}: {seen:#?}"),
            Err(why) => {
                assert!(why.contains("image"), "{what} at {end}: {why}");
                refused += 1;
            }
        };
        // The disk says that the log is written, and it is as it was some time before.
        let earlier = random.below(end as u64 + 1) as usize;
        let mut image = recording.killed_at(end);
        image.take_back("state.db-wal", &recording.killed_at(earlier));
        image.write(&data);
        check("the log taken back");
        for file in FILES {
            let mut image = recording.killed_at(end);
            image.remove(file);
            image.write(&data);
            check(file);
        }
    }
    assert!(refused > 40, "{refused}");
    row.saw(format!("{refused} refused"));
}

/// Every range of each file, of a directory that was closed and of one that was left by a kill.
#[test]
fn damage_in_any_range_of_a_small_state_is_seen() {
    let mut row = Row::new(
        "19 each range of each file changed, after a stop and after a kill",
        "the model's state, or refused by name",
    );
    let mut random = Random::new(seed());
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start();
    let closed = folder.path().join("closed");
    let killed = folder.path().join("killed");
    let mut states = Vec::new();
    for data in [&closed, &killed] {
        let server = Server::start(data, &sink);
        let mut model = Model::begin(&server);
        for _ in 0..8 {
            model.step(&server, &mut random).unwrap();
        }
        if data == &closed {
            assert_eq!(server.stop("TERM"), Some(0));
        } else {
            server.kill();
        }
        states.push(model.state);
    }
    let harmed = folder.path().join("harmed");
    let (mut refused, mut same) = (0, 0);
    let damaged = [
        (&closed, "state.db"),
        (&closed, "last-commit"),
        (&killed, "state.db-wal"),
        (&killed, "last-commit"),
    ];
    let ranges = setting("PCA_LOCAL_FAULTS", 42);
    for (data, file) in damaged {
        let whole = fs::read(data.join(file)).unwrap();
        let length = (whole.len() / ranges as usize).max(1);
        for at in (0..whole.len()).step_by(length) {
            drop(fs::remove_dir_all(&harmed));
            let names: Vec<&str> =
                FILES.into_iter().filter(|name| data.join(name).exists()).collect();
            copy(data, &harmed, &names);
            let mut bytes = whole.clone();
            let end = bytes.len().min(at + 1 + random.below(length as u64) as usize);
            bytes[at..end].iter_mut().for_each(|byte| *byte ^= 0x2a);
            fs::write(harmed.join(file), bytes).unwrap();
            let wanted = if data == &closed { &states[0] } else { &states[1] };
            match model::read(&harmed) {
                Ok(seen) => {
                    assert_eq!(&seen, wanted, "{file} {at}..{end}");
                    same += 1;
                }
                Err(why) => {
                    assert!(why.contains("harmed"), "{file} {at}..{end}: {why}");
                    refused += 1;
                }
            }
        }
    }
    row.saw(format!("{refused} refused, {same} without an effect"));
    assert!(refused > 30, "{refused}");
}
