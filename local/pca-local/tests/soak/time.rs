//! Days of many CAs in a moment, and an S3 that fails meanwhile.

use std::time::Instant;

use serde_json::{Value, json};

use super::{
    issue,
    process::{Row, Server, Sink, sink::Mood},
    scale,
};

#[expect(clippy::disallowed_methods, reason = "how long it took stands in the row")]
fn begin() -> Instant {
    Instant::now()
}

#[test]
fn a_month_of_many_cas_writes_each_crl_in_time() {
    let mut row =
        Row::new("8 30 days of CAs with CRLs", "each CRL in its time, with numbers that grow");
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let server = Server::start(&folder.path().join("data"), &sink);
    let count = 10 * scale().min(10);
    for number in 0..count {
        let (ca, request) = server.active_root(&format!("Root {number}"));
        issue(&server, &ca, &request).unwrap();
    }
    let begun = begin();
    server.admin("POST", "clock/advance", &json!({"seconds": 30 * 86400})).unwrap();
    let took = begun.elapsed();
    let numbers = sink.numbers.lock().unwrap();
    assert_eq!(numbers.len() as u64, count);
    for (key, numbers) in numbers.iter() {
        // Valid for 7 days, refreshed at half of it.
        assert!((8..=10).contains(&numbers.len()), "{key}: {numbers:?}");
        assert!(numbers.is_sorted_by(|a, b| a < b), "{key}: {numbers:?}");
    }
    let written: usize = numbers.values().map(Vec::len).sum();
    row.saw(format!("{count} CAs, {written} CRLs in {} ms", took.as_millis()));
}

#[test]
fn an_s3_that_fails_is_tried_again_by_the_clock() {
    let mut row = Row::new(
        "9 S3 answers 403, 500, 503, resets, or talks nonsense",
        "others are served; the CRL comes with the retry after 15 minutes; one line in the log for all",
    );
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let log = folder.path().join("log");
    let logging = format!("exec 2>{};", log.display());
    let server = Server::start_more(&folder.path().join("data"), &sink, &logging, &[]);
    let (ca, request) = server.active_root("Root");
    issue(&server, &ca, &request).unwrap();
    server.admin("POST", "clock/advance", &json!({"seconds": 3600})).unwrap();
    let written = || sink.numbers.lock().unwrap().values().map(Vec::len).sum::<usize>();
    assert!(written() > 0);
    let moods =
        [Mood::Refuses(403), Mood::Refuses(500), Mood::Refuses(503), Mood::Resets, Mood::Garbles];
    let mut longest = 0;
    for mood in moods {
        let before = written();
        sink.be(mood);
        let begun = begin();
        server.admin("POST", "clock/advance", &json!({"seconds": 4 * 86400})).unwrap();
        longest = longest.max(begun.elapsed().as_millis());
        assert_eq!(written(), before, "{mood:?}");
        issue(&server, &ca, &request).unwrap();
        assert_eq!(server.try_admin("GET", "health", &Value::Null).unwrap().0, 200);
        sink.be(Mood::Takes);
        server.admin("POST", "clock/advance", &json!({"seconds": 900})).unwrap();
        assert_eq!(written(), before + 1, "{mood:?}");
    }
    // The line about a CRL comes after the CRL: a clean stop has written both.
    assert_eq!(server.stop("TERM"), Some(0));
    let log = std::fs::read_to_string(log).unwrap();
    for line in ["no CRL written", "CRLs are written again"] {
        assert_eq!(log.matches(line).count(), moods.len(), "{log}");
    }
    row.saw(format!(
        "{} kinds, each healed with the next retry; four days took {longest} ms at most",
        moods.len()
    ));
}
