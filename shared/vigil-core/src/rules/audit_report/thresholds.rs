//! What operators set for the rules about audit reports: one object of the evidence bucket,
//! `settings/audit-report.json`. Its JSON Schema is `docs/schemas/report-settings.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::arn::CaArn;

/// The value of [`ReportSettings::schema`].
pub const SETTINGS_SCHEMA: &str = "vigil.audit-report-settings/1";

/// The largest object that is read.
pub const MAX_SETTINGS_BYTES: usize = 64 * 1024;
const MAX_ENTRIES: usize = 1000;
const MAX_LIST: usize = 200;
const MAX_TEXT: usize = 256;

/// The settings, for all CAs, for CAs by tag and for single CAs. Later ones replace earlier ones, member
/// by member: the built-in ones, `default`, those of `tags` in their order, those of `cas`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportSettings {
    /// `vigil.audit-report-settings/1`.
    pub schema: String,
    /// For every CA.
    #[serde(default)]
    pub default: Overrides,
    /// For CAs with a tag.
    #[serde(default)]
    pub tags: Vec<OfTag>,
    /// For CAs by their ARNs.
    #[serde(default)]
    pub cas: BTreeMap<CaArn, Overrides>,
}

/// Settings for the CAs with a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OfTag {
    /// The key of the tag.
    pub key: String,
    /// Its value. Absent: any.
    #[serde(default)]
    pub value: Option<String>,
    /// The settings.
    pub set: Overrides,
}

/// The settings that are given; the others stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    /// End-entity certificates of more days are a finding. Built-in: no limit.
    #[serde(default)]
    pub max_validity_days: Option<u32>,
    /// Names of templates that the CA may use, as `EndEntityCertificate/V1` or
    /// `SubordinateCACertificate_*`. Built-in: all but those for code signing and OCSP signing, those for
    /// subordinate CAs unless the CA is a root, and those that take over extensions of a request.
    #[serde(default)]
    pub templates: Option<Vec<String>>,
    /// Accounts that may request certificates, besides the CA's own. Built-in: those that had before Vigil
    /// watched the CA.
    #[serde(default)]
    pub accounts: Option<Vec<String>>,
    /// Whether certificates are renewed, so that one without a successor is a finding. Built-in: true.
    #[serde(default)]
    pub renews: Option<bool>,
    /// Revocations in one hour that are a burst if they are more than those of 90 days before; at least
    /// so many. Built-in: 10.
    #[serde(default)]
    pub min_burst: Option<u64>,
    /// A quota that is reached within so many days is a finding; within 90 days it always is. Built-in: 365.
    /// For the quota of CAs in a Region, `default` alone counts.
    #[serde(default)]
    pub quota_days: Option<u32>,
}

/// The settings for one CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thresholds {
    pub(crate) max_validity_days: Option<u32>,
    pub(crate) templates: Option<Vec<String>>,
    pub(crate) accounts: Vec<String>,
    pub(crate) renews: bool,
    pub(crate) min_burst: u64,
    pub(crate) quota_days: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            max_validity_days: None,
            templates: None,
            accounts: Vec::new(),
            renews: true,
            min_burst: 10,
            quota_days: 365,
        }
    }
}

impl Thresholds {
    fn set(&mut self, by: &Overrides) {
        let Overrides { max_validity_days, templates, accounts, renews, min_burst, quota_days } =
            by;
        self.max_validity_days = max_validity_days.or(self.max_validity_days);
        if templates.is_some() {
            self.templates.clone_from(templates);
        }
        if let Some(accounts) = accounts {
            self.accounts.clone_from(accounts);
        }
        self.renews = renews.unwrap_or(self.renews);
        self.min_burst = min_burst.unwrap_or(self.min_burst);
        self.quota_days = quota_days.unwrap_or(self.quota_days);
    }
}

impl ReportSettings {
    /// Reads the object.
    ///
    /// # Errors
    ///
    /// A sentence that says why it cannot be used. No part of such an object is used.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        if body.len() > MAX_SETTINGS_BYTES {
            return Err(format!("it is larger than {MAX_SETTINGS_BYTES} bytes"));
        }
        let read: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if read.schema != SETTINGS_SCHEMA {
            return Err(format!("its schema is not {SETTINGS_SCHEMA}"));
        }
        if read.tags.len() > MAX_ENTRIES || read.cas.len() > MAX_ENTRIES {
            return Err(format!("it has more than {MAX_ENTRIES} entries"));
        }
        let of_tags = read.tags.iter().map(|of| &of.set);
        let all = std::iter::once(&read.default).chain(of_tags).chain(read.cas.values());
        for set in all {
            set.check()?;
        }
        Ok(read)
    }

    /// The settings for what is of no single CA.
    pub(crate) fn of_region(&self) -> Thresholds {
        let mut thresholds = Thresholds::default();
        thresholds.set(&self.default);
        thresholds
    }

    /// The settings for a CA.
    pub(crate) fn of(
        &self,
        ca: &CaArn,
        tags: Option<&BTreeMap<String, Option<String>>>,
    ) -> Thresholds {
        let mut thresholds = self.of_region();
        for of in &self.tags {
            let tag = tags.and_then(|tags| tags.get(&of.key));
            let is_meant = |value: &Option<String>| of.value.is_none() || of.value == *value;
            if tag.is_some_and(is_meant) {
                thresholds.set(&of.set);
            }
        }
        if let Some(set) = self.cas.get(ca) {
            thresholds.set(set);
        }
        thresholds
    }
}

impl Overrides {
    fn check(&self) -> Result<(), String> {
        for list in [&self.templates, &self.accounts].into_iter().flatten() {
            if list.len() > MAX_LIST {
                return Err(format!("a list has more than {MAX_LIST} items"));
            }
            if list.iter().any(|text| text.is_empty() || text.len() > MAX_TEXT) {
                return Err(format!("an item is empty or longer than {MAX_TEXT} bytes"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a";

    fn read(text: &str) -> Result<ReportSettings, String> {
        ReportSettings::read(text.as_bytes())
    }

    fn of(settings: &str, tags: &[(&str, &str)]) -> Thresholds {
        let tags: BTreeMap<String, Option<String>> = tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())))
            .collect();
        read(settings).unwrap().of(&CA.parse().unwrap(), Some(&tags))
    }

    #[test]
    fn later_settings_replace_earlier_ones_member_by_member() {
        let text = format!(
            r#"{{"schema": "{SETTINGS_SCHEMA}",
                "default": {{"max_validity_days": 398, "renews": false}},
                "tags": [{{"key": "env", "value": "test", "set": {{"max_validity_days": 30}}}},
                         {{"key": "keeps", "set": {{"min_burst": 3}}}}],
                "cas": {{"{CA}": {{"quota_days": 30}}}}}}"#
        );
        let plain = of(&text, &[]);
        assert_eq!((plain.max_validity_days, plain.renews), (Some(398), false));
        assert_eq!((plain.min_burst, plain.quota_days), (10, 30));
        let tagged = of(&text, &[("env", "test"), ("keeps", "any")]);
        assert_eq!((tagged.max_validity_days, tagged.min_burst), (Some(30), 3));
        let other = of(&text, &[("env", "prod")]);
        assert_eq!(other.max_validity_days, Some(398));
    }

    #[test]
    fn settings_that_cannot_be_used_are_refused_as_a_whole() {
        let long = "x".repeat(300);
        let many = vec!["\"a\""; 201].join(",");
        let set =
            |member: &str| format!(r#"{{"schema": "{SETTINGS_SCHEMA}", "default": {{{member}}}}}"#);
        for (text, why) in [
            (String::new(), "EOF"),
            ("[]".to_owned(), "invalid"),
            ("{}".to_owned(), "missing field"),
            (r#"{"schema": "other"}"#.to_owned(), "schema"),
            (set(r#""max_validity": 3"#), "unknown field"),
            (set(r#""max_validity_days": -3"#), "invalid value"),
            (set(r#""max_validity_days": 1e99"#), "invalid type"),
            (set(&format!(r#""templates": ["{long}"]"#)), "longer"),
            (set(r#""templates": [""]"#), "empty"),
            (set(&format!(r#""accounts": [{many}]"#)), "200 items"),
            (set("") + &" ".repeat(MAX_SETTINGS_BYTES), "larger"),
            ("[".repeat(60_000), "invalid type"),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
    }

    /// JSON of the members that settings have, in any order and number, right or not.
    fn damaged() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
        use proptest::prelude::*;
        let parts: Vec<String> = [
            &format!(r#"{{"schema":"{SETTINGS_SCHEMA}","default":{{"renews":false}}}}"#),
            &format!(r#"{{"schema":"{SETTINGS_SCHEMA}""#),
            &format!(r#","cas":{{"{CA}":{{"min_burst":1}}}}"#),
            r#","tags":[{"key":"a","set":{"templates":["x"]}}]"#,
            r#","default":{"max_validity_days":4294967295}"#,
            r#","default":{"quota_days":null,"accounts":[]}"#,
            "}",
            "[",
            "\\u0000",
            "-1",
        ]
        .map(str::to_owned)
        .to_vec();
        let parts = proptest::collection::vec(proptest::sample::select(parts), 0..6);
        let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
        (parts, changes).prop_map(|(parts, changes)| {
            let mut text = parts.concat().into_bytes();
            for (at, byte) in changes {
                if !text.is_empty() {
                    let at = at.index(text.len());
                    text[at] = byte;
                }
            }
            text
        })
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None, ..Default::default()
        })]

        /// The fuzz target `settings` has the same.
        #[test]
        fn settings_that_are_read_are_read_again_and_apply(text in damaged()) {
            if let Ok(settings) = ReportSettings::read(&text) {
                let again = serde_json::to_vec(&settings).unwrap();
                assert_eq!(ReportSettings::read(&again), Ok(settings.clone()));
                let thresholds = settings.of(&CA.parse().unwrap(), None);
                assert!(thresholds.accounts.len() <= MAX_LIST);
            }
        }
    }

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<ReportSettings>("report-settings");
    }
}
