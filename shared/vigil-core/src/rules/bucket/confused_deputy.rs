//! The service must be let in on behalf of our own CAs only.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BucketSubject, BucketUser,
    callers::{STRANGER, is_acm_pca},
    choices::instance,
    organisation_name, organisation_of, service_access, service_context,
};
use crate::{
    bucket_policy::{BucketPolicy, Context, Effect, Principal, Request, account_of},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.confused-deputy",
        holds: "The bucket policy lets ACM PCA write only for these CAs (aws:SourceAccount, aws:SourceArn).",
        cites: "AWS Private CA User Guide, Confused deputy prevention",
        kinds: &[ACCOUNT_ONLY, ORGANISATION, OTHER_CONDITION, UNBOUND],
    },
    check,
};

const ACCOUNT_ONLY: Kind = Kind {
    id: "account-only",
    severity: Severity::Informational,
    title: "Every CA of account {account} can have CRLs written to bucket {bucket}",
    what_happened: "The policy of bucket {bucket} lets ACM PCA write for every CA of account {account}. Checked \
                    at {as_of}.",
    impact: "Another CA of the account, configured with {bucket}, could overwrite CRLs of {ca}.",
    what_to_do: "Let ACM PCA in only for the CAs that write here, by aws:SourceAccount and aws:SourceArn. Save \
                 the policy as policy.json:",
    first_command: super::SAVE_POLICY,
};

const ORGANISATION: Kind = Kind {
    id: "organisation",
    severity: Severity::Low,
    title: "Every CA of organisation {organisation} can have CRLs written to {bucket}",
    what_happened: "The policy of bucket {bucket} lets ACM PCA write for every CA of organisation \
                    {organisation}. Checked at {as_of}.",
    impact: "A CA of another account of the organisation could overwrite CRLs of {ca}.",
    ..ACCOUNT_ONLY
};

const OTHER_CONDITION: Kind = Kind {
    id: "other-condition",
    severity: Severity::Low,
    title: "The policy of bucket {bucket} may let ACM PCA write for other CAs",
    what_happened: "The policy of bucket {bucket} restricts ACM PCA by a condition that Vigil cannot evaluate: \
                    {why}. Checked at {as_of}.",
    impact: "If the condition also matches other CAs, they could overwrite CRLs of {ca}.",
    ..ACCOUNT_ONLY
};

const UNBOUND: Kind = Kind {
    id: "unbound",
    severity: Severity::Medium,
    title: "CAs of any AWS account can have CRLs written to bucket {bucket}",
    what_happened: "The policy of bucket {bucket} lets ACM PCA write without a condition on the CA or its \
                    account. Checked at {as_of}.",
    impact: "A stranger who configures a CA with {bucket} could overwrite CRLs of {ca}.",
    ..ACCOUNT_ONLY
};

/// How widely ACM PCA is let in; the worst grade first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Unbound,
    Organisation(String),
    OtherCondition(String),
    AccountOnly,
}

/// The policy is evaluated, not searched for words. Would it let ACM PCA in for the CA of a stranger,
/// for a CA of the same organisation, and for another CA of the same account?
fn check(subject: &BucketSubject) -> RuleAnswer {
    let Some(policy) = subject.policy()? else {
        return Err(NotJudged::not_applicable("there is no bucket policy"));
    };
    let mut grades: BTreeMap<Grade, Vec<&BucketUser>> = BTreeMap::new();
    for user in &subject.users {
        if let Some(grade) = grade(subject, &policy, user) {
            grades.entry(grade).or_default().push(user);
        }
    }
    let seen = grades.iter().map(|(grade, users)| {
        let seen = match grade {
            Grade::Unbound => Observation::new(UNBOUND),
            Grade::Organisation(id) => {
                Observation::new(ORGANISATION).with("organisation", organisation_name(id))
            }
            Grade::OtherCondition(why) => {
                Observation::new(OTHER_CONDITION).with("why", why.as_str())
            }
            Grade::AccountOnly => Observation::new(ACCOUNT_ONLY),
        };
        let arns: Vec<_> = users.iter().map(|user| user.ca.as_str()).collect();
        let statements = &service_access::statements(subject);
        seen.with("certificate_authorities", arns).also(super::set_policy(
            subject,
            service_access::REPLACE,
            statements,
        ))
    });
    Ok(seen.collect())
}

fn grade(subject: &BucketSubject, policy: &BucketPolicy, user: &BucketUser) -> Option<Grade> {
    let services = services(subject, policy, user);
    services.iter().filter_map(|service| grade_of(subject, policy, user, service)).min()
}

/// ACM PCA as it writes for this CA, and as the policy names it otherwise: CAs of opt-in Regions act as a
/// principal of their Region.
fn services(
    subject: &BucketSubject,
    policy: &BucketPolicy,
    user: &BucketUser,
) -> BTreeSet<Principal> {
    let allowing = policy.statements().iter().filter(|statement| statement.allows());
    let named = allowing.flat_map(|statement| statement.named_principals());
    named.filter(is_acm_pca).chain([subject.service(user)]).collect()
}

fn grade_of(
    subject: &BucketSubject,
    policy: &BucketPolicy,
    user: &BucketUser,
    service: &Principal,
) -> Option<Grade> {
    let put_object = |context: Context| put_object(subject, policy, (user, service), &context);
    let ca = user.ca.as_str();
    let (account, id) = (user.ca.account(), user.ca.id());
    let organisation = organisation_of(policy);
    let own = put_object(service_context(subject, account, ca, organisation));
    let lets_in = |context: Context| lets_in(put_object(context), &own);
    let of_another_account = ca.replace(account, STRANGER);
    match lets_in(service_context(subject, STRANGER, &of_another_account, None)) {
        Ok(true) => return Some(Grade::Unbound),
        Err(why) => return Some(Grade::OtherCondition(why)),
        Ok(false) => {}
    }
    for neighbour in neighbours(account) {
        let context = service_context(subject, &neighbour, &ca.replace(account, &neighbour), None);
        if lets_in(context) == Ok(true) {
            let why =
                format!("it also matches account {neighbour}, so it is a pattern of accounts");
            return Some(Grade::OtherCondition(why));
        }
    }
    for (other, arn) in others(subject, policy, ca) {
        let context = service_context(subject, &other, &arn, None);
        if lets_in(context) == Ok(true) {
            return Some(Grade::OtherCondition(format!("it also names account {other}")));
        }
    }
    if let Some(organisation) = organisation {
        let colleague = service_context(subject, STRANGER, &of_another_account, Some(organisation));
        if lets_in(colleague) == Ok(true) {
            return Some(Grade::Organisation(organisation.to_owned()));
        }
    }
    let other_ca = ca.replace(id, "00000000-0000-0000-0000-000000000000");
    match lets_in(service_context(subject, account, &other_ca, organisation)) {
        Ok(true) => Some(Grade::AccountOnly),
        Err(why) => Some(Grade::OtherCondition(why)),
        Ok(false) => None,
    }
}

/// Whether the service is let in for another CA, or why that is not clear. What is just as unclear for
/// the CA itself, such as the service's address, does not tell the two apart.
fn lets_in(other: Effect, own: &Effect) -> Result<bool, String> {
    let is_as_unclear = other == *own;
    match other {
        Effect::Allowed { .. } => Ok(true),
        Effect::Unclear { .. } if is_as_unclear => Ok(true),
        Effect::Unclear { why } => Err(why),
        Effect::Denied { .. } | Effect::Silent => Ok(false),
    }
}

/// Accounts whose CAs the conditions name, beside those of the bucket's own, each with such an ARN.
fn others(subject: &BucketSubject, policy: &BucketPolicy, ca: &str) -> Vec<(String, String)> {
    let is_ours = |account: &str| subject.users.iter().any(|user| user.ca.account() == account);
    let is_other = |account: &str| {
        account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) && !is_ours(account)
    };
    let own = subject.users.first().map_or("", |user| user.ca.account());
    let accounts = policy.condition_values("aws:SourceAccount").filter(|one| is_other(one));
    let by_account = accounts.map(|one| (one.to_owned(), ca.replace(own, one)));
    let arns = policy.condition_values("aws:SourceArn").filter(|arn| is_other(account_of(arn)));
    let by_arn = arns.map(|arn| (account_of(arn).to_owned(), instance(arn, "x")));
    by_account.chain(by_arn).collect()
}

/// Accounts that share a beginning or an end with this one: a pattern such as `1111*` matches some.
fn neighbours(account: &str) -> Vec<String> {
    let other = |digit: u8| if digit == b'9' { b'8' } else { digit + 1 };
    let mut all = Vec::new();
    for changed in 0..account.len() {
        let mut one = account.as_bytes().to_vec();
        one[changed] = other(one[changed]);
        all.push(String::from_utf8_lossy(&one).into_owned());
    }
    all
}

/// The ACLs that a CA can be configured with (ACM PCA API Reference, CrlConfiguration: S3ObjectAcl). A
/// stranger has the choice.
const ACLS: [&str; 2] = ["bucket-owner-full-control", "public-read"];

/// With the ACL that gets furthest.
fn put_object(
    subject: &BucketSubject,
    policy: &BucketPolicy,
    (user, principal): (&BucketUser, &Principal),
    context: &Context,
) -> Effect {
    let resource = &subject.object_arn(&user.key);
    let [full, public] = ACLS.map(|acl| {
        let context = &context.clone().with("s3:x-amz-acl", acl);
        policy.evaluate(&Request { principal, action: "s3:PutObject", resource, context })
    });
    match (&full, &public) {
        (Effect::Allowed { .. }, _) => full,
        (_, Effect::Allowed { .. }) => public,
        (Effect::Unclear { .. }, _) => full,
        _ => public,
    }
}
