//! `vigil doctor`: whether a deployment sees deletions and informs the operators.

use clap::Args;
use vigil_aws::clients::Clients;
use vigil_core::{
    jobs::doctor::{self, Check, CheckResult, Ports, StackNames},
    ports::{Bus, EvidenceStore},
};

use crate::{
    exit::{Answer, Exit, first_of},
    output::line,
};

#[derive(Args)]
pub(crate) struct Options {
    /// The stack's parameter Name.
    #[arg(long, default_value = "vigil", value_name = "NAME")]
    name: String,
    /// The name of the stack, if it is not that of --name.
    #[arg(long, value_name = "STACK")]
    stack: Option<String>,
    /// First invoke each scheduled function once. Schedules count from their creation, so after a deployment
    /// the first run is up to an hour away.
    #[arg(long)]
    run_functions: bool,
    /// How long to wait until the test finding reaches log group and topic.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    wait: u32,
}

/// Seconds between two looks into the logs.
const PAUSE: u32 = 5;

pub(crate) fn run(options: Options) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let checks = runtime.block_on(examine(options));
    for Check { name, outcome } in &checks {
        match outcome {
            CheckResult::Good(what) => line(&format!("good     {name}: {what}")),
            CheckResult::Bad { what, mend } => {
                line(&format!("bad      {name}: {what}"));
                line(&format!("         mend it: {mend}"));
            }
            CheckResult::Unknown(why) => line(&format!("unknown  {name}: {why}")),
        }
    }
    let exit = exit(&checks);
    if exit == Exit::NotChecked {
        line(&why_not_checked(&checks));
    }
    Ok(exit)
}

fn exit(checks: &[Check]) -> Exit {
    let has = |wanted: fn(&CheckResult) -> bool| checks.iter().any(|check| wanted(&check.outcome));
    if has(|it| matches!(it, CheckResult::Bad { .. })) {
        Exit::Findings
    } else if has(|it| matches!(it, CheckResult::Unknown(_))) {
        Exit::NotChecked
    } else {
        Exit::Clean
    }
}

/// Nothing is bad, and these are not known to be good.
fn why_not_checked(checks: &[Check]) -> String {
    let unknown = checks.iter().filter(|check| matches!(check.outcome, CheckResult::Unknown(_)));
    let names: Vec<String> = unknown.map(|check| check.name.to_owned()).collect();
    let (some, all, names) = (names.len(), checks.len(), first_of(&names));
    format!("Exit code 2: {some} of {all} checks could not be made, and none is bad: {names}.")
}

async fn examine(options: Options) -> Vec<Check> {
    let clients = Clients::load().await;
    let stack = options.stack.unwrap_or_else(|| options.name.clone());
    let stack_names = StackNames { name: options.name, stack };
    let ports = Ports {
        deployment: &clients.deployment(),
        authorities: &clients.authorities(),
        signatures: &clients.signatures(),
        evidence: &|bucket| Box::new(clients.evidence(bucket.to_owned())) as Box<dyn EvidenceStore>,
        bus: &|bus| Box::new(clients.bus(bus.to_owned())) as Box<dyn Bus>,
    };
    let options = doctor::Options {
        run_functions: options.run_functions,
        looks: options.wait / PAUSE + 1,
        nonce: std::process::id(),
    };
    let version = env!("CARGO_PKG_VERSION");
    doctor::judge(&doctor::gather(&ports, stack_names, version, options).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_named_and_what_is_bad_outweighs_it() {
        let good = Check { name: "trail", outcome: CheckResult::Good(String::new()) };
        let unknown = Check { name: "rules", outcome: CheckResult::Unknown("denied".to_owned()) };
        let (what, mend) = (String::new(), String::new());
        let bad = Check { name: "buckets", outcome: CheckResult::Bad { what, mend } };
        assert_eq!(exit(std::slice::from_ref(&good)), Exit::Clean);
        assert_eq!(exit(&[unknown.clone(), bad]), Exit::Findings);
        let checks = [good, unknown];
        assert_eq!(exit(&checks), Exit::NotChecked);
        let want = "Exit code 2: 1 of 2 checks could not be made, and none is bad: rules.";
        assert_eq!(why_not_checked(&checks), want);
    }
}
