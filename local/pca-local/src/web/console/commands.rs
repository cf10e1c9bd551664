//! What a page shows, as commands for the AWS CLI, to be copied.

use http::{HeaderMap, header};
use maud::{Markup, html};

use crate::model::{arn::CaArn, authority::Authority, lifecycle::CaState};

/// What one command does, and the command after `aws --endpoint-url …`.
type Command = (&'static str, String);

/// The list of CAs, and a first one.
pub(super) fn of_overview(headers: &HeaderMap) -> Markup {
    let create = "acm-pca create-certificate-authority --certificate-authority-type ROOT \\\n  \
                  --certificate-authority-configuration \\\n  \
                  'KeyAlgorithm=EC_prime256v1,SigningAlgorithm=SHA256WITHECDSA,Subject={CommonName=Root}'";
    let all = [
        ("List the CAs", "acm-pca list-certificate-authorities".to_owned()),
        ("Create a root", create.to_owned()),
    ];
    section(headers, &all)
}

/// What one CA can be asked for in its state.
pub(super) fn of_authority(headers: &HeaderMap, authority: &Authority) -> Markup {
    let arn = &authority.arn;
    let mut all = vec![("Describe it", of_ca(arn, "describe-certificate-authority", ""))];
    if matches!(authority.state, CaState::Deleted { .. }) {
        all.push(("Restore it", of_ca(arn, "restore-certificate-authority", "")));
        return section(headers, &all);
    }
    if authority.csr().is_ok() {
        let operation = "get-certificate-authority-csr";
        all.push(("Its certificate request", of_ca(arn, operation, " --output text")));
    }
    if authority.certificate.is_some() {
        let operation = "get-certificate-authority-certificate";
        all.push(("Its certificate and chain", of_ca(arn, operation, " --output text")));
    }
    let update = |rest: &str| of_ca(arn, "update-certificate-authority", rest);
    match &authority.state {
        CaState::Active => {
            let signing = authority.configuration.signing_algorithm().as_str();
            let rest = format!(
                " \\\n  --csr fileb://request.pem --signing-algorithm {signing} \\\n  \
                 --validity Value=365,Type=DAYS"
            );
            all.push(("Sign a request with it", of_ca(arn, "issue-certificate", &rest)));
            all.push(("Disable it", update(" --status DISABLED")));
        }
        CaState::Disabled => {
            all.push(("Enable it", update(" --status ACTIVE")));
            let rest = " --permanent-deletion-time-in-days 7";
            all.push(("Delete it", of_ca(arn, "delete-certificate-authority", rest)));
        }
        _ => {}
    }
    all.extend(of_last_certificate(authority));
    section(headers, &all)
}

fn of_last_certificate(authority: &Authority) -> Vec<Command> {
    let arn = &authority.arn;
    let count = authority.issued.len();
    let Some(entry) = authority.issued.range(count.saturating_sub(1)..count).next() else {
        return Vec::new();
    };
    let serial = hex::encode(entry.serial);
    let rest = format!(" \\\n  --certificate-arn {} --output text", arn.certificate(&serial));
    let mut all = vec![("The last certificate", of_ca(arn, "get-certificate", &rest))];
    if entry.revocation.is_none() && !entry.is_self_signed {
        let rest =
            format!(" \\\n  --certificate-serial {serial} --revocation-reason KEY_COMPROMISE");
        all.push(("Revoke the last certificate", of_ca(arn, "revoke-certificate", &rest)));
    }
    all
}

fn of_ca(arn: &CaArn, operation: &str, rest: &str) -> String {
    format!(
        "acm-pca {operation} --region {} \\\n  --certificate-authority-arn {arn}{rest}",
        arn.region
    )
}

fn section(headers: &HeaderMap, commands: &[Command]) -> Markup {
    let endpoint = endpoint(headers);
    html! {
        h2 #commands { "As commands" }
        p.quiet { "For the AWS CLI with any credentials: an access key id of twelve digits is an account." }
        dl.commands { @for (what, command) in commands {
            dt { (what) }
            dd {
                pre tabindex="0" { code data-command { "aws --endpoint-url " (endpoint) " " (command) } }
            }
        } }
    }
}

/// Where the browser found this page. A host that a shell would not take as one word is left out. The
/// script knows of TLS.
fn endpoint(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let plain = |host: &&str| {
        !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte))
    };
    let endpoint = format!("http://{}", host.filter(plain).unwrap_or("127.0.0.1:4567"));
    // An IPv6 address.
    if endpoint.contains('[') { format!("'{endpoint}'") } else { endpoint }
}
