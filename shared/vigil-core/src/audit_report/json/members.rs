//! Whether a record lacks an optional field because a fault changed its name.
//!
//! Members that AWS adds are ignored. One whose name is a character away from that of an optional field
//! would be ignored likewise, and with it a revocation or a template.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::audit_report::record::Text;

const OPTIONAL: [&str; 4] =
    ["requestedByServicePrincipal", "revokedAt", "revocationReason", "templateArn"];

/// Why the object cannot be read, though it has the form of a record.
pub(super) fn damaged_name(object: &[u8]) -> Option<String> {
    let Near(near) = serde_json::from_slice(object).ok()?;
    near.map(|(name, field)| format!("{name:?} is nearly {field:?}, which it does not have"))
}

/// The name of a member, and the field that the object has not and whose name is nearly the same.
struct Near(Option<(String, &'static str)>);

impl<'de> Deserialize<'de> for Near {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Names)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Near;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Near, A::Error> {
        let mut has = [false; OPTIONAL.len()];
        let mut near: [Option<String>; OPTIONAL.len()] = Default::default();
        while let Some((Text(name), IgnoredAny)) = map.next_entry()? {
            for (at, field) in OPTIONAL.into_iter().enumerate() {
                if name == field {
                    has[at] = true;
                } else if is_near(&name, field) {
                    near[at] = Some(name.clone().into_owned());
                }
            }
        }
        let found = (0..OPTIONAL.len()).filter(|at| !has[*at]);
        let mut found = found.filter_map(|at| Some((near[at].take()?, OPTIONAL[at])));
        Ok(Near(found.next()))
    }
}

/// One character was changed, added or lost, or is of the other case.
fn is_near(name: &str, field: &str) -> bool {
    let same = name.bytes().zip(field.bytes()).take_while(|(one, other)| one == other).count();
    let (name_rest, field_rest) = (&name.as_bytes()[same..], &field.as_bytes()[same..]);
    let is_one_away = match (name_rest, field_rest) {
        ([_, one @ ..], [_, other @ ..]) if one == other => true,
        ([_, one @ ..], other) if one == other => true,
        (one, [_, other @ ..]) => one == other,
        _ => false,
    };
    is_one_away || name.eq_ignore_ascii_case(field)
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn a_name_is_near_by_one_character_or_by_case() {
        for (name, near) in [
            ("templateArm", true),
            ("templateAr", true),
            ("templateArns", true),
            ("emplateArn", true),
            ("tempplateArn", true),
            ("TEMPLATEARN", true),
            ("templateAMR", false),
            ("template", false),
            ("", false),
            ("serial", false),
        ] {
            assert_eq!(is_near(name, "templateArn"), near, "{name}");
        }
    }
}
