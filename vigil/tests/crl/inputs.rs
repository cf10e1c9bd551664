//! What the command is given: files in many forms, certificates, reports and versions before.

use rcgen::{CrlDistributionPoint, CrlIssuingDistributionPoint, DnType};

use super::*;

const ROW: &str = "111122223333,,arn,SERIAL,\"CN=a,O=b\",2026-01-01T00:00:00+0000,\
                   2027-01-01T00:00:00+0000,2026-03-01T00:00:00+0000,,,t\n";

#[test]
fn a_report_that_says_nothing_of_the_ca_is_incomplete() {
    let world = World::new();
    world.crl("a.crl", 7, &[1, 2]);
    world.report(&[(1, true), (2, true)]);
    let whole = fs::read_to_string(world.path("audit.csv")).unwrap();
    let (header, _) = whole.split_once('\n').unwrap();
    let later = |records: &str| records.replace("2026-03-01", "2026-01-05");
    world.report(&[(8, false), (9, false)]);
    let of_another = later(&fs::read_to_string(world.path("audit.csv")).unwrap());
    world.report(&[(8, true)]);
    let revoked_by_another = fs::read_to_string(world.path("audit.csv")).unwrap();
    for (name, report, why) in [
        ("no record", format!("{header}\n"), "no record that can be read"),
        ("another CA's", of_another, "may be another CA's"),
        ("its revocations", revoked_by_another, "may be another CA's"),
        ("a serial", format!("{whole}{}", ROW.replace("SERIAL", "zz")), "could not be read"),
        ("a time", format!("{whole}{}", ROW.replace("2027-01-01", "soon")), "could not be read"),
    ] {
        fs::write(world.path("some.csv"), report).unwrap();
        let output = world.check("a.crl", &["--report", "some.csv", "--format", "json"]);
        assert_eq!((code(&output), found(&output)), (2, Vec::new()), "{name}");
        assert!(text(&output).contains(why), "{name}: {}", text(&output));
    }
}

/// A partition at this URL, without entries.
fn partition(world: &World, name: &str, number: u64, url: &str) {
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 3, 1),
        next_update: date_time_ymd(2026, 3, 8),
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: Some(CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint { uris: vec![url.to_owned()] },
            scope: None,
        }),
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    fs::write(world.path(name), params.signed_by(&world.ca).unwrap().der()).unwrap();
}

#[test]
fn another_partition_is_no_previous_version() {
    let world = World::new();
    partition(&world, "1.crl", 7, "http://ca.example.com/1.crl");
    partition(&world, "2.crl", 7, "http://ca.example.com/2.crl");
    partition(&world, "2-old.crl", 6, "http://ca.example.com/2.crl");
    let with = |previous| world.check("2.crl", &["--previous", previous, "--format", "json"]);
    assert_eq!(code(&with("2-old.crl")), 0);
    let other = with("1.crl");
    assert_eq!((code(&other), found(&other)), (2, Vec::new()), "{}", text(&other));
    assert!(text(&other).contains("another scope"), "{}", text(&other));
}

#[test]
fn a_previous_version_in_pem_is_compared() {
    let world = World::new();
    world.crl("old.crl", 7, &[1, 2]);
    world.crl("new.crl", 8, &[2]);
    world.pem("old.crl", "old.pem", "");
    let output = world.check("new.crl", &["--previous", "old.pem", "--format", "json"]);
    assert_eq!(found(&output), one("crl.early-removal", "unexplained"), "{}", text(&output));
    let two = fs::read_to_string(world.path("old.pem")).unwrap().repeat(2);
    fs::write(world.path("two.pem"), two).unwrap();
    let output = world.check("new.crl", &["--previous", "two.pem"]);
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("several CRLs"));
}

/// As `openssl crl -text` writes it, and after a certificate.
#[test]
fn a_crl_in_pem_may_have_text_before_it() {
    let world = World::new();
    world.crl("a.crl", 7, &[1, 2]);
    let certificate = fs::read_to_string(world.path("ca.pem")).unwrap();
    for before in ["Certificate Revocation List (CRL):\n    Version 2 (0x1)\n", &certificate] {
        world.pem("a.crl", "a.pem", before);
        let output = world.check("a.pem", &["--format", "json"]);
        assert_eq!((code(&output), &json(&output)["crl"]["entries"]), (0, &2.into()), "{before}");
    }
}

#[test]
fn programs_are_given_the_error_of_a_single_file() {
    let world = World::new();
    let output = world.check("none.crl", &["--format", "json"]);
    let checked = json(&output);
    assert_eq!((code(&output), &checked["result"]), (2, &"incomplete".into()));
    let why = checked["not_checked"][0]["reason"].as_str().unwrap();
    assert!(why.contains("cannot read none.crl"), "{why}");
    let output = world.check("none.crl", &["--format", "sarif"]);
    let run = &json(&output)["runs"][0]["invocations"][0];
    assert_eq!((code(&output), &run["executionSuccessful"]), (2, &false.into()));
    let note = run["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
    assert!(note.contains("cannot read none.crl"), "{note}");
}

#[test]
fn a_quoted_pattern_is_expanded() {
    let world = World::new();
    ["a1.crl", "a2.crl", "b.crl"].iter().for_each(|name| world.crl(name, 7, &[1]));
    let names = |pattern: &str| -> Vec<String> {
        let checked = json(&world.check(pattern, &["--format", "json"]));
        let crls = checked["crls"].as_array().unwrap();
        crls.iter().map(|crl| crl["file"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("a?.crl"), ["a1.crl", "a2.crl"]);
    assert_eq!(names("./*.crl"), ["./a1.crl", "./a2.crl", "./b.crl"]);
    assert_eq!(code(&world.check("c*.crl", &[])), 2, "nothing matches");
}

/// Without a writer, its reader waits for ever.
#[test]
fn a_named_pipe_is_no_file_and_ends_at_once() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    assert!(Command::new("mkfifo").arg(world.path("pipe.crl")).status().unwrap().success());
    for arguments in [&["pipe.crl"][..], &["a.crl", "--issuer", "ca.pem", "--previous", "pipe.crl"]]
    {
        let output = Command::new("timeout")
            .args(["10", env!("CARGO_BIN_EXE_vigil"), "crl", "check"])
            .args(arguments)
            .current_dir(world.folder.path())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), 2, "{error}");
        assert!(error.contains("pipe.crl is not a regular file"), "{error}");
    }
}

/// Of one key and name, each without something, before and after the one that may sign CRLs.
#[test]
fn the_certificate_that_fits_best_is_used_in_any_order() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = |usages: &[KeyUsagePurpose]| {
        let mut params = params.clone();
        params.key_usages = usages.to_vec();
        params.self_signed(&key).unwrap().pem()
    };
    let good = pem(&[KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]);
    let without = pem(&[KeyUsagePurpose::KeyCertSign]);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let world = World { folder: tempfile::tempdir().unwrap(), ca: Issuer::new(params, key) };
    world.crl("a.crl", 7, &[1]);
    for bundle in [[&good, &without], [&without, &good]] {
        fs::write(world.path("ca.pem"), bundle.map(String::as_str).concat()).unwrap();
        let output = world.check("a.crl", &[]);
        assert_eq!(code(&output), 0, "{}", text(&output));
    }
}

#[test]
fn an_odd_certificate_keeps_no_other_from_its_use() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    let good = fs::read_to_string(world.path("ca.pem")).unwrap();
    let odd = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for bundle in [[odd, good.as_str()], [good.as_str(), odd]] {
        fs::write(world.path("ca.pem"), bundle.concat()).unwrap();
        let output = world.check("a.crl", &[]);
        assert_eq!(code(&output), 0, "{}", text(&output));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("of ca.pem is skipped: "), "{error}");
    }
    fs::write(world.path("ca.pem"), odd).unwrap();
    assert_eq!(code(&world.check("a.crl", &[])), 2, "there is no other");
}

#[test]
fn a_folder_gives_its_crls_whatever_they_are_called() {
    let world = World::new();
    fs::create_dir(world.path("sub")).unwrap();
    let all = ["B.CRL", "a.crl", "c.der", "sub/d.crl"];
    all.iter().for_each(|name| world.crl(name, 7, &[1]));
    fs::copy(world.path("ca.pem"), world.path("ca.crl")).unwrap();
    fs::write(world.path("key.der"), [0x30, 3, 2, 1, 0]).unwrap();
    fs::write(world.path("readme.txt"), "text").unwrap();
    let output = world.check(".", &["--issuer", "ca.crl", "--format", "json"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let checked = json(&output);
    let crls = checked["crls"].as_array().unwrap();
    let names: Vec<_> = crls.iter().map(|crl| crl["file"].as_str().unwrap()).collect();
    assert_eq!(names, all.map(|name| format!("./{name}")));
    let skipped = String::from_utf8_lossy(&output.stderr).into_owned();
    for name in ["ca.crl", "ca.pem", "key.der", "readme.txt"] {
        assert!(skipped.contains(&format!("./{name} is skipped")), "{name}: {skipped}");
    }
}

#[test]
fn a_command_reads_the_certificate_that_was_given() {
    let (world, mallory) = (World::new(), World::new());
    mallory.crl("forged.crl", 7, &[1]);
    fs::copy(mallory.path("forged.crl"), world.path("forged.crl")).unwrap();
    fs::copy(world.path("ca.pem"), world.path("the ca's.pem")).unwrap();
    for (issuer, shown) in [("ca.pem", "cat ca.pem"), ("the ca's.pem", r"cat 'the ca'\''s.pem'")] {
        let arguments = ["forged.crl", "--profile", "rfc5280", "--issuer", issuer];
        let output = check(world.folder.path(), &arguments);
        assert!(text(&output).contains(shown), "{}", text(&output));
        assert!(!text(&output).contains("ISSUER.pem"), "{}", text(&output));
    }
}

/// A CRL in the CA's name, by the key of another CA whose certificate is there, too.
#[test]
fn the_key_of_another_name_verifies_nothing() {
    let world = World::new();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let forger = World { folder: world.folder, ca: Issuer::new(params.clone(), key) };
    forger.crl("forged.crl", 7, &[1]);
    params.distinguished_name.push(DnType::CommonName, "Mallory");
    let own = fs::read_to_string(forger.path("ca.pem")).unwrap();
    let other = params.self_signed(forger.ca.key()).unwrap().pem();
    for (issuers, rule) in
        [([own, other.clone()].concat(), "crl.signature"), (other, "crl.issuer-name")]
    {
        fs::write(forger.path("ca.pem"), issuers).unwrap();
        let checked = forger.check("forged.crl", &["--format", "json"]);
        let rules: Vec<_> = found(&checked).into_iter().map(|(rule, _)| rule).collect();
        assert!(rules.contains(&rule.to_owned()), "{rules:?}");
        let hidden = forger.check("forged.crl", &["--fail-on", "critical", "--format", "json"]);
        assert_eq!((code(&hidden), &json(&hidden)["result"]), (2, &"incomplete".into()), "{rule}");
    }
}

/// As `openssl storeutl` writes them: zero is the tag of a SEQUENCE in DER.
#[test]
fn text_that_begins_with_a_zero_is_read_as_pem() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    world.pem("a.crl", "a.pem", "0: CRL\n");
    let certificate = fs::read_to_string(world.path("ca.pem")).unwrap();
    fs::write(world.path("ca.pem"), format!("0: Certificate\n{certificate}")).unwrap();
    let output = world.check("a.pem", &[]);
    assert_eq!(code(&output), 0, "{}", text(&output));
}

#[test]
fn a_damaged_block_keeps_no_other_from_its_verdict() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    world.pem("a.crl", "a.pem", "");
    let good = fs::read_to_string(world.path("a.pem")).unwrap();
    let bundle = [good.as_str(), &good[..good.len() / 2], "\n", good.as_str()].concat();
    fs::write(world.path("some.pem"), bundle).unwrap();
    let output = world.check("some.pem", &["--format", "json"]);
    let checked = json(&output);
    let crls = checked["crls"].as_array().unwrap();
    let results: Vec<_> = crls.iter().map(|crl| crl["result"].as_str().unwrap()).collect();
    assert_eq!((code(&output), results), (1, vec!["clean", "findings", "clean"]));
    assert!(text(&output).contains("whose base64 or end is damaged"), "{}", text(&output));
    let alone = world.check("a.crl", &["--previous", "some.pem"]);
    assert_eq!(code(&alone), 2, "several");
}

/// A CRL behind many certificates, one in BER, and a link whose CRL is gone.
#[test]
fn a_folder_hides_no_crl() {
    let world = World::new();
    fs::create_dir(world.path("crls")).unwrap();
    world.crl("twice.crl", 7, &[5, 5]);
    let certificate = fs::read_to_string(world.path("ca.pem")).unwrap();
    world.pem("twice.crl", "crls/late.pem", &certificate.repeat(200));
    let output = world.check("crls", &["--format", "json"]);
    assert_eq!((code(&output), found(&output)), (1, one("crl.serials", "duplicate")));
    // BER: a length that is indefinite.
    let der = fs::read(world.path("twice.crl")).unwrap();
    fs::write(world.path("crls/ber.der"), [&[0x30, 0x80][..], &der[4..], &[0, 0]].concat())
        .unwrap();
    fs::remove_file(world.path("crls/late.pem")).unwrap();
    let output = world.check("crls", &["--format", "json"]);
    assert_eq!((code(&output), found(&output)), (1, one("crl.parses", "unreadable")));
    std::os::unix::fs::symlink("gone.crl", world.path("crls/current.crl")).unwrap();
    let output = world.check("crls", &[]);
    assert_eq!(code(&output), 2, "{}", text(&output));
}

#[test]
fn commands_read_text_and_der_as_what_they_are() {
    let (world, mallory) = (World::new(), World::new());
    world.crl("twice.crl", 7, &[5, 5]);
    world.pem("twice.crl", "a.pem", "");
    fs::write(world.path("two.pem"), fs::read_to_string(world.path("a.pem")).unwrap().repeat(2))
        .unwrap();
    let shown = text(&world.check("two.pem", &[]));
    assert!(shown.contains("awk '/BEGIN X509 CRL/{n++} n==2' two.pem | openssl crl"), "{shown}");
    let shown = text(&world.check("a.pem", &[]));
    assert!(shown.contains("openssl crl -in a.pem -outform DER | openssl crl"), "{shown}");
    mallory.crl("forged.crl", 7, &[1]);
    fs::copy(mallory.path("forged.crl"), world.path("forged.crl")).unwrap();
    let pem = fs::read_to_string(world.path("ca.pem")).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    fs::write(world.path("ca.der"), BASE64_STANDARD.decode(base64).unwrap()).unwrap();
    let shown = text(&check(world.folder.path(), &["forged.crl", "--issuer", "ca.der"]));
    assert!(shown.contains("openssl x509 -inform DER -in ca.der"), "{shown}");
}

#[test]
fn a_large_bundle_of_certificates_is_read_to_its_end() {
    let (world, other) = (World::new(), World::new());
    world.crl("a.crl", 7, &[1]);
    let own = fs::read_to_string(world.path("ca.pem")).unwrap();
    let others = fs::read_to_string(other.path("ca.pem")).unwrap();
    let many = others.repeat(1024 * 1024 / others.len() + 1);
    fs::write(world.path("ca.pem"), [many, own].concat()).unwrap();
    let output = world.check("a.crl", &[]);
    assert_eq!(code(&output), 0, "{}", text(&output));
}

/// As of a folder with CRLs of several CAs, and the certificate of one.
#[test]
fn a_certificate_of_another_ca_says_nothing_of_the_signature() {
    let world = World::new();
    world.crl("a.crl", 7, &[1]);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "Other");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let other = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    fs::write(world.path("other.pem"), other.pem()).unwrap();
    let arguments = ["a.crl", "--issuer", "other.pem", "--format", "json"];
    let output = check(world.folder.path(), &arguments);
    assert_eq!((code(&output), found(&output)), (2, Vec::new()), "{}", text(&output));
    assert!(text(&output).contains("no certificate of the CRL's issuer"), "{}", text(&output));
}
