//! Every environment variable that Vigil reads, and the one place where it is read.
//!
//! They are read while the function starts: a missing or bad one ends the cold start under its
//! name, rather than some invocation days later.

use std::{env, error::Error, str::FromStr};

use vigil_core::signed::Signers;

/// A variable, what it is for, and what holds without it.
#[derive(Debug)]
pub struct Variable {
    /// Its name in the environment.
    pub name: &'static str,
    /// For errors and docs/configuration.md.
    pub meaning: &'static str,
    /// `None`: the function does not start without it.
    pub default: Option<&'static str>,
}

/// The account whose CAs are watched.
pub const ACCOUNT: Variable = Variable {
    name: "VIGIL_ACCOUNT",
    meaning: "the account whose CAs are watched; events about another's are refused",
    default: Some(""),
};

/// The topic for findings from LOW upwards.
pub const ALERTS_TOPIC: Variable = Variable {
    name: "VIGIL_ALERTS_TOPIC",
    meaning: "the ARN of the SNS topic that takes findings from LOW upwards",
    default: None,
};

/// How many keys must have signed an approval.
pub const APPROVALS_NEEDED: Variable = Variable {
    name: "VIGIL_APPROVALS_NEEDED",
    meaning: "how many of the approvers' keys must have signed an approval or acknowledgement",
    default: Some("1"),
};

/// The keys of who may approve.
pub const APPROVER_KEYS: Variable = Variable {
    name: "VIGIL_APPROVER_KEYS",
    meaning: "the ARNs of the KMS keys whose signatures make an approval or acknowledgement count, \
              separated by commas; without any, none counts",
    default: Some(""),
};

/// The age at which a claim on an alert or finding expires.
pub const CLAIM_EXPIRES: Variable = Variable {
    name: "VIGIL_CLAIM_EXPIRES",
    meaning: "the age at which the claim on an alert or finding counts as left by a crash: at \
              least the function's timeout, as 90s or 5m",
    default: Some("1m"),
};

/// The principals that may change CRL buckets.
pub const CRL_ADMINISTRATORS: Variable = Variable {
    name: "VIGIL_CRL_ADMINISTRATORS",
    meaning: "the principals that may change CRL buckets and are not reported for it: account ids or \
              ARNs, separated by commas; an ARN may have the wildcards of IAM behind its account",
    default: Some(""),
};

/// The thresholds of restore-deadline.
pub const DEADLINE_THRESHOLDS: Variable = Variable {
    name: "VIGIL_DEADLINE_THRESHOLDS",
    meaning: "how long before RestorableUntil to alert, as 14d,7d,1h",
    default: Some("14d,7d,3d,1d,6h,1h"),
};

/// The event bus that findings are published on.
pub const EVENT_BUS: Variable = Variable {
    name: "VIGIL_EVENT_BUS",
    meaning: "the name or ARN of the event bus that takes the findings",
    default: None,
};

/// The evidence bucket.
pub const EVIDENCE_BUCKET: Variable = Variable {
    name: "VIGIL_EVIDENCE_BUCKET",
    meaning: "the bucket of cases, alerts, reports, approvals and policies",
    default: None,
};

/// Whether crl-audit fetches CRLs over HTTP.
pub const FETCH_DISTRIBUTION_POINTS: Variable = Variable {
    name: "VIGIL_FETCH_DISTRIBUTION_POINTS",
    meaning: "true to fetch CRLs over HTTP from where certificates say they are, as relying parties \
              do; or false",
    default: Some("false"),
};

/// The log level.
pub const LOG_LEVEL: Variable = Variable {
    name: "AWS_LAMBDA_LOG_LEVEL",
    meaning: "TRACE, DEBUG, INFO, WARN, ERROR or FATAL; Lambda sets it from the function's \
              LoggingConfig",
    default: Some("INFO"),
};

/// The topic for HIGH and CRITICAL findings.
pub const ON_CALL_TOPIC: Variable = Variable {
    name: "VIGIL_ON_CALL_TOPIC",
    meaning: "the ARN of the SNS topic that also takes HIGH and CRITICAL findings",
    default: None,
};

/// The period before a deletion in which a disabling counts as part of it.
pub const REACTIVATE_WITHIN: Variable = Variable {
    name: "VIGIL_REACTIVATE_WITHIN",
    meaning: "a CA that was disabled at most so long before its deletion is made ACTIVE again when \
              it is restored, as 24h",
    default: Some("24h"),
};

/// The deletions that may end with the loss of the CA.
pub const PERMITTED_DELETIONS: Variable = Variable {
    name: "VIGIL_PERMITTED_DELETIONS",
    meaning: "the deletions that the last resort lets end, each as <CA id>@<RestorableUntil>, \
              separated by commas; an entry that cannot be read permits nothing",
    default: Some(""),
};

/// The keys of who may publish policies.
pub const POLICY_KEYS: Variable = Variable {
    name: "VIGIL_POLICY_KEYS",
    meaning: "the ARNs of the KMS keys whose signatures make a set of policies count, separated by \
              commas; without any, the built-in policies decide",
    default: Some(""),
};

/// Whether what a restored CA had is put back.
pub const PUT_BACK: Variable = Variable {
    name: "VIGIL_PUT_BACK",
    meaning: "true to put back the policy, permissions and tags that a restored CA had, if policy \
              permits; or false, to report only",
    default: Some("false"),
};

/// The Regions that are watched.
pub const REGIONS: Variable = Variable {
    name: "VIGIL_REGIONS",
    meaning: "the Regions whose CAs are watched, as us-east-1,eu-west-1; the function's own, if \
              not set",
    default: Some(""),
};

/// The bucket of audit reports.
pub const REPORT_BUCKET: Variable = Variable {
    name: "VIGIL_REPORT_BUCKET",
    meaning: "the bucket to which ACM PCA writes audit reports",
    default: None,
};

/// The keys that count no more.
pub const RETIRED_KEYS: Variable = Variable {
    name: "VIGIL_RETIRED_KEYS",
    meaning: "keys of approvers and publishers that count no more, each as <key ARN>@<date>, \
              separated by commas",
    default: Some(""),
};

/// The key that seals state.
pub const STATE_KEY: Variable = Variable {
    name: "VIGIL_STATE_KEY",
    meaning: "the ARN of the KMS key (HMAC_256) that seals cases and state; an object without its \
              seal counts as absent",
    default: None,
};

/// The ages at which the newest audit report of a CA is a finding.
pub const REPORT_STALE: Variable = Variable {
    name: "VIGIL_REPORT_STALE",
    meaning: "the ages at which the newest audit report of a CA is a finding of MEDIUM and of HIGH, as \
              36h,72h",
    default: Some("36h,72h"),
};

/// The restorations of one CA in 24 hours.
pub const RESTORES_PER_DAY: Variable = Variable {
    name: "VIGIL_RESTORES_PER_DAY",
    meaning: "how often a CA is restored within 24 hours at once; then pauses of one to eight hours come in between",
    default: Some("3"),
};

/// The age of a deletion at which a sweep no longer waits for its event.
pub const SWEEP_SETTLE: Variable = Variable {
    name: "VIGIL_SWEEP_SETTLE",
    meaning: "how old a deletion is before auto-restore's sweep takes its event for lost, as 15m: \
              at least what CloudTrail takes, and the function's timeout",
    default: Some("15m"),
};

/// The SDK reads these by itself; for us they say that S3 is not AWS's.
const ENDPOINT: Variable = Variable {
    name: "AWS_ENDPOINT_URL",
    meaning: "another endpoint for all services, such as the local stack's",
    default: Some(""),
};

const S3_ENDPOINT: Variable =
    Variable { name: "AWS_ENDPOINT_URL_S3", meaning: "another endpoint for S3", default: Some("") };

/// All of them, for the documentation.
pub const ALL: [&Variable; 25] = [
    &ACCOUNT,
    &ALERTS_TOPIC,
    &APPROVALS_NEEDED,
    &APPROVER_KEYS,
    &CLAIM_EXPIRES,
    &CRL_ADMINISTRATORS,
    &DEADLINE_THRESHOLDS,
    &ENDPOINT,
    &EVENT_BUS,
    &EVIDENCE_BUCKET,
    &FETCH_DISTRIBUTION_POINTS,
    &LOG_LEVEL,
    &ON_CALL_TOPIC,
    &PERMITTED_DELETIONS,
    &POLICY_KEYS,
    &PUT_BACK,
    &REACTIVATE_WITHIN,
    &REGIONS,
    &REPORT_BUCKET,
    &REPORT_STALE,
    &RESTORES_PER_DAY,
    &RETIRED_KEYS,
    &S3_ENDPOINT,
    &STATE_KEY,
    &SWEEP_SETTLE,
];

/// The keys of who may approve and acknowledge.
///
/// # Errors
///
/// [`ConfigError`] for a variable that cannot be used.
pub fn approvers() -> Result<Signers, ConfigError> {
    let needed = APPROVALS_NEEDED.parse::<u8>()?;
    Ok(Signers::read(&APPROVER_KEYS.read()?, &RETIRED_KEYS.read()?, needed.into()))
}

/// The keys of who may publish policies.
///
/// # Errors
///
/// [`ConfigError`] for a variable that cannot be used.
pub fn publishers() -> Result<Signers, ConfigError> {
    Ok(Signers::read(&POLICY_KEYS.read()?, &RETIRED_KEYS.read()?, 1))
}

/// Regions by name, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionNames(pub Vec<String>);

/// A name that no Region can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a Region")]
pub struct NotARegion(String);

impl FromStr for RegionNames {
    type Err = NotARegion;

    fn from_str(text: &str) -> Result<Self, NotARegion> {
        let mut names: Vec<String> = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let is_label =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if !name.bytes().all(is_label) || !name.contains('-') || name.len() > 32 {
                return Err(NotARegion(name.chars().take(64).collect()));
            }
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        Ok(Self(names))
    }
}

/// Ids of accounts and ARNs of principals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalNames(pub Vec<String>);

/// A name that is of no account, or of any.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither the id of an account nor the ARN of a principal of one account")]
pub struct NotAPrincipal(String);

impl FromStr for PrincipalNames {
    type Err = NotAPrincipal;

    fn from_str(text: &str) -> Result<Self, NotAPrincipal> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let is_account =
            |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let name = |name: &str| {
            let parts: Vec<&str> = name.splitn(6, ':').collect();
            let is_principal = matches!(parts.as_slice(), ["arn", _, "iam" | "sts", "", account, _]
                if is_account(account));
            let is_named = is_account(name) || is_principal;
            if is_named {
                Ok(name.to_owned())
            } else {
                Err(NotAPrincipal(name.chars().take(64).collect()))
            }
        };
        names.map(name).collect::<Result<_, _>>().map(Self)
    }
}

/// A variable that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The value cannot be parsed.
    #[error("the environment variable {name} is {value:?}, which is not usable ({meaning})")]
    Bad {
        /// The variable.
        name: &'static str,
        /// What it is for.
        meaning: &'static str,
        /// The value that was found.
        value: String,
        /// Why it is not usable.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The variable is required and not set.
    #[error("the environment variable {name} is not set ({meaning})")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What it is for.
        meaning: &'static str,
    },
    /// The value is not Unicode.
    #[error("the environment variable {name} is not Unicode")]
    NotUnicode {
        /// The variable.
        name: &'static str,
    },
}

impl Variable {
    /// The value, or its default. An empty one counts as not set: that is how templates leave a
    /// variable out.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a value that is missing or not Unicode.
    pub fn read(&self) -> Result<String, ConfigError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where the environment is read"
        )]
        let found = env::var(self.name);
        self.value(found)
    }

    /// The value, or its default, parsed.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a value that is missing, not Unicode, or not a `T`.
    pub fn parse<T>(&self) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        self.parse_value(self.read()?)
    }

    fn value(&self, found: Result<String, env::VarError>) -> Result<String, ConfigError> {
        let found = match found {
            Ok(value) => Some(value).filter(|value| !value.trim().is_empty()),
            Err(env::VarError::NotPresent) => None,
            Err(env::VarError::NotUnicode(_)) => {
                return Err(ConfigError::NotUnicode { name: self.name });
            }
        };
        let missing = ConfigError::Missing { name: self.name, meaning: self.meaning };
        found.or(self.default.map(str::to_owned)).ok_or(missing)
    }

    fn parse_value<T>(&self, value: String) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        value.parse().map_err(|cause: T::Err| ConfigError::Bad {
            name: self.name,
            meaning: self.meaning,
            value,
            cause: Box::new(cause),
        })
    }
}

/// Whether S3 is reached at an endpoint that is not AWS's.
pub(crate) fn has_own_s3_endpoint() -> bool {
    own_s3_endpoint().is_some()
}

pub(crate) fn own_s3_endpoint() -> Option<String> {
    set(&S3_ENDPOINT).or_else(|| set(&ENDPOINT))
}

/// Whether all services are reached at an endpoint that is not AWS's.
pub(crate) fn has_own_endpoint() -> bool {
    set(&ENDPOINT).is_some()
}

fn set(variable: &Variable) -> Option<String> {
    variable.read().ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use vigil_core::{
        failure::chain,
        jobs::{audit_report::StaleAfter, restore_deadline::Thresholds},
        span::Span,
    };

    use super::*;

    #[test]
    fn every_default_is_usable() {
        CLAIM_EXPIRES.parse_value::<Span>(CLAIM_EXPIRES.default.unwrap().to_owned()).unwrap();
        for span in [&REACTIVATE_WITHIN, &SWEEP_SETTLE] {
            span.parse_value::<Span>(span.default.unwrap().to_owned()).unwrap();
        }
        let fetch = FETCH_DISTRIBUTION_POINTS.default.unwrap().to_owned();
        FETCH_DISTRIBUTION_POINTS.parse_value::<bool>(fetch).unwrap();
        let administrators = CRL_ADMINISTRATORS.default.unwrap().to_owned();
        CRL_ADMINISTRATORS.parse_value::<PrincipalNames>(administrators).unwrap();
        PUT_BACK.parse_value::<bool>(PUT_BACK.default.unwrap().to_owned()).unwrap();
        REPORT_STALE.parse_value::<StaleAfter>(REPORT_STALE.default.unwrap().to_owned()).unwrap();
        let restores = RESTORES_PER_DAY.default.unwrap().to_owned();
        RESTORES_PER_DAY.parse_value::<u32>(restores).unwrap();
        let thresholds = DEADLINE_THRESHOLDS.default.unwrap().to_owned();
        DEADLINE_THRESHOLDS.parse_value::<Thresholds>(thresholds).unwrap();
    }

    #[test]
    fn an_administrator_is_of_one_account() {
        let good = "111122223333, arn:aws:iam::111122223333:role/pki-*,arn:aws-cn:iam::1:root";
        let read = good.parse::<PrincipalNames>();
        assert_eq!(read, Err(NotAPrincipal("arn:aws-cn:iam::1:root".to_owned())));
        let read = "111122223333,,arn:aws:iam::111122223333:role/pki-*".parse::<PrincipalNames>();
        let names = ["111122223333", "arn:aws:iam::111122223333:role/pki-*"].map(str::to_owned);
        assert_eq!(read, Ok(PrincipalNames(names.to_vec())));
        for text in ["*", "arn:aws:iam::*:role/a", "arn:aws:s3:::crls", "1111222233334", "admin"] {
            assert!(text.parse::<PrincipalNames>().is_err(), "{text}");
        }
    }

    /// Names live here and in the template; nothing else would notice that they have parted.
    #[test]
    fn the_template_sets_the_variables_that_are_read() {
        let template = include_str!("../../../infra/template.yaml");
        let lines = template.lines().filter_map(|line| line.trim().split_once(": "));
        let set: Vec<&str> =
            lines.map(|(name, _)| name).filter(|name| name.starts_with("VIGIL_")).collect();
        for name in &set {
            assert!(ALL.iter().any(|variable| variable.name == *name), "{name} is not read");
        }
        for variable in ALL.iter().filter(|variable| variable.default.is_none()) {
            assert!(set.contains(&variable.name), "{} is not set", variable.name);
        }
    }

    #[test]
    fn a_variable_that_is_empty_is_not_set() {
        let error = EVENT_BUS.value(Ok(" ".to_owned())).unwrap_err();
        assert!(error.to_string().contains("VIGIL_EVENT_BUS is not set"), "{error}");
        let error = EVENT_BUS.value(Err(env::VarError::NotPresent)).unwrap_err();
        assert!(matches!(error, ConfigError::Missing { name: "VIGIL_EVENT_BUS", .. }));
        assert_eq!(CLAIM_EXPIRES.value(Ok(String::new())).unwrap(), "1m");
    }

    #[test]
    fn regions_are_named_once_each_and_nothing_else_is_one() {
        let names = |text: &str| text.parse::<RegionNames>().map(|names| names.0);
        assert_eq!(names(""), Ok(vec![]));
        let two = vec!["us-east-1".to_owned(), "us-gov-west-1".to_owned()];
        assert_eq!(names(" us-east-1, us-gov-west-1,us-east-1"), Ok(two));
        for bad in ["useast1", "us-east-1;eu-west-1", "US-EAST-1", "../x-y"] {
            assert_eq!(names(bad), Err(NotARegion(bad.to_owned())));
        }
    }

    #[test]
    fn a_bad_value_is_named_with_what_is_wrong_with_it() {
        let error =
            DEADLINE_THRESHOLDS.parse_value::<Thresholds>("7d,soon".to_owned()).unwrap_err();
        let text = chain(&error);
        for words in ["VIGIL_DEADLINE_THRESHOLDS", "7d,soon", "\"soon\" is not a span of time"] {
            assert!(text.contains(words), "{text}");
        }
    }
}
