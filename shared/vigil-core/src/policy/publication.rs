//! A published set of policies: what an author has signed, as one object with a version.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Policies, PolicyError};
use crate::signed::Statement;

/// The policies that decide in place of the built-in ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Counts up; a lower one than was seen before does not count.
    pub version: u64,
    /// A name for the record. Who published follows from the key.
    pub author: String,
    /// The time of the publication.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub published_at: OffsetDateTime,
    /// In the order in which they are read.
    pub files: Vec<PolicyFile>,
}

/// One file of policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// `roots.cedar`
    pub name: String,
    /// Cedar.
    pub text: String,
}

impl Statement for Publication {
    const KIND: &'static str = "policies";
}

impl Publication {
    /// Loads the policies.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] if they do not fit the schema or the bounds.
    pub fn policies(&self) -> Result<Policies, PolicyError> {
        let file = |file: &PolicyFile| (file.name.clone(), file.text.clone().into_bytes());
        Policies::parse(&self.files.iter().map(file).collect::<Vec<_>>())
    }

    /// The names of the files.
    pub fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<crate::signed::Signed<Publication>>("policy-set");
    }
}
