//! Requests of others than ACM PCA, as a bucket policy sees them.

use std::collections::BTreeSet;

use super::choices::{self, instance};
use super::{BucketSubject, OWN_ORGANISATION, OWN_ORGANISATION_VARIABLE, organisation_name};
use crate::bucket_policy::{BucketPolicy, Context, Principal, account_of};

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
    /// An AWS service, on behalf of an account.
    ServiceFor(String),
    /// Every principal that an access point of the account lets in.
    AccessPointsOf(String),
    /// The same of access points whose ARN fits a condition: the ARN of one.
    AccessPoint(String),
}

impl Caller {
    /// All whom the policy may let in, beside ACM PCA: the principals that statements name, and for
    /// `"*"` a stranger and those whom its conditions name.
    pub(super) fn all(subject: &BucketSubject, policy: &BucketPolicy) -> Vec<Self> {
        let named: BTreeSet<Principal> = policy
            .statements()
            .iter()
            .filter(|statement| statement.allows())
            .flat_map(|statement| statement.named_principals())
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
            Self::ServiceFor(account) => format!("every AWS service for account {account}"),
            Self::AccessPointsOf(account) => format!("every access point of account {account}"),
            Self::AccessPoint(arn) => {
                format!("every access point of account {}", account_of(arn))
            }
        }
    }

    /// The requests that it may make: as they are known, and with what it chooses by each statement. A
    /// stranger may also send one that is not signed.
    pub(super) fn contexts(&self, subject: &BucketSubject, policy: &BucketPolicy) -> Vec<Context> {
        let mut known = vec![self.context(subject)];
        if *self == Self::Stranger {
            known.push(unsigned(self.context(subject)));
        }
        let allowing = policy.statements().iter().filter(|statement| statement.allows());
        let chosen = allowing.flat_map(|statement| {
            known.iter().map(|context| choices::chosen(context.clone(), policy, statement))
        });
        chosen.chain(known.iter().cloned()).collect()
    }

    /// What is known of its requests. It uses the newest TLS, because it may choose.
    pub(super) fn context(&self, subject: &BucketSubject) -> Context {
        let context = subject.at().with("aws:SecureTransport", "true").with("s3:TlsVersion", "1.3");
        if let Self::Named(Principal::Service(_)) = self {
            return context;
        }
        let context = match self {
            Self::AccessPointsOf(account) => context.with("s3:DataAccessPointAccount", account),
            Self::AccessPoint(arn) => context
                .with("s3:DataAccessPointAccount", account_of(arn))
                .with("s3:DataAccessPointArn", arn),
            _ => context
                .without("s3:DataAccessPointAccount")
                .without("s3:DataAccessPointArn")
                .without("s3:AccessPointNetworkOrigin"),
        };
        if let Self::ServiceFor(account) = self {
            return context
                .with("aws:PrincipalIsAWSService", "true")
                .with("aws:SourceAccount", account)
                .without("aws:PrincipalAccount")
                .without("aws:PrincipalArn")
                .without("aws:PrincipalOrgID");
        }
        let context = ["aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID"]
            .into_iter()
            .fold(context.with("aws:PrincipalIsAWSService", "false"), Context::without);
        match (self, self.account_in(subject)) {
            (Self::Named(Principal::CanonicalUser(_)), Some(own)) => {
                context.with("aws:PrincipalAccount", own)
            }
            _ => self.identity(context),
        }
    }

    /// Account, ARN and organisation of the principal, as far as they are known.
    fn identity(&self, context: Context) -> Context {
        match self {
            Self::Stranger => context
                .with("aws:PrincipalAccount", STRANGER)
                .with("aws:PrincipalArn", &format!("arn:aws:iam::{STRANGER}:role/vigil-asks"))
                .with("aws:PrincipalOrgID", "o-0000000000")
                .with_all("aws:PrincipalOrgPaths", ["o-0000000000/r-0000/"])
                .with("aws:userid", choices::STRANGERS_ID),
            Self::Organisation(id) => {
                context.with("aws:PrincipalAccount", STRANGER).with("aws:PrincipalOrgID", id)
            }
            Self::Account(account) => context
                .with("aws:PrincipalAccount", account)
                .with("aws:PrincipalArn", &format!("arn:aws:iam::{account}:role/vigil-asks")),
            Self::Arn(arn) => {
                context.with("aws:PrincipalAccount", account_of(arn)).with("aws:PrincipalArn", arn)
            }
            Self::Named(Principal::Aws(name)) => {
                let account = account_of(name);
                let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
                let context = if is_account {
                    context.with("aws:PrincipalAccount", account)
                } else {
                    context
                };
                let is_one = name.contains(":iam::") && !name.ends_with(":root");
                if is_one { context.with("aws:PrincipalArn", name) } else { context }
            }
            Self::AccessPoint(_)
            | Self::AccessPointsOf(_)
            | Self::Named(_)
            | Self::ServiceFor(_) => context,
        }
    }
}

/// Without a signature there is no principal, and S3 has none of its keys.
fn unsigned(context: Context) -> Context {
    [
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:userid",
        "aws:username",
    ]
    .into_iter()
    .fold(context, Context::without)
    .with_family("aws:PrincipalTag/", [])
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

/// Those whom conditions name, each as one example of what the value matches, and the CA's accounts.
fn behind_star(subject: &BucketSubject, policy: &BucketPolicy) -> BTreeSet<Caller> {
    let values = |key: &'static str| policy.condition_values(key);
    let own = subject.users.iter().map(|user| user.ca.account().to_owned());
    let mut callers: BTreeSet<Caller> = own.map(Caller::Account).collect();
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
    callers.extend(sources.map(Caller::ServiceFor));
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
        return instance(pattern, "x");
    };
    let of = account(of);
    let [partition, service] = [instance(partition, "aws"), instance(service, "iam")];
    format!(
        "{scheme}:{partition}:{service}:{}:{of}:{}",
        instance(region, ""),
        instance(resource, "x")
    )
}
