//! The AWS Security Finding Format, as Security Hub's BatchImportFindings takes it.

use std::str::FromStr;

use serde_json::{Value, json};

use super::{Stage, place, staged};
use crate::{
    finding::{Finding, Status},
    fleet::FleetReport,
    instant::rfc3339,
};

/// How many findings one BatchImportFindings call takes (Security Hub API Reference).
const MAX_BATCH: usize = 100;

/// The product of Security Hub that findings of one account and Region belong to.
///
/// It is the default one, which every account has for findings of its own (Security Hub User Guide,
/// "Custom product integrations"). Its findings are about the account itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    partition: String,
    region: String,
    account: String,
}

/// A text that is not the ARN of an account's default product.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not arn:<partition>:securityhub:<Region>:<account>:product/<account>/default")]
pub struct NotAProduct(String);

impl Product {
    /// Its ARN.
    pub fn arn(&self) -> String {
        let Self { partition, region, account } = self;
        format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
    }
}

impl FromStr for Product {
    type Err = NotAProduct;

    fn from_str(arn: &str) -> Result<Self, NotAProduct> {
        let refused = || NotAProduct(arn.chars().take(128).collect());
        let mut parts = arn.splitn(6, ':').skip(1).map(str::to_owned);
        let mut part = || parts.next().ok_or_else(refused);
        let (partition, _service, region, account) = (part()?, part()?, part()?, part()?);
        let product = Self { partition, region, account };
        let is_account = product.account.len() == 12
            && product.account.bytes().all(|byte| byte.is_ascii_digit());
        if is_account && !product.region.is_empty() && product.arn() == arn {
            Ok(product)
        } else {
            Err(refused())
        }
    }
}

/// The requests of BatchImportFindings, of at most 100 findings each.
pub fn asff(report: &FleetReport) -> Vec<Value> {
    let entry = |(stage, finding): (Stage, &Finding)| {
        let updated = rfc3339(report.as_of.max(finding.as_of));
        entry(&product_of(report, finding), stage, finding, &updated)
    };
    let all: Vec<Value> = staged(report).map(entry).collect();
    all.chunks(MAX_BATCH).map(|batch| json!({"Findings": batch})).collect()
}

/// A finding as it leaves the bus. The one with the same id is updated, and archived when it is over.
///
/// Security Hub ignores an update whose `UpdatedAt` is before the one that it has. So an event that is
/// delivered twice, or late, changes nothing.
pub fn asff_of(product: &Product, finding: &Finding) -> Value {
    let stage = match finding.status {
        Status::New => Stage::New,
        Status::Ongoing => Stage::Ongoing,
        Status::Resolved => Stage::Resolved,
    };
    entry(product, stage, finding, &rfc3339(finding.as_of))
}

/// The ARN of a bucket names neither account nor Region; it is judged for a CA of the report's account.
fn product_of(report: &FleetReport, finding: &Finding) -> Product {
    let first = report.cas.first().map(|ca| &ca.arn);
    let (account, region) = place(&finding.resource);
    let account = account.or(first.map(|ca| ca.account())).unwrap_or("000000000000");
    let region = region.or(first.map(|ca| ca.region())).unwrap_or("us-east-1");
    let partition = finding.resource.split(':').nth(1).unwrap_or("aws");
    Product {
        partition: partition.to_owned(),
        region: region.to_owned(),
        account: account.to_owned(),
    }
}

fn entry(product: &Product, stage: Stage, finding: &Finding, updated: &str) -> Value {
    let (_, region) = place(&finding.resource);
    let is_bucket = finding.resource.contains(":s3:");
    // Of an existing finding, Security Hub ignores the workflow, which is the customer's.
    let (workflow, record) = match stage {
        Stage::New => ("NEW", "ACTIVE"),
        Stage::Ongoing => ("NOTIFIED", "ACTIVE"),
        Stage::Resolved => ("RESOLVED", "ARCHIVED"),
    };
    json!({
        "SchemaVersion": "2018-10-08",
        "Id": finding.id,
        "ProductArn": product.arn(),
        "GeneratorId": format!("vigil/{}", finding.rule),
        "AwsAccountId": product.account,
        "CreatedAt": rfc3339(finding.found_at()),
        "UpdatedAt": updated,
        // In place of the fields at the top, which a provider must not update.
        "FindingProviderFields": {
            "Severity": {"Label": finding.severity.label()},
            "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        },
        "Title": cut(&finding.title, 256),
        "Description": cut(&format!("{} {}", finding.what_happened, finding.impact), 1024),
        "Remediation": {"Recommendation": {"Text": cut(&finding.what_to_do, 512)}},
        "ProductFields": {
            "ProviderName": "Vigil",
            "vigil/rule": finding.rule,
            "vigil/why": cut(&finding.why, 1024),
        },
        "Resources": [{
            "Type": if is_bucket { "AwsS3Bucket" } else { "Other" },
            "Id": cut(&finding.resource, 512),
            "Partition": product.partition,
            "Region": region.unwrap_or(&product.region),
        }],
        "Workflow": {"Status": workflow},
        "RecordState": record,
    })
}

/// Security Hub refuses longer texts.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most - 1).collect();
    cut.push('…');
    cut
}
