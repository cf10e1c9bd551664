//! The rules for a bucket that holds CRLs, with regard to the CAs that use it.

use serde_json::Value;
use time::OffsetDateTime;

use super::{NotJudged, Rule, Subject};
use crate::{
    arn::CaArn,
    bucket::{BucketFacts, Fact, PublicAccessBlock, bucket_arn},
    bucket_policy::{BucketPolicy, Context, Principal},
    ca::{S3ObjectAcl, display_name},
    finding::{Names, quoted},
    instant::rfc3339,
};
use choices::instance;

mod access_logging;
mod acl;
mod block;
mod callers;
mod choices;
mod confused_deputy;
mod encryption;
mod encryption_key;
mod event_notifications;
mod exists;
mod http_readable;
mod lifecycle;
mod object_acl;
mod object_lock;
mod orphans;
mod other_writers;
mod owner;
mod public_read;
mod region;
mod requests;
mod service_access;
mod tls_only;
mod versioning;

#[cfg(test)]
mod tests;

/// In the order in which an operator would look.
pub const RULES: &[Rule<BucketSubject>] = &[
    exists::RULE,
    owner::RULE,
    region::RULE,
    service_access::RULE,
    confused_deputy::RULE,
    other_writers::RULE,
    acl::RULE,
    object_acl::RULE,
    http_readable::RULE,
    public_read::RULE,
    tls_only::RULE,
    encryption::RULE,
    encryption_key::RULE,
    versioning::RULE,
    object_lock::RULE,
    lifecycle::RULE,
    access_logging::RULE,
    event_notifications::RULE,
    orphans::RULE,
];

/// The impact of what keeps ACM PCA from writing.
const NO_NEW_CRL: &str = "ACM PCA cannot write the CRL of {ca}. New revocations are not published, and when \
                          the current CRL expires, relying parties that require a fresh CRL refuse every \
                          certificate.";
macro_rules! save_policy {
    () => {
        "aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text > policy.json"
    };
}
/// The first step of [`set_policy`].
const SAVE_POLICY: &str = save_policy!();
/// The same, and the other steps of a change that is described before.
const EDIT_POLICY: &str = concat!(
    save_policy!(),
    "\nMake the change in policy.json. Then set the policy:\n  \
     aws s3api put-bucket-policy --bucket {bucket} --policy file://policy.json"
);

/// One bucket with everything that it is judged by.
#[derive(Clone, Debug)]
pub struct BucketSubject {
    /// What S3 says about it.
    pub facts: BucketFacts,
    /// What the account that owns the bucket blocks for all its buckets.
    pub account_block: Fact<PublicAccessBlock>,
    /// The CAs that write their CRLs here: at least one.
    pub users: Vec<BucketUser>,
    /// What lies where CRLs lie and is written no more; or why that is not known.
    pub orphans: Result<Orphans, String>,
    /// Principals that may change the bucket and its CRLs: ids of accounts or ARNs, with the wildcards
    /// of IAM.
    pub administrators: Vec<String>,
    /// The present time.
    pub as_of: OffsetDateTime,
}

/// Keys of CRLs that no CA writes any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orphans {
    /// Of CAs that this account and Region does not have.
    pub without_ca: Vec<String>,
    /// Partitions of CAs that have gone back to one complete CRL.
    pub former_partitions: Vec<String>,
}

/// What one CA wants of the bucket.
#[derive(Clone, Debug)]
pub struct BucketUser {
    /// The CA's ARN.
    pub ca: CaArn,
    /// The common name of its subject.
    pub common_name: Option<String>,
    /// Where the CRL lies, or would lie.
    pub key: String,
    /// The ACL that ACM PCA puts on it.
    pub object_acl: S3ObjectAcl,
    /// Certificates send their readers to the bucket itself, by plain HTTP.
    pub served_by_bucket: bool,
    /// All relying parties are meant to read the CRL in the bucket itself.
    pub is_public_meant: bool,
}

/// The Regions that an account has without asking; CAs in others act as a principal of their own
/// when the bucket is elsewhere (AWS Private CA User Guide, Access policies for CRLs in Amazon S3).
const DEFAULT_REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

impl BucketSubject {
    /// The bucket's ARN.
    pub fn arn(&self) -> String {
        bucket_arn(self.partition(), &self.facts.name)
    }

    /// What is known of every request now (IAM User Guide, Global condition keys).
    fn at(&self) -> Context {
        let context = Context::default()
            .with("aws:CurrentTime", &rfc3339(self.as_of))
            .with("aws:EpochTime", &self.as_of.unix_timestamp().to_string())
            .with("aws:ResourceOrgID", OWN_ORGANISATION);
        // Keys of calls that list (Service Authorization Reference, Amazon S3). No rule asks for these.
        let context = ["s3:delimiter", "s3:max-keys", "s3:prefix"]
            .into_iter()
            .fold(context, Context::without);
        let context = match self.facts.region.known() {
            Ok(Some(region)) => context.with("aws:RequestedRegion", region),
            _ => context,
        };
        match (self.facts.owned.known(), self.users.first()) {
            (Ok(true), Some(user)) => ["aws:ResourceAccount", "s3:ResourceAccount"]
                .into_iter()
                .fold(context, |context, key| context.with(key, user.ca.account())),
            _ => context,
        }
    }

    /// A request by plain HTTP, which is of no version of TLS. AWS services use TLS.
    fn without_tls(&self) -> Context {
        let context = self.at().with("aws:PrincipalIsAWSService", "false");
        context.with("aws:SecureTransport", "false").without("s3:TlsVersion")
    }

    /// The account with this canonical user id, if it is the CAs' own: the one that owns the bucket.
    ///
    /// # Errors
    ///
    /// Why that is not known. The id then counts as another account's.
    fn account_of_user(&self, id: &str) -> Result<Option<&str>, &str> {
        let own = self.users.first().map(|user| user.ca.account());
        if !*self.facts.owned.known()? {
            return Ok(None);
        }
        let owner = self.facts.owner_id.known()?.as_deref();
        Ok(own.filter(|_| owner == Some(id)))
    }

    fn partition(&self) -> &str {
        self.users.first().map_or("aws", |user| user.ca.partition())
    }

    fn object_arn(&self, key: &str) -> String {
        format!("{}/{key}", self.arn())
    }

    /// The policy, as rules about it need it: `None` if the bucket has none.
    fn policy(&self) -> Result<Option<BucketPolicy>, NotJudged> {
        self.missing()?;
        match self.facts.policy.known() {
            Err(why) => Err(NotJudged::unknown(format!("the policy is not known: {why}"))),
            Ok(None) => Ok(None),
            Ok(Some(text)) => match BucketPolicy::of_resource(text) {
                Ok(policy) => Ok(Some(self.with_own_user(policy))),
                Err(error) => {
                    Err(NotJudged::unknown(format!("the policy cannot be judged: {error}")))
                }
            },
        }
    }

    /// A Deny that excepts the own canonical user id excepts the own account.
    fn with_own_user(&self, policy: BucketPolicy) -> BucketPolicy {
        let Ok(Some(id)) = self.facts.owner_id.known() else { return policy };
        match self.account_of_user(id) {
            Ok(Some(account)) => policy.with_account_of_user(id, account),
            Ok(None) | Err(_) => policy,
        }
    }

    fn missing(&self) -> Result<(), NotJudged> {
        if self.facts.exists() {
            Ok(())
        } else {
            Err(NotJudged::not_applicable("there is no bucket"))
        }
    }

    /// Who the service is to this bucket when it acts for `user`.
    fn service(&self, user: &BucketUser) -> Principal {
        let region = user.ca.region();
        let elsewhere =
            matches!(self.facts.region.known(), Ok(Some(bucket_region)) if bucket_region != region);
        let opt_in = user.ca.partition() == "aws" && !DEFAULT_REGIONS.contains(&region);
        Principal::Service(if elsewhere && opt_in {
            format!("acm-pca.{region}.amazonaws.com")
        } else {
            "acm-pca.amazonaws.com".to_owned()
        })
    }
}

impl Subject for BucketSubject {
    fn names(&self) -> Names {
        let names = Names::new(format!("the settings of {}", self.arn()));
        let names = names.with("bucket", &*self.facts.name).with("bucket_arn", self.arn());
        let Some(first) = self.users.first() else { return names };
        let names = names.of_ca(&first.ca, first.common_name.as_deref()).with("key", &*first.key);
        match self.users.len() - 1 {
            0 => names,
            more => names.with("ca", format!("{} and {more} more", first.display_name())),
        }
    }
}

impl BucketUser {
    fn display_name(&self) -> String {
        display_name(&self.ca, self.common_name.as_deref())
    }

    /// What the keys of its CRL, or its partitions, begin with.
    pub fn folder(&self) -> &str {
        self.key.rfind('/').map_or("", |end| &self.key[..=end])
    }

    /// What is known of the service's requests for this CA.
    fn context(&self, subject: &BucketSubject, policy: Option<&BucketPolicy>) -> Context {
        let organisation = policy.and_then(organisation_of);
        service_context(subject, self.ca.account(), self.ca.as_str(), organisation)
            .with("s3:x-amz-acl", &self.object_acl.as_str().to_lowercase().replace('_', "-"))
    }
}

/// What is done to `policy.json`, which has the bucket's policy, and how it takes effect. `what` ends in
/// a colon.
fn set_policy(subject: &BucketSubject, what: &str, statements: &[Value]) -> String {
    let statements: Vec<String> = statements.iter().map(Value::to_string).collect();
    format!(
        "{what}\n  {}\nThen set the policy:\n  aws s3api put-bucket-policy --bucket {} --policy file://policy.json",
        statements.join(",\n  "),
        quoted(&subject.facts.name)
    )
}

/// Stands for the organisation of the bucket's account, whose id is not asked for.
const OWN_ORGANISATION: &str = "o-0000000001";

/// What a policy writes for it.
const OWN_ORGANISATION_VARIABLE: &str = "${aws:ResourceOrgID}";

/// The organisation that the policy lets in. That it is the account's own is taken for granted: who
/// names another one locks the service out, and crl.generation finds that.
fn organisation_of(policy: &BucketPolicy) -> Option<&str> {
    let ids = policy.condition_values("aws:SourceOrgID").chain(paths(policy));
    let mut ids = ids.map(|id| match id.eq_ignore_ascii_case(OWN_ORGANISATION_VARIABLE) {
        true => OWN_ORGANISATION,
        false => id.split('/').next().unwrap_or(id),
    });
    ids.find(|id| id.starts_with("o-") && !id.contains('*'))
}

/// As findings name it.
fn organisation_name(id: &str) -> String {
    if id == OWN_ORGANISATION { OWN_ORGANISATION_VARIABLE.to_owned() } else { id.to_owned() }
}

fn paths(policy: &BucketPolicy) -> impl Iterator<Item = &str> {
    policy.condition_values("aws:SourceOrgPaths")
}

/// A request by the service itself, on behalf of a CA. AWS requires TLS 1.2 and recommends TLS 1.3;
/// which of them the service uses is not documented.
fn service_context(
    subject: &BucketSubject,
    account: &str,
    ca: &str,
    organisation: Option<&str>,
) -> Context {
    let context = match organisation {
        Some(id) => subject.at().with("aws:SourceOrgID", id),
        None => subject.at().without("aws:SourceOrgID").without("aws:SourceOrgPaths"),
    };
    let policy = subject.policy().ok().flatten();
    let path = policy.as_ref().and_then(|policy| paths(policy).next().map(|one| instance(one, "")));
    let context = match (organisation, path) {
        (Some(_), Some(path)) => context.with_all("aws:SourceOrgPaths", [path.as_str()]),
        _ => context,
    };
    let context = context
        .with_one_of("s3:TlsVersion", ["1.2", "1.3"])
        .with("aws:SourceAccount", account)
        .with("aws:SourceArn", ca)
        .with("aws:SecureTransport", "true")
        .with("aws:PrincipalIsAWSService", "true")
        .with("aws:PrincipalServiceName", "acm-pca.amazonaws.com")
        .with("aws:ViaAWSService", "false")
        // Version 2 is not a version that AWS's own clients sign with.
        .with("s3:signatureversion", "AWS4-HMAC-SHA256")
        .with_family("aws:PrincipalTag/", []);
    let context = match policy.as_ref().and_then(choices::address_of_aws) {
        Some(address) => context.with("aws:SourceIp", &address.to_string()),
        None => context,
    };
    NOT_OF_A_SERVICE.into_iter().fold(context, Context::without)
}

/// What a request by an AWS service itself lacks: it has no session of IAM, no network of a customer,
/// and uses no access point (IAM User Guide, Global condition keys: availability).
const NOT_OF_A_SERVICE: [&str; 30] = [
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:SourceIdentity",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TokenIssueTime",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:userid",
    "aws:username",
    "ec2:SourceInstanceArn",
    "s3:AccessPointNetworkOrigin",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "sts:SourceIdentity",
];
