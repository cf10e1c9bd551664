//! The service's API model: operations, shapes and their constraints, read once.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use serde::Deserialize;

/// AWS's model of the service (botocore `acm-pca/2017-08-22`, Apache-2.0) without its prose.
static JSON: &str = include_str!("../../model/acm-pca-2017-08-22.json");

pub(crate) static MODEL: LazyLock<Model> =
    LazyLock::new(|| serde_json::from_str(JSON).expect("the embedded model is well formed"));

#[derive(Deserialize)]
pub(crate) struct Model {
    pub(crate) operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

#[derive(Deserialize)]
pub(crate) struct Operation {
    input: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Shape {
    Blob {
        #[serde(flatten)]
        length: Bounds,
    },
    Boolean {},
    Integer {
        #[serde(flatten)]
        range: Bounds,
    },
    List {
        member: String,
        #[serde(flatten)]
        length: Bounds,
    },
    Long {
        #[serde(flatten)]
        range: Bounds,
    },
    String {
        #[serde(flatten)]
        length: Bounds,
        pattern: Option<Pattern>,
        #[serde(rename = "enum")]
        values: Option<Vec<String>>,
    },
    Structure {
        members: BTreeMap<String, String>,
        #[serde(default)]
        required: Vec<String>,
    },
    Timestamp {},
}

#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Bounds {
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
}

/// A Java regular expression that has to match the whole value.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern {
    pub(crate) source: String,
    regex: Regex,
}

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(source: String) -> Result<Self, Self::Error> {
        // Java's `\w` is ASCII; the model only uses it inside brackets.
        let ascii = source.replace(r"\w", "A-Za-z0-9_");
        let regex = Regex::new(&format!("^(?:{ascii})$"))?;
        Ok(Self { source, regex })
    }
}

impl Pattern {
    pub(crate) fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }
}

impl Model {
    pub(crate) fn input(&self, operation: &Operation) -> &Shape {
        self.shape(&operation.input)
    }

    pub(crate) fn shape(&self, name: &str) -> &Shape {
        self.shapes.get(name).expect("the model names no shape that it does not define")
    }
}
