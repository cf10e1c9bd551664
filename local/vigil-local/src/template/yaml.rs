//! Reads CloudFormation's YAML into JSON: the short forms (`!Ref`) become the long ones.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    #[error("the template is not YAML")]
    Syntax(#[from] saphyr::ScanError),
    #[error("the template holds {0} YAML documents, where one is expected")]
    Documents(usize),
    #[error("the template uses {0}, which CloudFormation does not know")]
    UnknownTag(String),
    #[error("the template has a key that is not a text: {0}")]
    Key(String),
    #[error("the template holds something that JSON cannot say: {0}")]
    Unsayable(String),
}

/// CloudFormation User Guide, "Intrinsic function reference". `!Ref` and `!Condition` keep their
/// names, all others become `Fn::…`.
const SHORT_FORMS: [&str; 18] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "Select",
    "Split",
    "Sub",
];

pub(super) fn load(text: &str) -> Result<Value, YamlError> {
    let documents = Yaml::load_from_str(text)?;
    match documents.as_slice() {
        [document] => to_json(document),
        other => Err(YamlError::Documents(other.len())),
    }
}

fn to_json(node: &Yaml<'_>) -> Result<Value, YamlError> {
    match node {
        Yaml::Value(scalar) => Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(bool) => json!(bool),
            Scalar::Integer(number) => json!(number),
            Scalar::FloatingPoint(number) => json!(number.into_inner()),
            Scalar::String(text) => json!(text),
        }),
        Yaml::Sequence(nodes) => nodes.iter().map(to_json).collect::<Result<_, _>>(),
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, node) in entries {
                object.insert(key_text(key)?, to_json(node)?);
            }
            Ok(Value::Object(object))
        }
        Yaml::Tagged(tag, node) if tag.is_yaml_core_schema() => to_json(node),
        Yaml::Tagged(tag, node) => long_form(&tag.suffix, &tag.to_string(), to_json(node)?),
        Yaml::Alias(_) | Yaml::BadValue | Yaml::Representation(..) => {
            Err(YamlError::Unsayable(format!("{node:?}")))
        }
    }
}

fn long_form(name: &str, as_written: &str, argument: Value) -> Result<Value, YamlError> {
    if !SHORT_FORMS.contains(&name) {
        return Err(YamlError::UnknownTag(as_written.to_owned()));
    }
    let argument = match (name, argument) {
        // `!GetAtt Bucket.Arn`: the attribute may hold dots itself, the logical id cannot.
        ("GetAtt", Value::String(path)) => match path.split_once('.') {
            Some((resource, attribute)) => json!([resource, attribute]),
            None => json!(path),
        },
        (_, argument) => argument,
    };
    let name = match name {
        "Condition" | "Ref" => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    Ok(json!({ name: argument }))
}

fn key_text(key: &Yaml<'_>) -> Result<String, YamlError> {
    match to_json(key)? {
        Value::String(text) => Ok(text),
        Value::Bool(_) | Value::Number(_) => Ok(to_json(key)?.to_string()),
        other => Err(YamlError::Key(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_become_long_ones_wherever_they_stand() {
        let text = "
a: !Ref X
b: !GetAtt Queue.Arn
c: !Sub '${X}-y'
d: !Join ['-', [a, !Ref B]]
e: !If [Prod, !GetAtt [Q, Arn], !Ref AWS::NoValue]
f: {Fn::Sub: ['${a}', {a: 1}]}
g: !Condition IsProd
h: !Sub
  - x
  - {k: !Ref V}
1: 2010-09-09
";
        let want = json!({
            "a": {"Ref": "X"},
            "b": {"Fn::GetAtt": ["Queue", "Arn"]},
            "c": {"Fn::Sub": "${X}-y"},
            "d": {"Fn::Join": ["-", ["a", {"Ref": "B"}]]},
            "e": {"Fn::If": ["Prod", {"Fn::GetAtt": ["Q", "Arn"]}, {"Ref": "AWS::NoValue"}]},
            "f": {"Fn::Sub": ["${a}", {"a": 1}]},
            "g": {"Condition": "IsProd"},
            "h": {"Fn::Sub": ["x", {"k": {"Ref": "V"}}]},
            "1": "2010-09-09",
        });
        assert_eq!(load(text).unwrap(), want);
    }

    #[test]
    fn a_text_that_is_no_template_is_refused() {
        assert!(matches!(load("a: [").unwrap_err(), YamlError::Syntax(_)));
        assert!(matches!(load("").unwrap_err(), YamlError::Documents(0)));
        assert!(matches!(load("a\n---\nb").unwrap_err(), YamlError::Documents(2)));
        let unknown = load("a: !Reff X").unwrap_err().to_string();
        assert!(unknown.contains("!Reff"), "{unknown}");
    }
}
