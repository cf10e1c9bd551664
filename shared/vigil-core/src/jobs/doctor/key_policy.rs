//! Whether the policy of a KMS key lets the services use it that deliver, log and report.

use iam_policy::{Context, Effect, Malformed, Policy, Principal, Request};

const DATA_KEYS: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];

/// docs/deploying.md, "A key of your own": service and actions. REGION is the key's.
const NEEDED: [(&str, &[&str]); 4] = [
    ("events.amazonaws.com", DATA_KEYS),
    ("cloudwatch.amazonaws.com", DATA_KEYS),
    ("logs.REGION.amazonaws.com", &["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"]),
    ("acm-pca.amazonaws.com", DATA_KEYS),
];

/// What the policy does not allow, such as `kms:Decrypt for events.amazonaws.com`. A statement with a
/// condition counts as one that allows.
pub(super) fn missing(policy: &str, key: &str) -> Result<Vec<String>, Malformed> {
    let policy = Policy::of_key(policy)?;
    let region = key.split(':').nth(3).unwrap_or_default();
    let context = Context::default();
    let mut missing = Vec::new();
    for (service, actions) in NEEDED {
        let service = service.replace("REGION", region);
        let principal = Principal::Service(service.clone());
        for action in actions {
            let request =
                Request { principal: &principal, action, resource: key, context: &context };
            match policy.evaluate(&request) {
                Effect::Allowed { .. } | Effect::Unclear { .. } => {}
                Effect::Denied { .. } | Effect::Silent => {
                    missing.push(format!("{action} for {service}"));
                }
            }
        }
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";

    /// The statements that docs/deploying.md gives.
    fn documented() -> Vec<Value> {
        let page = include_str!("../../../../../docs/deploying.md");
        let (_, rest) = page.split_once("## A key of your own").unwrap();
        let block = rest.split("```json").nth(1).unwrap().split("```").next().unwrap();
        let block = block.replace("REGION", "eu-west-1").replace("ACCOUNT", "111122223333");
        serde_json::from_str(&block).unwrap()
    }

    fn missing_in(statements: &[Value]) -> Vec<String> {
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        missing(&policy, KEY).unwrap()
    }

    #[test]
    fn the_documented_policy_lets_every_service_use_the_key() {
        assert_eq!(missing_in(&documented()), Vec::<String>::new());
    }

    #[test]
    fn each_documented_statement_for_a_service_is_needed() {
        let all = documented();
        for (at, want) in [
            (0, "kms:Decrypt for events.amazonaws.com"),
            (1, "kms:Encrypt for logs.eu-west-1.amazonaws.com"),
            (2, "kms:GenerateDataKey for acm-pca.amazonaws.com"),
        ] {
            let mut some = all.clone();
            some.remove(at);
            assert!(missing_in(&some).contains(&want.to_owned()), "{:?}", missing_in(&some));
        }
        assert!(missing("no policy", KEY).is_err());
    }
}
