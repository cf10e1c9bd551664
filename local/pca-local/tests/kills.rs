//! The real binary, killed at random moments while clients write: whatever was acknowledged is
//! there when it is started again, and nothing contradicts itself.
//!
//! `PCA_LOCAL_KILLS=200 PCA_LOCAL_SEED=7 cargo test --test kills` tries more often, or again.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod process;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    sync::{
        Arc, Barrier,
        mpsc::{self, Sender},
    },
    thread,
    time::Duration,
};

use process::{Random, Row, Server, Sink, setting};
use serde_json::{Value, json};

const CLIENTS: u64 = 4;

/// What one client knows of its own CA and of what it has issued.
#[derive(Default)]
struct Known {
    ca: String,
    request: String,
    issued: Vec<String>,
    revoked: BTreeSet<String>,
    /// What the CA's tag and its status may be: what was acknowledged last, and what was asked for
    /// when the server was killed.
    tag: Vec<u64>,
    status: Vec<&'static str>,
    /// As before the last kill: what is verified after it.
    news: Vec<String>,
}

/// Calls until the server is gone. `Err` is a call that was not answered.
fn write(
    server: &Server,
    known: &mut Known,
    random: &mut Random,
    acknowledged: &Sender<()>,
) -> Result<(), String> {
    loop {
        let is_active = known.status == ["ACTIVE"];
        match random.below(12) {
            0..6 if is_active => issue(server, known)?,
            6..8 if is_active && !known.issued.is_empty() => {
                let place = random.below(known.issued.len() as u64) as usize;
                revoke(server, known, place)?;
            }
            8..10 if known.status != ["DELETED"] => tag(server, known)?,
            10 => change_status(server, known)?,
            11 if random.below(4) == 0 => {
                server.admin("POST", "clock/advance", &json!({"seconds": 1860}))?;
            }
            _ => continue,
        }
        // Listened to for the first one only.
        let _ = acknowledged.send(());
    }
}

fn issue(server: &Server, known: &mut Known) -> Result<(), String> {
    let issued = server.acknowledged(
        "IssueCertificate",
        &json!({
            "CertificateAuthorityArn": known.ca, "Csr": known.request,
            "SigningAlgorithm": "SHA256WITHECDSA", "Validity": {"Type": "DAYS", "Value": 365},
        }),
    )?;
    let arn = issued["CertificateArn"].as_str().unwrap().to_owned();
    known.news.push(arn.clone());
    known.issued.push(arn);
    Ok(())
}

fn revoke(server: &Server, known: &mut Known, place: usize) -> Result<(), String> {
    let serial = serial(&known.issued[place]).to_owned();
    let (_, answer) = server.call(
        "RevokeCertificate",
        &json!({
            "CertificateAuthorityArn": known.ca, "CertificateSerial": serial,
            "RevocationReason": "KEY_COMPROMISE",
        }),
    )?;
    let is_known = known.revoked.contains(&serial);
    match answer["__type"].as_str() {
        // One that was asked for when the server was killed counts as done from here on.
        None | Some("RequestAlreadyProcessedException") => {}
        Some(_) => panic!("{answer}"),
    }
    assert!(!is_known || answer["__type"].is_string(), "{serial} was revoked twice");
    known.revoked.insert(serial);
    Ok(())
}

fn tag(server: &Server, known: &mut Known) -> Result<(), String> {
    let next = known.tag.iter().max().unwrap() + 1;
    known.tag.push(next);
    let tags = json!([{"Key": "count", "Value": next.to_string()}]);
    let request = json!({"CertificateAuthorityArn": known.ca, "Tags": tags});
    server.acknowledged("TagCertificateAuthority", &request)?;
    known.tag = vec![next];
    Ok(())
}

/// ACTIVE, DISABLED, DELETED, DISABLED, ACTIVE, …
fn change_status(server: &Server, known: &mut Known) -> Result<(), String> {
    let mut request = json!({"CertificateAuthorityArn": known.ca});
    let was_deleted = known.issued.len().is_multiple_of(2);
    let (operation, next) = match known.status[..] {
        ["ACTIVE"] => ("UpdateCertificateAuthority", "DISABLED"),
        ["DISABLED"] if was_deleted => ("UpdateCertificateAuthority", "ACTIVE"),
        ["DISABLED"] => ("DeleteCertificateAuthority", "DELETED"),
        ["DELETED"] => ("RestoreCertificateAuthority", "DISABLED"),
        _ => unreachable!("the status was read when the server had started"),
    };
    if operation == "UpdateCertificateAuthority" {
        request["Status"] = next.into();
    }
    known.status.push(next);
    server.acknowledged(operation, &request)?;
    known.status = vec![next];
    if next == "DISABLED" && operation == "RestoreCertificateAuthority" {
        // So that it is not deleted again and again.
        known.status.push("ACTIVE");
        request["Status"] = "ACTIVE".into();
        server.acknowledged("UpdateCertificateAuthority", &request)?;
        known.status = vec!["ACTIVE"];
    }
    Ok(())
}

/// Everything that was acknowledged is there.
fn verify(server: &Server, known: &mut Known) {
    let of_ca = json!({"CertificateAuthorityArn": known.ca});
    let described = server.acknowledged("DescribeCertificateAuthority", &of_ca).unwrap();
    let status = described["CertificateAuthority"]["Status"].as_str().unwrap();
    let status = known.status.iter().find(|one| **one == status).copied();
    known.status = vec![status.unwrap_or_else(|| panic!("{described}: not {:?}", known.status))];
    if known.status == ["DELETED"] {
        server.acknowledged("RestoreCertificateAuthority", &of_ca).unwrap();
        known.status = vec!["DISABLED"];
    }
    let listed = server.acknowledged("ListTags", &of_ca).unwrap();
    let count: u64 = listed["Tags"][0]["Value"].as_str().unwrap().parse().unwrap();
    assert!(known.tag.contains(&count), "{count} is not one of {:?}", known.tag);
    known.tag = vec![count];
    for arn in std::mem::take(&mut known.news) {
        let wanted = json!({"CertificateAuthorityArn": known.ca, "CertificateArn": arn});
        let got = server.acknowledged("GetCertificate", &wanted).unwrap();
        let text = got["Certificate"].as_str().unwrap();
        let certificate =
            pca_local::x509::certificate::Certificate::parse_pem(text.as_bytes()).unwrap();
        assert_eq!(certificate.serial_hex(), serial(&arn));
    }
}

fn serial(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let kills = setting("PCA_LOCAL_KILLS", 100);
    let mut row = Row::new(
        "1 SIGKILL while 4 clients issue, revoke, tag, disable, delete, restore",
        "all that was acknowledged is there, in reports and on CRLs too",
    );
    let seed = setting("PCA_LOCAL_SEED", Random::anything());
    eprintln!("PCA_LOCAL_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let sink = Sink::start();
    let mut random = Random::new(seed);
    let mut known: Vec<Known> = {
        let server = Server::start(&data, &sink);
        (0..CLIENTS).map(|number| establish(&server, number)).collect()
    };
    for kill in 0..kills {
        if random.below(8) == 0 {
            Server::kill_while_it_starts(&data, &sink, Duration::from_millis(random.below(30)));
        }
        let server = Arc::new(Server::start(&data, &sink));
        let verified = Arc::new(Barrier::new(known.len() + 1));
        let delay = Duration::from_millis(random.below(100));
        let (acknowledged, first) = mpsc::channel();
        let clients: Vec<_> = known
            .into_iter()
            .map(|mut known| {
                let (server, verified) = (Arc::clone(&server), Arc::clone(&verified));
                let acknowledged = acknowledged.clone();
                let mut random = Random::new(random.next());
                thread::spawn(move || {
                    // A panic here is reported by the join, and must not leave the others waiting.
                    let sound = std::panic::catch_unwind(AssertUnwindSafe(|| {
                        verify(&server, &mut known);
                    }));
                    verified.wait();
                    sound.unwrap_or_else(|why| std::panic::resume_unwind(why));
                    let unanswered = write(&server, &mut known, &mut random, &acknowledged);
                    assert!(unanswered.is_err(), "until the server is gone");
                    known
                })
            })
            .collect();
        verified.wait();
        drop(acknowledged);
        // On a slow disk the first change takes longer than most rounds: in most, it is waited for.
        if random.below(4) > 0 {
            let _ = first.recv();
        }
        // Not a wait for anything: the moment of the kill is what is random.
        thread::sleep(delay);
        server.kill();
        known = clients
            .into_iter()
            .map(|client| client.join().unwrap_or_else(|_| panic!("after kill {kill}")))
            .collect();
    }
    let server = Server::start(&data, &sink);
    for known in &mut known {
        verify(&server, known);
    }
    let found = conclude(&server, &sink, &known);
    row.saw(format!("{kills} kills: {found}"));
}

fn establish(server: &Server, number: u64) -> Known {
    let (ca, request) = server.active_root(&format!("Root {number}"));
    let mut known = Known { ca, request, tag: vec![0], status: vec!["ACTIVE"], ..Known::default() };
    tag(server, &mut known).unwrap();
    known
}

/// Each certificate once, each revocation in the report and on the last CRL, and CRL numbers that
/// only ever grow.
fn conclude(server: &Server, sink: &Sink, known: &[Known]) -> String {
    let (mut issued, mut revoked) = (0, 0);
    for known in known {
        server.admin("POST", "clock/advance", &json!({"seconds": 3600})).unwrap();
        let audit = json!({
            "CertificateAuthorityArn": known.ca, "S3BucketName": "bucket",
            "AuditReportResponseFormat": "JSON",
        });
        let created = server.acknowledged("CreateCertificateAuthorityAuditReport", &audit).unwrap();
        server.admin("POST", "clock/advance", &json!({"seconds": 60})).unwrap();
        let report = sink.object(created["S3Key"].as_str().unwrap());
        let report: Vec<Value> = serde_json::from_slice(&report).unwrap();
        let rows: BTreeMap<&str, &Value> = report
            .iter()
            .map(|row| (serial(row["certificateArn"].as_str().unwrap()), row))
            .collect();
        assert_eq!(rows.len(), report.len(), "a serial number stands for one certificate");
        for arn in &known.issued {
            assert!(rows.contains_key(serial(arn)), "{arn} is not in the report");
        }
        // A CA that has neither issued nor revoked anything yet has no CRL.
        let listed =
            if known.revoked.is_empty() { Vec::new() } else { sink.crl(serial(&known.ca)) };
        for serial in &known.revoked {
            assert!(rows[serial.as_str()]["revokedAt"].is_string(), "{serial} is not revoked");
            assert!(listed.contains(serial), "{serial} is not on the CRL");
        }
        issued += known.issued.len();
        revoked += known.revoked.len();
    }
    let numbers = sink.numbers.lock().unwrap();
    assert!(!numbers.is_empty());
    for (key, numbers) in numbers.iter() {
        assert!(numbers.is_sorted_by(|a, b| a < b), "{key}: {numbers:?}");
    }
    format!("{issued} certificates, {revoked} revoked, {} CRLs", numbers.values().flatten().count())
}

/// A write that finds no room is not acknowledged, and what is in memory is what is on disk.
#[test]
fn a_full_disk_is_an_error_and_undoes_what_was_not_written() {
    let mut row = Row::new(
        "3 no room for the data directory's files",
        "InternalFailure, reads go on, nothing acknowledged is lost, and writing goes on with room",
    );
    let folder = tempfile::tempdir().unwrap();
    let (data, sink) = (folder.path().join("data"), Sink::start());
    let mut known = establish(&Server::start(&data, &sink), 0);
    // The limit is for each file, in blocks of 512 octets; what the database has already is below.
    let server = Server::start_limited(&data, &sink, 1500);
    let tags = |server: &Server| {
        let of_ca = json!({"CertificateAuthorityArn": known.ca});
        server.acknowledged("ListTags", &of_ca).unwrap()["Tags"].clone()
    };
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for _ in 0..2000 {
        let request = json!({
            "CertificateAuthorityArn": known.ca, "Csr": known.request,
            "SigningAlgorithm": "SHA256WITHECDSA", "Validity": {"Type": "DAYS", "Value": 365},
        });
        let (status, answer) = server.call("IssueCertificate", &request).unwrap();
        match status {
            200 => acknowledged.push(answer["CertificateArn"].as_str().unwrap().to_owned()),
            _ => {
                assert_eq!((status, &answer["__type"]), (500, &json!("InternalFailure")));
                refused += 1;
            }
        }
        if refused == 3 {
            break;
        }
    }
    assert_eq!(refused, 3, "the disk has been full");
    let before = tags(&server);
    let tag = json!({
        "CertificateAuthorityArn": known.ca, "Tags": [{"Key": "late", "Value": "x".repeat(200)}],
    });
    let (status, _) = server.call("TagCertificateAuthority", &tag).unwrap();
    let kept = tags(&server);
    assert_eq!(status == 200, kept != before, "memory does not run ahead of the disk");
    // CRLs are due on the way. They cannot be written, and no call waits for that for ever.
    let later = json!({"seconds": 7200});
    let (status, answer) = server.try_admin("POST", "clock/advance", &later).unwrap();
    assert_eq!(status, 500, "{answer}");
    let (status, _) = server.call("ListCertificateAuthorities", &json!({})).unwrap();
    assert_eq!(status, 200, "reading goes on");
    drop(server);

    let server = Server::start(&data, &sink);
    row.saw(format!("{} acknowledged and there, {refused} refused", acknowledged.len()));
    known.news = acknowledged;
    verify(&server, &mut known);
    assert_eq!(tags_of(&server, &known.ca), kept);
    issue(&server, &mut known).expect("there is room again");
}

fn tags_of(server: &Server, ca: &str) -> Value {
    server.acknowledged("ListTags", &json!({"CertificateAuthorityArn": ca})).unwrap()["Tags"]
        .clone()
}
