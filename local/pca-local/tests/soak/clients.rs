//! Many clients at once: stops, tokens, pages.

use std::{
    collections::BTreeSet,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::json;

use super::{
    is_there, issue, listed,
    process::{Row, Server, Sink},
    scale,
};

#[test]
fn a_clean_stop_under_clients_answers_or_refuses() {
    let mut row = Row::new(
        "2 SIGTERM while 8 clients issue",
        "exit code 0; what was acknowledged is there, and nothing else",
    );
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let data = folder.path().join("data");
    let (mut total, mut unanswered) = (0, 0);
    let server = Server::start(&data, &sink);
    let (ca, request) = server.active_root("Root");
    assert_eq!(server.stop("TERM"), Some(0));
    for _ in 0..3 * scale() {
        let server = Server::start(&data, &sink);
        let begun = Barrier::new(9);
        let issued: Vec<String> = thread::scope(|scope| {
            let clients: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let mut issued = vec![issue(&server, &ca, &request).unwrap()];
                        begun.wait();
                        while let Ok(arn) = issue(&server, &ca, &request) {
                            issued.push(arn);
                        }
                        issued
                    })
                })
                .collect();
            begun.wait();
            assert_eq!(server.stop("TERM"), Some(0));
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
        });
        total += issued.len();
        let server = Server::start(&data, &sink);
        assert!(issued.iter().all(|arn| is_there(&server, &ca, arn)));
        let export = server.text("GET", "/_pca-local/state").unwrap();
        let kept = export.as_str().unwrap().matches("\"record\":\"certificate\"").count();
        // The CA's own is one; each client had one call under way.
        unanswered = kept - 1 - total;
        assert!(unanswered <= 8 * 3 * scale() as usize, "{kept} of {total}");
        assert_eq!(server.stop("TERM"), Some(0));
    }
    row.saw(format!("{total} acknowledged, {unanswered} done without an answer"));
}

#[test]
fn a_token_that_comes_64_times_at_once_makes_one() {
    let mut row = Row::new("12 64 creations, issuances and revocations at once", "one of each");
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let server = Server::start(&folder.path().join("data"), &sink);
    let (ca, request) = server.active_root("Root");
    let mut creation = testkit::json::creation("Same", None);
    creation["IdempotencyToken"] = json!("token");
    let issuance = json!({
        "CertificateAuthorityArn": ca, "Csr": request, "IdempotencyToken": "token",
        "SigningAlgorithm": "SHA256WITHECDSA", "Validity": {"Type": "DAYS", "Value": 365},
    });
    let all = |operation: &str, request: &serde_json::Value| -> Vec<serde_json::Value> {
        let begun = Barrier::new(64);
        thread::scope(|scope| {
            let calls: Vec<_> = (0..64)
                .map(|_| {
                    scope.spawn(|| {
                        begun.wait();
                        server.call(operation, request).unwrap().1
                    })
                })
                .collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        })
    };
    let distinct = |answers: &[serde_json::Value], member: &str| {
        let found: BTreeSet<String> =
            answers.iter().map(|answer| answer[member].as_str().unwrap().to_owned()).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    };
    distinct(&all("CreateCertificateAuthority", &creation), "CertificateAuthorityArn");
    let arn = distinct(&all("IssueCertificate", &issuance), "CertificateArn");
    let serial = arn.rsplit('/').next().unwrap();
    let revocation = json!({
        "CertificateAuthorityArn": ca, "CertificateSerial": serial,
        "RevocationReason": "SUPERSEDED",
    });
    let answers = all("RevokeCertificate", &revocation);
    let refused = answers
        .iter()
        .filter(|answer| answer["__type"] == "RequestAlreadyProcessedException")
        .count();
    assert_eq!(refused, 63);
    row.saw("1 CA, 1 certificate, 1 revocation and 63 RequestAlreadyProcessedException");
}

#[test]
fn pages_neither_repeat_nor_lose_what_stays() {
    let mut row = Row::new(
        "13 pages of 7 while CAs are created and deleted",
        "none twice, none of those that stay left out",
    );
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start());
    let server = Server::start(&folder.path().join("data"), &sink);
    let create = |name: &str| {
        let created = server
            .acknowledged("CreateCertificateAuthority", &testkit::json::creation(name, None))
            .unwrap();
        created["CertificateAuthorityArn"].as_str().unwrap().to_owned()
    };
    let stay: BTreeSet<String> = (0..30).map(|number| create(&format!("Stays {number}"))).collect();
    let is_over = AtomicBool::new(false);
    let mut passes = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let ca = create("Goes");
                let request = json!({"CertificateAuthorityArn": ca});
                server.acknowledged("DeleteCertificateAuthority", &request).unwrap();
            }
        });
        for _ in 0..8 * scale() {
            let mut seen = Vec::new();
            let mut request = json!({"MaxResults": 7});
            loop {
                let page = listed(&server, &request);
                let cas = page["CertificateAuthorities"].as_array().unwrap();
                seen.extend(cas.iter().map(|ca| ca["Arn"].as_str().unwrap().to_owned()));
                let Some(next) = page["NextToken"].as_str() else { break };
                request["NextToken"] = json!(next);
            }
            let distinct: BTreeSet<String> = seen.iter().cloned().collect();
            assert_eq!(distinct.len(), seen.len(), "none twice");
            assert!(stay.is_subset(&distinct), "none left out");
            passes += 1;
        }
        is_over.store(true, Ordering::Relaxed);
    });
    row.saw(format!("{passes} passes, 0 twice, 0 left out"));
}
