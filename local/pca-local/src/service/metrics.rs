//! The metrics that the service keeps in CloudWatch, counted since the start or the last reset.
//!
//! AWS Private CA user guide, "AWS Private CA CloudWatch metrics".

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use time::Duration;

use crate::{model::arn::CaArn, service::events::CrlFailure};

#[derive(Default)]
pub(crate) struct Metrics(Mutex<HashMap<CaArn, Counted>>);

/// Of one CA.
#[derive(Clone, Copy, Default)]
struct Counted {
    crl_generated: Statistic,
    misconfigured_crl_bucket: Statistic,
    success: Statistic,
    failure: Statistic,
    time: Statistic,
}

/// CloudWatch's StatisticSet.
#[derive(Clone, Copy, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statistic {
    sample_count: u64,
    sum: u64,
    minimum: u64,
    maximum: u64,
}

impl Statistic {
    fn add(&mut self, value: u64) {
        self.minimum = if self.sample_count == 0 { value } else { self.minimum.min(value) };
        self.maximum = self.maximum.max(value);
        self.sample_count += 1;
        self.sum = self.sum.saturating_add(value);
    }
}

impl Metrics {
    /// One moment at which a CA writes CRLs. A failure that is not the bucket's has no metric.
    pub(crate) fn crl(&self, ca: &CaArn, failure: Option<CrlFailure>) {
        self.count(ca, |counted| match failure {
            None => counted.crl_generated.add(1),
            Some(CrlFailure::BucketPermissions) => counted.misconfigured_crl_bucket.add(1),
            Some(CrlFailure::S3Internal | CrlFailure::Signing) => {}
        });
    }

    /// An issuance that is over, so long after it was asked for.
    pub(crate) fn issuance(&self, ca: &CaArn, succeeded: bool, took: Duration) {
        self.count(ca, |counted| {
            let outcome = if succeeded { &mut counted.success } else { &mut counted.failure };
            outcome.add(1);
            counted.time.add(u64::try_from(took.whole_milliseconds()).unwrap_or_default());
        });
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// What there is, CA by CA.
    pub(crate) fn report(&self) -> Report {
        let mut metrics = Vec::new();
        for (ca, counted) in &*self.lock() {
            let Counted { crl_generated, misconfigured_crl_bucket, success, failure, time } =
                *counted;
            let ca = Dimension { name: "PrivateCAArn", value: ca.to_string() };
            let issuing = Dimension { name: "Operation", value: "IssueCertificate".to_owned() };
            let mut put = |metric_name, dimensions: &[&Dimension], unit, statistic: Statistic| {
                if statistic.sample_count > 0 {
                    let dimensions = dimensions.iter().map(|it| (*it).clone()).collect();
                    let statistic_values = statistic;
                    metrics.push(Datum { metric_name, dimensions, unit, statistic_values });
                }
            };
            put("CRLGenerated", &[&ca], "Count", crl_generated);
            put("MisconfiguredCRLBucket", &[&ca], "Count", misconfigured_crl_bucket);
            put("Success", &[&ca, &issuing], "Count", success);
            put("Failure", &[&ca, &issuing], "Count", failure);
            put("Time", &[&ca, &issuing], "Milliseconds", time);
        }
        metrics.sort_by(|a, b| a.dimensions[0].value.cmp(&b.dimensions[0].value));
        Report { namespace: "AWS/ACMPrivateCA", metric_data: metrics }
    }

    fn count(&self, ca: &CaArn, add: impl FnOnce(&mut Counted)) {
        let mut counted = self.lock();
        match counted.get_mut(ca) {
            Some(counted) => add(counted),
            None => add(counted.entry(ca.clone()).or_default()),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CaArn, Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In the words of CloudWatch's PutMetricData.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Report {
    namespace: &'static str,
    metric_data: Vec<Datum>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Datum {
    metric_name: &'static str,
    dimensions: Vec<Dimension>,
    unit: &'static str,
    statistic_values: Statistic,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: &'static str,
    value: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_issuance_counts_with_its_time_and_a_crl_by_its_outcome() {
        let ca =
            CaArn::parse("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/x").unwrap();
        let metrics = Metrics::default();
        metrics.issuance(&ca, true, Duration::milliseconds(30));
        metrics.issuance(&ca, true, Duration::milliseconds(10));
        metrics.crl(&ca, Some(CrlFailure::BucketPermissions));
        metrics.crl(&ca, Some(CrlFailure::S3Internal));
        let arn = json!({"Name": "PrivateCAArn", "Value": ca.to_string()});
        let issuing = json!({"Name": "Operation", "Value": "IssueCertificate"});
        let datum = |name: &str, dimensions: &[&serde_json::Value], unit: &str, of: [u64; 4]| {
            let [count, sum, minimum, maximum] = of;
            json!({
                "MetricName": name, "Dimensions": dimensions, "Unit": unit,
                "StatisticValues": {
                    "SampleCount": count, "Sum": sum, "Minimum": minimum, "Maximum": maximum,
                },
            })
        };
        let want = json!({"Namespace": "AWS/ACMPrivateCA", "MetricData": [
            datum("MisconfiguredCRLBucket", &[&arn], "Count", [1, 1, 1, 1]),
            datum("Success", &[&arn, &issuing], "Count", [2, 2, 1, 1]),
            datum("Time", &[&arn, &issuing], "Milliseconds", [2, 40, 10, 30]),
        ]});
        assert_eq!(serde_json::to_value(metrics.report()).unwrap(), want);
        metrics.clear();
        assert!(metrics.report().metric_data.is_empty());
    }
}
