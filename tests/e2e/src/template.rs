//! Reads `infra/template.yaml` as JSON. CloudFormation's tags are dropped: `!Ref A` becomes `"A"`.

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// The template of the repository, as JSON.
///
/// # Panics
///
/// If the template is not one YAML document.
pub fn template() -> Value {
    let path = crate::root().join("infra/template.yaml");
    let text = std::fs::read_to_string(path).expect("the template is there");
    let documents = Yaml::load_from_str(&text).expect("the template is YAML");
    assert_eq!(documents.len(), 1, "the template is one document");
    to_json(&documents[0])
}

fn to_json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) | Yaml::Alias(_) | Yaml::BadValue | Yaml::Representation(..) => {
            Value::Null
        }
        Yaml::Value(Scalar::Boolean(bool)) => json!(bool),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(nodes) => nodes.iter().map(to_json).collect(),
        Yaml::Mapping(entries) => {
            let member = |(key, value): (&Yaml<'_>, &Yaml<'_>)| {
                (key.as_str().unwrap_or_default().to_owned(), to_json(value))
            };
            Value::Object(entries.iter().map(member).collect::<Map<_, _>>())
        }
        Yaml::Tagged(_, node) => to_json(node),
    }
}
