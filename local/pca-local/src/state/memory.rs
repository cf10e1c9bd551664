//! Every CA of every account and Region.

mod cell;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use time::OffsetDateTime;

pub(crate) use self::cell::AuthorityCell;
use crate::{
    model::{
        arn::{AccountRegion, CaArn},
        authority::Authority,
        change::{Change, Journal},
        clock::{Clock, ClockMode},
        error::ApiError,
        issued_certificates::IssuedCertificates,
        lifecycle,
        record::{Made, StateRecord},
        tokens::{Tokens, fresh, prune},
    },
    state::{
        data_dir::{BodyOf, DataDir, Replacement, StorageError},
        restored::{Restorable, Restored},
    },
};

pub(crate) struct Store {
    shelves: Mutex<HashMap<AccountRegion, Shelf>>,
    /// One order of creation over all places, so that lists across accounts have one too.
    next_ordinal: AtomicU64,
    data_dir: DataDir,
    /// The service's clock, and how it went when the data directory was opened.
    clock: OnceLock<(Clock, ClockMode)>,
}

#[derive(Default)]
struct Shelf {
    by_ordinal: BTreeMap<u64, AuthorityCell>,
    by_id: HashMap<String, u64>,
    create_tokens: Tokens,
}

impl Shelf {
    fn put(&mut self, authority: Authority, data_dir: &DataDir) {
        self.by_id.insert(authority.arn.id.clone(), authority.ordinal);
        self.by_ordinal.insert(authority.ordinal, AuthorityCell::new(authority, data_dir));
    }
}

impl Restorable for Store {
    /// Goes back to what is on disk, after a commit that failed.
    fn go_back_to(&self, restored: Restored) {
        let mut shelves = self.shelves();
        if let Some((clock, at_first)) = self.clock.get() {
            clock.go_back_to(restored.clock.unwrap_or(*at_first));
        }
        self.data_dir.reopen();
        *shelves = self.shelve(restored);
    }
}

impl Store {
    pub(crate) fn new(data_dir: DataDir, restored: Restored) -> Self {
        let (shelves, next_ordinal, clock) = Default::default();
        let store = Self { shelves, next_ordinal, data_dir, clock };
        *store.shelves() = store.shelve(restored);
        store
    }

    /// The clock, whose moves are written to the data directory as well.
    pub(crate) fn follow(&self, clock: &Clock) {
        let _ = self.clock.set((clock.clone(), clock.read_mode()));
    }

    pub(crate) fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    /// Counts the times that memory was made anew: calls keep it from their beginning.
    pub(crate) fn generation(&self) -> u64 {
        self.data_dir.generation()
    }

    /// Waits until every change so far is on disk.
    pub(crate) async fn settled(&self) -> Result<(), StorageError> {
        self.settled_since(self.generation()).await
    }

    /// The same at the end of a call that began in `generation`: fails if what the call did or saw
    /// may be gone.
    pub(crate) async fn settled_since(&self, generation: u64) -> Result<(), StorageError> {
        self.data_dir.settled(generation).await
    }

    /// The DER of a certificate that stays on disk.
    pub(crate) async fn read_body(&self, wanted: BodyOf) -> Result<Vec<u8>, StorageError> {
        self.settled().await?;
        self.data_dir.body(wanted).await
    }

    /// The CAs whose moments count: none while nothing can be written down.
    pub(crate) fn timed(&self) -> Vec<AuthorityCell> {
        if self.data_dir.has_failed() { Vec::new() } else { self.all() }
    }

    /// Replaces all CAs, and sets the clock. Calls that are under way with the old ones end with an error.
    /// `changes` do the same on disk, in one commit.
    pub(crate) fn replace(
        &self,
        clock: &Clock,
        restored: Restored,
        changes: Vec<Change>,
    ) -> Result<Replacement, StorageError> {
        let mut shelves = self.shelves();
        let mode = restored.clock;
        let replacement = clock.move_with(mode, || self.data_dir.begin_again(changes))?;
        *shelves = self.shelve(restored);
        Ok(replacement)
    }

    fn shelve(&self, restored: Restored) -> HashMap<AccountRegion, Shelf> {
        let mut shelves: HashMap<AccountRegion, Shelf> = HashMap::new();
        let last = restored.authorities.keys().next_back().copied();
        self.next_ordinal.fetch_max(last.map_or(0, |last| last + 1), Ordering::Relaxed);
        for authority in restored.authorities.into_values() {
            let shelf = shelves.entry(AccountRegion::of(&authority.arn)).or_default();
            shelf.put(authority, &self.data_dir);
        }
        for (place, tokens) in restored.create_tokens {
            shelves.entry(place).or_default().create_tokens = tokens;
        }
        shelves
    }

    /// The CA behind an ARN; one whose restoration period is over does not exist any more.
    pub(crate) fn find(&self, arn: &CaArn, now: OffsetDateTime) -> Result<AuthorityCell, ApiError> {
        let found = {
            let shelves = self.shelves();
            shelves.get(&AccountRegion::of(arn)).and_then(|shelf| {
                let ordinal = shelf.by_id.get(&arn.id)?;
                shelf.by_ordinal.get(ordinal).cloned()
            })
        };
        found.filter(|cell| !lifecycle::is_gone(&cell.lock().state, now)).ok_or_else(|| {
            ApiError::resource_not_found(format!("Could not find Certificate Authority {arn}"))
        })
    }

    /// Puts a CA on its shelf, unless the idempotency token has been used in the last five minutes:
    /// then the ARN that it made.
    pub(crate) fn insert(
        &self,
        mut authority: Authority,
        token: Option<&str>,
        now: OffsetDateTime,
    ) -> String {
        let mut shelves = self.shelves();
        let place = AccountRegion::of(&authority.arn);
        let shelf = shelves.entry(place.clone()).or_default();
        if let Some(arn) = token.and_then(|token| fresh(&shelf.create_tokens, token, now)) {
            return arn;
        }
        let arn = authority.arn.to_string();
        authority.ordinal = self.next_ordinal.fetch_add(1, Ordering::Relaxed);
        if self.data_dir.is_lasting() {
            authority.issued = IssuedCertificates::without_bodies();
            let ca = authority.ordinal;
            let mut changes =
                vec![Change::Put(StateRecord::Authority(Box::new(authority.record())))];
            if let Ok(Some(key)) = authority.key_record() {
                changes.push(Change::Put(StateRecord::Key { ca, key }));
            }
            if let Some(token) = token {
                let (AccountRegion { account, region }, token) = (place, token.to_owned());
                let made = Made { arn: arn.clone(), at: now };
                changes.push(Change::Put(StateRecord::CreateToken {
                    account,
                    region,
                    token,
                    made,
                }));
            }
            self.data_dir.write(self.data_dir.generation(), changes);
        }
        if let Some(token) = token {
            prune(&mut shelf.create_tokens, now);
            shelf.create_tokens.insert(token.to_owned(), (arn.clone(), now));
        }
        shelf.put(authority, &self.data_dir);
        arn
    }

    /// The ARN that a token made less than five minutes ago, so that a repeat makes no second key.
    pub(crate) fn created_with(
        &self,
        place: &AccountRegion,
        token: &str,
        now: OffsetDateTime,
    ) -> Option<String> {
        fresh(&self.shelves().get(place)?.create_tokens, token, now)
    }

    pub(crate) fn create_tokens(&self) -> Vec<StateRecord> {
        let shelves = self.shelves();
        let tokens = shelves.iter().flat_map(|(place, shelf)| {
            shelf.create_tokens.iter().map(|(token, (arn, at))| StateRecord::CreateToken {
                account: place.account.clone(),
                region: place.region.clone(),
                token: token.clone(),
                made: Made { arn: arn.clone(), at: *at },
            })
        });
        tokens.collect()
    }

    /// Drops every CA whose restoration period is over, and says which.
    pub(crate) fn remove_gone(&self, now: OffsetDateTime) -> Vec<CaArn> {
        let mut removed = Vec::new();
        let mut changes = Vec::new();
        let mut shelves = self.shelves();
        for shelf in shelves.values_mut() {
            shelf.by_ordinal.retain(|_, cell| {
                let mut authority = cell.lock();
                let is_gone = lifecycle::is_gone(&authority.state, now);
                if is_gone {
                    // Calls that still have it in hand do not write it down again.
                    authority.noted().journal = Journal::default();
                    shelf.by_id.remove(&authority.arn.id);
                    removed.push(authority.arn.clone());
                    changes.push(Change::Removed { ca: authority.ordinal });
                }
                !is_gone
            });
        }
        self.data_dir.write(self.data_dir.generation(), changes);
        removed
    }

    /// The CAs of one place from `first` on, in the order of their creation.
    pub(crate) fn list(
        &self,
        place: &AccountRegion,
        first: u64,
        now: OffsetDateTime,
    ) -> Vec<AuthorityCell> {
        let cells: Vec<AuthorityCell> = self
            .shelves()
            .get(place)
            .map(|shelf| shelf.by_ordinal.range(first..).map(|(_, cell)| cell.clone()).collect())
            .unwrap_or_default();
        cells.into_iter().filter(|cell| !lifecycle::is_gone(&cell.lock().state, now)).collect()
    }

    /// Other accounts' CAs in the Region whose resource policies let the account describe them.
    pub(crate) fn shared_with(
        &self,
        place: &AccountRegion,
        first: u64,
        now: OffsetDateTime,
    ) -> Vec<AuthorityCell> {
        let mut cells: Vec<(u64, AuthorityCell)> = self
            .all()
            .into_iter()
            .filter_map(|cell| {
                let authority = cell.lock();
                let is_shared = authority.arn.account != place.account
                    && authority.arn.region == place.region
                    && authority.ordinal >= first
                    && !lifecycle::is_gone(&authority.state, now)
                    && authority.policy.as_ref().is_some_and(|policy| {
                        policy.allows(&place.account, "DescribeCertificateAuthority", None)
                    });
                let ordinal = authority.ordinal;
                drop(authority);
                is_shared.then_some((ordinal, cell))
            })
            .collect();
        cells.sort_by_key(|(ordinal, _)| *ordinal);
        cells.into_iter().map(|(_, cell)| cell).collect()
    }

    /// Forgets everything, idempotency tokens included.
    pub(crate) fn clear(&self) -> Result<Replacement, StorageError> {
        let mut shelves = self.shelves();
        let replacement = self.data_dir.begin_again(vec![Change::Cleared])?;
        shelves.clear();
        Ok(replacement)
    }

    /// Those that still count against the quota of the place, deleted ones included.
    pub(crate) fn count(&self, place: &AccountRegion, now: OffsetDateTime) -> usize {
        self.list(place, 0, now).len()
    }

    pub(crate) fn all(&self) -> Vec<AuthorityCell> {
        self.shelves().values().flat_map(|shelf| shelf.by_ordinal.values().cloned()).collect()
    }

    fn shelves(&self) -> MutexGuard<'_, HashMap<AccountRegion, Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
