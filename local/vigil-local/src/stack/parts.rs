//! The parts of a stack: what each is made from, and the order in which they start.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use pca_local::{AdminToken, Clock, PcaLocal, SERVICE_ACCESS_KEY_ID, Timeline, Timings};

use super::StackError;
use super::data_dir::{DataDir, Folders, PCA};
use crate::account::Account;
use crate::admin::Admin;
use crate::event_history::{EventHistory, LookupRate};
use crate::events::api::Api;
use crate::events::{EventBuses, Targets};
use crate::kms::Kms;
use crate::lambda::{FunctionConfig, Functions, Surroundings};
use crate::logs::Logs;
use crate::queues::Queues;
use crate::roles::Roles;
use crate::router::Services;
use crate::s3::{self, LocalBuckets, SECRET};
use crate::schedule::Schedules;
use crate::security_hub::SecurityHub;
use crate::sinks::Sinks;
use crate::template::Template;
use crate::topics::Topics;
use crate::trails::Trails;

/// What every part is made from.
pub(super) struct Base {
    pub(super) account: Account,
    pub(super) clock: Clock,
    pub(super) endpoint: String,
    pub(super) roles: Roles,
    pub(super) token: Option<AdminToken>,
}

impl Base {
    /// KMS and S3, with the keys and buckets of the template.
    pub(super) fn open_keys_and_buckets(
        &self,
        folder: &Path,
        template: &Template,
    ) -> Result<(Kms, LocalBuckets), StackError> {
        let Self { account, clock, roles, .. } = self;
        let kms = folder.join("kms.json");
        let kms = Kms::open(&kms, account.clone(), clock.clone(), roles.clone())
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

    pub(super) fn queues(&self, folders: &Folders, template: &Template) -> Queues {
        let Self { account, clock, .. } = self;
        let (folder, names) = (folders.targets.clone(), template.queues.clone());
        Queues::new(account.clone(), clock.clone(), folder, names)
    }

    pub(super) fn logs(&self, folders: &Folders, template: &Template) -> Logs {
        Logs {
            account: self.account.clone(),
            functions: folders.logs.clone(),
            targets: folders.targets.clone(),
            groups: template.log_groups.clone(),
        }
    }

    fn start_functions(
        &self,
        folders: Folders,
        functions: Vec<FunctionConfig>,
        sinks: &Arc<Sinks>,
    ) -> Functions {
        let surroundings = Surroundings {
            account: self.account.clone(),
            clock: self.clock.clone(),
            code: folders.code,
            endpoint: self.endpoint.clone(),
            logs: folders.logs,
            roles: self.roles.clone(),
            sinks: sinks.clone(),
        };
        Functions::start(functions, &surroundings)
    }

    /// ACM PCA in the stack's account. It writes to the stack's S3, and keeps its CAs where the stack
    /// keeps its data.
    pub(super) fn open_pca(
        &self,
        data: &DataDir,
        delivery: &Delivery,
        timings: Timings,
    ) -> Result<PcaLocal, StackError> {
        let pca = PcaLocal::builder()
            .account(&self.account.id)
            .region(&self.account.region)
            .s3(service_client(&self.endpoint, &self.account.region))
            .events(Arc::new(delivery.history.clone()))
            .timeline(delivery.timeline.clone())
            .timings(timings);
        let pca = match &self.token {
            Some(token) => pca.admin_token(token.clone()),
            None => pca,
        };
        match data {
            DataDir::Given { path, .. } => {
                pca.open(&path.join(PCA)).map_err(|cause| StackError::Pca(Box::new(cause)))
            }
            DataDir::Temporary(_) => Ok(pca.build()),
        }
    }
}

/// What carries events, and what they reach.
pub(super) struct Delivery {
    pub(super) buses: EventBuses,
    pub(super) functions: Functions,
    history: EventHistory,
    /// They count from when they are begun.
    pub(super) schedules: Arc<Schedules>,
    sinks: Arc<Sinks>,
    pub(super) timeline: Timeline,
    topics: Arc<Topics>,
    trails: Trails,
}

impl Delivery {
    pub(super) fn start(
        base: &Base,
        folders: Folders,
        functions: Vec<FunctionConfig>,
        template: Template,
        lookups: LookupRate,
    ) -> Self {
        let Base { account, clock, .. } = base;
        let (targets, mailboxes) = (folders.targets.clone(), folders.mailboxes.clone());
        let sinks = Arc::new(Sinks::in_folders(targets, mailboxes, clock.clone()));
        let here = (base.endpoint.as_str(), clock.clone());
        let topics = Topics::new(template.topics, template.subscriptions, sinks.clone(), here);
        let topics = Arc::new(topics);
        let functions = base.start_functions(folders, functions, &sinks);
        let targets = Targets {
            account: account.clone(),
            functions: functions.clone(),
            policies: template.policies,
            sinks: sinks.clone(),
            topics: topics.clone(),
        };
        let buses = EventBuses::new(template.buses, template.rules, template.records, targets);
        let trails = Trails::new(account);
        let history = EventHistory::before(buses.clone(), clock.clone(), trails.clone(), lookups);
        let schedules = Schedules::new(template.schedules, account.clone(), buses.clone());
        let schedules = Arc::new(schedules);
        let timeline = Timeline::new(clock.clone());
        timeline.register(schedules.clone());
        timeline.register(Arc::new(functions.clone()));
        Self { buses, functions, history, schedules, sinks, timeline, topics, trails }
    }

    /// All services, for the stack's port.
    pub(super) fn services(&self, base: &Base, stores: Stores, pca: Router) -> Services {
        let Base { account, clock, roles, token, .. } = base;
        let Self { buses, functions, history, .. } = self;
        Services {
            account: account.clone(),
            admin: Admin {
                buses: buses.clone(),
                functions: functions.clone(),
                token: token.clone(),
            },
            clock: clock.clone(),
            events: Api { account: account.clone(), buses: buses.clone(), clock: clock.clone() },
            functions: functions.clone(),
            kms: stores.kms,
            logs: stores.logs,
            pca,
            queues: stores.queues,
            roles: roles.clone(),
            s3: stores.s3.into_service(Arc::new(history.clone())),
            security_hub: SecurityHub::new(account.clone(), roles.clone(), self.sinks.clone()),
            history: history.clone(),
            topics: self.topics.clone(),
            trails: self.trails.clone(),
        }
    }
}

/// What keeps keys, objects, messages and logs.
pub(super) struct Stores {
    pub(super) kms: Kms,
    pub(super) logs: Logs,
    pub(super) queues: Queues,
    pub(super) s3: LocalBuckets,
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
