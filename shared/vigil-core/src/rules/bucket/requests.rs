//! The requests that a caller may make, as a bucket policy sees them: what is known of each, and what the
//! caller chooses.

use super::{
    BucketSubject, NOT_OF_A_SERVICE,
    callers::{Caller, STRANGER, arn_in, is_acm_pca, named_values},
    choices::{self, instance},
};
use crate::bucket_policy::{BucketPolicy, Context, Principal, account_of};

/// What only a request through an access point has.
const POINT_ACCOUNT: &str = "s3:DataAccessPointAccount";
const POINT_ARN: &str = "s3:DataAccessPointArn";
const POINT_ORIGIN: &str = "s3:AccessPointNetworkOrigin";

/// What only a request of an AWS service has (IAM User Guide, Global condition keys: availability).
const OF_A_SERVICE: [&str; 6] = [
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
];

impl Caller {
    /// The requests that it may make: as they are known, and with what it chooses by each statement.
    pub(super) fn contexts(&self, subject: &BucketSubject, policy: &BucketPolicy) -> Vec<Context> {
        let known = by_each_transport(self.known(subject, policy), policy);
        let allowing = policy.statements().iter().filter(|statement| statement.allows());
        let chosen = allowing.flat_map(|statement| {
            known.iter().map(|context| choices::chosen(context.clone(), policy, statement))
        });
        chosen.chain(known.iter().cloned()).collect()
    }

    /// To the bucket itself, and through access points. Anyone can make one for a bucket of another
    /// account; the bucket's policy decides on its requests (Amazon S3 User Guide, Creating access points).
    fn known(&self, subject: &BucketSubject, policy: &BucketPolicy) -> Vec<Context> {
        let context = self.identified(subject, policy);
        let mut all = vec![direct(context.clone())];
        match self {
            Self::AccessPointsOf(account) => return vec![context.with(POINT_ACCOUNT, account)],
            Self::AccessPoint(arn) => {
                return vec![context.with(POINT_ACCOUNT, account_of(arn)).with(POINT_ARN, arn)];
            }
            Self::Stranger => all.push(unsigned(direct(context.clone()))),
            _ => {
                let arns = self.arns(policy).into_iter();
                all.extend(arns.map(|arn| direct(context.clone().with("aws:PrincipalArn", &arn))));
            }
        }
        all.extend(self.through_points(context, policy));
        all
    }

    /// Where conditions ask for access points: through one of a stranger's own, or through one that is
    /// not known.
    fn through_points(&self, context: Context, policy: &BucketPolicy) -> Option<Context> {
        let points = [POINT_ACCOUNT, POINT_ARN, POINT_ORIGIN];
        if !points.into_iter().any(|key| is_asked(policy, key)) {
            return None;
        }
        match self {
            Self::Stranger => Some(through_own_point(context)),
            Self::ServiceFor(_) | Self::Named(Principal::Service(_)) => None,
            Self::Named(_) => Some(context),
            // Points that conditions name are callers of their own.
            _ if points.into_iter().any(|key| named_values(policy, key).next().is_some()) => None,
            _ => Some(context),
        }
    }

    /// What is known of its requests, whichever way they come. It uses the newest TLS.
    fn identified(&self, subject: &BucketSubject, policy: &BucketPolicy) -> Context {
        let context = subject.at().with("aws:SecureTransport", "true").with("s3:TlsVersion", "1.3");
        match self {
            Self::ServiceFor(account) => {
                let context = of_a_service(context, &any_service(policy));
                let context = context.with("aws:SourceAccount", account);
                if account != STRANGER {
                    return context;
                }
                context
                    .with("aws:SourceArn", &format!("arn:aws:s3:us-east-1:{STRANGER}:vigil-asks"))
                    .with("aws:SourceOrgID", "o-0000000000")
                    .with_all("aws:SourceOrgPaths", ["o-0000000000/r-0000/"])
            }
            Self::Named(Principal::Service(name)) => of_a_service(context, name),
            _ => self.with_identity(of_no_service(context), subject),
        }
    }

    /// Account, ARN and organisation of the principal, as far as they are known.
    fn with_identity(&self, context: Context, subject: &BucketSubject) -> Context {
        match self {
            Self::Stranger => context
                .with("aws:PrincipalAccount", STRANGER)
                .with("aws:PrincipalArn", &role_of(STRANGER))
                .with("aws:PrincipalOrgID", "o-0000000000")
                .with_all("aws:PrincipalOrgPaths", ["o-0000000000/r-0000/"])
                .with("aws:userid", choices::STRANGERS_ID),
            Self::Organisation(id) => {
                context.with("aws:PrincipalAccount", STRANGER).with("aws:PrincipalOrgID", id)
            }
            Self::Account(account) => context
                .with("aws:PrincipalAccount", account)
                .with("aws:PrincipalArn", &role_of(account)),
            Self::Arn(arn) => {
                context.with("aws:PrincipalAccount", account_of(arn)).with("aws:PrincipalArn", arn)
            }
            Self::Named(Principal::Aws(name)) => {
                let account = account_of(name);
                let context = if is_account_id(account) {
                    context.with("aws:PrincipalAccount", account)
                } else {
                    context
                };
                let is_one = name.contains(":iam::") && !name.ends_with(":root");
                if is_one { context.with("aws:PrincipalArn", name) } else { context }
            }
            Self::Named(Principal::CanonicalUser(_)) => match self.account_in(subject) {
                Some(own) => context.with("aws:PrincipalAccount", own),
                None => context,
            },
            Self::AccessPoint(_)
            | Self::AccessPointsOf(_)
            | Self::Named(_)
            | Self::ServiceFor(_) => context,
        }
    }

    /// An account that a statement names is all its principals: one that no condition names, and those
    /// that conditions do.
    fn arns(&self, policy: &BucketPolicy) -> Vec<String> {
        let Self::Named(Principal::Aws(name)) = self else { return Vec::new() };
        let account = account_of(name);
        let is_whole = name == account || name.ends_with(":root");
        if !is_whole || !is_account_id(account) || !is_asked(policy, "aws:PrincipalArn") {
            return Vec::new();
        }
        let named = named_values(policy, "aws:PrincipalArn");
        let named = named.filter_map(|pattern| arn_in(pattern, account));
        named.chain([role_of(account)]).collect()
    }
}

/// The request goes to the bucket itself.
fn direct(context: Context) -> Context {
    [POINT_ACCOUNT, POINT_ARN, POINT_ORIGIN].into_iter().fold(context, Context::without)
}

/// The network of it is the stranger's choice.
fn through_own_point(context: Context) -> Context {
    let arn = format!("arn:aws:s3:us-east-1:{STRANGER}:accesspoint/vigil-asks");
    let context = context.with(POINT_ACCOUNT, STRANGER).with(POINT_ARN, &arn);
    context.with(POINT_ORIGIN, "Internet")
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

fn of_no_service(context: Context) -> Context {
    let context = context.with("aws:PrincipalIsAWSService", "false");
    OF_A_SERVICE.into_iter().fold(context, Context::without)
}

/// A request of a relying party: it is no service, and signs nothing.
pub(super) fn of_a_reader(context: Context) -> Context {
    unsigned(direct(of_no_service(context)))
}

fn of_a_service(context: Context, name: &str) -> Context {
    let context = context
        .with("aws:PrincipalIsAWSService", "true")
        .with("aws:PrincipalServiceName", name)
        .with_family("aws:PrincipalTag/", []);
    NOT_OF_A_SERVICE.into_iter().fold(context, Context::without)
}

/// A service other than ACM PCA: one that conditions name, or one that none does.
fn any_service(policy: &BucketPolicy) -> String {
    let named = named_values(policy, "aws:PrincipalServiceName").map(|one| instance(one, "x"));
    let mut others = named.filter(|name| !is_acm_pca(&Principal::Service(name.clone())));
    others.next().unwrap_or_else(|| "vigil-asks.amazonaws.com".to_owned())
}

/// Where a statement asks for an older TLS, or for none, the caller can use that.
fn by_each_transport(known: Vec<Context>, policy: &BucketPolicy) -> Vec<Context> {
    let older = |context: &Context| context.clone().with("s3:TlsVersion", "1.2");
    let plain = |context: &Context| {
        context.clone().with("aws:SecureTransport", "false").without("s3:TlsVersion")
    };
    let mut all = known.clone();
    if is_asked(policy, "s3:TlsVersion") {
        all.extend(known.iter().map(older));
    }
    // A Deny of plain HTTP, which most policies have, gives no one more.
    if is_asked_to_allow(policy, "aws:SecureTransport") {
        all.extend(known.iter().map(plain));
    }
    all
}

/// Whether a condition is on the key.
fn is_asked(policy: &BucketPolicy, key: &str) -> bool {
    let mut conditions = policy.statements().iter().flat_map(|statement| statement.conditions());
    conditions.any(|condition| condition.is_on(key))
}

fn is_asked_to_allow(policy: &BucketPolicy, key: &str) -> bool {
    let mut allowing = policy.statements().iter().filter(|statement| statement.allows());
    allowing.any(|statement| statement.conditions().iter().any(|one| one.is_on(key)))
}

fn role_of(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/vigil-asks")
}

fn is_account_id(account: &str) -> bool {
    account.len() == 12 && account.bytes().all(|octet| octet.is_ascii_digit())
}
