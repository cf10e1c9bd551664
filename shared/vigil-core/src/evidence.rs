//! A hash chain over JSON entries: a change, a removal or an insertion breaks all that follow.
//!
//! Each entry has `previous`, the `hash` of the one before it ([`GENESIS`] for the first), and
//! `hash`, the SHA-256 in hexadecimal of the entry without that member, as JSON with its members
//! ordered by code point, no white space, and nothing escaped that need not be. Python writes the
//! same with `json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`.
//!
//! A chain cannot show that its end was cut off, or that all of it was made anew. So findings carry
//! the hash of the last entry before they were published, and the bucket keeps every version.

use aws_lc_rs::digest;
use serde_json::{Map, Value};

pub mod keys;

/// What the first entry follows.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Where a chain is broken. Entries are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum ChainError {
    #[error("entry {seq} does not have the hash that it claims: its content is {found}")]
    Changed { seq: usize, found: String },
    #[error("entry {seq} follows {found}, and the entry before it is {want}")]
    Disconnected { seq: usize, found: String, want: String },
    #[error("entry {seq} is not a JSON object with `previous` and `hash`")]
    NotAnEntry { seq: usize },
}

/// Puts an entry behind the one whose hash is `previous`.
pub fn link(mut entry: Map<String, Value>, previous: &str) -> Map<String, Value> {
    entry.insert("previous".to_owned(), previous.into());
    let hash = hash(&entry);
    entry.insert(HASH.to_owned(), hash.into());
    entry
}

/// Checks every link from the first entry on; gives the hash of the last.
///
/// # Errors
///
/// [`ChainError`] at the first entry that does not follow the one before it.
pub fn check(entries: &[Value]) -> Result<String, ChainError> {
    let mut previous = GENESIS.to_owned();
    for (seq, entry) in entries.iter().enumerate() {
        let content = entry.as_object().ok_or(ChainError::NotAnEntry { seq })?;
        let (Some(Value::String(claimed)), Some(Value::String(follows))) =
            (content.get(HASH), content.get("previous"))
        else {
            return Err(ChainError::NotAnEntry { seq });
        };
        if *follows != previous {
            let (found, want) = (short(follows), short(&previous));
            return Err(ChainError::Disconnected { seq, found, want });
        }
        let found = hash(content);
        if found != *claimed {
            return Err(ChainError::Changed { seq, found: short(&found) });
        }
        previous = found;
    }
    Ok(previous)
}

/// The member that is not part of what it is the hash of.
const HASH: &str = "hash";

fn hash(entry: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_members(entry.iter().filter(|(name, _)| *name != HASH), &mut text);
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hex::encode(hash)
}

/// Enough of a hash to recognise it, whatever was written in its place.
fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

fn write_members<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>, out: &mut String) {
    let mut members: Vec<_> = members.collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    out.push('{');
    for (place, (name, value)) in members.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(object) => write_members(object.iter(), out),
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chain(contents: &[Value]) -> Vec<Value> {
        let mut previous = GENESIS.to_owned();
        let mut entries = Vec::new();
        for content in contents {
            let entry = link(content.as_object().unwrap().clone(), &previous);
            previous = entry["hash"].as_str().unwrap().to_owned();
            entries.push(Value::Object(entry));
        }
        entries
    }

    fn three() -> Vec<Value> {
        chain(&[
            json!({"seq": 0, "b": {"z": 1, "a": [1, "ä"]}}),
            json!({"seq": 1}),
            json!({"n": null}),
        ])
    }

    #[test]
    fn a_chain_holds_and_its_head_is_the_last_hash() {
        let entries = three();
        assert_eq!(check(&entries).unwrap(), entries[2]["hash"]);
        assert_eq!(check(&[]).unwrap(), GENESIS);
    }

    /// The order of members and white space are the file's, not the entry's.
    #[test]
    fn the_order_of_members_does_not_matter() {
        let one = chain(&[json!({"a": 1, "b": {"c": 1, "d": 2}})]);
        let other = chain(&[json!({"b": {"d": 2, "c": 1}, "a": 1})]);
        assert_eq!(one[0]["hash"], other[0]["hash"]);
    }

    /// Computed with Python's json and hashlib, as the module's documentation says.
    #[test]
    fn others_compute_the_same_hash() {
        let entry = json!({"seq": 0, "who": "ä\u{1}\n\"é/", "n": [1, -2, true, null]});
        assert_eq!(
            chain(&[entry])[0]["hash"],
            "f2b11cd4fa6980f13c7124e8981eecfe7341014c056cfea81d481f72434dce89"
        );
    }

    #[test]
    fn every_way_to_tamper_is_noticed() {
        let changed = |spoil: fn(&mut Vec<Value>)| {
            let mut entries = three();
            spoil(&mut entries);
            check(&entries).unwrap_err()
        };
        for (name, error, seq) in [
            ("content", changed(|entries| entries[1]["seq"] = json!(7)), 1),
            ("member_added", changed(|entries| entries[1]["x"] = json!(7)), 1),
            ("removed", changed(|entries| drop(entries.remove(1))), 1),
            ("first_removed", changed(|entries| drop(entries.remove(0))), 0),
            ("swapped", changed(|entries| entries.swap(0, 1)), 0),
            ("inserted", changed(|entries| entries.insert(1, entries[0].clone())), 1),
            ("not_an_object", changed(|entries| entries[2] = json!([])), 2),
            (
                "no_hash",
                changed(|entries| drop(entries[2].as_object_mut().unwrap().remove("hash"))),
                2,
            ),
        ] {
            let at = match error {
                ChainError::Changed { seq, .. }
                | ChainError::Disconnected { seq, .. }
                | ChainError::NotAnEntry { seq } => seq,
            };
            assert_eq!(at, seq, "{name}");
        }
    }
}
