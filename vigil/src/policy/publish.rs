//! `vigil policy publish`: signs a set of policies and puts it where auto-restore reads it.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;
use vigil_aws::clients::Clients;
use vigil_core::{
    evidence::keys,
    failure::chain,
    policy::{Policies, PolicyFile, Publication},
    ports::{Authorities as _, EvidenceStore as _},
    signed::Signed,
};

use crate::{
    exit::{Answer, Exit},
    output::line,
    signing,
};

#[derive(Args)]
pub(crate) struct Options {
    /// Files, or folders with *.cedar files. All of them form the policy set.
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// KMS key to sign with: id, ARN or alias. It is ECC_NIST_P256, and the stack names it.
    #[arg(long, env = "VIGIL_POLICY_KEY", value_name = "KEY")]
    key: String,
    /// Name of the person who publishes. It is recorded; who published follows from the key.
    #[arg(long, value_name = "WHO")]
    author: String,
    /// Lowest version to publish. Needed if the set in the bucket is gone or older than one that was there before.
    #[arg(long, value_name = "VERSION", default_value_t = 1)]
    at_least: u64,
    /// Vigil's evidence bucket, as vigil-evidence-111122223333-us-east-1.
    #[arg(long, env = "VIGIL_EVIDENCE_BUCKET", value_name = "BUCKET")]
    evidence_bucket: String,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
enum PublishRefused {
    #[error("--author is empty: give the name of the person who publishes")]
    Anonymous,
    #[error("{0} is not UTF-8")]
    NotText(String),
}

pub(crate) fn run(options: Options) -> Answer {
    let sources = super::sources(&options.paths)?;
    if options.author.trim().is_empty() {
        return Err(PublishRefused::Anonymous.into());
    }
    let policies = match Policies::parse(&sources) {
        Ok(policies) => policies,
        Err(error) => {
            line(&format!("error: {}", chain(&error)));
            line("nothing was published");
            return Ok(Exit::Findings);
        }
    };
    if !policies.has_switch() {
        line("warning: no policy names RestoreAtDeadline, so there is no dead man's switch");
    }
    let file = |(name, body): (String, Vec<u8>)| match String::from_utf8(body) {
        Ok(text) => Ok(PolicyFile { name: short(&name), text }),
        Err(_) => Err(PublishRefused::NotText(name)),
    };
    let files = sources.into_iter().map(file).collect::<Result<Vec<_>, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(publish(options, files))
}

/// The name without its folders: where a copy lies is no matter of the set.
fn short(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

async fn publish(options: Options, files: Vec<PolicyFile>) -> Answer {
    let clients = Clients::load().await;
    let evidence = clients.evidence(options.evidence_bucket);
    let old = evidence.read(keys::POLICY_SET).await?;
    let read = old.as_ref().and_then(|old| Signed::<Publication>::read(&old.body).ok());
    let version = read.map_or(0, |old| old.statement.version).saturating_add(1);
    let version = version.max(options.at_least);
    let published_at: OffsetDateTime = clients.authorities().list().await?.as_of;
    let set = Publication { version, author: options.author, published_at, files };
    let signed = signing::sign(&clients, &options.key, set, Vec::new()).await?;
    signing::store(&evidence, keys::POLICY_SET, &signed, old.as_ref()).await?;
    let files = signed.statement.names().join(", ");
    line(&format!("published version {version} ({}): {files}", keys::POLICY_SET));
    line(&format!("signed with {}", signing::keys(&signed)));
    Ok(Exit::Clean)
}
