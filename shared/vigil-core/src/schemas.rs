//! JSON Schemas of the objects and events that operators and programs depend on, `docs/schemas/`,
//! made from the types. `make docs` writes them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

use crate::{arn::CaArn, finding::golden::assert_file, jobs::auto_restore::Act};

/// Fails where `docs/schemas/<name>.json` is not the schema of `T`.
pub(crate) fn assert_schema<T: JsonSchema>(name: &str) {
    let schema = serde_json::to_string_pretty(&schema_for!(T)).unwrap();
    assert_file(&format!("../../docs/schemas/{name}.json"), &format!("{schema}\n"));
}

/// A time of RFC 3339, for `schemars(with = …)`.
pub(crate) struct DateTime;

impl JsonSchema for DateTime {
    fn schema_name() -> Cow<'static, str> {
        "DateTime".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

impl JsonSchema for CaArn {
    fn schema_name() -> Cow<'static, str> {
        "CaArn".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The ARN of a certificate authority of ACM PCA.",
            "pattern": "^arn:[^:]+:acm-pca:[^:]+:[^:]+:certificate-authority/[^/]+$",
        })
    }
}

/// One entry of a case record, as it is written.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct WrittenEntry {
    /// Its place in the record, from 0.
    seq: usize,
    /// By the clock of ACM PCA.
    at: DateTime,
    #[serde(flatten)]
    act: Act,
    /// The `hash` of the entry before; 64 zeros in the first.
    previous: String,
    /// SHA-256 in hexadecimal of the entry without this member. `evidence` says over which text.
    hash: String,
}
