//! Events put on a bus of an EventBridge endpoint.

use std::time::Duration;

use aws_sdk_eventbridge::{
    Client, Config,
    config::{
        BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::{DisplayErrorContext, ProvideErrorMetadata as _, SdkError},
    operation::put_events::PutEventsError,
    primitives::{DateTime, DateTimeFormat},
    types::PutEventsRequestEntry as Entry,
};
use futures::future::BoxFuture;
use serde_json::Value;

use super::carrier::{Carrier, Count};

/// An endpoint that accepts and does not answer is taken for one that is down.
const ATTEMPT: Duration = Duration::from_secs(10);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LAST_DELAY: Duration = Duration::from_secs(30);
/// "The total size of all entries must be less than 256 KB" (EventBridge API reference, PutEvents).
const MAX_BYTES: usize = 256 * 1024 - 1;

/// An EventBridge endpoint, the bus, and how it is called.
pub struct EventBridge {
    client: Client,
    /// Without credentials of its own, a call is made as the account that the event is of.
    has_credentials: bool,
    bus: String,
    /// In place of the events' own.
    source: Option<String>,
}

impl EventBridge {
    /// An endpoint's URL, and the name or ARN of a bus. `source` replaces the events' own.
    pub fn new(endpoint: &str, bus: &str, source: Option<String>) -> Self {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            // Trying again is done here, for longer than the SDK would.
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(ATTEMPT).build())
            .build();
        let client = Client::from_conf(config);
        Self { client, has_credentials: false, bus: bus.to_owned(), source }
    }

    /// Signs calls with these credentials.
    pub fn credentials(mut self, credentials: SharedCredentialsProvider) -> Self {
        let config = self.client.config().to_builder().credentials_provider(credentials);
        self.client = Client::from_conf(config.build());
        self.has_credentials = true;
        self
    }

    async fn put(&self, batch: &[Parcel], given_up: &Count) {
        let mut left: Vec<&Parcel> = batch.iter().collect();
        let (mut delay, mut failures) = (FIRST_DELAY, 0_u64);
        while !left.is_empty() {
            match self.attempt(&left).await {
                Attempt::Answered(refused) => {
                    if failures > 0 {
                        tracing::warn!(failures, "the endpoint of events answers again");
                        failures = 0;
                    }
                    left = settle(&left, &refused, given_up);
                    if left.is_empty() {
                        return;
                    }
                }
                Attempt::Failed(why) => {
                    failures += 1;
                    if failures == 1 {
                        tracing::warn!(waiting = left.len(), why, "events wait for their endpoint");
                    }
                }
                Attempt::Refused(why) => {
                    let lost = given_up.add(left.len());
                    tracing::error!(events = left.len(), why, lost, "events were refused");
                    return;
                }
            }
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(LAST_DELAY);
        }
    }

    async fn attempt(&self, batch: &[&Parcel]) -> Attempt {
        let entries = batch.iter().map(|parcel| self.entry(parcel)).collect();
        let mut call = self.client.put_events().set_entries(Some(entries)).customize();
        if let Some(first) = batch.first() {
            let mut config = Config::builder().region(Region::new(first.region.clone()));
            if !self.has_credentials {
                let as_account =
                    Credentials::new(&first.account, "local", None, None, "pca-local events");
                config = config.credentials_provider(as_account);
            }
            call = call.config_override(config);
        }
        match call.send().await {
            Ok(answer) => Attempt::Answered(
                answer
                    .entries()
                    .iter()
                    .map(|entry| {
                        entry.error_code().map(|code| {
                            (code.to_owned(), entry.error_message().unwrap_or_default().to_owned())
                        })
                    })
                    .collect(),
            ),
            Err(error) => Attempt::of(&error),
        }
    }

    fn entry(&self, parcel: &Parcel) -> Entry {
        let time = DateTime::from_str(&parcel.time, DateTimeFormat::DateTime).ok();
        Entry::builder()
            .event_bus_name(&self.bus)
            .source(self.source.as_ref().unwrap_or(&parcel.source))
            .detail_type(&parcel.detail_type)
            .detail(&parcel.detail)
            .set_resources(Some(parcel.resources.clone()))
            .set_time(time)
            .build()
    }
}

enum Attempt {
    /// What was wrong with each entry, if anything was.
    Answered(Vec<Option<(String, String)>>),
    /// It may go better the next time.
    Failed(String),
    Refused(String),
}

impl Attempt {
    fn of(error: &SdkError<PutEventsError>) -> Self {
        let why = DisplayErrorContext(error).to_string();
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let is_refusal = (400..500).contains(&status) && !is_passing(error.code());
        if is_refusal { Self::Refused(why) } else { Self::Failed(why) }
    }
}

fn is_passing(code: Option<&str>) -> bool {
    let passing =
        ["InternalException", "InternalFailure", "ServiceUnavailable", "ThrottlingException"];
    code.is_some_and(|code| passing.contains(&code))
}

/// What has to be sent again: an entry that failed for a reason that will pass.
fn settle<'a>(
    sent: &[&'a Parcel],
    refused: &[Option<(String, String)>],
    given_up: &Count,
) -> Vec<&'a Parcel> {
    let mut again = Vec::new();
    for (parcel, refused) in sent.iter().zip(refused) {
        match refused {
            None => {}
            Some((code, _)) if is_passing(Some(code)) => again.push(*parcel),
            Some((code, message)) => {
                let lost = given_up.add(1);
                let advice = if code.contains("NotAuthorizedForSource") {
                    "sources that begin with aws. are AWS's own: give another with --events-source"
                } else {
                    ""
                };
                tracing::error!(code, message, lost, advice, "an event was refused");
            }
        }
    }
    again
}

/// An event as PutEvents wants it.
struct Parcel {
    account: String,
    region: String,
    source: String,
    detail_type: String,
    detail: String,
    resources: Vec<String>,
    time: String,
}

impl Parcel {
    fn of(event: &str) -> Option<Self> {
        let event: Value = serde_json::from_str(event).ok()?;
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let resources = event["resources"].as_array()?;
        Some(Self {
            account: text("account"),
            region: text("region"),
            source: text("source"),
            detail_type: text("detail-type"),
            detail: event["detail"].to_string(),
            resources: resources.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect(),
            time: text("time"),
        })
    }

    /// EventBridge user guide, "Calculating PutEvents event entry size".
    fn bytes(&self) -> usize {
        let resources: usize = self.resources.iter().map(String::len).sum();
        14 + self.source.len() + self.detail_type.len() + self.detail.len() + resources
    }

    fn is_like(&self, other: &Self) -> bool {
        self.account == other.account && self.region == other.region
    }
}

impl Carrier for EventBridge {
    fn carry<'a>(&'a mut self, events: &'a [String], given_up: &'a Count) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let parcels: Vec<Parcel> =
                events.iter().filter_map(|event| Parcel::of(event)).collect();
            for alike in parcels.chunk_by(Parcel::is_like) {
                let mut rest = alike;
                while !rest.is_empty() {
                    let (batch, later) = rest.split_at(how_many(rest));
                    self.put(batch, given_up).await;
                    rest = later;
                }
            }
        })
    }
}

/// As many as go into one call; one that is too large by itself is EventBridge's to refuse.
fn how_many(parcels: &[Parcel]) -> usize {
    let mut bytes = 0;
    let fits = parcels.iter().take_while(|parcel| {
        bytes += parcel.bytes();
        bytes <= MAX_BYTES
    });
    fits.count().max(1)
}

#[cfg(test)]
mod tests;
