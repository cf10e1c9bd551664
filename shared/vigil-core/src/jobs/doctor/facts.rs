//! The facts that the checks judge. One that cannot be had does not keep the others from being had.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use super::{
    expected::{FUNCTIONS, RULES, SCHEDULES},
    key_policy,
};
use crate::{
    evidence::keys,
    failure::chain,
    finding::{Finding, Names, Observation},
    instant::rfc3339,
    jobs::{authentic::Gap, in_order::in_order, policy_set},
    ports::{Authorities, Bus, EvidenceStore, PortError, Signatures},
    rules::doctor::{TEST, TEST_FINDING},
    signed::Signers,
};

/// A fact, or the reason why it is not known.
pub type Fetched<T> = Result<T, String>;

/// Buckets that are asked at a time.
const AT_A_TIME: usize = 16;

/// A deployment, as AWS's services show it.
#[async_trait]
pub trait Deployment: Send + Sync {
    /// DescribeTrails, GetTrailStatus and GetEventSelectors: the trails that cover the Region.
    ///
    /// # Errors
    ///
    /// [`PortError`] if a call fails.
    async fn trails(&self) -> Result<Vec<Trail>, PortError>;

    /// GetFunction; `None` if there is no such function.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn function(&self, name: &str) -> Result<Option<Function>, PortError>;

    /// GetAccountSettings of Lambda.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn concurrency(&self) -> Result<Concurrency, PortError>;

    /// ListRules and, for those that `with_targets` chooses, ListTargetsByRule. `bus` is a name or an ARN.
    ///
    /// # Errors
    ///
    /// [`PortError`] if a call fails.
    async fn rules(
        &self,
        bus: &str,
        with_targets: &(dyn for<'a> Fn(&'a Rule) -> bool + Send + Sync),
    ) -> Result<Vec<Rule>, PortError>;

    /// ListSubscriptionsByTopic.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn subscriptions(&self, topic: &str) -> Result<Vec<Subscription>, PortError>;

    /// GetQueueAttributes: how many messages lie in the queue with this ARN; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn messages(&self, queue: &str) -> Result<Option<u64>, PortError>;

    /// FilterLogEvents: whether the log group has this phrase since then.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn logged(
        &self,
        group: &str,
        phrase: &str,
        since: OffsetDateTime,
    ) -> Result<bool, PortError>;

    /// GetBucketNotificationConfiguration: whether S3 sends the bucket's events to EventBridge.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn sends_events(&self, bucket: &str) -> Result<bool, PortError>;

    /// GetKeyPolicy: the policy of a KMS key; `None` if there is no such key.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn key_policy(&self, key: &str) -> Result<Option<String>, PortError>;

    /// Invoke, and wait: the function's error, if it failed.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the function could not be invoked.
    async fn invoke(&self, function: &str, event: &str) -> Result<Option<String>, PortError>;
}

/// A trail that covers the Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Its ARN.
    pub arn: String,
    /// GetTrailStatus, IsLogging.
    pub is_logging: bool,
    /// Whether it has management events that change something.
    pub has_writes: bool,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// `State`, such as `Active`.
    pub state: String,
    /// The environment variables.
    pub environment: BTreeMap<String, String>,
    /// The tag `vigil:version`.
    pub version: Option<String>,
    /// ReservedConcurrentExecutions.
    pub reserved: Option<u32>,
    /// The tag `vigil:key`: the parameter KmsKeyArn.
    pub key: Option<String>,
}

/// A KMS key that encrypts what the stack keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// Its ARN.
    pub arn: String,
    /// What its policy does not allow, or why it cannot be used.
    pub missing: Vec<String>,
}

/// AccountLimit of Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// ConcurrentExecutions.
    pub limit: u32,
    /// UnreservedConcurrentExecutions.
    pub unreserved: u32,
}

/// A rule of EventBridge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The bus that it is on, by name.
    pub bus: String,
    /// Whether its state begins with `ENABLED`.
    pub is_enabled: bool,
    /// The pattern, in JSON; `None` for a schedule.
    pub pattern: Option<String>,
    /// Its targets, if they were asked for.
    pub targets: Vec<Target>,
}

/// A target of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its ARN.
    pub arn: String,
    /// The ARN of its dead-letter queue.
    pub dead_letters: Option<String>,
}

/// A subscription of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// `email`, `https` and others.
    pub protocol: String,
    /// Where it delivers to.
    pub endpoint: String,
    /// Whether it was confirmed: SNS delivers nothing before.
    pub is_confirmed: bool,
}

/// Which deployment is checked.
#[derive(Clone, Debug)]
pub struct Place {
    /// The parameter `Name`.
    pub name: String,
    /// The name of the stack.
    pub stack: String,
}

/// What is done besides looking.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Invoke each function once before.
    pub run_functions: bool,
    /// How often the logs are asked for the test finding, five seconds apart.
    pub looks: u32,
    /// Tells the test finding from another of the same second.
    pub nonce: u32,
}

/// What it needs of the world.
pub struct Ports<'a> {
    /// The deployment.
    pub deployment: &'a dyn Deployment,
    /// ACM PCA in the Region.
    pub authorities: &'a dyn Authorities,
    /// Opens the evidence bucket.
    pub evidence: &'a (dyn Fn(&str) -> Box<dyn EvidenceStore> + Send + Sync),
    /// What says whether a key has signed.
    pub signatures: &'a dyn Signatures,
    /// Opens the event bus.
    pub bus: &'a (dyn Fn(&str) -> Box<dyn Bus> + Send + Sync),
}

/// Where the test finding was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedTest {
    /// Its id.
    pub id: String,
    /// Whether the log group of findings has it.
    pub is_logged: bool,
    /// Whether notify published it to the topic.
    pub is_sent: bool,
}

/// Why ACM PCA listed no CAs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// The caller may not list them.
    Denied(String),
    /// There was no answer, or another error.
    NoAnswer(String),
}

/// Everything that is judged.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Which deployment was checked.
    pub place: Place,
    /// The version that it should have.
    pub version: String,
    /// How many CAs ACM PCA lists.
    pub cas: Result<usize, Unreached>,
    /// The trails that cover the Region.
    pub trails: Fetched<Vec<Trail>>,
    /// By name without the stack's; `None` for one that is missing.
    pub functions: BTreeMap<&'static str, Fetched<Option<Function>>>,
    /// The functions that were invoked, and their errors.
    pub runs: BTreeMap<&'static str, Fetched<Option<String>>>,
    /// Of both buses.
    pub rules: Fetched<Vec<Rule>>,
    /// By the topic's ARN.
    pub subscriptions: BTreeMap<String, Fetched<Vec<Subscription>>>,
    /// By the queue's ARN.
    pub dead_letters: BTreeMap<String, Fetched<Option<u64>>>,
    /// Lambda's limits.
    pub concurrency: Fetched<Concurrency>,
    /// How many files of policies load; none means the built-in ones.
    pub policies: Fetched<Result<usize, String>>,
    /// The key of the stack, if it has one.
    pub key: Fetched<Option<KeyUse>>,
    /// By bucket: whether it sends events.
    pub crl_buckets: BTreeMap<String, Fetched<bool>>,
    /// The test finding, if it left.
    pub test: Fetched<PublishedTest>,
}

fn fetched<T>(result: Result<T, PortError>) -> Fetched<T> {
    result.map_err(|error| chain(&error))
}

/// Gathers every fact.
pub async fn gather(ports: &Ports<'_>, place: Place, version: &str, options: Options) -> Facts {
    let deployment = ports.deployment;
    let listing = ports.authorities.list().await.map_err(|error| match error {
        PortError::Denied { .. } => Unreached::Denied(chain(&error)),
        other => Unreached::NoAnswer(chain(&other)),
    });
    let mut functions = BTreeMap::new();
    for name in FUNCTIONS {
        let found = deployment.function(&format!("{}-{name}", place.name)).await;
        functions.insert(*name, fetched(found));
    }
    let setting = |function: &str, variable: &str| {
        let function = functions.get(function)?.as_ref().ok()?.as_ref()?;
        function.environment.get(variable).cloned()
    };
    let mut runs = BTreeMap::new();
    if options.run_functions {
        for (name, event) in [
            ("restore-deadline", "{}"),
            ("last-resort", "{}"),
            ("auto-restore", r#"{"task": "sweep"}"#),
            ("crl-audit", "{}"),
            ("audit-report", "{}"),
        ] {
            let run = deployment.invoke(&format!("{}-{name}", place.name), event).await;
            runs.insert(name, fetched(run));
        }
    }
    let bus = setting("auto-restore", "VIGIL_EVENT_BUS").unwrap_or_else(|| place.name.clone());
    let rules = rules(deployment, &place, &bus).await;
    let mut subscriptions = BTreeMap::new();
    for variable in ["VIGIL_ALERTS_TOPIC", "VIGIL_ON_CALL_TOPIC"] {
        if let Some(topic) = setting("notify", variable) {
            let found = fetched(deployment.subscriptions(&topic).await);
            subscriptions.insert(topic, found);
        }
    }
    let mut dead_letters = BTreeMap::new();
    for queue in queues(&rules, &place) {
        let waiting = fetched(deployment.messages(&queue).await);
        dead_letters.insert(queue, waiting);
    }
    let environment = functions.get("auto-restore").and_then(|it| it.as_ref().ok()?.as_ref());
    let environment = environment.map(|it| it.environment.clone()).unwrap_or_default();
    let policies = policies(ports, &environment).await;
    let buckets: BTreeSet<String> = match &listing {
        Ok(listing) => listing
            .cas
            .iter()
            .filter_map(|ca| ca.crl.as_ref().filter(|crl| crl.enabled)?.s3_bucket_name.clone())
            .collect(),
        Err(_) => BTreeSet::new(),
    };
    let asked = buckets.iter().map(|bucket| async move {
        (bucket.clone(), fetched(deployment.sends_events(bucket).await))
    });
    let crl_buckets = in_order(AT_A_TIME, asked).await.into_iter().collect();
    let test = match &listing {
        Ok(listing) => test(ports, &place, &bus, listing.as_of, options).await,
        Err(Unreached::Denied(why) | Unreached::NoAnswer(why)) => Err(why.clone()),
    };
    Facts {
        version: version.to_owned(),
        cas: listing.map(|listing| listing.cas.len()),
        trails: fetched(deployment.trails().await),
        concurrency: fetched(deployment.concurrency().await),
        key: key(deployment, &functions).await,
        place,
        functions,
        runs,
        rules,
        subscriptions,
        dead_letters,
        policies,
        crl_buckets,
        test,
    }
}

async fn rules(deployment: &dyn Deployment, place: &Place, bus: &str) -> Fetched<Vec<Rule>> {
    let prefix = format!("{}-", place.stack);
    // Another stack's rule has the same pattern.
    let is_of_interest =
        move |rule: &Rule| rule.name.starts_with(&prefix) || rule.is_about_deletions();
    let mut rules = fetched(deployment.rules("default", &is_of_interest).await)?;
    rules.extend(fetched(deployment.rules(bus, &is_of_interest).await)?);
    Ok(rules)
}

impl Rule {
    /// Whether deletions of CAs match its pattern, as far as its text says so.
    pub(super) fn is_about_deletions(&self) -> bool {
        let pattern = self.pattern.as_deref().unwrap_or_default();
        pattern.contains("DeleteCertificateAuthority")
    }

    /// Whether CloudFormation made it under this logical id. It adds a hyphen and random characters.
    pub(super) fn is(&self, stack: &str, logical_id: &str) -> bool {
        let rest = self.name.strip_prefix(&format!("{stack}-{logical_id}"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// Whether it belongs to the deployment.
    pub(super) fn is_ours(&self, stack: &str) -> bool {
        let known = RULES.iter().map(|(id, _)| *id).chain(SCHEDULES.iter().copied());
        known.into_iter().any(|id| self.is(stack, id))
    }
}

fn queues(rules: &Fetched<Vec<Rule>>, place: &Place) -> BTreeSet<String> {
    let rules = rules.as_deref().unwrap_or_default().iter();
    let targets = rules.filter(|rule| rule.is_ours(&place.stack)).flat_map(|rule| &rule.targets);
    targets.filter_map(|target| target.dead_letters.clone()).collect()
}

/// As auto-restore reads them, with the keys that it is given.
async fn policies(
    ports: &Ports<'_>,
    environment: &BTreeMap<String, String>,
) -> Fetched<Result<usize, String>> {
    let of = |name: &str| environment.get(name).map(String::as_str).unwrap_or_default();
    let bucket = of("VIGIL_EVIDENCE_BUCKET");
    if bucket.is_empty() {
        return Err("auto-restore does not say which evidence bucket it uses".to_owned());
    }
    let publishers = Signers::read(of("VIGIL_POLICY_KEYS"), of("VIGIL_RETIRED_KEYS"), 1);
    let evidence = (ports.evidence)(bucket);
    // To a function, an object that it may not read is none. To the operator, it is not known.
    fetched(evidence.read(keys::POLICY_SET).await)?;
    fetched(evidence.list(keys::POLICIES).await)?;
    match policy_set::read(evidence.as_ref(), ports.signatures, &publishers).await {
        Ok(None) => Ok(Ok(0)),
        Ok(Some(signed)) => {
            let files = signed.set.names().len();
            let key = keys::POLICY_SET;
            Ok(signed
                .set
                .policies()
                .map(|_| files)
                .map_err(|error| format!("{key}: {}", chain(&error))))
        }
        Err(Gap::Lasting(why)) => Ok(Err(why)),
        Err(Gap::Passing(error)) => Err(chain(&error)),
    }
}

/// The parameter KmsKeyArn, as the functions' tag has it, and the services that its policy leaves out.
async fn key(
    deployment: &dyn Deployment,
    functions: &BTreeMap<&'static str, Fetched<Option<Function>>>,
) -> Fetched<Option<KeyUse>> {
    let function = functions.get("notify").and_then(|it| it.as_ref().ok()?.as_ref());
    let function = function.ok_or_else(|| "notify is not known".to_owned())?;
    let Some(arn) = function.key.clone() else { return Ok(None) };
    let policy = fetched(deployment.key_policy(&arn).await)?;
    let policy = policy.ok_or_else(|| format!("there is no key {arn}"));
    let missing = match &policy {
        Ok(policy) => {
            key_policy::missing(policy, &arn).map_err(|error| format!("{arn}: {error}"))?
        }
        Err(why) => vec![why.clone()],
    };
    Ok(Some(KeyUse { arn, missing }))
}

/// Publishes the test finding, and waits until both ways out of the bus have it.
async fn test(
    ports: &Ports<'_>,
    place: &Place,
    bus: &str,
    now: OffsetDateTime,
    options: Options,
) -> Fetched<PublishedTest> {
    let finding = finding(place, now, options.nonce);
    let published = (ports.bus)(bus).publish(std::slice::from_ref(&finding)).await;
    published.map_err(|error| chain(&error))?;
    let mut test = PublishedTest { id: finding.id, is_logged: false, is_sent: false };
    let since = now - Duration::minutes(1);
    let (log, notify) = (
        format!("/aws/events/{}-findings", place.name),
        format!("/aws/lambda/{}-notify", place.name),
    );
    for look in 0..options.looks {
        if look > 0 {
            ports.authorities.wait(Duration::seconds(5)).await;
        }
        let deployment = ports.deployment;
        if !test.is_logged {
            test.is_logged = fetched(deployment.logged(&log, &test.id, since).await)?;
        }
        if !test.is_sent {
            test.is_sent = fetched(deployment.logged(&notify, &test.id, since).await)?;
        }
        if test.is_logged && test.is_sent {
            break;
        }
    }
    Ok(test)
}

pub(super) fn finding(place: &Place, now: OffsetDateTime, nonce: u32) -> Finding {
    let at = rfc3339(now);
    let names = Names::new(format!("vigil doctor of the stack {} at {at}", place.stack));
    let names = names.with("stack", place.stack.as_str());
    let resource = format!("vigil-doctor:{}", place.stack);
    Observation::new(TEST).discriminator(format!("{at} {nonce}")).finding(
        &TEST_FINDING,
        &names,
        &resource,
        now,
    )
}
