//! The bus of findings as [`Bus`] has it.

use std::sync::{Arc, Mutex};

use aws_sdk_eventbridge::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextMut},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use serde_json::Value;
use testkit::pca::START;
use vigil_aws::bus::EventBridge;
use vigil_core::{
    fakes::{self, FakeBus},
    finding::{DETAIL_TYPE, Finding, SOURCE, Severity},
    ports::{Bus, CONTINUATION, Continuation, PublishError},
};
use vigil_local::{SECRET, Stack};

use crate::{
    sentences,
    stack::{self, BUS},
};

trait World {
    fn port(&self) -> &impl Bus;

    /// The findings on the bus, in the order of their arrival.
    fn published(&self) -> Vec<Finding>;

    fn continuations(&self) -> Vec<Continuation>;

    /// Makes the bus refuse the first finding of the next call.
    fn refuse_first(&self);
}

struct Fake(FakeBus);

impl Fake {
    async fn start() -> Self {
        Self(FakeBus::default())
    }
}

impl World for Fake {
    fn port(&self) -> &impl Bus {
        &self.0
    }

    fn published(&self) -> Vec<Finding> {
        self.0.published.lock().unwrap().clone()
    }

    fn continuations(&self) -> Vec<Continuation> {
        self.0.continued_from.lock().unwrap().clone()
    }

    fn refuse_first(&self) {
        self.0.fail_next();
    }
}

struct Real {
    stack: Stack,
    misdirected: Misdirected,
    port: EventBridge,
}

impl Real {
    async fn start() -> Self {
        let stack = stack::start().await;
        let misdirected = Misdirected::default();
        let config = aws_sdk_eventbridge::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("alice", SECRET, None, None, "test"))
            .endpoint_url(stack.endpoint())
            .region(Region::new("us-east-1"))
            .interceptor(misdirected.clone())
            .build();
        let client = aws_sdk_eventbridge::Client::from_conf(config);
        let port = EventBridge::new(client, BUS.to_owned());
        Self { stack, misdirected, port }
    }

    /// The details of the events of one type on the bus.
    fn details(&self, detail_type: &str) -> Vec<Value> {
        let events = self.stack.events().into_iter().filter(|seen| seen.bus == BUS);
        events
            .map(|seen| seen.event)
            .filter(|event| event["source"] == SOURCE && event["detail-type"] == detail_type)
            .map(|event| event["detail"].clone())
            .collect()
    }
}

impl World for Real {
    fn port(&self) -> &impl Bus {
        &self.port
    }

    fn published(&self) -> Vec<Finding> {
        let details = self.details(DETAIL_TYPE).into_iter();
        details.map(|detail| serde_json::from_value(detail).unwrap()).collect()
    }

    fn continuations(&self) -> Vec<Continuation> {
        let details = self.details(CONTINUATION).into_iter();
        details.map(|detail| serde_json::from_value(detail).unwrap()).collect()
    }

    fn refuse_first(&self) {
        *self.misdirected.0.lock().unwrap() = true;
    }
}

/// Addresses the first entry of the next call to a bus that is not there, so that EventBridge
/// refuses this entry and no other.
#[derive(Clone, Debug, Default)]
struct Misdirected(Arc<Mutex<bool>>);

impl Intercept for Misdirected {
    fn name(&self) -> &'static str {
        "Misdirected"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if std::mem::take(&mut *self.0.lock().unwrap()) {
            let request = context.request_mut();
            let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap())?;
            body["Entries"][0]["EventBusName"] = "nowhere".into();
            let body = body.to_string();
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body);
        }
        Ok(())
    }
}

sentences!(Fake, Real;
    findings_arrive_as_they_are_and_in_order
    more_findings_than_one_call_takes_arrive
    publishing_nothing_is_no_error
    a_refused_finding_is_named_and_the_others_arrive
    a_refused_finding_can_be_published_again
    a_continuation_arrives_as_it_is
);

fn findings(count: usize) -> Vec<Finding> {
    let finding = |number: usize| {
        let title = format!("Finding {number} is \"seen\"");
        let resource = format!("arn:aws:x:::{number}");
        Finding { title, ..fakes::finding("area.rule", Severity::Low, &resource, START) }
    };
    (0..count).map(finding).collect()
}

async fn findings_arrive_as_they_are_and_in_order(world: &impl World) {
    let findings = findings(3);
    world.port().publish(&findings[..2]).await.unwrap();
    world.port().publish(&findings[2..]).await.unwrap();
    assert_eq!(world.published(), findings);
    assert_eq!(world.continuations(), []);
}

/// PutEvents takes ten entries at a time.
async fn more_findings_than_one_call_takes_arrive(world: &impl World) {
    let findings = findings(25);
    world.port().publish(&findings).await.unwrap();
    assert_eq!(world.published(), findings);
}

async fn publishing_nothing_is_no_error(world: &impl World) {
    world.port().publish(&[]).await.unwrap();
    assert_eq!(world.published(), []);
}

async fn a_refused_finding_is_named_and_the_others_arrive(world: &impl World) {
    let findings = findings(12);
    world.refuse_first();
    let error = world.port().publish(&findings).await.unwrap_err();
    let PublishError::Refused { count, refused } = error else { panic!("{error}") };
    assert_eq!((count, refused.len()), (12, 1));
    assert_eq!(refused[0].id, findings[0].id);
    assert!(!refused[0].code.is_empty() && !refused[0].message.is_empty());
    assert_eq!(world.published(), findings[1..]);
}

async fn a_refused_finding_can_be_published_again(world: &impl World) {
    let findings = findings(1);
    world.refuse_first();
    world.port().publish(&findings).await.unwrap_err();
    assert_eq!(world.published(), []);
    world.port().publish(&findings).await.unwrap();
    assert_eq!(world.published(), findings);
}

async fn a_continuation_arrives_as_it_is(world: &impl World) {
    let rest = Continuation {
        job: "crl-audit".to_owned(),
        from: "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a".to_owned(),
        hop: 3,
    };
    world.port().continue_later(&rest).await.unwrap();
    assert_eq!(world.continuations(), [rest]);
    assert_eq!(world.published(), []);
}
