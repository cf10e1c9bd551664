//! Who else than ACM PCA a bucket policy may let in.

use std::collections::BTreeSet;

use super::choices::instance;
use super::{BucketSubject, OWN_ORGANISATION, OWN_ORGANISATION_VARIABLE, organisation_name};
use crate::bucket_policy::{BucketPolicy, Principal, Wildcard, account_of};

/// An account that AWS gives to no customer.
pub(super) const STRANGER: &str = "000000000000";

/// One of those who may stand behind the principal `"*"`, or a principal that a statement names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Caller {
    /// Any principal of the Internet.
    Stranger,
    /// A principal that a statement names.
    Named(Principal),
    /// Every principal of an organisation: before its accounts, which it stands for.
    Organisation(String),
    /// Every principal of an account.
    Account(String),
    /// The ARN of an IAM principal, from a condition on `aws:PrincipalArn`.
    Arn(String),
    /// An AWS service, on behalf of an account; of any account, if it is a stranger's.
    ServiceFor(String),
    /// Every principal that an access point of the account lets in.
    AccessPointsOf(String),
    /// The same of access points whose ARN fits a condition: the ARN of one.
    AccessPoint(String),
}

impl Caller {
    /// All whom the policy may let in, beside ACM PCA: the principals that statements name, or except
    /// from a Deny, and for `"*"` a stranger and those whom its conditions name.
    pub(super) fn all(subject: &BucketSubject, policy: &BucketPolicy) -> Vec<Self> {
        let (allowing, denying): (Vec<_>, Vec<_>) =
            policy.statements().iter().partition(|statement| statement.allows());
        let named = allowing.iter().flat_map(|statement| statement.named_principals());
        let excepted = denying.iter().flat_map(|statement| statement.excepted_principals());
        let excepted = excepted.filter(|principal| principal.name() != "*").cloned();
        let named: BTreeSet<Principal> = named
            .chain(excepted)
            .filter(|principal| !is_acm_pca(principal) && !is_deleted(principal))
            .collect();
        let mut all = Vec::new();
        if named.contains(&Principal::Anyone) {
            all.push(Self::Stranger);
            all.extend(behind_star(subject, policy));
        }
        all.extend(named.into_iter().filter(|one| *one != Principal::Anyone).map(Self::Named));
        all
    }

    /// Whether what is found of it holds for the other one, too. An organisation has accounts, and which
    /// ones is not known: it stands for one that is let in by a condition on the organisation alone.
    pub(super) fn stands_for(&self, other: &Self, is_certain: bool) -> bool {
        match self {
            Self::Stranger => true,
            Self::Organisation(_) => !is_certain,
            Self::Account(account) => {
                matches!(other, Self::Arn(_)) && other.account() == Some(account)
            }
            Self::AccessPointsOf(account) => {
                matches!(other, Self::AccessPoint(_)) && other.account() == Some(account)
            }
            Self::ServiceFor(account) => {
                account == STRANGER && matches!(other, Self::ServiceFor(_))
            }
            _ => false,
        }
    }

    /// How the policy knows it.
    pub(super) fn principal(&self) -> Principal {
        match self {
            Self::Named(principal) => principal.clone(),
            _ => Principal::Anyone,
        }
    }

    /// The account that it belongs to or acts for, if it is of one.
    pub(super) fn account(&self) -> Option<&str> {
        match self {
            Self::Named(Principal::Aws(name)) | Self::Arn(name) | Self::AccessPoint(name) => {
                Some(account_of(name))
            }
            Self::Named(Principal::Federated(name)) => {
                Some(account_of(name)).filter(|account| *account != name.as_str())
            }
            Self::Account(account) | Self::ServiceFor(account) | Self::AccessPointsOf(account) => {
                Some(account)
            }
            Self::Named(_) | Self::Organisation(_) | Self::Stranger => None,
        }
    }

    /// The same, and of the bucket's owner by its canonical user id.
    pub(super) fn account_in<'s>(&'s self, subject: &'s BucketSubject) -> Option<&'s str> {
        match self {
            Self::Named(Principal::CanonicalUser(id)) => subject.account_of_user(id).ok().flatten(),
            _ => self.account(),
        }
    }

    /// For findings.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Stranger => "anyone".to_owned(),
            Self::Named(principal) => principal.name().to_owned(),
            Self::Account(account) => format!("every principal of account {account}"),
            Self::Arn(arn) => arn.clone(),
            Self::Organisation(id) => {
                format!("every principal of organisation {}", organisation_name(id))
            }
            Self::ServiceFor(account) if account == STRANGER => "every AWS service".to_owned(),
            Self::ServiceFor(account) => format!("every AWS service for account {account}"),
            Self::AccessPointsOf(account) => format!("every access point of account {account}"),
            Self::AccessPoint(arn) => {
                format!("every access point of account {}", account_of(arn))
            }
        }
    }
}

pub(super) fn is_acm_pca(principal: &Principal) -> bool {
    matches!(principal, Principal::Service(name) if name.starts_with("acm-pca."))
}

/// S3 writes the unique id of a user or a role that was deleted. IAM never gives it to another one (IAM
/// User Guide, IAM identifiers).
fn is_deleted(principal: &Principal) -> bool {
    let Principal::Aws(name) = principal else { return false };
    let is_id = name.len() >= 16 && name.bytes().all(|octet| octet.is_ascii_alphanumeric());
    is_id && ["AIDA", "AROA"].iter().any(|kind| name.starts_with(kind))
}

/// The values that conditions on the key name, in any statement. Those of `Null` are true and false.
pub(super) fn named_values<'p>(
    policy: &'p BucketPolicy,
    key: &'static str,
) -> impl Iterator<Item = &'p str> {
    let conditions = policy.statements().iter().flat_map(|statement| statement.conditions());
    let conditions =
        conditions.filter(move |condition| condition.is_on(key) && condition.operator() != "Null");
    conditions.flat_map(|condition| condition.values().iter().map(String::as_str))
}

/// Those whom conditions name, each as one example of what the value matches; the CA's accounts; and
/// services on behalf of these and of strangers.
fn behind_star(subject: &BucketSubject, policy: &BucketPolicy) -> BTreeSet<Caller> {
    let values = |key: &'static str| named_values(policy, key);
    let own = || subject.users.iter().map(|user| user.ca.account().to_owned());
    let mut callers: BTreeSet<Caller> = own().map(Caller::Account).collect();
    callers.extend(own().chain([STRANGER.to_owned()]).map(Caller::ServiceFor));
    callers.extend(values("aws:PrincipalAccount").map(|one| Caller::Account(account(one))));
    callers.extend(values("aws:PrincipalArn").map(|one| Caller::Arn(arn(one))));
    let organisations = values("aws:PrincipalOrgID").chain(values("aws:PrincipalOrgPaths"));
    let organisations = organisations.map(|id| match id.split('/').next() {
        Some(id) if id.eq_ignore_ascii_case(OWN_ORGANISATION_VARIABLE) => OWN_ORGANISATION,
        _ => id,
    });
    callers.extend(organisations.filter(|id| id.starts_with("o-")).map(|one| {
        let id = one.split('/').next().unwrap_or(one);
        Caller::Organisation(instance(id, ""))
    }));
    let sources = values("aws:SourceAccount").map(account);
    let sources = sources.chain(values("aws:SourceArn").map(|one| account(account_of(one))));
    // ARNs of buckets have no account.
    callers.extend(sources.filter(|account| !account.is_empty()).map(Caller::ServiceFor));
    callers.extend(values("s3:DataAccessPointAccount").map(account).map(Caller::AccessPointsOf));
    callers.extend(values("s3:DataAccessPointArn").map(arn).map(Caller::AccessPoint));
    callers
}

/// Twelve digits that the pattern fits, if it fits any; a stranger's for `*`.
fn account(pattern: &str) -> String {
    let missing = 12_usize.saturating_sub(pattern.len().saturating_sub(1));
    match pattern.split_once('*') {
        Some((before, behind)) => {
            let behind = behind.replace('*', "");
            instance(&format!("{before}{}{behind}", "0".repeat(missing)), "")
        }
        None => instance(pattern, ""),
    }
}

fn arn(pattern: &str) -> String {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let [scheme, partition, service, region, of, resource] = parts.as_slice() else {
        return across_colons(pattern);
    };
    let of = account(of);
    let [partition, service] = [instance(partition, "aws"), instance(service, "iam")];
    format!(
        "{scheme}:{partition}:{service}:{}:{of}:{}",
        instance(region, ""),
        instance(resource, "x")
    )
}

/// A stranger's ARN that the pattern fits: the `*` of StringLike reaches across colons, so `*role/pki`
/// is a role of any account.
fn across_colons(pattern: &str) -> String {
    const OF_STRANGER: &str = "arn:aws:iam::000000000000";
    let begins = [0, 4, 8, 12, 13].map(|from| &OF_STRANGER[from..]);
    let texts = begins.iter().flat_map(|begin| [(*begin).to_owned(), format!("{begin}:role/")]);
    let mut arns = texts.map(|text| instance(&pattern.replacen('*', &text, 1), "x"));
    let is_a_role = |arn: &String| {
        let name = arn.strip_prefix(OF_STRANGER).and_then(|behind| behind.strip_prefix(":role/"));
        name.is_some_and(|name| !name.is_empty() && !name.contains(':'))
    };
    arns.find(is_a_role).unwrap_or_else(|| instance(pattern, "x"))
}

/// One principal of the account whose ARN the pattern fits.
pub(super) fn arn_in(pattern: &str, account: &str) -> Option<String> {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let [.., of, resource] = parts.as_slice() else { return None };
    let is_whole = parts.len() == 6 && Wildcard::iam(of).fits(account);
    is_whole.then(|| format!("arn:aws:iam::{account}:{}", instance(resource, "x")))
}
