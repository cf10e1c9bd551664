//! The quick start and the recipes of docs/pca-local do what they say, as bash runs them.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{fs, path::Path, process::Command};

use e2e::{Server, root, run, tool};

/// The text of the ```bash blocks below a heading, or of the whole page.
fn commands(page: &str, heading: Option<&str>) -> String {
    let text = fs::read_to_string(root().join("docs/pca-local").join(page)).unwrap();
    let section = match heading {
        None => text.as_str(),
        Some(heading) => {
            let start = format!("\n## {heading}\n");
            let (_, rest) = text.split_once(&start).unwrap_or_else(|| panic!("{page}: {heading}"));
            rest.split("\n## ").next().unwrap()
        }
    };
    let blocks: Vec<&str> =
        section.split("```bash\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty(), "{page} {heading:?} has commands");
    blocks.concat()
}

/// `COMMAND   # SomeException` has to fail with it.
fn expecting(script: &str) -> String {
    let expect = |line: &str| match line.rsplit_once("# ") {
        Some((command, code)) if code.trim().ends_with("Exception") => {
            let code = code.trim();
            format!(
                "if said=$({command} 2>&1); then echo no {code}; exit 1; fi; grep -q {code} <<<$said\n"
            )
        }
        _ => format!("{line}\n"),
    };
    script.lines().map(expect).collect()
}

fn play(server: &Server, script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    // The server is there already, on a port of its own.
    let script = script.replace("pca-local --timing immediate &\n", "");
    let script = script.replace("http://127.0.0.1:4567", &server.url);
    let script = format!("set -euo pipefail\nU={}\n{}", server.url, expecting(&script));
    let path = tool("aws");
    let tools = path.parent().unwrap_or(Path::new("/")).display();
    let mut command = Command::new("bash");
    command
        .env_clear()
        .env("PATH", format!("{tools}:/usr/local/bin:/usr/bin:/bin"))
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .args(["-c", &script]);
    run(&mut command).unwrap_or_else(|error| panic!("{error}\n{script}"))
}

#[test]
fn the_quick_start_ends_with_a_sound_certificate() {
    let server = Server::start("pca-local", &["--listen", "127.0.0.1:0", "--timing=immediate"]);
    let said = play(&server, &commands("quick-start.md", None));
    assert!(said.contains("server.pem: OK"), "{said}");
    assert!(said.trim_end().ends_with('}') && said.contains("\"status\":\"ok\""), "{said}");
}

/// vigil-local has the S3 that the recipe asks for.
#[test]
fn the_recipe_of_revocation_ends_with_a_crl() {
    let server = Server::start("vigil-local", &["up", "--listen", "127.0.0.1:0"]);
    let begin = commands("quick-start.md", None);
    let begin = begin.split("curl").next().unwrap();
    let revoke = commands("recipes.md", Some("Revoke, and see the CRL"));
    let revoke = format!("export AWS_ENDPOINT_URL_S3={}\n{revoke}", server.url);
    let said = play(&server, &format!("{begin}{revoke}"));
    assert!(said.contains("Key Compromise"), "{said}");
}

/// The Dockerfile, compose.yaml and the pieces for GitHub and GitLab: no engine here runs them.
#[test]
fn the_container_files_fit_each_other_and_the_program() {
    let mut command = Command::new(tool("python"));
    command.arg(root().join("tests/fixtures/containers.py")).arg(e2e::binary("pca-local"));
    let said = run(&mut command).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said.trim_end(), "ok");
}

#[test]
fn the_recipes_do_what_they_say() {
    let server = Server::start("pca-local", &["--listen", "127.0.0.1:0", "--timing=immediate"]);
    let begin = commands("quick-start.md", None);
    let begin = begin.split("curl").next().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mtls = commands("recipes.md", Some("An mTLS service"));
    let wait = "until (exec 3<>/dev/tcp/localhost/8443) 2>/dev/null; do :; done\ncurl --silent";
    let mtls = mtls.replace("curl", wait).replace("8443", &port.to_string());
    let mtls = format!("{mtls}\nkill %%\n");
    let others = ["Another account", "A failure of your choice", "A deletion window in a second"];
    let others: String = others.map(|heading| commands("recipes.md", Some(heading))).concat();
    let said = play(&server, &format!("{begin}{mtls}{others}"));
    assert!(said.contains("Ciphers supported"), "openssl's page: {said}");
    let expired = commands("recipes.md", Some("An expired CA"));
    // Of another one, whose clock is not ahead yet: OpenSSL reads the machine's.
    let server = Server::start("pca-local", &["--listen", "127.0.0.1:0", "--timing=immediate"]);
    let said = play(&server, &format!("{begin}{expired}"));
    assert!(said.contains("EXPIRED"), "{said}");
}
