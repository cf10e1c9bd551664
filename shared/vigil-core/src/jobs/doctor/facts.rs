//! The facts that the checks judge. One that cannot be had does not keep the others from being had.

use std::collections::{BTreeMap, BTreeSet};

use time::{Duration, OffsetDateTime};

use super::{
    buckets::{Buckets, CrlBuckets, NAMED_BY},
    deployment::{Concurrency, Deployment, EventRule, Function, Subscription, Trail},
    expected::FUNCTIONS,
    key_policy,
};
use crate::{
    evidence::keys,
    failure::chain,
    finding::{Finding, Names, Observation},
    instant::rfc3339,
    jobs::{authentic::Gap, in_order::in_order, policy_set},
    ports::{Authorities, Bus, EvidenceStore, Listing, PortError, Signatures},
    rules::doctor::{TEST, TEST_FINDING},
    signed::Signers,
};

/// A fact, or the reason why it is not known.
pub type Fetched<T> = Result<T, String>;

/// The message with which a function logs the outcome of an invocation that succeeded.
const DONE: &str = "done";

/// Buckets that are asked at a time.
const AT_A_TIME: usize = 16;

/// Which deployment is checked.
#[derive(Clone, Debug)]
pub struct StackNames {
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

/// A KMS key that encrypts what the stack keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// Its ARN.
    pub arn: String,
    /// What its policy does not allow, or why it cannot be used.
    pub missing: Vec<String>,
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
    pub stack_names: StackNames,
    /// The version that it should have.
    pub version: String,
    /// How many CAs ACM PCA lists.
    pub cas: Result<usize, Unreached>,
    /// The trails that cover the Region.
    pub trails: Fetched<Vec<Trail>>,
    /// By name without the stack's; `None` for one that is missing.
    pub functions: Functions,
    /// The functions that were invoked, and their errors.
    pub runs: BTreeMap<&'static str, Fetched<Option<String>>>,
    /// Of both buses.
    pub rules: Fetched<Vec<EventRule>>,
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
    /// The stack's own buckets, by name; `None` for one that does not exist.
    pub buckets: Buckets,
    /// By bucket: whether it sends events; `None` for one that does not exist.
    pub crl_buckets: CrlBuckets,
    /// The test finding, if it left.
    pub test: Fetched<PublishedTest>,
}

impl Facts {
    /// Whether notify gives the findings to Security Hub as well. It fails if Security Hub takes none.
    pub(super) fn has_security_hub(&self) -> bool {
        let product = setting(&self.functions, "notify", "VIGIL_SECURITY_HUB_PRODUCT");
        product.is_some_and(|product| !product.is_empty())
    }
}

fn fetched<T>(result: Result<T, PortError>) -> Fetched<T> {
    result.map_err(|error| chain(&error))
}

/// Gathers every fact.
pub async fn gather(
    ports: &Ports<'_>,
    stack_names: StackNames,
    version: &str,
    options: Options,
) -> Facts {
    let deployment = ports.deployment;
    let listing = ports.authorities.list().await.map_err(|error| match error {
        PortError::Denied { .. } => Unreached::Denied(chain(&error)),
        other => Unreached::NoAnswer(chain(&other)),
    });
    let functions = functions(deployment, &stack_names).await;
    let runs =
        if options.run_functions { runs(deployment, &stack_names).await } else { BTreeMap::new() };
    let bus = setting(&functions, "auto-restore", "VIGIL_EVENT_BUS");
    let bus = bus.unwrap_or_else(|| stack_names.name.clone());
    let rules = rules(deployment, &stack_names, &bus).await;
    let test = match &listing {
        Ok(listing) => test(ports, &stack_names, &bus, listing.as_of, options).await,
        Err(Unreached::Denied(why) | Unreached::NoAnswer(why)) => Err(why.clone()),
    };
    Facts {
        version: version.to_owned(),
        trails: fetched(deployment.trails().await),
        concurrency: fetched(deployment.concurrency().await),
        key: key(deployment, &functions).await,
        buckets: own_buckets(deployment, &functions).await,
        subscriptions: subscriptions(deployment, &functions).await,
        dead_letters: dead_letters(deployment, &rules, &stack_names).await,
        policies: policies(ports, &functions).await,
        crl_buckets: crl_buckets(deployment, listing.as_ref().ok()).await,
        cas: listing.map(|listing| listing.cas.len()),
        stack_names,
        functions,
        runs,
        rules,
        test,
    }
}

/// Each function by its name without the stack's.
type Functions = BTreeMap<&'static str, Fetched<Option<Function>>>;

async fn functions(deployment: &dyn Deployment, stack_names: &StackNames) -> Functions {
    let mut functions = Functions::new();
    for name in FUNCTIONS {
        let found = deployment.function(&format!("{}-{name}", stack_names.name)).await;
        functions.insert(*name, fetched(found));
    }
    functions
}

/// An environment variable of a function.
fn setting(functions: &Functions, function: &str, variable: &str) -> Option<String> {
    let function = functions.get(function)?.as_ref().ok()?.as_ref()?;
    function.environment.get(variable).cloned()
}

/// Invokes each function that has work without an event.
async fn runs(
    deployment: &dyn Deployment,
    stack_names: &StackNames,
) -> BTreeMap<&'static str, Fetched<Option<String>>> {
    let mut runs = BTreeMap::new();
    for (name, event) in [
        ("restore-deadline", "{}"),
        ("last-resort", "{}"),
        ("auto-restore", r#"{"task": "sweep"}"#),
        ("crl-audit", "{}"),
        ("audit-report", "{}"),
    ] {
        let run = deployment.invoke(&format!("{}-{name}", stack_names.name), event).await;
        runs.insert(name, fetched(run));
    }
    runs
}

async fn subscriptions(
    deployment: &dyn Deployment,
    functions: &Functions,
) -> BTreeMap<String, Fetched<Vec<Subscription>>> {
    let mut subscriptions = BTreeMap::new();
    for variable in ["VIGIL_ALERTS_TOPIC", "VIGIL_ON_CALL_TOPIC"] {
        if let Some(topic) = setting(functions, "notify", variable) {
            let found = fetched(deployment.subscriptions(&topic).await);
            subscriptions.insert(topic, found);
        }
    }
    subscriptions
}

async fn dead_letters(
    deployment: &dyn Deployment,
    rules: &Fetched<Vec<EventRule>>,
    stack_names: &StackNames,
) -> BTreeMap<String, Fetched<Option<u64>>> {
    let mut dead_letters = BTreeMap::new();
    for queue in queues(rules, stack_names) {
        let waiting = fetched(deployment.messages(&queue).await);
        dead_letters.insert(queue, waiting);
    }
    dead_letters
}

/// Whose the buckets are that the functions name.
async fn own_buckets(deployment: &dyn Deployment, functions: &Functions) -> Buckets {
    let mut buckets = Buckets::new();
    for (function, variable) in NAMED_BY {
        if let Some(bucket) = setting(functions, function, variable) {
            let owner = fetched(deployment.owner(&bucket).await);
            buckets.insert(bucket, owner);
        }
    }
    buckets
}

/// Whether each bucket that a CA writes CRLs to sends its events to EventBridge.
async fn crl_buckets(deployment: &dyn Deployment, listing: Option<&Listing>) -> CrlBuckets {
    let cas = listing.map(|listing| listing.cas.as_slice()).unwrap_or_default();
    let buckets: BTreeSet<String> = cas
        .iter()
        .filter_map(|ca| ca.crl.as_ref().filter(|crl| crl.enabled)?.s3_bucket_name.clone())
        .collect();
    let asked = buckets.iter().map(|bucket| async move {
        (bucket.clone(), fetched(deployment.sends_events(bucket).await))
    });
    in_order(AT_A_TIME, asked).await.into_iter().collect()
}

async fn rules(
    deployment: &dyn Deployment,
    stack_names: &StackNames,
    bus: &str,
) -> Fetched<Vec<EventRule>> {
    let prefix = format!("{}-", stack_names.stack);
    // Another stack's rule has the same pattern.
    let is_of_interest =
        move |rule: &EventRule| rule.name.starts_with(&prefix) || rule.is_about_deletions();
    let mut rules = fetched(deployment.rules("default", &is_of_interest).await)?;
    rules.extend(fetched(deployment.rules(bus, &is_of_interest).await)?);
    Ok(rules)
}

fn queues(rules: &Fetched<Vec<EventRule>>, stack_names: &StackNames) -> BTreeSet<String> {
    let rules = rules.as_deref().unwrap_or_default().iter();
    let targets =
        rules.filter(|rule| rule.is_ours(&stack_names.stack)).flat_map(|rule| &rule.targets);
    targets.filter_map(|target| target.dead_letters.clone()).collect()
}

/// As auto-restore reads them, with the keys that it is given.
async fn policies(ports: &Ports<'_>, functions: &Functions) -> Fetched<Result<usize, String>> {
    let of = |name: &str| setting(functions, "auto-restore", name).unwrap_or_default();
    let bucket = of("VIGIL_EVIDENCE_BUCKET");
    if bucket.is_empty() {
        return Err("auto-restore does not say which evidence bucket it uses".to_owned());
    }
    let publishers = Signers::read(&of("VIGIL_POLICY_KEYS"), &of("VIGIL_RETIRED_KEYS"), 1);
    let evidence = (ports.evidence)(&bucket);
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
async fn key(deployment: &dyn Deployment, functions: &Functions) -> Fetched<Option<KeyUse>> {
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
    stack_names: &StackNames,
    bus: &str,
    now: OffsetDateTime,
    options: Options,
) -> Fetched<PublishedTest> {
    let finding = finding(stack_names, now, options.nonce);
    let published = (ports.bus)(bus).publish(std::slice::from_ref(&finding)).await;
    published.map_err(|error| chain(&error))?;
    let mut test = PublishedTest { id: finding.id, is_logged: false, is_sent: false };
    let since = now - Duration::minutes(1);
    let (log, notify) = (
        format!("/aws/events/{}-findings", stack_names.name),
        format!("/aws/lambda/{}-notify", stack_names.name),
    );
    for look in 0..options.looks {
        if look > 0 {
            ports.authorities.wait(Duration::seconds(5)).await;
        }
        let deployment = ports.deployment;
        if !test.is_logged {
            test.is_logged = fetched(deployment.logged(&log, &[&test.id], since).await)?;
        }
        if !test.is_sent {
            test.is_sent = fetched(deployment.logged(&notify, &[&test.id, DONE], since).await)?;
        }
        if test.is_logged && test.is_sent {
            break;
        }
    }
    Ok(test)
}

pub(super) fn finding(stack_names: &StackNames, now: OffsetDateTime, nonce: u32) -> Finding {
    let at = rfc3339(now);
    let names = Names::new(format!("vigil doctor of the stack {} at {at}", stack_names.stack));
    let resource = format!("vigil-doctor:{}", stack_names.stack);
    Observation::new(TEST).discriminator(format!("{at} {nonce}")).finding(
        &TEST_FINDING,
        &names,
        &resource,
        now,
    )
}
