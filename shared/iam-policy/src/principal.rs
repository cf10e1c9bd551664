//! Who calls, and whom a statement's `Principal` or `NotPrincipal` names.

use serde_json::Value;

/// A principal: one that calls, or one that a statement names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Principal {
    /// A caller who has not signed in; in a statement, `"*"`.
    Anyone,
    /// The ARN of an IAM principal, the id of an account, or `*`. S3 writes the unique id of a
    /// principal that no longer exists.
    Aws(String),
    /// The canonical id of an S3 user.
    CanonicalUser(String),
    /// An identity provider.
    Federated(String),
    /// An AWS service, such as `acm-pca.amazonaws.com`.
    Service(String),
}

/// The `Principal` or `NotPrincipal` of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Principals {
    named: Vec<Principal>,
    negated: bool,
}

impl Principals {
    /// `None` if the element is not of the documented form.
    pub(crate) fn read(element: &Value, negated: bool) -> Option<Self> {
        let named = match element {
            Value::String(text) if text == "*" => vec![Principal::Anyone],
            Value::Object(kinds) if !kinds.is_empty() => {
                let mut named = Vec::new();
                for (kind, names) in kinds {
                    let make = Principal::of_kind(kind)?;
                    named.extend(crate::texts::strings(names)?.into_iter().map(make));
                }
                named
            }
            _ => return None,
        };
        Some(Self { named, negated })
    }

    pub(crate) fn everyone() -> Self {
        Self { named: vec![Principal::Anyone], negated: false }
    }

    pub(crate) fn named(&self) -> &[Principal] {
        &self.named
    }

    pub(crate) fn are_negated(&self) -> bool {
        self.negated
    }

    pub(crate) fn include(&self, caller: &Principal) -> bool {
        self.named.iter().any(|named| named.covers(caller)) != self.negated
    }

    /// Whether a `NotPrincipal` may except the caller, though by no name that can be compared.
    pub(crate) fn may_except(&self, caller: &Principal) -> bool {
        self.negated && self.named.iter().any(|named| named.may_be_of_the_account_of(caller))
    }

    /// Names the account in place of the canonical user id, which a `NotPrincipal` has.
    pub(crate) fn except_as_account(&mut self, user: &str, account: &str) {
        for named in self.named.iter_mut().filter(|_| self.negated) {
            if matches!(named, Principal::CanonicalUser(id) if id == user) {
                *named = Principal::Aws(account.to_owned());
            }
        }
    }

    /// Whom the element lets the statement apply to. [`Principal::Anyone`] stands for the principals
    /// that a `NotPrincipal` leaves.
    pub(crate) fn widest(&self) -> Vec<Principal> {
        if self.negated {
            return vec![Principal::Anyone];
        }
        let widest = |named: &Principal| {
            if named.is_everyone() { Principal::Anyone } else { named.clone() }
        };
        self.named.iter().map(widest).collect()
    }
}

impl Principal {
    /// The name without its kind; `*` for [`Principal::Anyone`].
    pub fn name(&self) -> &str {
        match self {
            Self::Anyone => "*",
            Self::Aws(name)
            | Self::CanonicalUser(name)
            | Self::Federated(name)
            | Self::Service(name) => name,
        }
    }

    fn of_kind(kind: &str) -> Option<fn(String) -> Self> {
        match kind {
            "AWS" => Some(Self::Aws),
            "CanonicalUser" => Some(Self::CanonicalUser),
            "Federated" => Some(Self::Federated),
            "Service" => Some(Self::Service),
            _ => None,
        }
    }

    /// `"*"` and `{"AWS": "*"}` are the same in a resource's policy (IAM User Guide, "Principal":
    /// all principals).
    fn is_everyone(&self) -> bool {
        match self {
            Self::Anyone => true,
            Self::Aws(name) => name == "*",
            Self::CanonicalUser(_) | Self::Federated(_) | Self::Service(_) => false,
        }
    }

    /// Whether this principal, as a statement names it, is or contains the caller.
    fn covers(&self, caller: &Self) -> bool {
        match (self, caller) {
            _ if self.is_everyone() => true,
            (Self::Aws(named), Self::Aws(calling)) => {
                named == calling || (is_account(named) && account_of(named) == account_of(calling))
            }
            (named, calling) => named == calling,
        }
    }

    /// A canonical user id is an account's, and does not say which one's (Amazon S3 User Guide, Principals
    /// for bucket policies).
    fn may_be_of_the_account_of(&self, caller: &Self) -> bool {
        matches!(
            (self, caller),
            (Self::CanonicalUser(_), Self::Aws(_)) | (Self::Aws(_), Self::CanonicalUser(_))
        )
    }
}

/// `123456789012` or `arn:aws:iam::123456789012:root`: the whole account.
fn is_account(named: &str) -> bool {
    named.bytes().all(|byte| byte.is_ascii_digit()) || named.ends_with(":root")
}

/// The account id of an IAM or STS ARN. A text that is no ARN is given back as it is, since an
/// account id stands for itself.
pub fn account_of(name: &str) -> &str {
    name.split(':').nth(4).unwrap_or(name)
}
