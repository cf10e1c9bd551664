//! A statement, and the signatures of who stands up for it.
//!
//! A signature is one of AWS KMS: ECDSA over P-256 and SHA-256. Which keys count is a parameter of the
//! stack, and never in the object itself. Who signed follows from the key: its policy says who may sign,
//! and there is one for each group of approvers.
//!
//! What is signed is the meaning: the statement is read, written anew in one form, and that is digested.
//! Spaces and the order of members do not matter, and no member can be added.

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A statement with its signatures, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Signed<T> {
    /// What is stated.
    pub statement: T,
    /// At most [`MAX_SIGNATURES`], each by another key.
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The ARN of the KMS key.
    pub key: String,
    /// In base64, as KMS gives it.
    pub signature: String,
}

/// More signatures than this are not verified: each costs a call to KMS.
pub const MAX_SIGNATURES: usize = 8;

/// What can be signed.
pub trait Statement: Serialize + DeserializeOwned {
    /// Begins what is signed, so that a signature for one kind is none for another.
    const KIND: &'static str;
}

/// An object that is no signed statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignedError {
    /// It has more signatures than are verified.
    #[error("it has {0} signatures; at most {MAX_SIGNATURES} are read")]
    Many(usize),
    /// It is not JSON of this shape.
    #[error("it cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// It is the statement alone.
    #[error("it is not signed")]
    Unsigned,
}

impl<T: Statement> Signed<T> {
    /// Reads an object. Nothing is verified.
    ///
    /// # Errors
    ///
    /// [`SignedError`] says what is wrong with the object.
    pub fn read(body: &[u8]) -> Result<Self, SignedError> {
        let read: Self =
            serde_json::from_slice(body).map_err(|error| {
                match serde_json::from_slice::<T>(body) {
                    Ok(_) => SignedError::Unsigned,
                    Err(_) => SignedError::Unreadable(error),
                }
            })?;
        match read.signatures.len() {
            0 => Err(SignedError::Unsigned),
            1..=MAX_SIGNATURES => Ok(read),
            many => Err(SignedError::Many(many)),
        }
    }

    /// The object as it is stored.
    ///
    /// # Errors
    ///
    /// None in practice: every statement can be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }
}

/// The SHA-256 that is signed.
///
/// # Errors
///
/// None in practice: every statement can be written as JSON.
pub fn digest<T: Statement>(statement: &T) -> Result<[u8; 32], serde_json::Error> {
    let mut message = format!("vigil/{}/1\n", T::KIND).into_bytes();
    serde_json::to_writer(&mut message, statement)?;
    let mut octets = [0; 32];
    octets.copy_from_slice(digest::digest(&digest::SHA256, &message).as_ref());
    Ok(octets)
}

/// The keys whose signatures count: parameters of the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signers {
    keys: Vec<String>,
    retired: Vec<(String, String)>,
    needed: usize,
    /// Keys and who may sign with them, where that is known of every key that counts.
    holders: Option<Vec<(String, String)>>,
}

/// Whether a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Its signatures count.
    Counts,
    /// The stack does not name it.
    Foreign,
    /// The stack names it among the retired ones, with this date.
    Retired(&'a str),
    /// The stack names it, and no principal that may sign with it.
    WithoutHolder,
}

impl Signers {
    /// `keys`: ARNs of KMS keys, separated by commas. `retired`: the same, each with `@` and a date; such a
    /// key counts no more, even if it is named in `keys`, too. `needed`: how many keys must have signed, at
    /// least one.
    pub fn read(keys: &str, retired: &str, needed: usize) -> Self {
        let dated = |entry: String| match entry.split_once('@') {
            Some((key, date)) => (key.to_owned(), date.to_owned()),
            None => (entry, "an unknown day".to_owned()),
        };
        Self {
            keys: listed(keys),
            retired: listed(retired).into_iter().map(dated).collect(),
            needed: needed.max(1),
            holders: None,
        }
    }

    /// With those who may sign with each key: a key without any counts no more.
    ///
    /// `principals`: the ARNs of roles and users, separated by commas, that may sign with the first key.
    /// `holders`: the same for any key, each as `<key ARN>=<ARN>`.
    #[must_use]
    pub fn held_by(self, principals: &str, holders: &str) -> Self {
        let own = self.keys.first().into_iter();
        let own = own.flat_map(|key| listed(principals).into_iter().map(|one| (key.clone(), one)));
        let others = listed(holders).into_iter().filter_map(|entry| {
            let (key, principal) = entry.split_once('=')?;
            Some((key.to_owned(), principal.to_owned()))
        });
        let holders = Some(own.chain(others).collect());
        Self { holders, ..self }
    }

    /// The principals without whose keys these are not enough.
    pub fn required_principals(&self, signed: &[String]) -> Vec<String> {
        let holders = self.holders.as_deref().unwrap_or_default();
        let holds = |principal: &str, key: &str| {
            holders.iter().any(|(of, one)| of == key && one == principal)
        };
        let is_required = |principal: &str| {
            signed.iter().filter(|key| !holds(principal, key)).count() < self.needed()
        };
        let principals: BTreeSet<&String> =
            holders.iter().map(|(_, principal)| principal).collect();
        let required = principals.into_iter().filter(|principal| is_required(principal));
        required.cloned().collect()
    }

    /// Whether the stack names who may sign: then it can be held against who did something.
    pub fn names_holders(&self) -> bool {
        self.holders.is_some()
    }

    /// Whether no key is named: then nothing that is signed counts.
    pub fn are_none(&self) -> bool {
        self.keys.is_empty()
    }

    /// The first key whose signatures count, to name it in a command.
    pub fn first(&self) -> Option<&str> {
        self.keys.iter().map(String::as_str).find(|key| self.standing(key) == Standing::Counts)
    }

    /// How many keys must have signed.
    pub fn needed(&self) -> usize {
        self.needed.max(1)
    }

    /// Whether the signatures of a key count.
    pub fn standing(&self, key: &str) -> Standing<'_> {
        match self.retired.iter().find(|(retired, _)| retired == key) {
            Some((_, date)) => Standing::Retired(date),
            None if self.keys.iter().any(|named| named == key) => match &self.holders {
                Some(holders) if !holders.iter().any(|(of, _)| of == key) => {
                    Standing::WithoutHolder
                }
                _ => Standing::Counts,
            },
            None => Standing::Foreign,
        }
    }
}

fn listed(text: &str) -> Vec<String> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Note {
        text: String,
    }

    impl Statement for Note {
        const KIND: &'static str = "note";
    }

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Other(Note);

    impl Statement for Other {
        const KIND: &'static str = "other";
    }

    fn note(text: &str) -> Note {
        Note { text: text.to_owned() }
    }

    #[test]
    fn a_retired_key_is_not_the_first() {
        let first = |keys, retired| Signers::read(keys, retired, 1).first().map(str::to_owned);
        assert_eq!(first("a,b", ""), Some("a".to_owned()));
        assert_eq!(first(",a,b", "a@2026-01-01"), Some("b".to_owned()));
        assert_eq!(first("a", "a@2026-01-01"), None);
    }

    #[test]
    fn principals_are_required_where_their_key_is() {
        let required = |needed, signed: &[&str]| {
            let signers = Signers::read("own,other,third", "", needed)
                .held_by("alice, bob", "other=carol,third=dave,third=alice,of nothing");
            let signed: Vec<_> = signed.iter().map(|key| (*key).to_owned()).collect();
            signers.required_principals(&signed)
        };
        assert_eq!(required(1, &["own"]), ["alice", "bob"]);
        assert_eq!(required(1, &["other"]), ["carol"]);
        assert_eq!(required(2, &["own", "other"]), ["alice", "bob", "carol"]);
        assert!(required(1, &["own", "other"]).is_empty());
        assert_eq!(required(1, &["own", "third"]), ["alice"], "holds both");
        assert_eq!(required(2, &["own", "other", "third"]), ["alice"]);
        assert!(Signers::read("own", "", 1).required_principals(&["own".to_owned()]).is_empty());
    }

    #[test]
    fn a_key_without_a_known_holder_does_not_count() {
        let read = || Signers::read("own,other", "other@2026-01-01", 1);
        assert_eq!(read().standing("own"), Standing::Counts, "holders were not asked for");
        let held = |principals, holders| read().held_by(principals, holders);
        assert_eq!(held("", "").standing("own"), Standing::WithoutHolder);
        assert_eq!(held("alice", "").standing("own"), Standing::Counts);
        assert_eq!(held("", "own=alice").standing("own"), Standing::Counts);
        assert_eq!(held("", "third=alice").standing("third"), Standing::Foreign);
        assert_eq!(held("a", "").standing("other"), Standing::Retired("2026-01-01"));
    }

    #[test]
    fn what_is_signed_depends_on_kind_and_meaning_only() {
        let of = |json: &str| digest(&Signed::<Note>::read(json.as_bytes()).unwrap().statement);
        let signatures = r#""signatures": [{"key": "k", "signature": "s"}]"#;
        let one = of(&format!(r#"{{"statement": {{"text": "a"}}, {signatures}}}"#)).unwrap();
        let spaced =
            of(&format!(r#"{{ {signatures},"statement":{{ "text":"\u0061"}} }}"#)).unwrap();
        assert_eq!(one, spaced);
        assert_ne!(one, digest(&note("b")).unwrap());
        assert_ne!(one, digest(&Other(note("a"))).unwrap());
    }

    #[test]
    fn an_object_without_signatures_is_called_unsigned() {
        let read = |json: &str| Signed::<Note>::read(json.as_bytes());
        for unsigned in [r#"{"text": "a"}"#, r#"{"statement": {"text": "a"}, "signatures": []}"#] {
            assert!(matches!(read(unsigned), Err(SignedError::Unsigned)), "{unsigned}");
        }
        for broken in ["", "[]", r#"{"statement": {"text": "a", "more": 1}, "signatures": []}"#] {
            assert!(matches!(read(broken), Err(SignedError::Unreadable(_))), "{broken}");
        }
        let signature = Signature { key: "k".to_owned(), signature: "s".to_owned() };
        let signed = Signed { statement: note("a"), signatures: vec![signature; 9] };
        let many = Signed::<Note>::read(&signed.to_json().unwrap());
        assert!(matches!(many, Err(SignedError::Many(9))));
    }

    #[test]
    fn a_retired_key_counts_no_more_even_if_it_is_named() {
        let signers = Signers::read("a, b,", "b@2026-11-01,c", 0);
        assert_eq!(signers.standing("a"), Standing::Counts);
        assert_eq!(signers.standing("b"), Standing::Retired("2026-11-01"));
        assert_eq!(signers.standing("c"), Standing::Retired("an unknown day"));
        assert_eq!(signers.standing("d"), Standing::Foreign);
        assert_eq!((signers.needed(), signers.are_none()), (1, false));
        assert!(Signers::read(" , ", "", 1).are_none());
    }
}
