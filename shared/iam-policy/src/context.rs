//! What is known of a request beside principal, action and resource.

use std::collections::BTreeMap;

/// The condition keys of a request. A key is known with its values, known to be absent, known to be
/// one of a few, or unknown. The names of keys are compared without regard to case.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Each inner list is what the request may carry; an empty one means that it lacks the key.
    keys: BTreeMap<String, Vec<Vec<String>>>,
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
        self.keys.insert(key.to_ascii_lowercase(), vec![values]);
        self
    }

    /// The key has exactly one of these values, and which one is not known. A condition is met, or
    /// not, only if it is so for each of them.
    #[must_use]
    pub fn with_one_of<'a>(mut self, key: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let values = values.into_iter().map(|value| vec![value.to_owned()]).collect();
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

    /// What the request may carry under the key; `None` for a key that is unknown, an empty inner
    /// list for one that is absent.
    pub(crate) fn possible_values(&self, key: &str) -> Option<Vec<&[String]>> {
        let key = key.to_ascii_lowercase();
        match self.keys.get(&key) {
            Some(possible) => Some(possible.iter().map(Vec::as_slice).collect()),
            None if self.families.iter().any(|prefix| key.starts_with(prefix)) => Some(vec![&[]]),
            None => None,
        }
    }
}
