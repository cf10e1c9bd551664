//! Exports and audit reports beside writers, and files that are taken away while they are in use.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::{Value, json};

use crate::{
    World, issue,
    process::{Row, Server, Sink, run},
    try_issue,
};

/// Ends the writers also when what is beside them fails.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// 40 CAs with writers, so that bodies wait in the queue while exports and reports are made.
#[test]
fn exports_and_reports_under_writers_are_whole() {
    let _row = Row::new(
        "11 exports and audit reports while 6 clients write to 40 CAs",
        "whole, and every export can be imported",
    );
    let world = World::new();
    let server = world.start("data");
    let (first, request) = server.active_root("Root 0");
    let mut cas = vec![first];
    cas.extend(others(&server));
    let is_over = AtomicBool::new(false);
    let exports: Vec<Value> = thread::scope(|scope| {
        let _writers = EndOnDrop(&is_over);
        for writer in 0..6 {
            let (server, cas, request, is_over) = (&server, &cas, &request, &is_over);
            scope.spawn(move || {
                for ca in cas.iter().cycle().skip(writer * 7) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    issue(server, ca, request).unwrap();
                }
            });
        }
        let exports = (0..12).map(|_| server.text("GET", "/_pca-local/state").unwrap()).collect();
        for ca in &cas {
            let report = report(&server, &world.sink, ca);
            for row in &report {
                assert_ne!(row["subject"], "", "{row}");
            }
        }
        exports
    });
    let is_imported = |number: usize, export: &Value| {
        let text = export.as_str().unwrap();
        assert!(!text.contains("\"der\":\"\""), "an export has a certificate without its DER");
        let to = world.at(&format!("import-{number}"));
        let (code, _, error) =
            run(&["import", "--data-dir", to.to_str().unwrap()], text.as_bytes());
        assert_eq!((code, error.as_str()), (Some(0), ""));
    };
    thread::scope(|scope| {
        for (number, export) in exports.iter().enumerate() {
            scope.spawn(move || is_imported(number, export));
        }
    });
}

/// 39 more, made by a few clients.
fn others(server: &Server) -> Vec<String> {
    thread::scope(|scope| {
        let makers = [0..13, 13..26, 26..39].map(|numbers| {
            let root = |number| server.active_root(&format!("Root {}", number + 1)).0;
            scope.spawn(move || numbers.map(root).collect::<Vec<String>>())
        });
        makers.into_iter().flat_map(|maker| maker.join().unwrap()).collect()
    })
}

fn report(server: &Server, sink: &Sink, ca: &str) -> Vec<Value> {
    let audit = json!({
        "CertificateAuthorityArn": ca, "S3BucketName": "bucket",
        "AuditReportResponseFormat": "JSON",
    });
    let created = server.acknowledged("CreateCertificateAuthorityAuditReport", &audit).unwrap();
    let wanted = json!({"CertificateAuthorityArn": ca, "AuditReportId": created["AuditReportId"]});
    loop {
        let described =
            server.acknowledged("DescribeCertificateAuthorityAuditReport", &wanted).unwrap();
        match described["AuditReportStatus"].as_str().unwrap() {
            "CREATING" => thread::yield_now(),
            "SUCCESS" => break,
            other => panic!("{other}"),
        }
    }
    serde_json::from_slice(&sink.object(created["S3Key"].as_str().unwrap())).unwrap()
}

#[test]
fn an_answer_is_on_disk_whatever_happens_to_the_files() {
    let _row = Row::new(
        "4c directory or file removed or truncated while it runs",
        "InternalFailure, health failing",
    );
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 4] = [
        ("directory", |data| fs::remove_dir_all(data).unwrap()),
        ("unlinked", |data| fs::remove_file(data.join("state.db")).unwrap()),
        ("truncated", |data| {
            fs::File::options().write(true).open(data.join("state.db")).unwrap().set_len(0).unwrap()
        }),
        ("log", |data| {
            fs::File::options()
                .write(true)
                .open(data.join("state.db-wal"))
                .unwrap()
                .set_len(0)
                .unwrap()
        }),
    ];
    let world = World::new();
    for (name, harm) in harms {
        let server = world.start(name);
        let (ca, request) = server.active_root("Root");
        issue(&server, &ca, &request).unwrap();
        assert_eq!(server.try_admin("GET", "health", &Value::Null).unwrap().0, 200);
        harm(&world.at(name));
        for _ in 0..20 {
            let (status, answer) = try_issue(&server, &ca, &request);
            assert_eq!((status, &answer["__type"]), (500, &json!("InternalFailure")), "{name}");
        }
        let (status, health) = server.try_admin("GET", "health", &Value::Null).unwrap();
        assert_eq!((status, &health["status"]), (503, &json!("failing")), "{name}");
        assert!(health["why"].as_str().unwrap().contains("while it was in use"), "{health}");
        assert_eq!(server.stop("TERM"), Some(1), "{name}");
    }
}
