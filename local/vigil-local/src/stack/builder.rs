//! Builds a stack: its parts, and the order in which they start.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pca_local::{AdminToken, Clock, Guard, PcaLocal, SERVICE_ACCESS_KEY_ID, Timeline, Timings};

use super::data_dir::{self, DataDir, Folders, PCA};
use super::listener::{self, admin_token, endpoint, listen, local_address};
use super::{Stack, StackError};
use crate::account::Account;
use crate::admin::Admin;
use crate::event_history::{EventHistory, LookupRate};
use crate::events::api::Api;
use crate::events::{EventBuses, Targets};
use crate::kms::Kms;
use crate::lambda::{self, FunctionConfig, Functions, Surroundings};
use crate::logs::Logs;
use crate::queues::Queues;
use crate::roles::Roles;
use crate::router::Services;
use crate::s3::{self, LocalBuckets, SECRET};
use crate::schedule::Schedules;
use crate::security_hub::SecurityHub;
use crate::sinks::Sinks;
use crate::template::{FunctionSpec, Template};
use crate::topics::Topics;
use crate::trails::Trails;

/// How long ACM PCA takes: nothing, if not given.
struct Immediate(Timings);

impl Default for Immediate {
    fn default() -> Self {
        Self(Timings::IMMEDIATE)
    }
}

/// The settings of a stack. By default it has no template, a temporary data folder, a free port on
/// 127.0.0.1 and the system clock.
#[derive(Default)]
pub struct Builder {
    account: Account,
    admin_token: Option<AdminToken>,
    allowed_hosts: Vec<String>,
    clock: Option<Clock>,
    data_dir: Option<PathBuf>,
    functions_dir: Option<PathBuf>,
    listen: Option<String>,
    lookups: LookupRate,
    parameters: BTreeMap<String, String>,
    template: Option<PathBuf>,
    timings: Immediate,
}

impl Builder {
    /// The account and the Region of the stack.
    pub fn account(mut self, account: Account) -> Self {
        self.account = account;
        self
    }

    /// What `/_pca-local/` and `/_vigil-local/` ask for. If none is given and the address is not a
    /// loopback one, a token is made: see [`Stack::admin_token`].
    pub fn admin_token(mut self, token: AdminToken) -> Self {
        self.admin_token = Some(token);
        self
    }

    /// Answers to this name in the Host header as well, and to what is below it.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// The clock of all services and timers.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The folder for CAs, the clock if it was moved, S3 objects, KMS keys, logs and targets. It is
    /// kept between runs. Retries that wait, the history of events, and Security Hub's findings end with a run.
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// The folder of the functions' binaries. Default: the folder of the running executable.
    pub fn functions_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.functions_dir = Some(folder.into());
        self
    }

    /// The address to listen on, `ADDR:PORT`. Port 0 takes a free port.
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = Some(address.into());
        self
    }

    /// How many calls of LookupEvents a second are answered. Default: two, as AWS's.
    pub fn lookups_per_second(mut self, most: Option<usize>) -> Self {
        self.lookups = LookupRate(most);
        self
    }

    /// Sets a parameter of the template.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// The SAM template. Without one there are services but no functions.
    pub fn template(mut self, path: impl Into<PathBuf>) -> Self {
        self.template = Some(path.into());
        self
    }

    /// How long CAs, certificates and audit reports take. Default: [`Timings::IMMEDIATE`].
    pub fn timings(mut self, timings: Timings) -> Self {
        self.timings = Immediate(timings);
        self
    }

    /// Starts the stack.
    ///
    /// # Errors
    ///
    /// [`StackError`] if a setting, the template, the data folder or the address cannot be used.
    pub async fn start(self) -> Result<Stack, StackError> {
        let template = self.read_template()?;
        let of_functions = template.functions.iter().map(|spec| (spec.name.clone(), spec.role()));
        let roles = Roles::new(self.account.clone(), of_functions)
            .map_err(|(function, cause)| StackError::Role { function, cause })?;
        let functions = self.find_binaries(&template.functions)?;
        let data = data_dir::open(self.data_dir.as_deref())?;
        let listener = listen(self.listen.as_deref().unwrap_or("127.0.0.1:0")).await?;
        let address = local_address(&listener)?;
        let endpoint = endpoint(address);
        let token = admin_token(self.admin_token, address)?;

        let clock = self.clock.unwrap_or_else(Clock::system);
        let account = self.account;
        let (kms, s3) = open_keys_and_buckets(data.path(), &account, &clock, &roles, &template)?;
        let folders = Folders::make(data.path())?;
        let targets = folders.targets.clone();
        let queues = Queues::new(account.clone(), clock.clone(), targets.clone(), template.queues);
        let log_api = Logs {
            account: account.clone(),
            functions: folders.logs.clone(),
            targets: targets.clone(),
            groups: template.log_groups,
        };
        let trails = Trails::new(&account);
        let sinks = Arc::new(Sinks::in_folders(targets, folders.mailboxes, clock.clone()));
        let here = (endpoint.as_str(), clock.clone());
        let topics = Topics::new(template.topics, template.subscriptions, sinks.clone(), here);
        let topics = Arc::new(topics);
        let surroundings = Surroundings {
            account: account.clone(),
            clock: clock.clone(),
            code: folders.code,
            endpoint: endpoint.clone(),
            logs: folders.logs,
            roles: roles.clone(),
            sinks: sinks.clone(),
        };
        let functions = Functions::start(functions, &surroundings);
        let security_hub = SecurityHub::new(account.clone(), roles.clone(), sinks.clone());
        let targets = Targets {
            account: account.clone(),
            functions: functions.clone(),
            policies: template.policies,
            sinks,
            topics: topics.clone(),
        };
        let buses = EventBuses::new(template.buses, template.rules, template.records, targets);
        let history =
            EventHistory::before(buses.clone(), clock.clone(), trails.clone(), self.lookups);
        let timeline = Timeline::new(clock.clone());
        let schedules = Schedules::new(template.schedules, account.clone(), buses.clone());
        let schedules = Arc::new(schedules);
        timeline.register(schedules.clone());
        timeline.register(Arc::new(functions.clone()));
        let pca = describe_pca(&account, &endpoint, token.as_ref())
            .events(Arc::new(history.clone()))
            .timeline(timeline.clone())
            .timings(self.timings.0);
        let pca = open_pca(pca, &data)?;
        // The clock stands where an earlier run has left it.
        schedules.begin(clock.now());

        let services = Services {
            account: account.clone(),
            admin: Admin {
                buses: buses.clone(),
                functions: functions.clone(),
                token: token.clone(),
            },
            clock: clock.clone(),
            events: Api { account, buses: buses.clone(), clock },
            functions: functions.clone(),
            kms,
            logs: log_api,
            pca: pca.router(),
            queues,
            roles: roles.clone(),
            s3: s3.into_service(Arc::new(history.clone())),
            security_hub,
            history,
            topics,
            trails,
        };
        let guard = Guard::of_listener(address).and(self.allowed_hosts);
        let (stop, server) = listener::serve(listener, services.into_router(guard));
        let follower = tokio::spawn(async move { timeline.follow().await });
        Ok(Stack {
            endpoint,
            token,
            pca,
            buses,
            functions,
            roles,
            left_out: template.left_out,
            data,
            stop,
            server,
            follower,
        })
    }

    fn read_template(&self) -> Result<Template, StackError> {
        let Some(path) = &self.template else { return Ok(Template::default()) };
        let text = std::fs::read_to_string(path)
            .map_err(|cause| StackError::ReadTemplate { path: path.clone(), cause })?;
        Template::parse(&text, &self.account, &self.parameters)
            .map_err(|cause| StackError::Template { path: path.clone(), cause: Box::new(cause) })
    }

    fn find_binaries(&self, specs: &[FunctionSpec]) -> Result<Vec<FunctionConfig>, StackError> {
        if specs.is_empty() {
            return Ok(Vec::new());
        }
        let folder = match &self.functions_dir {
            Some(folder) => folder.clone(),
            None => beside_this_executable().map_err(StackError::FunctionsDir)?,
        };
        let find = |spec: &FunctionSpec| {
            let binary = lambda::binary::find(&folder, &spec.binary, &spec.logical_id)
                .map_err(StackError::MissingBinary)?;
            Ok(FunctionConfig {
                name: spec.name.clone(),
                arn: spec.arn.clone(),
                code: lambda::code::Code::at(binary),
                environment: spec.environment.clone(),
                memory_mb: spec.memory_mb,
                timeout: spec.timeout,
                asynchronous: spec.asynchronous.clone(),
                reserved: spec.reserved,
                tags: spec.tags.clone(),
            })
        };
        specs.iter().map(find).collect()
    }
}

fn beside_this_executable() -> std::io::Result<PathBuf> {
    let executable = std::env::current_exe()?;
    executable.parent().map(Path::to_owned).ok_or_else(|| ErrorKind::NotFound.into())
}

/// KMS and S3, with the keys and buckets of the template.
fn open_keys_and_buckets(
    folder: &Path,
    account: &Account,
    clock: &Clock,
    roles: &Roles,
    template: &Template,
) -> Result<(Kms, LocalBuckets), StackError> {
    let kms = Kms::open(&folder.join("kms.json"), account.clone(), clock.clone(), roles.clone())
        .and_then(|kms| kms.provide(&template.keys, &template.aliases).map(|()| kms))
        .map_err(StackError::Kms)?;
    let s3 = folder.join("s3");
    let s3 = s3::open(&s3, account.clone(), clock.clone(), kms.clone(), roles.clone())
        .map_err(StackError::S3)?;
    for bucket in &template.buckets {
        s3.provide(&bucket.name, &bucket.config).map_err(StackError::S3)?;
    }
    Ok((kms, s3))
}

/// ACM PCA in the stack's account, which writes to the stack's S3.
fn describe_pca(
    account: &Account,
    endpoint: &str,
    token: Option<&AdminToken>,
) -> pca_local::Builder {
    let pca = PcaLocal::builder()
        .account(&account.id)
        .region(&account.region)
        .s3(service_client(endpoint, &account.region));
    match token {
        Some(token) => pca.admin_token(token.clone()),
        None => pca,
    }
}

/// It keeps its CAs where the stack keeps its data.
fn open_pca(pca: pca_local::Builder, data: &DataDir) -> Result<PcaLocal, StackError> {
    match data {
        DataDir::Given { path, .. } => {
            pca.open(&path.join(PCA)).map_err(|cause| StackError::Pca(Box::new(cause)))
        }
        DataDir::Temporary(_) => Ok(pca.build()),
    }
}

/// S3 as pca-local writes to it: through the stack's own port, as the service principal.
fn service_client(endpoint: &str, region: &str) -> aws_sdk_s3::Client {
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    let credentials = Credentials::new(SERVICE_ACCESS_KEY_ID, SECRET, None, None, "vigil-local");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials)
        .endpoint_url(endpoint)
        .force_path_style(true)
        .region(Region::new(region.to_owned()))
        .build();
    aws_sdk_s3::Client::from_conf(config)
}
