//! Does a statement's `Condition` hold for one request?

mod operator;

use std::collections::BTreeMap;

use operator::{Operator, Set};

/// What is known of the request. A key that is listed without a value is one that is evaluated here
/// and that the request does not carry; a key that is not listed is unknown.
#[derive(Clone, Debug, Default)]
pub struct Context {
    keys: BTreeMap<String, Vec<String>>,
    /// Keys like `aws:RequestTag/…`, of which any may be asked for.
    families: Vec<String>,
}

/// Whether a condition holds; what could not be evaluated is named.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Held {
    No,
    Unknown(String),
    Yes,
}

#[derive(Debug)]
pub(crate) struct Condition {
    /// As written, `StringEquals` or `ForAnyValue:ArnLikeIfExists`.
    pub(crate) operator: String,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

impl Context {
    pub fn with(self, key: &str, value: Option<&str>) -> Self {
        self.with_all(key, value)
    }

    /// A key that can have several values at once, as `aws:TagKeys` has.
    pub fn with_all<'a>(mut self, key: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let values = values.into_iter().map(str::to_owned).collect();
        self.keys.insert(key.to_ascii_lowercase(), values);
        self
    }

    /// Keys that are made of `prefix` and a name: all of them are known, most have no value.
    pub fn with_family<'a>(
        mut self,
        prefix: &str,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        self.families.push(prefix.to_ascii_lowercase());
        for (name, value) in values {
            self = self.with(&format!("{prefix}{name}"), Some(value));
        }
        self
    }

    /// IAM compares the names of keys without regard to case.
    fn values(&self, key: &str) -> Option<&[String]> {
        let key = key.to_ascii_lowercase();
        match self.keys.get(&key) {
            Some(values) => Some(values),
            None if self.families.iter().any(|prefix| key.starts_with(prefix)) => Some(&[]),
            None => None,
        }
    }
}

/// Every operator and every key of a `Condition` block has to hold.
pub(crate) fn all(conditions: &[Condition], context: &Context) -> Held {
    let mut unknown = None;
    for condition in conditions {
        match condition.held(context) {
            Held::No => return Held::No,
            Held::Unknown(what) => unknown = Some(what),
            Held::Yes => {}
        }
    }
    unknown.map_or(Held::Yes, Held::Unknown)
}

impl Condition {
    fn held(&self, context: &Context) -> Held {
        let Some(found) = context.values(&self.key) else {
            return Held::Unknown(format!("the condition key {}", self.key));
        };
        if self.operator == "Null" {
            return self.is_null(found.is_empty());
        }
        let Some(operator) = Operator::parse(&self.operator) else {
            return Held::Unknown(format!("the condition operator {}", self.operator));
        };
        if let Some(variable) = self.values.iter().find(|value| value.contains("${")) {
            return Held::Unknown(format!("the policy variable in {variable}"));
        }
        let fits = |found: &String| {
            self.values.iter().any(|wanted| operator.holds(wanted, found)) != operator.negated
        };
        yes_if(match (operator.set, found.is_empty()) {
            // IAM: true of a key that is absent, whatever is asked of its values.
            (Some(Set::All), true) => true,
            (Some(Set::Any), true) => operator.if_exists,
            // IAM: a negated operator is true of a key that is absent, a plain one is false.
            (None, true) => operator.if_exists || operator.negated,
            (Some(Set::All), false) => found.iter().all(fits),
            (Some(Set::Any) | None, false) => found.iter().any(fits),
        })
    }

    fn is_null(&self, absent: bool) -> Held {
        match self.values.as_slice() {
            [value] if value.eq_ignore_ascii_case("true") => yes_if(absent),
            [value] if value.eq_ignore_ascii_case("false") => yes_if(!absent),
            _ => Held::Unknown(format!("Null with {:?}", self.values)),
        }
    }
}

fn yes_if(holds: bool) -> Held {
    if holds { Held::Yes } else { Held::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(operator: &str, key: &str, values: &[&str]) -> Held {
        let context = Context::default()
            .with("aws:PrincipalAccount", Some("111122223333"))
            .with("acm-pca:TemplateArn", None)
            .with_all("aws:TagKeys", ["env", "owner"])
            .with_family("aws:RequestTag/", [("env", "prod")]);
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let condition = Condition { operator: operator.to_owned(), key: key.to_owned(), values };
        all(&[condition], &context)
    }

    #[test]
    fn a_key_with_several_values_is_asked_about_all_or_any_of_them() {
        use Held::{No, Yes};
        for (operator, values, want) in [
            ("ForAllValues:StringEquals", &["env", "owner", "team"][..], Yes),
            ("ForAllValues:StringEquals", &["env"], No),
            ("ForAnyValue:StringEquals", &["env"], Yes),
            ("ForAnyValue:StringEquals", &["team"], No),
            ("ForAnyValue:StringNotEquals", &["env"], Yes),
            ("ForAllValues:StringNotEquals", &["env"], No),
            ("ForAllValues:StringLike", &["e*", "o*"], Yes),
        ] {
            assert_eq!(held(operator, "aws:tagkeys", values), want, "{operator} {values:?}");
        }
    }

    #[test]
    fn a_key_without_a_value_is_absent_and_one_that_is_not_known_is_unknown() {
        use Held::{No, Yes};
        let (template, other_tag) = ("acm-pca:TemplateArn", "aws:RequestTag/team");
        for (operator, key, value, want) in [
            ("StringEquals", "aws:requesttag/env", "prod", Yes),
            ("StringEquals", other_tag, "a", No),
            ("StringNotEquals", other_tag, "a", Yes),
            ("Null", other_tag, "true", Yes),
            ("Null", "aws:RequestTag/env", "true", No),
            ("ArnLike", template, "arn:*", No),
            ("ArnLikeIfExists", template, "arn:*", Yes),
            ("ArnNotLike", template, "arn:*", Yes),
            ("ForAllValues:StringEquals", template, "x", Yes),
            ("ForAnyValue:StringEquals", template, "x", No),
        ] {
            assert_eq!(held(operator, key, &[value]), want, "{operator} {key}");
        }
        for (operator, key) in [("StringEquals", "aws:SourceVpc"), ("NumericEquals", template)] {
            assert!(matches!(held(operator, key, &["x"]), Held::Unknown(_)), "{operator} {key}");
        }
    }
}
