//! Every environment variable that Vigil reads, and the one place where it is read.
//!
//! They are read while the function starts: a missing or bad one ends the cold start under its
//! name, rather than some invocation days later.

use std::{env, error::Error, str::FromStr};

use vigil_core::{export::Product, signed::Signers};

mod variables;

pub use variables::*;
use variables::{ENDPOINT, REGION, S3_ENDPOINT};

/// The keys of who may approve and acknowledge, with those who may sign with each key. There is no other way
/// to have them: each function that verifies counts the same keys.
///
/// # Errors
///
/// [`ConfigError`] for a variable that cannot be used.
pub fn held_approvers() -> Result<Signers, ConfigError> {
    let needed = APPROVALS_NEEDED.parse::<u8>()?;
    let approvers = Signers::read(&APPROVER_KEYS.read()?, &RETIRED_KEYS.read()?, needed.into());
    let (principals, holders) = (APPROVERS.read()?, APPROVER_KEY_HOLDERS.read()?);
    match principals.is_empty() && holders.is_empty() {
        // A template from before these variables names no holders, and means no keys to be unusable.
        true => Ok(approvers),
        false => Ok(approvers.held_by(&principals, &holders)),
    }
}

/// The key that commands in alerts name.
///
/// # Errors
///
/// [`ConfigError`] for a variable that cannot be used.
pub fn approver_key() -> Result<Option<String>, ConfigError> {
    let approvers = Signers::read(&APPROVER_KEYS.read()?, &RETIRED_KEYS.read()?, 1);
    Ok(approvers.first().map(str::to_owned))
}

/// The keys of who may publish policies.
///
/// # Errors
///
/// [`ConfigError`] for a variable that cannot be used.
pub fn publishers() -> Result<Signers, ConfigError> {
    Ok(Signers::read(&POLICY_KEYS.read()?, &RETIRED_KEYS.read()?, 1))
}

/// The product of Security Hub that takes the findings; `None` if none does.
///
/// # Errors
///
/// [`ConfigError`] for a variable that cannot be used.
pub fn security_hub_product() -> Result<Option<Product>, ConfigError> {
    let arn = SECURITY_HUB_PRODUCT.read()?;
    (!arn.is_empty()).then(|| SECURITY_HUB_PRODUCT.parse_value(arn)).transpose()
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

/// The Region that Lambda runs the function in.
pub(crate) fn region() -> Option<String> {
    set(&REGION)
}

/// Where S3 is reached, if not at AWS.
pub(crate) fn own_s3_endpoint() -> Option<String> {
    set(&S3_ENDPOINT).or_else(|| set(&ENDPOINT))
}

/// Where all services are reached, if not at AWS.
pub(crate) fn own_endpoint() -> Option<String> {
    set(&ENDPOINT)
}

fn set(variable: &Variable) -> Option<String> {
    variable.read().ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
