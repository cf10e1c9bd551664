//! The evaluator held against `iam-rs`, an evaluator that others wrote from the same documents.
//!
//! `vigil-core` and the local services share one policy reader, so a misreading of the policy language
//! would cancel out between them. This comparison is outside of both. Every disagreement has a reason
//! in [`Reason`]; a disagreement without one fails, and so does a reason that no case needs any more.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::BTreeSet;

use iam_policy::{Context, Decision, Policy, Principal, Request};
use iam_rs::{Arn, Decision as Theirs, IAMPolicy, IAMRequest, PrincipalId, evaluate_policy};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const USER: &str = "arn:aws:iam::111122223333:user/alice";
const STRANGER: &str = "arn:aws:iam::444455556666:user/mallory";
const SERVICE: &str = "acm-pca.amazonaws.com";
const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1";
const OBJECT: &str = "arn:aws:s3:::crls/crl/1.crl";
const BUCKET: &str = "arn:aws:s3:::crls";

/// Why `iam-rs` may differ. The documents decide, and each reason names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// "AWS JSON policy elements: Principal": an account's id or root ARN stands for every principal
    /// of the account. `iam-rs` lets it stand for the root user alone.
    AccountIsItsPrincipals,
    /// "Principal": `{"AWS": "*"}` is `"*"`, so it includes services. `iam-rs` excludes them.
    AwsStarIsEveryone,
    /// "ARN condition operators": `ArnEquals` and `ArnLike` behave identically. In `iam-rs`,
    /// `ArnEquals` takes no wildcards.
    ArnEqualsTakesWildcards,
    /// "ARN condition operators": the six parts of an ARN are compared one by one. In `iam-rs`, a `*`
    /// reaches across colons. What AWS does with fewer than six parts is not documented.
    ArnPartsAreSeparate,
    /// "Condition": the names of keys are compared without regard to case. `iam-rs` regards it.
    KeysHaveNoCase,
}

struct Call<'a> {
    principal: &'a Principal,
    action: &'a str,
    resource: &'a str,
    /// Key and value; a key without a value is absent.
    context: &'a [(&'a str, Option<&'a str>)],
}

fn ours(policy: &Value, call: &Call<'_>) -> Decision {
    let context = call
        .context
        .iter()
        .fold(Context::default(), |context, (key, value)| context.with_optional(key, *value));
    let Call { principal, action, resource, .. } = *call;
    let policy = Policy::of_resource(&policy.to_string()).unwrap();
    policy.decide(&Request { principal, action, resource, context: &context })
}

fn theirs(policy: &Value, call: &Call<'_>) -> Theirs {
    let mut context = iam_rs::Context::new();
    for (key, value) in call.context {
        context = match value {
            None => context,
            Some(value) => match value.parse() {
                Ok(boolean) => context.with_boolean(*key, boolean),
                Err(_) => context.with_string(*key, *value),
            },
        };
    }
    let principal = match call.principal {
        Principal::Aws(name) => iam_rs::Principal::Aws(PrincipalId::String(name.clone())),
        Principal::Service(name) => iam_rs::Principal::Service(PrincipalId::String(name.clone())),
        other => panic!("{other:?} cannot call in iam-rs"),
    };
    let resource = Arn::parse(call.resource).unwrap();
    let request = IAMRequest::new_with_context(principal, call.action, resource, context);
    evaluate_policy(&IAMPolicy::from_json(&policy.to_string()).unwrap(), &request).unwrap()
}

fn agree(ours: &Decision, theirs: Theirs) -> bool {
    matches!(
        (ours, theirs),
        (Decision::Allowed, Theirs::Allow)
            | (Decision::Denied(_), Theirs::Deny)
            | (Decision::Silent, Theirs::NotApplicable)
    )
}

/// Compares all cases; gives back how many there were.
fn compare<'a>(
    cases: impl IntoIterator<Item = (Value, Call<'a>)>,
    reason: impl Fn(&Value, &Call<'_>) -> Option<Reason>,
    needed: &[Reason],
) -> usize {
    let (mut count, mut found) = (0, BTreeSet::new());
    for (policy, call) in cases {
        count += 1;
        let (ours, theirs) = (ours(&policy, &call), theirs(&policy, &call));
        if agree(&ours, theirs) {
            continue;
        }
        let Some(reason) = reason(&policy, &call) else {
            panic!(
                "{policy}\n{:?} {} {} {:?}\nours: {ours:?}, iam-rs: {theirs:?}",
                call.principal, call.action, call.resource, call.context
            );
        };
        found.insert(reason);
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), needed, "the reasons that cases need");
    count
}

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement(change: &[(&str, &Value)]) -> Value {
    let mut statement =
        json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"});
    for (element, value) in change {
        if let Some(plain) = element.strip_prefix("Not") {
            statement.as_object_mut().unwrap().remove(plain);
        }
        statement[*element] = (*value).clone();
    }
    statement
}

fn callers() -> [Principal; 4] {
    [
        Principal::Aws(USER.to_owned()),
        Principal::Aws(STRANGER.to_owned()),
        Principal::Service(SERVICE.to_owned()),
        Principal::Service("s3.amazonaws.com".to_owned()),
    ]
}

#[test]
fn principals_are_judged_as_iam_rs_judges_them() {
    let named = [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": ACCOUNT}),
        json!({"AWS": ROOT}),
        json!({"AWS": USER}),
        json!({"AWS": [STRANGER, USER]}),
        json!({"AWS": "arn:aws:iam::111122223333:user/bob"}),
        json!({"Service": SERVICE}),
        json!({"Service": [SERVICE, "s3.amazonaws.com"]}),
        json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
        json!({"Federated": "cognito-identity.amazonaws.com"}),
    ];
    let callers = callers();
    let mut cases = Vec::new();
    for (named, element) in
        named.iter().flat_map(|named| [(named, "Principal"), (named, "NotPrincipal")])
    {
        for principal in &callers {
            let policy = policy(&json!([statement(&[(element, named)])]));
            let call = Call { principal, action: "s3:PutObject", resource: OBJECT, context: &[] };
            cases.push((policy, call));
        }
    }
    let reason = |policy: &Value, _: &Call<'_>| {
        let statement = &policy["Statement"][0];
        let named = ["Principal", "NotPrincipal"].map(|element| &statement[element]["AWS"]);
        if named.iter().any(|named| **named == ACCOUNT || **named == ROOT) {
            return Some(Reason::AccountIsItsPrincipals);
        }
        named.iter().any(|named| **named == "*").then_some(Reason::AwsStarIsEveryone)
    };
    let needed = [Reason::AccountIsItsPrincipals, Reason::AwsStarIsEveryone];
    assert_eq!(compare(cases, reason, &needed), 11 * 2 * 4);
}

#[test]
fn actions_and_resources_are_judged_as_iam_rs_does() {
    let actions = [
        json!("*"),
        json!("s3:*"),
        json!("s3:PutObject"),
        json!("S3:putobject"),
        json!("s3:Put*"),
        json!("s3:Put?bject"),
        json!("s3:Put?Object"),
        json!("kms:*"),
        json!(["s3:GetObject", "s3:GetBucket*"]),
    ];
    let resources = [
        json!("*"),
        json!(OBJECT),
        json!(BUCKET),
        json!("arn:aws:s3:::crls/*"),
        json!("arn:aws:s3:::crls*"),
        json!("arn:aws:s3:::crls/CRL/*"),
        json!("arn:aws:s3:::*/crl/?.crl"),
        json!("arn:aws:s3:::crls/crl/??.crl"),
        json!(["arn:aws:s3:::other/*", BUCKET]),
    ];
    let principal = &Principal::Aws(USER.to_owned());
    let mut cases = Vec::new();
    for (action, act) in actions.iter().flat_map(|it| [(it, "Action"), (it, "NotAction")]) {
        for (resource, of) in
            resources.iter().flat_map(|it| [(it, "Resource"), (it, "NotResource")])
        {
            let policy = policy(&json!([statement(&[(act, action), (of, resource)])]));
            for (action, resource) in [
                ("s3:PutObject", OBJECT),
                ("s3:GetBucketAcl", BUCKET),
                ("s3:putobject", "arn:aws:s3:::crls/crl/22.crl"),
            ] {
                let call = Call { principal, action, resource, context: &[] };
                cases.push((policy.clone(), call));
            }
        }
    }
    assert_eq!(compare(cases, |_, _| None, &[]), 18 * 18 * 3);
}

const TEXT_OPERATORS: [&str; 10] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
];

#[test]
fn conditions_are_judged_as_iam_rs_judges_them() {
    let values = [
        json!(CA),
        json!(CA.to_uppercase()),
        json!("arn:aws:acm-pca:*:111122223333:*"),
        json!("arn:aws:acm-pca:us-east-?:*:certificate-authority/*"),
        json!("arn:aws:acm-pca:*"),
        json!(["arn:aws:acm-pca:us-east-1:444455556666:certificate-authority/1", CA]),
        json!(["a", "b"]),
    ];
    let contexts: [&[(&str, Option<&str>)]; 3] = [
        &[("aws:SourceArn", Some(CA))],
        &[(
            "aws:SourceArn",
            Some("arn:aws:acm-pca:eu-west-1:444455556666:certificate-authority/2"),
        )],
        &[("aws:SourceArn", None)],
    ];
    let principal = &Principal::Service(SERVICE.to_owned());
    let mut cases = Vec::new();
    let operators = TEXT_OPERATORS.iter().flat_map(|operator| {
        [
            (*operator).to_owned(),
            format!("{operator}IfExists"),
            format!("ForAllValues:{operator}"),
            format!("ForAnyValue:{operator}"),
        ]
    });
    for operator in operators {
        for (value, key) in
            values.iter().flat_map(|value| [(value, "aws:SourceArn"), (value, "AWS:sourcearn")])
        {
            let condition = json!({operator.as_str(): {key: value}});
            let policy = policy(&json!([statement(&[("Condition", &condition)])]));
            for context in contexts {
                let action = "s3:PutObject";
                let call = Call { principal, action, resource: OBJECT, context };
                cases.push((policy.clone(), call));
            }
        }
    }
    let reason = |policy: &Value, _: &Call<'_>| {
        let block = policy["Statement"][0]["Condition"].as_object().unwrap();
        let (operator, keys) = block.iter().next().unwrap();
        let (key, value) = keys.as_object().unwrap().iter().next().unwrap();
        if key != "aws:SourceArn" {
            return Some(Reason::KeysHaveNoCase);
        }
        let is_short = !value.is_array() && value.as_str()?.split(':').count() < 6;
        match operator.split_once(':').map_or(operator.as_str(), |(_, name)| name) {
            name if name.starts_with("Arn") && (is_short || value == &json!(["a", "b"])) => {
                Some(Reason::ArnPartsAreSeparate)
            }
            name if (name.starts_with("ArnEquals") || name.starts_with("ArnNotEquals"))
                && value.as_str()?.contains('*') =>
            {
                Some(Reason::ArnEqualsTakesWildcards)
            }
            _ => None,
        }
    };
    let needed =
        [Reason::ArnEqualsTakesWildcards, Reason::ArnPartsAreSeparate, Reason::KeysHaveNoCase];
    assert_eq!(compare(cases, reason, &needed), 40 * 14 * 3);
}

#[test]
fn booleans_and_null_are_judged_as_iam_rs_judges_them() {
    let principal = &Principal::Service(SERVICE.to_owned());
    let contexts: [&[(&str, Option<&str>)]; 3] = [
        &[("aws:SecureTransport", Some("true"))],
        &[("aws:SecureTransport", Some("false"))],
        &[("aws:SecureTransport", None)],
    ];
    let mut cases = Vec::new();
    for operator in ["Bool", "BoolIfExists", "Null"] {
        for value in [json!("true"), json!("false"), json!(true), json!(false)] {
            let condition = json!({operator: {"aws:SecureTransport": value}});
            let policy = policy(&json!([statement(&[("Condition", &condition)])]));
            for context in contexts {
                let action = "s3:PutObject";
                let call = Call { principal, action, resource: OBJECT, context };
                cases.push((policy.clone(), call));
            }
        }
    }
    assert_eq!(compare(cases, |_, _| None, &[]), 3 * 4 * 3);
}

/// Two statements at a time, in both orders: a Deny wins wherever it stands.
#[test]
fn statements_are_joined_as_iam_rs_joins_them() {
    let mut statements = Vec::new();
    for effect in ["Allow", "Deny"] {
        for principal in [json!("*"), json!({"Service": SERVICE}), json!({"AWS": USER})] {
            for action in [json!("s3:Put*"), json!("s3:GetObject")] {
                for condition in [
                    json!({}),
                    json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
                    json!({"StringNotEquals": {"aws:SourceAccount": ACCOUNT},
                           "Bool": {"aws:SecureTransport": "false"}}),
                ] {
                    statements.push(statement(&[
                        ("Effect", &json!(effect)),
                        ("Principal", &principal),
                        ("Action", &action),
                        ("Condition", &condition),
                    ]));
                }
            }
        }
    }
    let callers = callers();
    let contexts: [&[(&str, Option<&str>)]; 3] = [
        &[("aws:SourceAccount", Some(ACCOUNT)), ("aws:SecureTransport", Some("true"))],
        &[("aws:SourceAccount", Some("444455556666")), ("aws:SecureTransport", Some("false"))],
        &[("aws:SourceAccount", None), ("aws:SecureTransport", None)],
    ];
    let mut cases = Vec::new();
    for first in &statements {
        for second in &statements {
            for (principal, context) in
                callers.iter().flat_map(|caller| contexts.map(|context| (caller, context)))
            {
                let call = Call { principal, action: "s3:PutObject", resource: OBJECT, context };
                cases.push((policy(&json!([first, second])), call));
            }
        }
    }
    assert_eq!(compare(cases, |_, _| None, &[]), 36 * 36 * 4 * 3);
}
