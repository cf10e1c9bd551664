//! Every constraint of the API model, on every operation: one request that breaks exactly it, one
//! that is just inside.
//!
//! The model is read here a second time, with none of the service's own code.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use testkit::pca::*;

const MODEL: &str = include_str!("../model/acm-pca-2017-08-22.json");

/// Where in a request: members by name, the first item of a list.
#[derive(Clone, Debug)]
enum Step {
    Item,
    Member(String),
}

/// What a request with `value` at a place must be answered with.
struct Case {
    path: Vec<Step>,
    /// `None` takes the member away.
    value: Option<Value>,
    want: Want,
}

enum Want {
    /// The shape lets it pass; what the operation makes of it is its own business.
    Inside,
    /// `SerializationException` that names the place.
    NotOfItsType,
    /// `ValidationException` with this constraint at the place; alone, unless the shape's other
    /// constraints leave no value that breaks this one only.
    Violation { constraint: String, alone: bool },
}

struct Model(Value);

impl Model {
    fn shape(&self, name: &str) -> &Value {
        &self.0["shapes"][name]
    }

    /// The smallest value that the shape allows.
    fn sample(&self, name: &str) -> Value {
        let shape = self.shape(name);
        match shape["type"].as_str().unwrap() {
            "blob" => json!(BASE64_STANDARD.encode("x")),
            "boolean" => json!(true),
            "integer" | "long" => shape["min"].as_i64().map_or(json!(1), |min| json!(min)),
            "list" => json!([self.sample(shape["member"].as_str().unwrap())]),
            "string" => match &shape["enum"] {
                Value::Array(values) => values[0].clone(),
                _ => json!(sample_string(name, shape)),
            },
            "structure" => {
                let required = shape["required"].as_array().cloned().unwrap_or_default();
                let members = required.iter().map(|member| {
                    let member = member.as_str().unwrap();
                    (member.to_owned(), self.sample(self.member(shape, member)))
                });
                Value::Object(members.collect())
            }
            "timestamp" => json!(0),
            other => panic!("{other}"),
        }
    }

    fn member<'a>(&self, shape: &'a Value, name: &str) -> &'a str {
        shape["members"][name].as_str().unwrap()
    }

    /// A sample of the input with `value` at `path`, and samples of everything on the way.
    fn request(&self, input: &str, path: &[Step], value: Option<&Value>) -> Value {
        let mut request = self.sample(input);
        self.put(&mut request, input, path, value);
        request
    }

    fn put(&self, into: &mut Value, shape: &str, path: &[Step], value: Option<&Value>) {
        let shape = self.shape(shape);
        match (path, value) {
            ([], Some(value)) => *into = value.clone(),
            ([Step::Member(name)], None) => {
                into.as_object_mut().unwrap().remove(name);
            }
            ([], None) | ([Step::Item], None) => panic!("only members are taken away"),
            ([Step::Member(name), rest @ ..], value) => {
                let member = self.member(shape, name);
                let members: &mut Map<String, Value> = into.as_object_mut().unwrap();
                let next = members.entry(name.clone()).or_insert_with(|| self.sample(member));
                self.put(next, member, rest, value);
            }
            ([Step::Item, rest @ ..], value) => {
                self.put(&mut into[0], shape["member"].as_str().unwrap(), rest, value);
            }
        }
    }

    fn cases(&self, shape_name: &str, path: &[Step], cases: &mut Vec<Case>) {
        let shape = self.shape(shape_name);
        let kind = shape["type"].as_str().unwrap();
        let mut add = |value: Option<Value>, want: Want| {
            cases.push(Case { path: path.to_vec(), value, want });
        };
        let wrong = if kind == "string" || kind == "blob" { json!(7) } else { json!("seven") };
        add(Some(wrong), Want::NotOfItsType);
        match kind {
            "blob" => {
                add(Some(json!("not base64!")), Want::NotOfItsType);
                lengths(shape, &mut add, |length| {
                    Some(json!(BASE64_STANDARD.encode(vec![120; length])))
                });
            }
            "integer" | "long" => range(shape, &mut add),
            "list" => {
                let item = self.sample(shape["member"].as_str().unwrap());
                lengths(shape, &mut add, |length| Some(Value::Array(vec![item.clone(); length])));
            }
            "string" => strings(shape_name, shape, &mut add),
            _ => {}
        }
        if kind == "list" {
            let path = [path, &[Step::Item]].concat();
            self.cases(shape["member"].as_str().unwrap(), &path, cases);
        }
        if kind == "structure" {
            self.structure(shape, path, cases);
        }
    }

    fn structure(&self, shape: &Value, path: &[Step], cases: &mut Vec<Case>) {
        let required = shape["required"].as_array().cloned().unwrap_or_default();
        for (name, member) in shape["members"].as_object().unwrap() {
            let path = [path, &[Step::Member(name.clone())]].concat();
            if required.contains(&json!(name)) {
                let constraint = "Member must not be null".to_owned();
                let want = Want::Violation { constraint, alone: true };
                cases.push(Case { path: path.clone(), value: None, want });
            }
            self.cases(member.as_str().unwrap(), &path, cases);
        }
    }
}

fn violation(constraint: String, alone: bool) -> Want {
    Want::Violation { constraint, alone }
}

fn range(shape: &Value, add: &mut impl FnMut(Option<Value>, Want)) {
    if let Some(min) = shape["min"].as_i64() {
        let constraint = format!("Member must have value greater than or equal to {min}");
        add(Some(json!(min - 1)), violation(constraint, true));
        add(Some(json!(min)), Want::Inside);
    }
    if let Some(max) = shape["max"].as_i64() {
        let constraint = format!("Member must have value less than or equal to {max}");
        add(Some(json!(max + 1)), violation(constraint, true));
        add(Some(json!(max)), Want::Inside);
    }
}

/// `of` makes a value of a length that breaks nothing else, if there is one.
fn lengths(
    shape: &Value,
    add: &mut impl FnMut(Option<Value>, Want),
    of: impl Fn(usize) -> Option<Value>,
) {
    let bound = |name: &str| shape[name].as_u64().map(|bound| usize::try_from(bound).unwrap());
    let any = |length: usize| json!("a".repeat(length));
    if let Some(min) = bound("min").filter(|min| *min > 0) {
        let constraint = format!("Member must have length greater than or equal to {min}");
        let value = of(min - 1);
        let alone = value.is_some();
        add(Some(value.unwrap_or_else(|| any(min - 1))), violation(constraint, alone));
        if let Some(value) = of(min) {
            add(Some(value), Want::Inside);
        }
    }
    if let Some(max) = bound("max") {
        let constraint = format!("Member must have length less than or equal to {max}");
        // Base64 has lengths that are multiples of four only.
        let value = (max + 1..max + 5).find_map(&of);
        let alone = value.is_some();
        add(Some(value.unwrap_or_else(|| any(max + 1))), violation(constraint, alone));
        if let Some(value) = of(max) {
            add(Some(value), Want::Inside);
        }
    }
}

fn strings(name: &str, shape: &Value, add: &mut impl FnMut(Option<Value>, Want)) {
    if let Value::Array(values) = &shape["enum"] {
        let names: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        let constraint = format!("Member must satisfy enum value set: [{}]", names.join(", "));
        add(Some(json!("NO_SUCH_VALUE")), violation(constraint, true));
        for value in values {
            add(Some(value.clone()), Want::Inside);
        }
        return;
    }
    lengths(shape, add, |length| string_of(name, shape, length).map(Value::String));
    if let Some(pattern) = shape["pattern"].as_str() {
        let mut bad = sample_string(name, shape);
        bad.pop();
        // The one character class that leaves out one character only.
        bad.push(if name == "Principal" { '*' } else { '\u{1}' });
        let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
        add(Some(json!(bad)), violation(constraint, true));
    }
}

fn sample_string(name: &str, shape: &Value) -> String {
    let min = shape["min"].as_u64().map_or(0, |min| usize::try_from(min).unwrap());
    (min.max(1)..=200)
        .find_map(|length| string_of(name, shape, length))
        .unwrap_or_else(|| panic!("no string of {name}"))
}

/// A string of exactly this length that has the shape's pattern, if there is one.
fn string_of(name: &str, shape: &Value, length: usize) -> Option<String> {
    let padded = |prefix: &str, fill: &str| {
        let rest = length.checked_sub(prefix.len()).filter(|rest| *rest > 0)?;
        Some(format!("{prefix}{}", fill.repeat(rest)))
    };
    match name {
        "AccountId" => Some("1".repeat(length)),
        "Arn" => padded("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/", "a"),
        "AuditReportId" => {
            (length == 36).then(|| "5a2b6b4e-0000-4000-8000-000000000000".to_owned())
        }
        "AWSPolicy" | "Principal" => (length > 0).then(|| "a".repeat(length)),
        "Base64String1To4096" => (length.is_multiple_of(4)).then(|| "A".repeat(length)),
        "CountryCodeString" => (length == 2).then(|| "DE".to_owned()),
        "CrlPathString" => (length > 0).then(|| "a".repeat(length)),
        "CustomObjectIdentifier" => padded("1.2.", "1"),
        _ => {
            let known = ["ASN1PrintableString64", "CnameString", "IdempotencyToken"];
            let known = [&known[..], &["S3BucketName3To255", "TagKey", "TagValue"]].concat();
            assert!(shape["pattern"].is_null() || known.contains(&name), "a new pattern: {name}");
            Some("a".repeat(length))
        }
    }
}

/// As the service's messages spell it: `tags.1.member.key`.
fn spelt(path: &[Step]) -> String {
    let steps = path.iter().map(|step| match step {
        Step::Item => "1.member".to_owned(),
        Step::Member(name) => name[..1].to_lowercase() + &name[1..],
    });
    steps.collect::<Vec<_>>().join(".")
}

fn judge(case: &Case, body: &Value) -> Result<(), String> {
    let code = body["__type"].as_str().unwrap_or_default();
    let message = body["message"].as_str().unwrap_or_default();
    let is_violation = code == "ValidationException" && message.contains(" detected: Value ");
    let at = spelt(&case.path);
    let holds = match &case.want {
        Want::Inside => !is_violation && code != "SerializationException",
        Want::NotOfItsType => {
            let place = if at.is_empty() { "the request" } else { &at };
            code == "SerializationException" && message.contains(place)
        }
        Want::Violation { constraint, alone } => {
            let said = format!("at '{at}' failed to satisfy constraint: {constraint}");
            let is_alone = message.starts_with("1 validation error detected: ");
            is_violation && message.contains(&said) && (is_alone || !alone)
        }
    };
    if holds {
        Ok(())
    } else {
        Err(format!("{at}: {code}: {}", &message[..message.len().min(300)]))
    }
}

#[tokio::test]
async fn every_constraint_of_the_model_is_enforced_at_its_edge() {
    let model = Model(serde_json::from_str(MODEL).unwrap());
    let service = service();
    let (mut sent, mut wrong) = (0, Vec::new());
    for (operation, described) in model.0["operations"].as_object().unwrap() {
        let input = described["input"].as_str().unwrap();
        let mut cases = Vec::new();
        model.cases(input, &[], &mut cases);
        for case in &cases {
            let request = model.request(input, &case.path, case.value.as_ref());
            let (_, body) = call(&service, operation, &request).await;
            sent += 1;
            if let Err(why) = judge(case, &body) {
                wrong.push(format!("{operation} {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {sent} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent > 900, "only {sent} requests were made from the model");
}
