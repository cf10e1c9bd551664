//! The comparison operators of event patterns.

use std::net::IpAddr;

use serde_json::Value;

use super::PatternError;
use iam_policy::wildcard::Wildcard;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operator {
    /// The field has a value, and it fits none of these.
    AnythingBut(Vec<Comparison>),
    Compare(Comparison),
    Exists(bool),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comparison {
    Cidr { network: IpAddr, bits: u8 },
    Equals(Value),
    IgnoreCase(String),
    Numeric(Vec<(Bound, f64)>),
    Prefix { text: String, ignore_case: bool },
    Suffix { text: String, ignore_case: bool },
    Wildcard(Wildcard),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    Above,
    AtLeast,
    AtMost,
    Below,
    Equal,
}

impl Operator {
    pub(super) fn parse(value: &Value, path: &str) -> Result<Self, PatternError> {
        let operator = match value {
            Value::Array(_) => return Err(PatternError::NestedArray(path.to_owned())),
            Value::Object(operator) => operator,
            scalar => return Ok(Self::Compare(Comparison::Equals(scalar.clone()))),
        };
        let mut entries = operator.iter();
        let (Some((name, operand)), None) = (entries.next(), entries.next()) else {
            return Err(unknown(&value.to_string(), path));
        };
        match (name.as_str(), operand) {
            ("exists", Value::Bool(exists)) => Ok(Self::Exists(*exists)),
            ("exists", _) => Err(invalid(name, operand, path)),
            ("anything-but", operand) => anything_but(operand, path).map(Self::AnythingBut),
            _ => Comparison::parse(name, operand, path).map(Self::Compare),
        }
    }

    pub(super) fn fits_field(&self, found: Option<&Value>) -> bool {
        match self {
            // "Exists matching only works on leaf nodes": an object is not one.
            Self::Exists(wanted) => found.is_some_and(|value| !value.is_object()) == *wanted,
            Self::AnythingBut(_) | Self::Compare(_) => match found {
                None => false,
                Some(Value::Array(elements)) => elements.iter().any(|one| self.fits(one)),
                Some(value) => self.fits(value),
            },
        }
    }

    fn fits(&self, value: &Value) -> bool {
        match self {
            Self::AnythingBut(not) => !value.is_object() && !not.iter().any(|one| one.fits(value)),
            Self::Compare(comparison) => comparison.fits(value),
            Self::Exists(wanted) => *wanted,
        }
    }
}

/// A value, a list of values, or one operator over a text or a list of texts.
fn anything_but(operand: &Value, path: &str) -> Result<Vec<Comparison>, PatternError> {
    let refused = || invalid("anything-but", operand, path);
    match operand {
        Value::Array(values) if values.is_empty() => Err(refused()),
        Value::Array(values) if values.iter().all(|one| one.is_string() || one.is_number()) => {
            Ok(values.iter().cloned().map(Comparison::Equals).collect())
        }
        Value::Object(operator) if operator.len() == 1 => {
            let mut comparisons = Vec::new();
            for (name, operand) in operator {
                if !["equals-ignore-case", "prefix", "suffix", "wildcard"].contains(&name.as_str())
                {
                    return Err(unknown(&format!("anything-but {name}"), path));
                }
                let operands =
                    operand.as_array().map_or(std::slice::from_ref(operand), Vec::as_slice);
                for operand in operands {
                    comparisons.push(Comparison::parse(name, operand, path)?);
                }
            }
            if comparisons.is_empty() { Err(refused()) } else { Ok(comparisons) }
        }
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {
            Ok(vec![Comparison::Equals(operand.clone())])
        }
        Value::Array(_) | Value::Object(_) => Err(refused()),
    }
}

impl Comparison {
    fn parse(name: &str, operand: &Value, path: &str) -> Result<Self, PatternError> {
        let refused = || invalid(name, operand, path);
        match name {
            "cidr" => operand.as_str().and_then(cidr).ok_or_else(refused),
            "equals-ignore-case" => operand
                .as_str()
                .map(|text| Self::IgnoreCase(text.to_lowercase()))
                .ok_or_else(refused),
            "numeric" => operand.as_array().and_then(|list| bounds(list)).ok_or_else(refused),
            "prefix" => {
                let (text, ignore_case) = affix(operand).ok_or_else(refused)?;
                Ok(Self::Prefix { text, ignore_case })
            }
            "suffix" => {
                let (text, ignore_case) = affix(operand).ok_or_else(refused)?;
                Ok(Self::Suffix { text, ignore_case })
            }
            "wildcard" => {
                let wildcard = operand.as_str().and_then(Wildcard::event_bridge);
                wildcard.map(Self::Wildcard).ok_or_else(refused)
            }
            other => Err(unknown(other, path)),
        }
    }

    fn fits(&self, value: &Value) -> bool {
        match self {
            Self::Cidr { network, bits } => value
                .as_str()
                .and_then(|text| text.parse().ok())
                .is_some_and(|address| masked(address, *bits) == masked(*network, *bits)),
            Self::Equals(wanted) => wanted == value,
            Self::IgnoreCase(wanted) => {
                value.as_str().is_some_and(|text| text.to_lowercase() == *wanted)
            }
            Self::Numeric(bounds) => value.as_f64().is_some_and(|number| {
                bounds.iter().all(|(bound, limit)| bound.holds(number, *limit))
            }),
            Self::Prefix { text: affix, ignore_case } => value.as_str().is_some_and(|text| {
                text.starts_with(affix)
                    || *ignore_case && text.to_lowercase().starts_with(&affix.to_lowercase())
            }),
            Self::Suffix { text: affix, ignore_case } => value.as_str().is_some_and(|text| {
                text.ends_with(affix)
                    || *ignore_case && text.to_lowercase().ends_with(&affix.to_lowercase())
            }),
            Self::Wildcard(wildcard) => value.as_str().is_some_and(|text| wildcard.fits(text)),
        }
    }
}

impl Bound {
    fn holds(self, number: f64, limit: f64) -> bool {
        match self {
            Self::Above => number > limit,
            Self::AtLeast => number >= limit,
            Self::AtMost => number <= limit,
            Self::Below => number < limit,
            Self::Equal => number == limit,
        }
    }
}

/// `"text"` or `{"equals-ignore-case": "text"}`.
fn affix(operand: &Value) -> Option<(String, bool)> {
    match operand {
        Value::String(text) => Some((text.clone(), false)),
        Value::Object(operator) if operator.len() == 1 => {
            let text = operator.get("equals-ignore-case")?.as_str()?;
            Some((text.to_owned(), true))
        }
        _ => None,
    }
}

/// `[">", 0, "<=", 5]`: one bound or two.
fn bounds(list: &[Value]) -> Option<Comparison> {
    if !matches!(list.len(), 2 | 4) {
        return None;
    }
    let bounds = list.chunks(2).map(|pair| {
        let bound = match pair[0].as_str()? {
            "<" => Bound::Below,
            "<=" => Bound::AtMost,
            "=" => Bound::Equal,
            ">" => Bound::Above,
            ">=" => Bound::AtLeast,
            _ => return None,
        };
        Some((bound, pair[1].as_f64()?))
    });
    bounds.collect::<Option<_>>().map(Comparison::Numeric)
}

fn cidr(text: &str) -> Option<Comparison> {
    let (network, bits) = text.split_once('/')?;
    let (network, bits): (IpAddr, u8) = (network.parse().ok()?, bits.parse().ok()?);
    let most = if network.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some(Comparison::Cidr { network, bits })
}

/// The network part of an address, left-aligned so that IPv4 and IPv6 never compare as equal.
fn masked(address: IpAddr, bits: u8) -> (bool, u128) {
    let (is_v4, wide) = match address {
        IpAddr::V4(address) => (true, u128::from(address.to_bits()) << 96),
        IpAddr::V6(address) => (false, address.to_bits()),
    };
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    (is_v4, wide & mask)
}

fn unknown(operator: &str, path: &str) -> PatternError {
    PatternError::UnknownOperator { path: path.to_owned(), operator: operator.to_owned() }
}

fn invalid(operator: &str, value: &Value, path: &str) -> PatternError {
    PatternError::InvalidOperand {
        path: path.to_owned(),
        operator: operator.to_owned(),
        value: value.to_string(),
    }
}
