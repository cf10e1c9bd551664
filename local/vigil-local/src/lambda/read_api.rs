//! What Lambda's API says of a function and of the account: GetFunction and GetAccountSettings.

use serde_json::{Value, json};

use super::FunctionConfig;

/// GetFunction, as far as `vigil doctor` reads it.
pub(super) fn function(config: &FunctionConfig) -> Value {
    let mut answer = json!({
        "Configuration": {
            "FunctionName": config.name,
            "FunctionArn": config.arn,
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "MemorySize": config.memory_mb,
            "Timeout": config.timeout.as_secs(),
            "Environment": {"Variables": config.environment},
        },
        "Tags": config.tags,
    });
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
