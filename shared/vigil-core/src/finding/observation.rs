//! From what a rule saw to the finding that leaves Vigil.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{
    Finding, Kind, RuleInfo, Status, id,
    template::{fill, plain, quoted},
};
use crate::{arn::CaArn, ca, instant::rfc3339, thousands::grouped};

/// One line of a mail, a chat or a pager.
const MAX_TITLE: usize = 99;
/// Of one value in a title: a principal's ARN leaves room for the rest.
const MAX_TITLE_VALUE: usize = 56;
/// Of one value in a paragraph. All of it is in the evidence.
const MAX_VALUE: usize = 500;

/// What a rule saw, before it is bound to a rule and a resource.
#[derive(Clone, Debug)]
pub struct Observation {
    kind: Kind,
    discriminator: String,
    evidence: Map<String, Value>,
    names: BTreeMap<&'static str, String>,
    also: Vec<String>,
}

/// What the templates call the things around an observation.
#[derive(Clone, Debug, Default)]
pub struct Names {
    values: BTreeMap<&'static str, String>,
    evidence: String,
    otherwise: Option<(String, String)>,
    instead: Vec<(&'static str, &'static str)>,
}

impl Names {
    /// `evidence` says where the facts can be looked up: an object, a URL, an ARN.
    pub fn new(evidence: impl Into<String>) -> Self {
        Self { evidence: evidence.into(), ..Self::default() }
    }

    /// With `{ca}`, `{arn}`, `{ca_id}`, `{region}` and `{account}`.
    #[must_use]
    pub fn of_ca(self, arn: &CaArn, common_name: Option<&str>) -> Self {
        self.with("ca", ca::display_name(arn, common_name))
            .with("arn", arn.as_str())
            .with("ca_id", arn.id())
            .with("region", arn.region())
            .with("account", arn.account())
    }

    /// Adds one name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.insert(name, value.into());
        self
    }

    /// What to do, and the command, where a name of a kind's own command is not known: a CRL in a
    /// file has no bucket.
    #[must_use]
    pub fn otherwise(mut self, what_to_do: impl Into<String>, command: impl Into<String>) -> Self {
        self.otherwise = Some((what_to_do.into(), command.into()));
        self
    }

    /// Replaces `part` of a kind's command by `own`, which can name other things.
    #[must_use]
    pub fn instead(mut self, part: &'static str, own: &'static str) -> Self {
        self.instead.push((part, own));
        self
    }

    fn command(&self, kind: &Kind) -> String {
        let own = |command: String, (part, own): &(&str, &str)| command.replace(part, own);
        self.instead.iter().fold(kind.first_command.to_owned(), own)
    }
}

impl Observation {
    /// `kind` separates it from the other observations of its rule on one resource.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            discriminator: kind.id.to_owned(),
            evidence: Map::from_iter([("kind".to_owned(), kind.id.into())]),
            names: BTreeMap::new(),
            also: Vec::new(),
        }
    }

    /// Adds evidence, which the templates can name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.evidence.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a name for the templates that is no evidence of its own.
    #[must_use]
    pub fn name(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.names.insert(name, value.into());
        self
    }

    /// Adds what separates it from others of its kind on one resource.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.discriminator = format!("{} {what}", self.kind.id);
        self
    }

    /// Sets the last part of the finding's id where it is not the kind.
    #[must_use]
    pub fn discriminator(mut self, discriminator: impl Into<String>) -> Self {
        self.discriminator = discriminator.into();
        self
    }

    /// Adds a paragraph, as it is, behind the command.
    #[must_use]
    pub fn also(mut self, paragraph: impl Into<String>) -> Self {
        self.also.push(paragraph.into());
        self
    }

    /// The finding, NEW. Its id is made of the rule, `resource` and the discriminator.
    pub fn finding(
        self,
        rule: &RuleInfo,
        names: &Names,
        resource: &str,
        as_of: OffsetDateTime,
    ) -> Finding {
        let kind = self.kind;
        let id = id(&[rule.id, resource, &self.discriminator]);
        let of_id = |name: &str| (name == "finding_id").then(|| id.clone());
        let value = |name: &str| self.value(names, name, as_of).or_else(|| of_id(name));
        let prose = |template: &str, limit: usize| {
            let shown = |name: &str| {
                let value = self.large(name).or_else(|| value(name));
                Some(value.map_or_else(|| format!("{{{name}}}"), |text| plain(&text, limit)))
            };
            fill(template, shown).unwrap_or_default()
        };
        let command = |template: &str| fill(template, |name| value(name).map(|text| quoted(&text)));
        // Commands among the advice stand on indented lines.
        let advice = || {
            let line = |line: &str| match line.strip_prefix("  ") {
                Some(template) => {
                    format!("  {}", command(template).unwrap_or_else(|_| template.to_owned()))
                }
                None => prose(line, MAX_VALUE),
            };
            kind.what_to_do.lines().map(line).collect::<Vec<_>>().join("\n")
        };
        let (advice, command) = match (command(&names.command(&kind)), &names.otherwise) {
            (Ok(command), _) => (advice(), command),
            (Err(_), Some((advice, command))) => (advice.clone(), command.clone()),
            (Err(_), None) => (advice(), kind.first_command.to_owned()),
        };
        let mut what_to_do = format!("{advice}\n  {command}");
        for paragraph in &self.also {
            what_to_do.push('\n');
            what_to_do.push_str(paragraph);
        }
        Finding {
            id: id.clone(),
            rule: Cow::Borrowed(rule.id),
            severity: kind.severity,
            status: Status::New,
            resource: resource.to_owned(),
            title: plain(&prose(kind.title, MAX_TITLE_VALUE), MAX_TITLE),
            what_happened: prose(kind.what_happened, MAX_VALUE),
            impact: prose(kind.impact, MAX_VALUE),
            what_to_do,
            why: format!(
                "Rule {}, kind {}: {} Source: {}. Evidence: {}.",
                rule.id, kind.id, rule.holds, rule.cites, names.evidence
            ),
            evidence: self.evidence,
            as_of,
        }
    }

    /// Evidence that is a large number, for a sentence. A command needs its digits alone.
    fn large(&self, name: &str) -> Option<String> {
        if self.names.contains_key(name) {
            return None;
        }
        self.evidence.get(name)?.as_u64().filter(|number| *number >= 10_000).map(grouped)
    }

    /// Its own names come first, then the evidence, then the names around it.
    fn value(&self, names: &Names, name: &str, as_of: OffsetDateTime) -> Option<String> {
        let own = self.names.get(name).cloned();
        own.or_else(|| self.evidence.get(name).map(text))
            .or_else(|| names.values.get(name).cloned())
            .or_else(|| (name == "as_of").then(|| rfc3339(as_of)))
    }
}

/// Evidence as a sentence has it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "unknown".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}
