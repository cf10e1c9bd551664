//! Whether the conditions of a statement are met.

mod instant;
mod operator;

use operator::{Operator, Set};

use crate::context::Context;
use crate::three_valued::Match;
use crate::variable::{self, Resolved};

/// One line of a Condition block: operator, key and values.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub(crate) operator: String,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

/// Conditions are joined by "and", the values of one by "or".
pub(crate) fn all_met(conditions: &[Condition], context: &Context, has_variables: bool) -> Match {
    let one = |condition: &Condition| condition.met(context, has_variables);
    conditions.iter().fold(Match::Yes, |met, condition| met.and(|| one(condition)))
}

impl Condition {
    /// As written: `StringEquals`, `ForAnyValue:ArnLikeIfExists`.
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// The key as it is written.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether the condition is on this key, which is compared without regard to case.
    pub fn is_on(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }

    /// The values, booleans and numbers as texts.
    pub fn values(&self) -> &[String] {
        &self.values
    }

    fn met(&self, context: &Context, has_variables: bool) -> Match {
        let Some(possible) = context.possible_values(&self.key) else {
            return self.unknown("key");
        };
        let wanted = if has_variables { self.wanted(context) } else { Some(self.values.clone()) };
        let mut met = possible.into_iter().map(|found| self.met_by(found, wanted.as_deref()));
        let Some(first) = met.next() else { return self.unknown("key") };
        if met.all(|other| other == first) { first } else { self.unknown("request's value") }
    }

    /// The values, with those of the request in the place of variables. `None`: one is not known.
    fn wanted(&self, context: &Context) -> Option<Vec<String>> {
        let mut wanted = Vec::new();
        for value in &self.values {
            match variable::resolve(value, context) {
                Resolved::Text(text) => wanted.push(text),
                // IAM: nothing is equal to it, or like it.
                Resolved::Nothing => {}
                Resolved::Unknown(_) => return None,
            }
        }
        Some(wanted)
    }

    fn met_by(&self, found: &[String], wanted: Option<&[String]>) -> Match {
        if self.operator == "Null" {
            return self.is_null(found.is_empty());
        }
        let Some(operator) = Operator::parse(&self.operator) else {
            return self.unknown("operator");
        };
        if found.is_empty() {
            return Match::from(match operator.set {
                // IAM: true of an absent key, whatever the values.
                Some(Set::All) => true,
                Some(Set::Any) => operator.if_exists,
                // IAM: a negated operator is true of an absent key, a plain one is false.
                None => operator.if_exists || operator.negated,
            });
        }
        let Some(wanted) = wanted else { return self.unknown("policy variable") };
        if !wanted.iter().all(|value| operator.takes(value)) {
            return self.unknown("value");
        }
        if !found.iter().all(|value| operator.takes_of_request(value)) {
            return self.unknown("request's value");
        }
        let fits = |found: &String| {
            wanted.iter().any(|wanted| operator.holds(wanted, found)) != operator.negated
        };
        Match::from(match operator.set {
            Some(Set::All) => found.iter().all(fits),
            Some(Set::Any) | None => found.iter().any(fits),
        })
    }

    fn is_null(&self, absent: bool) -> Match {
        match self.values.as_slice() {
            [value] if value.eq_ignore_ascii_case("true") => Match::from(absent),
            [value] if value.eq_ignore_ascii_case("false") => Match::from(!absent),
            _ => self.unknown("value"),
        }
    }

    /// `what` is the part of the condition that cannot be judged.
    fn unknown(&self, what: &str) -> Match {
        let Self { operator, key, values } = self;
        Match::Unknown(match what {
            "key" | "operator" => format!("the {what} of the condition {operator} on {key:?}"),
            _ => format!("the {what} in the condition {operator} on {key:?}: {values:?}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(operator: &str, key: &str, values: &[&str]) -> Match {
        let context = Context::default()
            .with("aws:PrincipalAccount", "111122223333")
            .without("acm-pca:TemplateArn")
            .with_all("aws:TagKeys", ["env", "owner"])
            .with_family("aws:RequestTag/", [("env", "prod")]);
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let condition = Condition { operator: operator.to_owned(), key: key.to_owned(), values };
        all_met(&[condition], &context, true)
    }

    #[test]
    fn set_operators_judge_all_values_or_any_value() {
        use Match::{No, Yes};
        for (operator, values, want) in [
            ("ForAllValues:StringEquals", &["env", "owner", "team"][..], Yes),
            ("ForAllValues:StringEquals", &["env"], No),
            ("ForAnyValue:StringEquals", &["env"], Yes),
            ("ForAnyValue:StringEquals", &["team"], No),
            ("ForAnyValue:StringNotEquals", &["env"], Yes),
            ("ForAllValues:StringNotEquals", &["env"], No),
            ("ForAllValues:StringLike", &["e*", "o*"], Yes),
        ] {
            assert_eq!(met(operator, "aws:tagkeys", values), want, "{operator} {values:?}");
        }
    }

    #[test]
    fn an_absent_key_is_judged_and_an_unknown_key_is_not() {
        use Match::{No, Yes};
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
            assert_eq!(met(operator, key, &[value]), want, "{operator} {key}");
        }
        for (operator, key) in [("StringEquals", "aws:SourceVpc"), ("BinaryEquals", template)] {
            assert!(matches!(met(operator, key, &["x"]), Match::Unknown(_)), "{operator} {key}");
        }
    }
}
