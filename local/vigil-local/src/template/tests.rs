use std::time::Duration;

use super::*;
use crate::events::Destination;
use crate::schedule::Sender;
use crate::sinks::{Sink, SinkKind};

const TEMPLATE: &str = include_str!("../../tests/fixtures/template.yaml");

fn parse(text: &str) -> Result<Template, TemplateError> {
    Template::parse(text, &Account::default(), &BTreeMap::new())
}

fn read() -> Template {
    parse(TEMPLATE)
        .unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)))
}

#[test]
fn a_function_is_read_with_globals_environment_and_dead_letters() {
    let template = read();
    let function = &template.functions[0];
    assert_eq!(function.logical_id, "Echo");
    assert_eq!(function.name, "echo");
    assert_eq!(function.arn, "arn:aws:lambda:us-east-1:111122223333:function:echo");
    assert_eq!(function.binary, "echo_function");
    assert_eq!((function.memory_mb, function.timeout), (128, Duration::from_secs(5)));
    let variables: Vec<_> =
        function.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        variables,
        [
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
            ("BUCKET", "evidence-111122223333"),
            ("BUCKET_ARN", "arn:aws:s3:::evidence-111122223333"),
            ("BUS", "findings"),
            ("FROM_GLOBALS", "yes"),
            ("THRESHOLD_DAYS", "7"),
        ]
    );
    assert_eq!(function.asynchronous.dead_letters.as_deref(), Some("DeadLetters"));
    assert_eq!(function.asynchronous.on_failure.as_ref().unwrap().logical_id, "Failures");
    assert_eq!(function.asynchronous.retries, 2);
}

#[test]
fn triggers_are_read_unless_they_are_disabled() {
    let template = read();
    let rules: Vec<_> =
        template.rules.iter().map(|rule| (rule.logical_id.as_str(), rule.bus.as_str())).collect();
    assert_eq!(
        rules,
        [
            ("EchoDeletion", "default"),
            ("EchoFinding", "findings"),
            ("PeopleRule", "findings"),
            ("BrokenRule", "findings"),
        ]
    );
    let people = template.rules.iter().find(|rule| rule.logical_id == "PeopleRule").unwrap();
    assert_eq!(people.arn, "arn:aws:events:us-east-1:111122223333:rule/findings/people");
    let destinations: Vec<_> = people.targets.iter().map(|target| &target.destination).collect();
    let sink = |kind, name: &str, arn: &str| {
        Destination::Sink(Sink { kind, logical_id: name.to_owned(), arn: arn.to_owned() })
    };
    let (topic, group) = ("vigil-local-People", "/aws/events/findings");
    let topic = format!("arn:aws:sns:us-east-1:111122223333:{topic}");
    let group = format!("arn:aws:logs:us-east-1:111122223333:log-group:{group}");
    let hub = "arn:aws:events:us-east-1:444455556666:event-bus/hub";
    assert_eq!(
        destinations,
        [
            &sink(SinkKind::Topic, "People", &topic),
            &sink(SinkKind::LogGroup, "FindingsLog", &group),
            &sink(SinkKind::Elsewhere, "PeopleRule-Elsewhere", hub),
        ]
    );
    let schedules: Vec<_> =
        template.schedules.iter().map(|one| (one.logical_id.as_str(), one.arn.as_str())).collect();
    assert_eq!(
        schedules,
        [
            ("EchoHourly", "arn:aws:events:us-east-1:111122223333:rule/vigil-local-EchoHourly"),
            (
                "EchoScheduler",
                "arn:aws:scheduler:us-east-1:111122223333:schedule/default/EchoScheduler"
            ),
        ]
    );
    assert!(
        matches!(&template.schedules[1].sender, Sender::Scheduler { function, .. } if function == "echo")
    );
}

#[test]
fn a_bucket_is_read_with_its_policy_and_settings() {
    let template = read();
    let bucket = &template.buckets[0];
    assert_eq!(bucket.name, "evidence-111122223333");
    assert_eq!(bucket.config.versioning.as_deref(), Some("Enabled"));
    assert_eq!(bucket.config.encryption.algorithm, "aws:kms");
    assert!(bucket.config.block().block_public_acls);
    assert!(!bucket.config.block().restrict_public_buckets);
    let policy = bucket.config.policy.as_deref().expect("the policy goes with the bucket");
    assert!(policy.contains("arn:aws:s3:::evidence-111122223333/*"), "{policy}");
    assert_eq!(template.buses, ["findings"]);
    assert_eq!(template.left_out, [("Workgroup".to_owned(), "AWS::Athena::WorkGroup".to_owned())]);
}

/// Each row spoils the template in one place; the error names the resource.
#[test]
fn an_unreadable_resource_is_refused_by_logical_id() {
    for (from, to, said) in [
        ("rate(1 hour)", "rate(1 hours)", "EchoHourly"),
        ("Type: Schedule\n", "Type: SQS\n", "EchoHourly"),
        ("- prefix: auto", "- prefixx: auto", "EchoFinding"),
        ("CodeUri: ../../target/echo_function/", "Runtime: provided", "Echo"),
        ("!Ref Threshold", "!Ref Treshold", "Echo"),
        ("!GetAtt DeadLetters.Arn", "arn:aws:sqs:us-east-1:1:x", "Echo"),
        ("MaximumRetryAttempts: 2", "MaximumRetryAttempts: 3", "Echo"),
        ("Default: 7", "Description: none", "Threshold"),
        ("EventBusName: !Ref Bus", "EventBusName: other", "EchoFinding"),
        ("AWS::Athena::WorkGroup", "AWS::Lambda::Function", "Workgroup"),
        ("Status: Enabled", "Statuss: Enabled", "Evidence"),
        ("Bucket: !Ref Evidence", "Bucket: other", "EvidencePolicy"),
        ("InputTemplate: '\"<severity>", "InputTemplate: '\"<colour>", "PeopleRule"),
        ("Timeout: 5", "Timeout: soon", "Echo"),
        ("Queues: [!Ref Undelivered]", "Queues: [elsewhere]", "UndeliveredPolicy"),
        (
            "        Statement:\n          - Effect: Allow\n            Principal: {Service",
            "        Statement:\n          - Effect: Perhaps\n            Principal: {Service",
            "PeoplePolicy",
        ),
        ("Arn: !GetAtt Undelivered.Arn", "Arn: arn:aws:sqs:us-east-1:1:x", "BrokenRule"),
        ("Id: Closed\n", "Id: Closed\n          RoleArn: arn:aws:iam::1:role/r\n", "BrokenRule"),
    ] {
        let spoilt = TEMPLATE.replacen(from, to, 1);
        assert_ne!(spoilt, TEMPLATE, "{from} is in the template");
        let error = parse(&spoilt).expect_err(to).to_string();
        assert!(error.contains(said), "{to}: {error}");
    }
}

#[test]
fn parameters_can_be_given_and_have_to_exist() {
    let given = |name: &str| BTreeMap::from([(name.to_owned(), "21".to_owned())]);
    let template = Template::parse(TEMPLATE, &Account::default(), &given("Threshold")).unwrap();
    assert_eq!(template.functions[0].environment["THRESHOLD_DAYS"], "21");
    let error = Template::parse(TEMPLATE, &Account::default(), &given("Tresh")).unwrap_err();
    assert!(error.to_string().contains("Tresh"), "{error}");
}

const CONSTRAINED: &str = "
    Parameters:
      Times: {Type: Number, Default: 3, MinValue: 0, MaxValue: 9}
      Fetch: {Type: String, Default: 'false', AllowedValues: ['true', 'false']}
      Days: {Type: Number, Default: 365, AllowedValues: [1, 365]}
      Name: {Type: String, Default: vigil, AllowedPattern: '[a-z]+', MaxLength: 6,
        ConstraintDescription: lower-case letters only}
      Regions: {Type: CommaDelimitedList, Default: '', AllowedPattern: '([a-z]+-[0-9])?'}
      Mail: {Type: String, Default: a@b}
    Rules:
      Informed:
        Assertions:
          - Assert: !Not [!Equals [!Ref Mail, '']]
            AssertDescription: Set Mail.
    Resources: {Queue: {Type: AWS::SQS::Queue}}
";

#[test]
fn a_parameter_is_held_to_its_constraints() {
    let with = |name: &str, value: &str| {
        let given = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Template::parse(CONSTRAINED, &Account::default(), &given).map(|_| ())
    };
    for (name, value) in [("Times", "9"), ("Days", "1"), ("Regions", "us-1, eu-2"), ("Name", "x")] {
        with(name, value).unwrap_or_else(|error| panic!("{name}={value}: {error}"));
    }
    for (name, value, said) in [
        ("Times", "-1", "Times"),
        ("Times", "10", "Times"),
        ("Times", "many", "Times"),
        ("Fetch", "yes", "one of true, false"),
        ("Days", "100", "one of 1, 365"),
        ("Name", "Vigil", "lower-case letters only"),
        ("Name", "vigilant", "Name"),
        ("Regions", "us-1,everywhere", "Regions"),
        ("Mail", "", "the rule Informed: Set Mail."),
    ] {
        let error = with(name, value).expect_err(value).to_string();
        assert!(error.contains(said), "{name}={value}: {error}");
    }
}

#[test]
fn a_resource_with_a_false_condition_is_left_out() {
    let given = BTreeMap::from([("Mail".to_owned(), "ops@example.com".to_owned())]);
    let with_mail = Template::parse(TEMPLATE, &Account::default(), &given).unwrap();
    assert_eq!(with_mail.rules.len(), read().rules.len() + 1);
}

#[test]
fn keys_come_with_their_policies_and_aliases() {
    let text = "
        Resources:
          CrlKey:
            Type: AWS::KMS::Key
            Properties: {KeyPolicy: {Statement: []}}
          PlainKey: {Type: AWS::KMS::Key}
          CrlAlias:
            Type: AWS::KMS::Alias
            Properties: {AliasName: alias/crls, TargetKeyId: !GetAtt CrlKey.Arn}
    ";
    let template = parse(text).unwrap();
    let policies: Vec<_> = template.keys.iter().map(|key| key.policy.as_deref()).collect();
    assert_eq!(policies, [Some("{\"Statement\":[]}"), None]);
    let arn = Account::default().arn("kms", &format!("key/{}", template.keys[0].id));
    assert_eq!(template.aliases, [("alias/crls".to_owned(), arn)]);
}
