//! Builds a stack: its settings, and its start.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pca_local::{AdminToken, Clock, Guard, Timings};

use super::data_dir::{self, Folders};
use super::listener::{self, admin_token, endpoint, listen, local_address};
use super::parts::{Base, Delivery, Stores};
use super::{Stack, StackError};
use crate::account::Account;
use crate::event_history::LookupRate;
use crate::lambda::{self, FunctionConfig};
use crate::roles::Roles;
use crate::template::{FunctionSpec, Template};

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
        let base = Base {
            token: admin_token(self.admin_token, address)?,
            account: self.account,
            clock: self.clock.unwrap_or_else(Clock::system),
            endpoint: endpoint(address),
            roles,
        };

        let (kms, s3) = base.open_keys_and_buckets(data.path(), &template)?;
        let folders = Folders::make(data.path())?;
        let (queues, logs) = (base.queues(&folders, &template), base.logs(&folders, &template));
        let left_out = template.left_out.clone();
        let delivery = Delivery::start(&base, folders, functions, template, self.lookups);
        let pca = base.open_pca(&data, &delivery, self.timings.0)?;
        // The clock stands where an earlier run has left it.
        delivery.schedules.begin(base.clock.now());

        let services = delivery.services(&base, Stores { kms, logs, queues, s3 }, pca.router());
        let guard = Guard::of_listener(address).and(self.allowed_hosts);
        let (stop, server) = listener::serve(listener, services.into_router(guard));
        let Delivery { buses, functions, timeline, .. } = delivery;
        let follower = tokio::spawn(async move { timeline.follow().await });
        let Base { endpoint, roles, token, .. } = base;
        Ok(Stack {
            endpoint,
            token,
            pca,
            buses,
            functions,
            roles,
            left_out,
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
