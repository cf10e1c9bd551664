//! Evaluates the intrinsic functions of a template.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::physical::{Physical, name_property};
use crate::account::Account;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    #[error("it refers to {0}, which is neither a parameter nor a resource")]
    Unknown(String),
    #[error(
        "it asks for the attribute {attribute} of {resource}, a {kind}: vigil-local does not know it"
    )]
    Attribute { resource: String, kind: String, attribute: String },
    #[error("it uses {function} with {argument}, which is not its form")]
    Argument { function: String, argument: String },
    #[error("it uses {0}, which vigil-local does not evaluate")]
    Function(String),
    #[error("it uses the condition {0}, which is not declared")]
    Condition(String),
    #[error("its references run in a circle")]
    Circle,
}

pub(super) struct Resolver {
    pub(super) account: Account,
    pub(super) stack_name: String,
    pub(super) parameters: BTreeMap<String, Value>,
    pub(super) conditions: Map<String, Value>,
    pub(super) mappings: Map<String, Value>,
    pub(super) resources: Map<String, Value>,
}

/// Deeper than any template that a person would write.
const MAX_DEPTH: u8 = 100;

type Resolved = Result<Option<Value>, ResolveError>;

impl Resolver {
    /// `None` is `AWS::NoValue`: whatever holds it leaves it out.
    pub(super) fn resolve(&self, value: &Value) -> Resolved {
        self.at_depth(value, 0)
    }

    pub(super) fn condition(&self, name: &str) -> Result<bool, ResolveError> {
        self.named_condition(name, 0)
    }

    pub(super) fn at_depth(&self, value: &Value, depth: u8) -> Resolved {
        if depth > MAX_DEPTH {
            return Err(ResolveError::Circle);
        }
        let depth = depth + 1;
        match value {
            Value::Object(object) => match intrinsic(object) {
                Some((function, argument)) => self.call(function, argument, depth),
                None => {
                    let mut resolved = Map::new();
                    for (key, value) in object {
                        if let Some(value) = self.at_depth(value, depth)? {
                            resolved.insert(key.clone(), value);
                        }
                    }
                    Ok(Some(Value::Object(resolved)))
                }
            },
            Value::Array(values) => {
                let values = values.iter().map(|value| self.at_depth(value, depth));
                let values: Result<Vec<Option<Value>>, _> = values.collect();
                Ok(Some(values?.into_iter().flatten().collect()))
            }
            scalar => Ok(Some(scalar.clone())),
        }
    }

    fn call(&self, function: &str, argument: &Value, depth: u8) -> Resolved {
        let wrong = || ResolveError::Argument {
            function: function.to_owned(),
            argument: argument.to_string(),
        };
        match function {
            "Ref" => self.reference(argument.as_str().ok_or_else(wrong)?, depth),
            "Fn::GetAtt" => {
                let path = self.list(argument, depth)?.ok_or_else(wrong)?;
                let [Value::String(resource), Value::String(attribute)] = path.as_slice() else {
                    return Err(wrong());
                };
                self.attribute(resource, attribute, depth).map(Some)
            }
            "Fn::Sub" => self.substitute(argument, depth)?.ok_or_else(wrong).map(Some),
            "Fn::Join" => {
                let parts = self.list(argument, depth)?.ok_or_else(wrong)?;
                let [Value::String(with), Value::Array(texts)] = parts.as_slice() else {
                    return Err(wrong());
                };
                let texts: Option<Vec<String>> = texts.iter().map(text).collect();
                Ok(Some(Value::from(texts.ok_or_else(wrong)?.join(with))))
            }
            "Fn::Split" => {
                let parts = self.list(argument, depth)?.ok_or_else(wrong)?;
                let [Value::String(at), Value::String(whole)] = parts.as_slice() else {
                    return Err(wrong());
                };
                Ok(Some(whole.split(at.as_str()).map(Value::from).collect()))
            }
            "Fn::Select" => {
                let parts = self.list(argument, depth)?.ok_or_else(wrong)?;
                let [index, Value::Array(values)] = parts.as_slice() else { return Err(wrong()) };
                let index: Option<usize> = text(index).and_then(|index| index.parse().ok());
                let chosen = index.and_then(|index| values.get(index)).cloned();
                chosen.ok_or_else(wrong).map(Some)
            }
            "Fn::FindInMap" => {
                let keys = self.list(argument, depth)?.ok_or_else(wrong)?;
                let keys: Option<Vec<String>> = keys.iter().map(text).collect();
                let keys = keys.filter(|keys| keys.len() == 3).ok_or_else(wrong)?;
                let found = self.mappings.get(&keys[0]).and_then(|map| map.get(&keys[1]));
                found.and_then(|map| map.get(&keys[2])).cloned().ok_or_else(wrong).map(Some)
            }
            "Fn::If" => match argument.as_array().map(Vec::as_slice) {
                Some([Value::String(name), then, otherwise]) => {
                    let chosen = if self.named_condition(name, depth)? { then } else { otherwise };
                    self.at_depth(chosen, depth)
                }
                _ => Err(wrong()),
            },
            other => Err(ResolveError::Function(other.to_owned())),
        }
    }

    fn reference(&self, name: &str, depth: u8) -> Resolved {
        Ok(Some(match name {
            "AWS::AccountId" => Value::from(self.account.id.as_str()),
            "AWS::NoValue" => return Ok(None),
            "AWS::NotificationARNs" => Value::Array(Vec::new()),
            "AWS::Partition" => Value::from("aws"),
            "AWS::Region" => Value::from(self.account.region.as_str()),
            "AWS::StackId" => {
                let stack = format!("stack/{}/vigil-local", self.stack_name);
                Value::from(self.account.arn("cloudformation", &stack))
            }
            "AWS::StackName" => Value::from(self.stack_name.as_str()),
            "AWS::URLSuffix" => Value::from("amazonaws.com"),
            name => match self.parameters.get(name) {
                Some(value) => value.clone(),
                None => Value::from(self.physical(name, depth)?.reference()),
            },
        }))
    }

    /// The resource as it exists on the stack. CloudFormation adds random characters to a name that it
    /// makes; here the name is made from the logical id alone, so that it is known beforehand.
    pub(super) fn physical(
        &self,
        logical_id: &str,
        depth: u8,
    ) -> Result<Physical<'_>, ResolveError> {
        let unknown = || ResolveError::Unknown(logical_id.to_owned());
        let resource = self.resources.get(logical_id).ok_or_else(unknown)?;
        let kind = resource["Type"].as_str().ok_or_else(unknown)?;
        let property = |name: &str| match &resource["Properties"][name] {
            Value::Null => Ok(None),
            value => Ok(self.at_depth(value, depth)?.as_ref().and_then(text)),
        };
        let name = match name_property(kind) {
            None => logical_id.to_owned(),
            Some(name) => property(name)?.unwrap_or_else(|| {
                let made = format!("{}-{logical_id}", self.stack_name);
                if kind == "AWS::S3::Bucket" { made.to_lowercase() } else { made }
            }),
        };
        let bus = if kind == "AWS::Events::Rule" { property("EventBusName")? } else { None };
        Ok(Physical { account: &self.account, kind, name, bus })
    }

    fn attribute(
        &self,
        logical_id: &str,
        attribute: &str,
        depth: u8,
    ) -> Result<Value, ResolveError> {
        let resource = self.physical(logical_id, depth)?;
        resource.attribute(attribute).map(Value::from).ok_or_else(|| ResolveError::Attribute {
            resource: logical_id.to_owned(),
            kind: resource.kind.to_owned(),
            attribute: attribute.to_owned(),
        })
    }

    /// `${Name}`, `${Name.Attribute}` and `${!Literal}`; `None` if the argument has another form.
    fn substitute(&self, argument: &Value, depth: u8) -> Resolved {
        let (template, own) = match argument {
            Value::String(template) => (template, Map::new()),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(template), Value::Object(own)] => (template, own.clone()),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let mut filled = String::new();
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            filled.push_str(before);
            let Some((name, after)) = after.split_once('}') else { return Ok(None) };
            match (name.strip_prefix('!'), own.get(name)) {
                (Some(literal), _) => filled.push_str(&format!("${{{literal}}}")),
                (None, Some(value)) => {
                    let value = self.at_depth(value, depth)?;
                    let Some(value) = value.as_ref().and_then(text) else { return Ok(None) };
                    filled.push_str(&value);
                }
                (None, None) => {
                    let value = match name.trim().split_once('.') {
                        Some((resource, attribute)) => {
                            Some(self.attribute(resource, attribute, depth)?)
                        }
                        None => self.reference(name.trim(), depth)?,
                    };
                    let Some(value) = value.as_ref().and_then(text) else { return Ok(None) };
                    filled.push_str(&value);
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(Some(Value::from(filled)))
    }

    fn named_condition(&self, name: &str, depth: u8) -> Result<bool, ResolveError> {
        let condition = self.conditions.get(name);
        let condition = condition.ok_or_else(|| ResolveError::Condition(name.to_owned()))?;
        self.holds(condition, depth)
    }

    pub(super) fn holds(&self, condition: &Value, depth: u8) -> Result<bool, ResolveError> {
        if depth > MAX_DEPTH {
            return Err(ResolveError::Circle);
        }
        let depth = depth + 1;
        let wrong = || ResolveError::Argument {
            function: "a condition".to_owned(),
            argument: condition.to_string(),
        };
        let (function, argument) = condition.as_object().and_then(single).ok_or_else(wrong)?;
        if function == "Condition" {
            return self.named_condition(argument.as_str().ok_or_else(wrong)?, depth);
        }
        let arguments = argument.as_array().ok_or_else(wrong)?;
        match (function, arguments.as_slice()) {
            ("Fn::Equals", [left, right]) => {
                let (left, right) = (self.at_depth(left, depth)?, self.at_depth(right, depth)?);
                Ok(left.as_ref().and_then(text) == right.as_ref().and_then(text))
            }
            ("Fn::Not", [one]) => self.holds(one, depth).map(|holds| !holds),
            ("Fn::And", all) => {
                all.iter().try_fold(true, |held, one| Ok(self.holds(one, depth)? && held))
            }
            ("Fn::Or", any) => {
                any.iter().try_fold(false, |held, one| Ok(self.holds(one, depth)? || held))
            }
            _ => Err(wrong()),
        }
    }

    fn list(&self, argument: &Value, depth: u8) -> Result<Option<Vec<Value>>, ResolveError> {
        if !argument.is_array() {
            return Ok(None);
        }
        match self.at_depth(argument, depth)? {
            Some(Value::Array(values)) => Ok(Some(values)),
            _ => Ok(None),
        }
    }
}

/// An object of one key that names a function.
fn intrinsic(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    single(object).filter(|(name, _)| *name == "Ref" || name.starts_with("Fn::"))
}

fn single(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = object.iter();
    match (entries.next(), entries.next()) {
        (Some((name, value)), None) => Some((name.as_str(), value)),
        _ => None,
    }
}

/// A scalar as CloudFormation writes it into a text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resolver() -> Resolver {
        let object = |value: Value| value.as_object().expect("an object is given").clone();
        Resolver {
            account: Account::default(),
            stack_name: "vigil-local".to_owned(),
            parameters: BTreeMap::from([
                ("Days".to_owned(), json!(30)),
                ("Mail".to_owned(), json!("")),
                ("Zones".to_owned(), json!(["a", "b"])),
            ]),
            conditions: object(json!({
                "HasMail": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Mail"}, ""]}]},
                "Long": {"Fn::Equals": [{"Ref": "Days"}, "30"]},
                "Both": {"Fn::And": [{"Condition": "HasMail"}, {"Condition": "Long"}]},
                "Either": {"Fn::Or": [{"Condition": "HasMail"}, {"Condition": "Long"}]},
                "Circle": {"Condition": "Circle"},
            })),
            mappings: object(json!({"Sizes": {"us-east-1": {"Memory": 128}}})),
            resources: object(json!({
                "Evidence": {"Type": "AWS::S3::Bucket"},
                "Named": {"Type": "AWS::S3::Bucket", "Properties": {
                    "BucketName": {"Fn::Sub": "ev-${AWS::AccountId}"},
                }},
                "Dead": {"Type": "AWS::SQS::Queue"},
                "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "vigil"}},
            })),
        }
    }

    #[test]
    fn every_intrinsic_function_is_evaluated() {
        for (value, want) in [
            (json!({"Ref": "Days"}), json!(30)),
            (json!({"Ref": "Evidence"}), json!("vigil-local-evidence")),
            (json!({"Ref": "Named"}), json!("ev-111122223333")),
            (json!({"Ref": "Bus"}), json!("vigil")),
            (
                json!({"Fn::GetAtt": ["Dead", "Arn"]}),
                json!("arn:aws:sqs:us-east-1:111122223333:vigil-local-Dead"),
            ),
            (
                json!({"Fn::Sub": "${Named.Arn}/* ${AWS::Region} ${!Literal} ${Days}"}),
                json!("arn:aws:s3:::ev-111122223333/* us-east-1 ${Literal} 30"),
            ),
            (json!({"Fn::Sub": ["${a}/${Bus}", {"a": {"Ref": "Days"}}]}), json!("30/vigil")),
            (json!({"Fn::Join": [",", {"Ref": "Zones"}]}), json!("a,b")),
            (json!({"Fn::Select": [1, {"Fn::Split": [":", "x:y"]}]}), json!("y")),
            (json!({"Fn::If": ["HasMail", "m", "none"]}), json!("none")),
            (json!({"Fn::If": ["Either", "e", "none"]}), json!("e")),
            (json!({"Fn::If": ["Both", "b", "none"]}), json!("none")),
            (json!({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "Memory"]}), json!(128)),
            (
                json!({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}),
                json!({"b": [1]}),
            ),
        ] {
            assert_eq!(resolver().resolve(&value), Ok(Some(want)), "{value}");
        }
    }

    #[test]
    fn an_expression_that_cannot_be_evaluated_is_named() {
        let resolve = |value: Value| resolver().resolve(&value).unwrap_err();
        assert_eq!(resolve(json!({"Ref": "No"})), ResolveError::Unknown("No".to_owned()));
        assert_eq!(
            resolve(json!({"Fn::ImportValue": "x"})),
            ResolveError::Function("Fn::ImportValue".to_owned())
        );
        assert!(matches!(resolve(json!({"Fn::Join": "x"})), ResolveError::Argument { .. }));
        assert!(matches!(resolve(json!({"Fn::Sub": "${Open"})), ResolveError::Argument { .. }));
        assert!(matches!(
            resolve(json!({"Fn::GetAtt": ["Dead", "Colour"]})),
            ResolveError::Attribute { .. }
        ));
        assert_eq!(resolver().condition("Circle"), Err(ResolveError::Circle));
        assert_eq!(resolver().condition("No"), Err(ResolveError::Condition("No".to_owned())));
    }
}
