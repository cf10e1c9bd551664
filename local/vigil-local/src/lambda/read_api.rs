//! What Lambda's API says of functions and of the account.

use serde_json::{Value, json};

use super::FunctionConfig;

type Part = fn(&FunctionConfig) -> Value;

/// What is asked of a function after its name: the rest of the path, and what answers it.
pub(super) fn part(rest: &str) -> Option<(&str, Part)> {
    match rest.split_once('/') {
        None => Some((rest, function)),
        Some((name, "configuration")) => Some((name, configuration)),
        Some(_) => None,
    }
}

/// ListFunctions. There are few: one page.
pub(super) fn list<'a>(configs: impl Iterator<Item = &'a FunctionConfig>) -> Value {
    json!({"Functions": configs.map(configuration).collect::<Vec<_>>()})
}

/// GetFunctionConfiguration.
pub(super) fn configuration(config: &FunctionConfig) -> Value {
    let mut answer = json!({
        "FunctionName": config.name,
        "FunctionArn": config.arn,
        "Version": "$LATEST",
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "PackageType": "Zip",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "MemorySize": config.memory_mb,
        "Timeout": config.timeout.as_secs(),
        "Environment": {"Variables": config.environment},
    });
    if let Some(uploaded) = config.code.uploaded() {
        answer["CodeSha256"] = json!(uploaded.sha256);
        answer["CodeSize"] = json!(uploaded.bytes);
    }
    answer
}

/// GetFunction.
fn function(config: &FunctionConfig) -> Value {
    let mut answer = json!({"Configuration": configuration(config), "Tags": config.tags});
    if let Some(reserved) = config.reserved {
        answer["Concurrency"] = json!({"ReservedConcurrentExecutions": reserved});
    }
    answer
}

/// Lambda Developer Guide, "Lambda quotas": the default of an account.
const CONCURRENCY: u32 = 1000;

/// GetAccountSettings.
pub(super) fn account<'a>(configs: impl Iterator<Item = &'a FunctionConfig>) -> Value {
    let reserved: u32 = configs.filter_map(|config| config.reserved).sum();
    json!({"AccountLimit": {
        "ConcurrentExecutions": CONCURRENCY,
        "UnreservedConcurrentExecutions": CONCURRENCY.saturating_sub(reserved),
    }})
}
