//! What a rule's target is given: the event, a part of it, or a text made from it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Event;

/// `Input`, `InputPath` or `InputTransformer` of a target; at most one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Input {
    Constant(Value),
    #[default]
    Event,
    Path(JsonPath),
    Transformed {
        paths: BTreeMap<String, JsonPath>,
        template: String,
    },
}

/// `$`, `$.detail`, `$.detail.items[0].name`: what EventBridge takes of JSONPath.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonPath(Vec<PathStep>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum PathStep {
    Element(usize),
    Field(String),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    #[error("{0:?} is not a path into an event: `$.detail.field` is expected")]
    Path(String),
    #[error(
        "the template uses <{0}>, which is neither in InputPathsMap nor one of EventBridge's own"
    )]
    UnknownVariable(String),
    #[error("the template has a `<` without its `>`")]
    Unclosed,
}

impl Input {
    pub(crate) fn transformer(
        paths: BTreeMap<String, JsonPath>,
        template: String,
    ) -> Result<Self, InputError> {
        for piece in pieces(&template) {
            if let Piece::Variable(name) = piece?
                && !paths.contains_key(name)
                && !matches!(name, "aws.events.event" | "aws.events.event.json")
                && !matches!(name, "aws.events.event.ingestion-time" | "aws.events.rule-arn")
                && name != "aws.events.rule-name"
            {
                return Err(InputError::UnknownVariable(name.to_owned()));
            }
        }
        Ok(Self::Transformed { paths, template })
    }

    /// `rule_arn` is the rule that sends it.
    pub(crate) fn make(&self, event: &Event, rule_arn: &str) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Event => event.envelope.clone(),
            Self::Path(path) => path.find(&event.envelope).cloned().unwrap_or(Value::Null),
            Self::Transformed { paths, template } => {
                fill(template, paths, &event.envelope, rule_arn)
            }
        }
    }
}

/// The filled template; text that is not JSON is a string, as a mail or a queue receives it.
fn fill(
    template: &str,
    paths: &BTreeMap<String, JsonPath>,
    event: &Value,
    rule_arn: &str,
) -> Value {
    let mut text = String::new();
    let mut quotes = 0;
    for piece in pieces(template).flatten() {
        match piece {
            Piece::Text(literal) => {
                quotes += literal.matches('"').count();
                text.push_str(literal);
            }
            Piece::Variable(name) => {
                let value = variable(name, paths, event, rule_arn);
                match &value {
                    // Inside of quotes a value is the text of a JSON string, without quotes of
                    // its own.
                    Value::String(string) if quotes % 2 == 1 => {
                        let escaped = Value::from(string.as_str()).to_string();
                        text.push_str(&escaped[1..escaped.len() - 1]);
                    }
                    other => text.push_str(&other.to_string()),
                }
            }
        }
    }
    serde_json::from_str(&text).unwrap_or_else(|_| {
        // Several quoted lines are several lines of one text.
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines: Result<Vec<String>, _> = lines.map(serde_json::from_str).collect();
        Value::String(lines.map_or(text.clone(), |lines| lines.join("\n")))
    })
}

fn variable(
    name: &str,
    paths: &BTreeMap<String, JsonPath>,
    event: &Value,
    rule_arn: &str,
) -> Value {
    match name {
        "aws.events.event" | "aws.events.event.json" => event.clone(),
        "aws.events.event.ingestion-time" => event["time"].clone(),
        "aws.events.rule-arn" => Value::from(rule_arn),
        "aws.events.rule-name" => Value::from(rule_arn.rsplit('/').next().unwrap_or(rule_arn)),
        name => {
            let found = paths.get(name).and_then(|path| path.find(event));
            // EventBridge: a path that finds nothing is an empty string.
            found.cloned().unwrap_or_else(|| Value::from(""))
        }
    }
}

enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

fn pieces(template: &str) -> impl Iterator<Item = Result<Piece<'_>, InputError>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match rest.strip_prefix('<') {
            None => {
                let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
                rest = after;
                Some(Ok(Piece::Text(text)))
            }
            Some(variable) => match variable.split_once('>') {
                Some((name, after)) => {
                    rest = after;
                    Some(Ok(Piece::Variable(name)))
                }
                None => {
                    rest = "";
                    Some(Err(InputError::Unclosed))
                }
            },
        }
    })
}

impl JsonPath {
    pub(crate) fn parse(path: &str) -> Result<Self, InputError> {
        let refused = || InputError::Path(path.to_owned());
        let mut steps = Vec::new();
        let rest = path.strip_prefix('$').ok_or_else(refused)?;
        for part in rest.split('.').skip(1) {
            let (field, elements) = part.split_at(part.find('[').unwrap_or(part.len()));
            if field.is_empty() {
                return Err(refused());
            }
            steps.push(PathStep::Field(field.to_owned()));
            for element in elements.split_terminator(']') {
                let index = element.strip_prefix('[').and_then(|index| index.parse().ok());
                steps.push(PathStep::Element(index.ok_or_else(refused)?));
            }
        }
        if !rest.is_empty() && !rest.starts_with('.') {
            return Err(refused());
        }
        Ok(Self(steps))
    }

    fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            PathStep::Element(index) => value.get(index),
            PathStep::Field(name) => value.get(name),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RULE: &str = "arn:aws:events:us-east-1:111122223333:rule/bus/people";

    fn event() -> Event {
        let envelope = json!({"source": "vigil", "time": "2026-01-01T00:00:00Z", "detail": {
            "title": "CA \"x\"", "count": 3, "items": [{"name": "first"}],
        }});
        Event { bus: "default".to_owned(), envelope }
    }

    fn transform(paths: &[(&str, &str)], template: &str) -> Result<Value, InputError> {
        let paths = paths.iter().map(|(name, path)| {
            ((*name).to_owned(), JsonPath::parse(path).expect("the path is valid"))
        });
        Input::transformer(paths.collect(), template.to_owned())
            .map(|input| input.make(&event(), RULE))
    }

    #[test]
    fn a_path_takes_a_part_and_a_constant_ignores_the_event() {
        let part = Input::Path(JsonPath::parse("$.detail.items[0].name").unwrap());
        assert_eq!(part.make(&event(), RULE), json!("first"));
        let constant = Input::Constant(json!({"run": true}));
        assert_eq!(constant.make(&event(), RULE), json!({"run": true}));
        assert_eq!(Input::Event.make(&event(), RULE), event().envelope);
    }

    #[test]
    fn a_template_is_filled_as_json_or_as_text() {
        let paths = [("title", "$.detail.title"), ("n", "$.detail.count"), ("no", "$.detail.no")];
        assert_eq!(
            transform(&paths, r#""<title> has <n>, <no>.""#),
            Ok(json!("CA \"x\" has 3, ."))
        );
        assert_eq!(
            transform(&paths, r#"{"title": <title>, "n": <n>, "rule": "<aws.events.rule-name>"}"#),
            Ok(json!({"title": "CA \"x\"", "n": 3, "rule": "people"}))
        );
        assert_eq!(transform(&paths, "\"a <n>\"\n\"b\""), Ok(json!("a 3\nb")));
    }

    #[test]
    fn a_template_that_cannot_be_filled_is_refused() {
        assert_eq!(transform(&[], "<a>"), Err(InputError::UnknownVariable("a".to_owned())));
        assert_eq!(transform(&[], "a < b"), Err(InputError::Unclosed));
    }

    #[test]
    fn only_paths_into_the_event_are_paths() {
        for path in ["detail", "$detail", "$..x", "$.a[x]", "$."] {
            assert_eq!(JsonPath::parse(path), Err(InputError::Path(path.to_owned())));
        }
        assert_eq!(JsonPath::parse("$"), Ok(JsonPath(Vec::new())));
    }
}
