use serde_json::{Value, json};
use vigil_core::failure::chain;

use super::*;
use crate::wire::{Answer, Wire, client, dated};

const ARN: &str = "arn:aws:sns:us-east-1:111122223333:vigil-alerts";

fn topic(answer: Answer) -> (SnsTopic, Wire) {
    let wire = Wire::new([answer]);
    (SnsTopic::new(client!(aws_sdk_sns, wire), ARN.to_owned()), wire)
}

fn message() -> Message {
    Message {
        subject: "[HIGH] a & b".to_owned(),
        email: "mail".to_owned(),
        sms: "line".to_owned(),
        chat: json!({"version": "1.0"}),
        finding: json!({"id": "f"}),
    }
}

fn form(body: &str, name: &str) -> String {
    let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name).expect(name);
    let mut text = Vec::new();
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        text.push(match byte {
            b'%' => {
                let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_message_is_published_with_its_structure() {
    let answer = "<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult>\
                  </PublishResponse>";
    let (topic, wire) = topic(dated(answer));
    assert_eq!(topic.publish(&message()).await.unwrap(), "m-1");
    let body = &wire.asked()[0].body;
    assert_eq!(form(body, "Action"), "Publish");
    assert_eq!(form(body, "TopicArn"), ARN);
    assert_eq!(form(body, "Subject"), "[HIGH] a & b");
    assert_eq!(form(body, "MessageStructure"), "json");
    let texts: Value = serde_json::from_str(&form(body, "Message")).unwrap();
    assert_eq!(texts["default"], r#"{"id":"f"}"#);
    assert_eq!(texts["email"], "mail");
}

#[tokio::test]
async fn a_refused_message_is_an_error_of_its_kind() {
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code>\
                <Message>not authorized</Message></Error></ErrorResponse>";
    let (topic, _) = topic(Answer { status: 403, headers: vec![], body: body.to_owned() });
    let error = topic.publish(&message()).await.unwrap_err();
    assert!(matches!(&error, PortError::Denied { operation: "Publish", .. }), "{error:?}");
    assert!(chain(&error).contains("not authorized"), "{}", chain(&error));
}
