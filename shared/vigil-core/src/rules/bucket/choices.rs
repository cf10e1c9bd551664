//! What callers write into their requests themselves. A condition on it keeps no caller out.

use std::net::IpAddr;

use crate::bucket_policy::{AddressRange, BucketPolicy, Condition, Context, Statement};

/// Keys whose values come from the request or from the caller's own account (IAM User Guide, Global
/// condition keys; Service Authorization Reference, Amazon S3).
const CHOSEN: [&str; 17] = [
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalType",
    "aws:Referer",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:ViaAWSService",
    "aws:VpcSourceIp",
    "aws:userid",
    "aws:username",
    // Of an access point that the caller makes.
    "s3:AccessPointNetworkOrigin",
    "s3:authType",
    "s3:signatureAge",
    "s3:signatureversion",
];
const CHOSEN_FAMILIES: [&str; 4] =
    ["aws:PrincipalTag/", "s3:RequestObjectTag/", "s3:object-lock-", "s3:x-amz-"];

/// Keys that a request from the Internet lacks.
const OF_A_NETWORK: [&str; 6] = [
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
];

/// IAM gives each principal its own id: a role's session has `AROA…:NAME`, where the name is chosen (IAM
/// User Guide, Principal key values).
const USER_ID: &str = "aws:userid";

/// An id that IAM gives to no principal.
pub(super) const STRANGERS_ID: &str = "AROA00000000000000000:vigil-asks";

const SOURCE_IP: &str = "aws:SourceIp";

/// The request with the caller's choices, by which the statement may let it in and no other keeps it
/// out.
pub(super) fn chosen(context: Context, policy: &BucketPolicy, statement: &Statement) -> Context {
    let denying = policy.statements().iter().filter(|statement| !statement.allows());
    let avoided = denying
        .flat_map(|statement| statement.conditions())
        .fold(context, |context, condition| choose(context, condition, false));
    statement
        .conditions()
        .iter()
        .fold(avoided, |context, condition| choose(context, condition, true))
}

/// Chooses a value of the condition's key, by which the condition is met, or is not.
fn choose(context: Context, condition: &Condition, is_to_be_met: bool) -> Context {
    let key = condition.key();
    let Form { name, is_negated, passes_absent } = Form::of(condition.operator());
    if is_in(&OF_A_NETWORK, key) {
        let is_passed = (is_negated || passes_absent) == is_to_be_met;
        return if is_passed { context.without(key) } else { context };
    }
    if key.eq_ignore_ascii_case(SOURCE_IP) {
        let is_inside = is_negated != is_to_be_met;
        let address = address(condition.values(), is_inside);
        return match address {
            Some(address) => context.with(key, &address.to_string()),
            None => context,
        };
    }
    if !is_chosen(key) {
        return context;
    }
    let Some(value) = condition.values().first() else { return context };
    if key.eq_ignore_ascii_case(USER_ID) && !names_sessions(condition.values()) {
        // Whose id it is, the policy does not say.
        let either = [STRANGERS_ID, &instance(value, "x")];
        let is_asked = is_to_be_met && !is_negated;
        return if is_asked { context.with_one_of(key, either) } else { context };
    }
    let is_true = value.eq_ignore_ascii_case("true");
    match name {
        "Null" if is_true == is_to_be_met => context.without(key),
        "Null" => context.with(key, "x"),
        "Bool" if is_to_be_met => context.with(key, value),
        "Bool" => context.with(key, if is_true { "false" } else { "true" }),
        _ if is_negated == is_to_be_met => context.without(key),
        _ if name.contains("LessThan") => context.with(key, "0"),
        _ if name.contains("GreaterThan") => context.with(key, "4102444800"),
        _ => context.with(key, &instance(value, "x")),
    }
}

/// Whether a value fits ids of any role, by the name of the session alone.
fn names_sessions(values: &[String]) -> bool {
    values.iter().any(|value| value.split(':').next().is_some_and(|id| id.contains('*')))
}

/// What an operator's name says.
struct Form<'a> {
    name: &'a str,
    is_negated: bool,
    passes_absent: bool,
}

impl<'a> Form<'a> {
    fn of(operator: &'a str) -> Self {
        let name = operator.rsplit(':').next().unwrap_or(operator);
        let bare = name.strip_suffix("IfExists").unwrap_or(name);
        Self {
            name: bare,
            is_negated: bare.contains("Not"),
            passes_absent: bare != name || operator.starts_with("ForAllValues:"),
        }
    }
}

fn is_in(keys: &[&str], key: &str) -> bool {
    keys.iter().any(|one| one.eq_ignore_ascii_case(key))
}

fn is_chosen(key: &str) -> bool {
    let begins = |prefix: &&str| {
        key.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
    };
    is_in(&CHOSEN, key) || CHOSEN_FAMILIES.iter().any(begins)
}

/// Addresses of callers anywhere: those of documentation (RFC 5737, RFC 3849), and one that is not.
const ANYWHERE: [&str; 5] =
    ["192.0.2.77", "198.51.100.77", "203.0.113.77", "2001:db8::77", ELSEWHERE];

const ELSEWHERE: &str = "8.8.8.8";

/// An address outside of the ranges; or inside, if one of them is so wide that anyone may have an
/// address in it (Amazon S3 User Guide, The meaning of "public": /8, or /32 of version 6).
fn address(ranges: &[String], is_inside: bool) -> Option<IpAddr> {
    let ranges = ranges.iter().map(|text| AddressRange::read(text));
    let ranges: Vec<AddressRange> = ranges.collect::<Option<_>>()?;
    if is_inside {
        return ranges.iter().find(|range| range.is_wide()).map(|range| range.first());
    }
    let mut candidates = ANYWHERE.iter().filter_map(|text| text.parse().ok());
    candidates.find(|address| ranges.iter().all(|range| !range.has(*address)))
}

/// Ranges that no address of AWS is in (RFC 1918, RFC 4193, RFC 5737, RFC 6598, RFC 3849).
const NOT_OF_AWS: [&str; 9] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "2001:db8::/32",
    "fc00::/7",
];

/// An address that stands for those that AWS's services call from, if the policy's conditions on
/// addresses do not ask which one it is.
pub(super) fn address_of_aws(policy: &BucketPolicy) -> Option<IpAddr> {
    let never: Vec<_> = NOT_OF_AWS.iter().filter_map(|text| AddressRange::read(text)).collect();
    let ranges: Option<Vec<_>> =
        policy.condition_values(SOURCE_IP).map(AddressRange::read).collect();
    let is_clear =
        |range: &AddressRange| range.is_wide() || never.iter().any(|no| no.has(range.first()));
    ranges?.iter().all(is_clear).then(|| ELSEWHERE.parse().ok())?
}

/// A text that the pattern fits.
pub(super) fn instance(pattern: &str, run: &str) -> String {
    pattern.replace('?', "0").replace('*', run)
}
