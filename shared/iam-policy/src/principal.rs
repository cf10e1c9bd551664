//! Whom does a statement's `Principal` or `NotPrincipal` name?

use serde_json::Value;

use crate::Caller;

#[derive(Debug)]
pub(crate) struct Principals {
    any_of: Vec<Principal>,
    negated: bool,
}

#[derive(Debug)]
enum Principal {
    /// `"*"` and `{"AWS": "*"}`: in a resource policy both are everybody, signed or not.
    Everyone,
    /// An account id, or its root ARN: everybody of that account.
    AccountId(String),
    Arn(String),
    Service(String),
    /// Federated and canonical users: nobody here is one.
    Nobody,
}

impl Principals {
    /// `None` if the element is not of the documented form.
    pub(crate) fn parse(element: &Value, negated: bool) -> Option<Self> {
        let any_of = match element {
            Value::String(text) if text == "*" => vec![Principal::Everyone],
            Value::Object(kinds) if !kinds.is_empty() => {
                let mut principals = Vec::new();
                for (kind, names) in kinds {
                    for name in crate::parse::strings(names)? {
                        principals.push(Principal::parse(kind, &name)?);
                    }
                }
                principals
            }
            _ => return None,
        };
        Some(Self { any_of, negated })
    }

    pub(crate) fn everyone() -> Self {
        Self { any_of: vec![Principal::Everyone], negated: false }
    }

    pub(crate) fn include(&self, caller: &Caller) -> bool {
        self.any_of.iter().any(|principal| principal.is(caller)) != self.negated
    }

    pub(crate) fn name_everyone(&self) -> bool {
        self.negated || self.any_of.iter().any(|one| matches!(one, Principal::Everyone))
    }
}

impl Principal {
    fn parse(kind: &str, name: &str) -> Option<Self> {
        Some(match kind {
            "AWS" if name == "*" => Self::Everyone,
            "AWS" => match name.strip_prefix("arn:aws:iam::") {
                Some(rest) => match rest.strip_suffix(":root") {
                    Some(account) => Self::AccountId(account.to_owned()),
                    None => Self::Arn(name.to_owned()),
                },
                None if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Self::AccountId(name.to_owned())
                }
                None if name.starts_with("arn:") => Self::Arn(name.to_owned()),
                None => return None,
            },
            "Service" => Self::Service(name.to_owned()),
            "CanonicalUser" | "Federated" => Self::Nobody,
            _ => return None,
        })
    }

    fn is(&self, caller: &Caller) -> bool {
        match (self, caller) {
            (Self::Everyone, _) => true,
            (Self::AccountId(wanted), Caller::Account { id, .. }) => wanted == id,
            (Self::Arn(wanted), Caller::Account { arn, .. }) => wanted == arn,
            (Self::Service(wanted), Caller::Service(name)) => wanted == name,
            _ => false,
        }
    }
}
