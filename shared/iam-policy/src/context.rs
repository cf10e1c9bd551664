//! What is known of a request beside principal, action and resource.

use std::collections::BTreeMap;

/// The condition keys of a request. A key is known with its values, known to be absent, or unknown.
/// The names of keys are compared without regard to case.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// An empty list means that the request does not carry the key.
    keys: BTreeMap<String, Vec<String>>,
    /// Prefixes such as `aws:RequestTag/`, all of whose keys are known.
    families: Vec<String>,
}

impl Context {
    /// The key has this value.
    #[must_use]
    pub fn with(self, key: &str, value: &str) -> Self {
        self.with_all(key, [value])
    }

    /// The request does not carry the key.
    #[must_use]
    pub fn without(self, key: &str) -> Self {
        self.with_all(key, [])
    }

    /// The key has this value, or is absent.
    #[must_use]
    pub fn with_optional(self, key: &str, value: Option<&str>) -> Self {
        self.with_all(key, value)
    }

    /// The key has these values at once, as `aws:TagKeys` may.
    #[must_use]
    pub fn with_all<'a>(mut self, key: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let values = values.into_iter().map(str::to_owned).collect();
        self.keys.insert(key.to_ascii_lowercase(), values);
        self
    }

    /// Every key that begins with `prefix` is known. Those that are not listed are absent.
    #[must_use]
    pub fn with_family<'a>(
        mut self,
        prefix: &str,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        self.families.push(prefix.to_ascii_lowercase());
        for (name, value) in values {
            self = self.with(&format!("{prefix}{name}"), value);
        }
        self
    }

    /// `None` for a key that is unknown; an empty list for one that is absent.
    pub(crate) fn values(&self, key: &str) -> Option<&[String]> {
        let key = key.to_ascii_lowercase();
        match self.keys.get(&key) {
            Some(values) => Some(values),
            None if self.families.iter().any(|prefix| key.starts_with(prefix)) => Some(&[]),
            None => None,
        }
    }
}
