//! A message as ReceiveMessage gives it.

use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The line `number` of the file of `queue`, which was received `received` times by now. `request` says which
/// system attributes are wanted.
pub(super) fn message(
    queue: &str,
    number: usize,
    line: &Value,
    received: u64,
    request: &Value,
) -> Value {
    let body = line["message"].to_string();
    // SDKs compare it with the body.
    let digest = hex::encode(Md5::digest(&body));
    let mut message = json!({"MessageId": format!("{queue}-{number}"),
        "ReceiptHandle": format!("{queue}-{number}"), "MD5OfBody": digest, "Body": body});
    let attributes = message_attributes(line);
    if !attributes.is_empty() {
        message["MessageAttributes"] = Value::Object(attributes);
    }
    let mut own = Map::new();
    own.insert("ApproximateReceiveCount".to_owned(), received.to_string().into());
    let sent = line["time"].as_str().and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok());
    if let Some(sent) = sent {
        let milliseconds = sent.unix_timestamp() * 1000;
        own.insert("SentTimestamp".to_owned(), milliseconds.to_string().into());
    }
    own.retain(|name, _| is_wanted(request, name));
    if !own.is_empty() {
        message["Attributes"] = Value::Object(own);
    }
    message
}

fn message_attributes(line: &Value) -> Map<String, Value> {
    let attributes = line["attributes"].as_object().into_iter().flatten();
    let attribute = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), json!({"DataType": "String", "StringValue": text}))
    };
    attributes.map(attribute).collect()
}

/// `MessageSystemAttributeNames`, once called `AttributeNames`: names, or `All`.
fn is_wanted(request: &Value, name: &str) -> bool {
    let lists = ["MessageSystemAttributeNames", "AttributeNames"].map(|list| &request[list]);
    let names = lists.into_iter().filter_map(Value::as_array).flatten();
    names.into_iter().any(|wanted| wanted == name || wanted == "All")
}
