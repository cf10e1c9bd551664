//! The part of the AWS Security Finding Format that is taken here: members, types, lengths and values of the
//! API reference's AwsSecurityFinding. Another member is refused, so that nothing passes unchecked.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a member may be.
enum Kind {
    /// A text of so many characters at most.
    Text(usize),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// RFC 3339.
    Time,
    /// At most so many texts, by names of at most 128 characters.
    Texts(usize, usize),
    /// A list of one to so many.
    Many(usize, &'static Self),
    Object(&'static [Member]),
}

struct Member {
    name: &'static str,
    is_required: bool,
    kind: Kind,
}

const fn required(name: &'static str, kind: Kind) -> Member {
    Member { name, is_required: true, kind }
}

const fn optional(name: &'static str, kind: Kind) -> Member {
    Member { name, is_required: false, kind }
}

const SEVERITY: &[Member] =
    &[required("Label", Kind::OneOf(&["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]))];

const RESOURCE: &[Member] = &[
    required("Type", Kind::Text(256)),
    required("Id", Kind::Text(512)),
    optional("Partition", Kind::OneOf(&["aws", "aws-cn", "aws-us-gov"])),
    optional("Region", Kind::Text(16)),
];

const FINDING: &[Member] = &[
    required("SchemaVersion", Kind::OneOf(&["2018-10-08"])),
    required("Id", Kind::Text(512)),
    required("ProductArn", Kind::Text(2048)),
    required("GeneratorId", Kind::Text(512)),
    required("AwsAccountId", Kind::Text(12)),
    required("CreatedAt", Kind::Time),
    required("UpdatedAt", Kind::Time),
    required("Title", Kind::Text(256)),
    required("Description", Kind::Text(1024)),
    required("Resources", Kind::Many(32, &Kind::Object(RESOURCE))),
    // Or both at the top: one of the two has to be there.
    required(
        "FindingProviderFields",
        Kind::Object(&[
            required("Severity", Kind::Object(SEVERITY)),
            required("Types", Kind::Many(50, &Kind::Text(256))),
        ]),
    ),
    optional(
        "Remediation",
        Kind::Object(&[optional(
            "Recommendation",
            Kind::Object(&[optional("Text", Kind::Text(512)), optional("Url", Kind::Text(512))]),
        )]),
    ),
    optional("ProductFields", Kind::Texts(50, 2048)),
    optional(
        "Workflow",
        Kind::Object(&[required(
            "Status",
            Kind::OneOf(&["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"]),
        )]),
    ),
    optional("RecordState", Kind::OneOf(&["ACTIVE", "ARCHIVED"])),
];

/// The namespaces that a type begins with.
const NAMESPACES: [&str; 5] = [
    "Software and Configuration Checks",
    "TTPs",
    "Effects",
    "Unusual Behaviors",
    "Sensitive Data Identifications",
];

/// Why the finding is not one.
pub(super) fn check(finding: &Value) -> Result<(), String> {
    object("data", finding, FINDING)?;
    for of in finding["FindingProviderFields"]["Types"].as_array().into_iter().flatten() {
        let text = of.as_str().unwrap_or_default();
        if !NAMESPACES.contains(&text.split('/').next().unwrap_or_default()) {
            return Err(format!("data.FindingProviderFields.Types has no namespace: {text:?}"));
        }
    }
    Ok(())
}

/// A timestamp, if it is one.
pub(super) fn time(value: &Value) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()
}

fn object(path: &str, value: &Value, members: &[Member]) -> Result<(), String> {
    let Some(given) = value.as_object() else {
        return Err(format!("{path} should be object"));
    };
    if let Some(name) = given.keys().find(|name| members.iter().all(|member| member.name != *name))
    {
        return Err(format!("{path} should NOT have additional property '{name}'"));
    }
    for member in members {
        match given.get(member.name) {
            None if member.is_required => {
                return Err(format!("{path} should have required property '{}'", member.name));
            }
            None => {}
            Some(value) => fits(&format!("{path}.{}", member.name), value, &member.kind)?,
        }
    }
    Ok(())
}

fn fits(path: &str, value: &Value, kind: &Kind) -> Result<(), String> {
    let text = value.as_str();
    match kind {
        Kind::Text(most) => match text.map(|text| text.chars().count()) {
            Some(length) if (1..=*most).contains(&length) => Ok(()),
            _ => Err(format!("{path} should be a text of 1 to {most} characters")),
        },
        Kind::OneOf(values) if text.is_some_and(|text| values.contains(&text)) => Ok(()),
        Kind::OneOf(values) => Err(format!("{path} should be one of {values:?}")),
        Kind::Time if time(value).is_some() => Ok(()),
        Kind::Time => Err(format!("{path} should be a date and time of RFC 3339")),
        Kind::Texts(most, length) => {
            let Some(texts) = value.as_object().filter(|texts| texts.len() <= *most) else {
                return Err(format!("{path} should be an object of at most {most} texts"));
            };
            texts.iter().try_for_each(|(name, value)| {
                fits(&format!("{path} name"), &Value::from(name.as_str()), &Kind::Text(128))?;
                fits(&format!("{path}.{name}"), value, &Kind::Text(*length))
            })
        }
        Kind::Many(most, kind) => match value.as_array() {
            Some(items) if (1..=*most).contains(&items.len()) => {
                items.iter().try_for_each(|item| fits(path, item, kind))
            }
            _ => Err(format!("{path} should have 1 to {most} items")),
        },
        Kind::Object(members) => object(path, value, members),
    }
}
