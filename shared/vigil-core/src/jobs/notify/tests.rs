use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::{
    fakes,
    finding::{Names, Observation, golden::assert_file},
    ports::Cause,
};

const EVENT: &str = include_str!("../../../../../tests/fixtures/finding-event.json");
const BUCKET: &str = "vigil-evidence-111122223333-us-east-1";

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555";

fn deployment() -> Deployment {
    Deployment {
        evidence_bucket: BUCKET.to_owned(),
        report_bucket: Some("vigil-audit-reports-111122223333-us-east-1".to_owned()),
        approver_key: Some(KEY.to_owned()),
    }
}

fn event() -> Value {
    serde_json::from_str(EVENT).unwrap()
}

fn finding() -> Finding {
    read(&event()).unwrap()
}

/// Of a rule whose findings are resolved: those of auto-restore are not.
fn expired() -> Finding {
    let rules = crate::rules::all();
    let rule = rules.iter().find(|rule| rule.id == "crl.next-update").unwrap();
    let kind = rule.kinds.iter().find(|kind| kind.id == "expired").unwrap();
    let (crl, ca) = ("s3://crls/crl/11223344-1234-1122-2233-112233445566.crl", fakes::ARN);
    let names = Names::new(crl)
        .of_ca(&ca.parse().unwrap(), Some("Payments Issuing CA"))
        .with("object", crl)
        .with("writer", "ACM PCA")
        .with("bucket", "crls");
    Observation::new(*kind).with("next_update", "2026-11-20T10:00:00Z").finding(
        rule,
        &names,
        ca,
        finding().as_of,
    )
}

/// Keeps subjects; refuses while `fails`.
#[derive(Default)]
struct Kept {
    fails: bool,
    subjects: Mutex<Vec<String>>,
}

#[async_trait]
impl Topic for Kept {
    async fn publish(&self, message: &Message) -> Result<String, PortError> {
        if self.fails {
            let (operation, resource) = ("Publish", "topic".to_owned());
            let cause: Cause = "gone".into();
            return Err(PortError::NotFound { operation, resource, cause });
        }
        let mut subjects = self.subjects.lock().unwrap();
        subjects.push(message.subject.clone());
        Ok(format!("m-{}", subjects.len()))
    }
}

fn notify(event: &Value, alerts: &Kept, on_call: &Kept) -> Result<Outcome, NotifyError> {
    let ports = Ports { alerts, on_call, hub: None, deployment: &deployment() };
    futures::executor::block_on(run(event, &ports))
}

/// Keeps what is imported; refuses while `fails`.
#[derive(Default)]
struct KeptHub {
    fails: bool,
    findings: Mutex<Vec<Value>>,
}

#[async_trait]
impl SecurityHub for KeptHub {
    async fn import(&self, findings: &[Value]) -> Result<(), PortError> {
        if self.fails {
            let (operation, resource) = ("BatchImportFindings", "Security Hub".to_owned());
            let cause: Cause = "not subscribed".into();
            return Err(PortError::Denied { operation, resource, cause });
        }
        self.findings.lock().unwrap().extend_from_slice(findings);
        Ok(())
    }
}

const PRODUCT: &str = "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default";

fn notify_with_hub(event: &Value, alerts: &Kept, hub: &KeptHub) -> Result<Outcome, NotifyError> {
    let product = PRODUCT.parse().unwrap();
    let hub = Some(Hub { port: hub, product: &product });
    let on_call = &Kept::default();
    let ports = Ports { alerts, on_call, hub, deployment: &deployment() };
    futures::executor::block_on(run(event, &ports))
}

/// The files are what a person reads in a mail, on a phone and in a chat.
#[test]
fn every_protocol_has_its_text() {
    let message = Message::new(&finding(), &deployment());
    let mail = format!("Subject: {}\n\n{}", message.subject, message.email);
    assert_file("tests/golden/notify/email.txt", &mail);
    assert_file("tests/golden/notify/sms.txt", &format!("{}\n", message.sms));
    let pretty = |value| format!("{}\n", serde_json::to_string_pretty(value).unwrap());
    assert_file("tests/golden/notify/chat.json", &pretty(&message.chat));
    assert_file("tests/golden/notify/finding.json", &pretty(&message.finding));
    let resolved = Message::new(&expired().with_status(Status::Resolved), &deployment());
    let mail = format!("Subject: {}\n\n{}", resolved.subject, resolved.email);
    assert_file("tests/golden/notify/email-resolved.txt", &mail);
}

#[test]
fn the_body_has_a_text_for_each_protocol_of_sns() {
    let message = Message::new(&finding(), &deployment());
    let body: Value = serde_json::from_str(&message.body()).unwrap();
    let protocols: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(protocols, ["default", "email", "sms", "https"]);
    let mut texts = body.as_object().unwrap().values();
    assert!(texts.all(Value::is_string), "SNS takes texts only");
    let default: Finding = serde_json::from_str(body["default"].as_str().unwrap()).unwrap();
    assert_eq!(default, finding());
}

#[test]
fn a_subject_is_one_short_line_of_ascii() {
    for (title, want) in [
        ("CA 'Zoë' was\ndeleted\u{7f}", "[HIGH] CA 'Zo?' was deleted "),
        ("\u{4eba}\u{2028}x", "[HIGH] ? x"),
    ] {
        let mut finding = finding();
        finding.title = title.to_owned();
        assert_eq!(Message::new(&finding, &deployment()).subject, want);
    }
    let mut long = finding();
    long.title = "é".repeat(300);
    let subject = Message::new(&long, &deployment()).subject;
    assert_eq!(subject.len(), MAX_SUBJECT);
    assert!(subject.ends_with("?..."), "{subject}");
}

#[test]
fn a_message_that_is_too_long_leaves_the_evidence_out() {
    let finding = finding().with_evidence("dump", "x".repeat(300_000));
    let body = Message::new(&finding, &deployment()).body();
    assert!(body.len() < 256 * 1024);
    let body: Value = serde_json::from_str(&body).unwrap();
    let default: Value = serde_json::from_str(body["default"].as_str().unwrap()).unwrap();
    assert!(default["evidence"]["left_out"].is_string(), "{default}");
}

#[test]
fn urgent_findings_reach_both_topics_and_others_one() {
    for (severity, on_call) in [("LOW", 0), ("MEDIUM", 0), ("HIGH", 1), ("CRITICAL", 1)] {
        let (alerts, urgent) = (Kept::default(), Kept::default());
        let mut event = event();
        event["detail"]["severity"] = json!(severity);
        let outcome = notify(&event, &alerts, &urgent).unwrap();
        assert_eq!(alerts.subjects.lock().unwrap().len(), 1, "{severity}");
        assert_eq!(urgent.subjects.lock().unwrap().len(), on_call, "{severity}");
        assert_eq!(outcome.on_call.is_some(), on_call == 1);
    }
}

#[test]
fn a_topic_that_fails_does_not_stop_the_other() {
    let (broken, alerts) = (Kept { fails: true, ..Kept::default() }, Kept::default());
    let error = notify(&event(), &alerts, &broken).unwrap_err();
    assert_eq!(error.error_type(), "PublishFailed");
    assert_eq!(alerts.subjects.lock().unwrap().len(), 1);
    let on_call = Kept::default();
    notify(&event(), &broken, &on_call).unwrap_err();
    assert_eq!(on_call.subjects.lock().unwrap().len(), 1);
}

#[test]
fn an_event_without_a_finding_is_refused_by_name() {
    let spoilt = |pointer: &str, value: Value| {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    for (event, want) in [
        (json!({}), "NotAFinding"),
        (json!(null), "NotAFinding"),
        (spoilt("/source", json!("aws.acm-pca")), "NotAFinding"),
        (spoilt("/detail-type", json!("Vigil Continuation")), "NotAFinding"),
        (spoilt("/detail/severity", json!("URGENT")), "UnreadableFinding"),
    ] {
        let error = notify(&event, &Kept::default(), &Kept::default()).unwrap_err();
        assert_eq!(error.error_type(), want, "{event}");
    }
}

/// A principal that may put events can publish a test.
#[test]
fn nothing_of_a_tests_text_is_passed_on() {
    let mut event = event();
    event["detail-type"] = TEST_DETAIL_TYPE.into();
    event["detail"]["severity"] = "CRITICAL".into();
    let id = event["detail"]["id"].clone();
    let test = read(&event).unwrap();
    assert_eq!((&test.id, test.severity), (&id.as_str().unwrap().to_owned(), Severity::Low));
    let message = Message::new(&test, &deployment());
    assert!(message.subject.contains("This is a test"), "{}", message.subject);
    assert!(
        message.email.contains("To run the test again:\n  vigil doctor"),
        "as docs/rules.md has it"
    );
    for text in ["title", "what_happened", "impact", "what_to_do", "why", "resource"] {
        let text = event["detail"][text].as_str().unwrap();
        assert!(!message.email.contains(text), "{text}");
    }
}

#[test]
fn security_hub_is_given_each_finding_and_its_end() {
    let hub = KeptHub::default();
    let mut event = event();
    assert!(notify_with_hub(&event, &Kept::default(), &hub).unwrap().is_in_security_hub);
    event["detail"]["status"] = json!("RESOLVED");
    event["detail"]["as_of"] = json!("2026-11-21T10:03:00Z");
    notify_with_hub(&event, &Kept::default(), &hub).unwrap();
    let told = hub.findings.lock().unwrap();
    let of = |n: usize, member: &str| told[n][member].as_str().unwrap().to_owned();
    assert_eq!(told.len(), 2);
    assert_eq!((of(0, "Id"), of(1, "Id")), (finding().id, finding().id), "one finding");
    assert_eq!((of(0, "RecordState"), of(1, "RecordState")), ("ACTIVE".into(), "ARCHIVED".into()));
    assert!(of(0, "UpdatedAt") < of(1, "UpdatedAt"), "an update that is not later is ignored");
    assert_eq!(
        (of(0, "ProductArn"), of(0, "AwsAccountId")),
        (PRODUCT.into(), "111122223333".into())
    );
    // Without the parameter, nothing goes there.
    assert!(!notify(&event, &Kept::default(), &Kept::default()).unwrap().is_in_security_hub);
}

#[test]
fn a_test_is_archived_in_security_hub_at_once() {
    let hub = KeptHub::default();
    let mut event = event();
    event["detail-type"] = TEST_DETAIL_TYPE.into();
    notify_with_hub(&event, &Kept::default(), &hub).unwrap();
    assert_eq!(hub.findings.lock().unwrap()[0]["RecordState"], "ARCHIVED");
}

#[test]
fn a_hub_that_fails_does_not_stop_the_topics() {
    let (alerts, hub) = (Kept::default(), KeptHub { fails: true, ..KeptHub::default() });
    let error = notify_with_hub(&event(), &alerts, &hub).unwrap_err();
    assert_eq!(error.error_type(), "ImportFailed");
    assert_eq!(alerts.subjects.lock().unwrap().len(), 1);
    let (broken, hub) = (Kept { fails: true, ..Kept::default() }, KeptHub::default());
    let error = notify_with_hub(&event(), &broken, &hub).unwrap_err();
    assert_eq!(error.error_type(), "PublishFailed");
    assert_eq!(hub.findings.lock().unwrap().len(), 1, "the hub has it all the same");
}

#[test]
fn a_stack_without_approvers_is_told_to_name_them() {
    let nobody = Deployment { approver_key: None, ..deployment() };
    let message = Message::new(&finding(), &nobody);
    assert!(message.email.contains("--key APPROVER-KEY"), "{}", message.email);
    assert!(message.email.contains("Name them in its parameter Approvers first"));
    assert!(!Message::new(&finding(), &deployment()).email.contains("APPROVER-KEY"));
}
