use std::collections::BTreeMap;

use time::macros::datetime;

use super::*;
use crate::finding::golden;

/// A deployment in which nothing is wrong.
fn healthy() -> Facts {
    let function = Function {
        state: "Active".to_owned(),
        environment: BTreeMap::new(),
        version: Some("1.2.3".to_owned()),
        reserved: None,
        key: None,
    };
    let rule = |id: &str, bus: &str, pattern: Option<&str>| EventRule {
        name: format!("stack-{id}-1ABC"),
        bus: bus.to_owned(),
        is_enabled: true,
        pattern: pattern.map(str::to_owned),
        targets: vec![Target {
            arn: "arn:aws:lambda:us-east-1:111122223333:function:vigil-auto-restore".to_owned(),
            dead_letters: Some("arn:aws:sqs:us-east-1:111122223333:queue".to_owned()),
        }],
    };
    let bucket = ("vigil-evidence".to_owned(), Ok(Some(Owner::Own)));
    let mut rules: Vec<EventRule> = RULES
        .iter()
        .map(|(id, own)| rule(id, if *own { "vigil" } else { "default" }, Some("{}")))
        .collect();
    rules.extend(SCHEDULES.iter().map(|id| rule(id, "default", None)));
    let subscription = Subscription {
        protocol: "email".to_owned(),
        endpoint: "pki@example.com".to_owned(),
        is_confirmed: true,
    };
    Facts {
        stack_names: StackNames { name: "vigil".to_owned(), stack: "stack".to_owned() },
        version: "1.2.3".to_owned(),
        cas: Ok(2),
        trails: Ok(vec![Trail { arn: "trail".to_owned(), is_logging: true, has_writes: true }]),
        functions: FUNCTIONS.iter().map(|name| (*name, Ok(Some(function.clone())))).collect(),
        runs: BTreeMap::from([("crl-audit", Ok(None))]),
        rules: Ok(rules),
        subscriptions: BTreeMap::from([("topic".to_owned(), Ok(vec![subscription]))]),
        dead_letters: BTreeMap::from([("arn:aws:sqs:r:a:queue".to_owned(), Ok(Some(0)))]),
        concurrency: Ok(Concurrency { limit: 1000, unreserved: 1000 }),
        policies: Ok(Ok(0)),
        key: Ok(None),
        buckets: BTreeMap::from([bucket]),
        crl_buckets: BTreeMap::from([("crls".to_owned(), Ok(Some(true)))]),
        test: Ok(PublishedTest { id: "id".to_owned(), is_logged: true, is_sent: true }),
    }
}

fn outcome(facts: &Facts, name: &str) -> CheckResult {
    let checks = judge(facts);
    checks.into_iter().find(|check| check.name == name).expect("there is such a check").outcome
}

#[test]
fn nothing_is_wrong_with_a_healthy_deployment() {
    for check in judge(&healthy()) {
        assert!(matches!(check.outcome, CheckResult::Good(_)), "{check:?}");
    }
}

type Change = fn(&mut Facts);

fn function<'a>(facts: &'a mut Facts, name: &str) -> &'a mut Function {
    let function = facts.functions.get_mut(name).and_then(|it| it.as_mut().ok());
    function.and_then(Option::as_mut).expect("it is there")
}

/// Each check, what makes it bad, and what its answer names.
const BAD: &[(&str, Change, &str)] = &[
    (
        "ACM PCA",
        |facts| facts.cas = Err(Unreached::NoAnswer("no such host".to_owned())),
        "make deploy",
    ),
    ("trail", |facts| facts.trails.as_mut().unwrap()[0].is_logging = false, "start-logging"),
    ("trail", |facts| facts.trails.as_mut().unwrap()[0].has_writes = false, "put-event-selectors"),
    ("trail", |facts| facts.trails = Ok(Vec::new()), "create-trail"),
    ("functions", |facts| _ = facts.functions.insert("notify", Ok(None)), "revert the drift"),
    ("functions", |facts| function(facts, "notify").state = "Failed".to_owned(), "make deploy"),
    ("functions", |facts| function(facts, "notify").version = None, "make deploy"),
    (
        "functions",
        |facts| function(facts, "notify").version = Some("1.2.2".to_owned()),
        "make deploy",
    ),
    (
        "first run",
        |facts| _ = facts.runs.insert("crl-audit", Ok(Some("it failed".to_owned()))),
        "aws logs tail /aws/lambda/vigil-crl-audit",
    ),
    ("rules", |facts| _ = facts.rules.as_mut().unwrap().remove(0), "revert the drift"),
    (
        "rules",
        |facts| facts.rules.as_mut().unwrap()[3].is_enabled = false,
        "aws events enable-rule --name stack-AutoRestoreDeletion-1ABC",
    ),
    ("rules", |facts| facts.rules.as_mut().unwrap()[0].targets.clear(), "revert the drift"),
    (
        "rules",
        |facts| facts.rules.as_mut().unwrap()[0].targets[0].dead_letters = None,
        "revert the drift",
    ),
    (
        "one stack",
        |facts| {
            let mut other = facts.rules.as_ref().unwrap()[0].clone();
            other.name = "other-AutoRestoreDeletion-1ABC".to_owned();
            other.pattern = Some(r#"{"eventName": ["DeleteCertificateAuthority"]}"#.to_owned());
            other.targets[0].arn = "arn:aws:lambda:r:a:function:other-auto-restore".to_owned();
            facts.rules.as_mut().unwrap().push(other);
        },
        "make destroy",
    ),
    (
        "subscriptions",
        |facts| _ = facts.subscriptions.insert("topic".to_owned(), Ok(Vec::new())),
        "aws sns subscribe",
    ),
    (
        "subscriptions",
        |facts| {
            let all = facts.subscriptions.get_mut("topic").unwrap().as_mut().unwrap();
            all[0].is_confirmed = false;
        },
        "Subscription Confirmation",
    ),
    (
        "dead letters",
        |facts| facts.dead_letters.values_mut().for_each(|waiting| *waiting = Ok(Some(2))),
        "remove the cause, then: vigil replay queue",
    ),
    (
        "dead letters",
        |facts| facts.dead_letters.values_mut().for_each(|waiting| *waiting = Ok(None)),
        "revert the drift",
    ),
    (
        "concurrency",
        |facts| function(facts, "notify").reserved = Some(0),
        "aws lambda delete-function-concurrency --function-name vigil-notify",
    ),
    (
        "concurrency",
        |facts| facts.concurrency = Ok(Concurrency { limit: 10, unreserved: 0 }),
        "aws service-quotas",
    ),
    ("policies", |facts| facts.policies = Ok(Err("syntax".to_owned())), "vigil policy check"),
    (
        "key",
        |facts| {
            let missing = vec!["kms:Decrypt for events.amazonaws.com".to_owned()];
            facts.key = Ok(Some(KeyUse { arn: "arn:key".to_owned(), missing }));
        },
        "aws kms put-key-policy --key-id arn:key",
    ),
    (
        "buckets",
        |facts| _ = facts.buckets.insert("vigil-evidence".to_owned(), Ok(None)),
        "make deploy with TakeOver=false",
    ),
    (
        "buckets",
        |facts| {
            _ = facts.buckets.insert("vigil-evidence".to_owned(), Ok(Some(Owner::Foreign)));
        },
        "another Name",
    ),
    (
        "CRL buckets",
        |facts| _ = facts.crl_buckets.insert("crls".to_owned(), Ok(None)),
        "aws s3 mb s3://crls",
    ),
    (
        "CRL buckets",
        |facts| _ = facts.crl_buckets.insert("crls".to_owned(), Ok(Some(false))),
        "put-bucket-notification-configuration --bucket crls",
    ),
    ("test finding", |facts| facts.test.as_mut().unwrap().is_logged = false, "revert the drift"),
    (
        "test finding",
        |facts| facts.test.as_mut().unwrap().is_sent = false,
        "aws logs tail /aws/lambda/vigil-notify",
    ),
];

#[test]
fn every_check_sees_what_is_wrong_and_names_the_command() {
    for (name, change, command) in BAD {
        let mut facts = healthy();
        change(&mut facts);
        let CheckResult::Bad { what, mend } = outcome(&facts, name) else {
            panic!("{name} sees nothing: {:?}", outcome(&facts, name));
        };
        assert!(mend.contains(command), "{name}: {what}: {mend}");
        let other = judge(&facts).into_iter().filter(|check| check.name != *name);
        let wrong: Vec<_> =
            other.filter(|it| matches!(it.outcome, CheckResult::Bad { .. })).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
    let seen = |check: &Check| BAD.iter().any(|(name, ..)| *name == check.name);
    assert!(judge(&healthy()).iter().all(seen), "a check has no case");
}

#[test]
fn a_fact_that_cannot_be_had_is_unknown() {
    let why = || "access denied".to_owned();
    let changes: &[(&str, Change)] = &[
        ("ACM PCA", |facts| facts.cas = Err(Unreached::Denied("denied".to_owned()))),
        ("trail", |facts| facts.trails = Err("denied".to_owned())),
        ("functions", |facts| _ = facts.functions.insert("notify", Err("denied".to_owned()))),
        ("rules", |facts| facts.rules = Err("denied".to_owned())),
        ("subscriptions", |facts| facts.subscriptions.clear()),
        ("dead letters", |facts| facts.dead_letters.clear()),
        ("concurrency", |facts| facts.concurrency = Err("denied".to_owned())),
        ("policies", |facts| facts.policies = Err("denied".to_owned())),
        ("key", |facts| facts.key = Err("denied".to_owned())),
        ("buckets", |facts| facts.buckets.clear()),
        ("buckets", |facts| _ = facts.buckets.insert("b".to_owned(), Err("d".to_owned()))),
        ("CRL buckets", |facts| _ = facts.crl_buckets.insert("b".to_owned(), Err("d".to_owned()))),
    ];
    for (name, change) in changes {
        let mut facts = healthy();
        change(&mut facts);
        assert!(matches!(outcome(&facts, name), CheckResult::Unknown(_)), "{name}");
    }
    let mut facts = healthy();
    facts.test = Err(why());
    assert!(matches!(outcome(&facts, "test finding"), CheckResult::Unknown(_)));
}

#[test]
fn a_last_resort_that_is_switched_off_is_no_fault() {
    let mut facts = healthy();
    for rule in facts.rules.as_mut().unwrap() {
        rule.is_enabled = !rule.name.contains("LastResort");
    }
    assert!(matches!(outcome(&facts, "rules"), CheckResult::Good(_)));
}

#[test]
fn the_test_finding_says_that_it_is_one() {
    let stack_names = StackNames { name: "vigil".to_owned(), stack: "vigil".to_owned() };
    let finding = facts::finding(&stack_names, datetime!(2026-01-05 09:00 UTC), 1);
    golden::assert_golden("doctor", &[finding]);
}

#[test]
fn a_stack_with_security_hub_alone_informs_an_operator() {
    let mut facts = healthy();
    facts.subscriptions.insert("topic".to_owned(), Ok(Vec::new()));
    let product = ("VIGIL_SECURITY_HUB_PRODUCT".to_owned(), "arn".to_owned());
    function(&mut facts, "notify").environment.extend([product]);
    assert!(matches!(outcome(&facts, "subscriptions"), CheckResult::Good(_)));
}
