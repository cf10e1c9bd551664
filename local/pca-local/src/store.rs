//! Every CA of every account and Region.

mod cell;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use time::{Duration, OffsetDateTime};

pub(crate) use self::cell::Cell;
use crate::{
    ApiError,
    arn::CaArn,
    authority::Authority,
    ledger::Ledger,
    lifecycle,
    record::{Made, Record, Restored},
    storage::{Change, Journal, Storage, StorageError},
};

/// How long a repeated idempotency token returns what its first use made.
pub(crate) const IDEMPOTENCY_WINDOW: Duration = Duration::minutes(5);
/// Tokens whose window is closed are dropped when there are this many, and then when there are
/// twice as many as were left.
const TOKENS_KEPT: usize = 1024;

/// Idempotency tokens: the ARN that each made, and when it was used.
pub(crate) type Tokens = HashMap<String, (String, OffsetDateTime)>;

pub(crate) struct Store {
    shelves: Mutex<HashMap<Place, Shelf>>,
    /// One order of creation over all places, so that lists across accounts have one too.
    next_ordinal: AtomicU64,
    storage: Storage,
}

/// The service keeps one set of CAs for each account in each Region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
}

#[derive(Default)]
struct Shelf {
    by_ordinal: BTreeMap<u64, Cell>,
    by_id: HashMap<String, u64>,
    create_tokens: Tokens,
}

impl Shelf {
    fn put(&mut self, authority: Authority, storage: &Storage) {
        self.by_id.insert(authority.arn.id.clone(), authority.ordinal);
        self.by_ordinal.insert(authority.ordinal, Cell::new(authority, storage));
    }
}

impl Store {
    pub(crate) fn new(storage: Storage, restored: Restored) -> Self {
        let store = Self { shelves: Mutex::default(), next_ordinal: AtomicU64::new(0), storage };
        *store.shelves() = store.shelve(restored);
        store
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Puts other CAs into the place of all that are here. Calls that are under way with those that
    /// were here end with an error. `changes` are what makes the same of what is on disk.
    pub(crate) fn replace(
        &self,
        restored: Restored,
        changes: Vec<Change>,
    ) -> Result<(), StorageError> {
        let mut shelves = self.shelves();
        self.storage.begin_again(changes)?;
        *shelves = self.shelve(restored);
        Ok(())
    }

    /// The same with what is on disk, after a commit that failed.
    pub(crate) fn go_back_to(&self, restored: Restored) {
        let mut shelves = self.shelves();
        self.storage.reopen();
        *shelves = self.shelve(restored);
    }

    fn shelve(&self, restored: Restored) -> HashMap<Place, Shelf> {
        let mut shelves: HashMap<Place, Shelf> = HashMap::new();
        let last = restored.authorities.keys().next_back().copied();
        self.next_ordinal.fetch_max(last.map_or(0, |last| last + 1), Ordering::Relaxed);
        for authority in restored.authorities.into_values() {
            let shelf = shelves.entry(Place::of(&authority.arn)).or_default();
            shelf.put(authority, &self.storage);
        }
        for (place, tokens) in restored.create_tokens {
            shelves.entry(place).or_default().create_tokens = tokens;
        }
        shelves
    }

    /// The CA behind an ARN; one whose restoration period is over does not exist any more.
    pub(crate) fn find(&self, arn: &CaArn, now: OffsetDateTime) -> Result<Cell, ApiError> {
        let found = {
            let shelves = self.shelves();
            shelves.get(&Place::of(arn)).and_then(|shelf| {
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
        let place = Place::of(&authority.arn);
        let shelf = shelves.entry(place.clone()).or_default();
        if let Some(arn) = token.and_then(|token| fresh(&shelf.create_tokens, token, now)) {
            return arn;
        }
        let arn = authority.arn.to_string();
        authority.ordinal = self.next_ordinal.fetch_add(1, Ordering::Relaxed);
        if self.storage.is_lasting() {
            authority.issued = Ledger::without_bodies();
            let ca = authority.ordinal;
            let mut changes = vec![Change::Put(Record::Authority(Box::new(authority.record())))];
            if let Ok(Some(key)) = authority.key_record() {
                changes.push(Change::Put(Record::Key { ca, key }));
            }
            if let Some(token) = token {
                let (Place { account, region }, token) = (place, token.to_owned());
                let made = Made { arn: arn.clone(), at: now };
                changes.push(Change::Put(Record::CreateToken { account, region, token, made }));
            }
            self.storage.write(self.storage.generation(), changes);
        }
        if let Some(token) = token {
            prune(&mut shelf.create_tokens, now);
            shelf.create_tokens.insert(token.to_owned(), (arn.clone(), now));
        }
        shelf.put(authority, &self.storage);
        arn
    }

    /// The ARN that a token made less than five minutes ago, so that a repeat makes no second key.
    pub(crate) fn created_with(
        &self,
        place: &Place,
        token: &str,
        now: OffsetDateTime,
    ) -> Option<String> {
        fresh(&self.shelves().get(place)?.create_tokens, token, now)
    }

    pub(crate) fn create_tokens(&self) -> Vec<Record> {
        let shelves = self.shelves();
        let tokens = shelves.iter().flat_map(|(place, shelf)| {
            shelf.create_tokens.iter().map(|(token, (arn, at))| Record::CreateToken {
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
        self.storage.write(self.storage.generation(), changes);
        removed
    }

    /// The CAs of one place from `first` on, in the order of their creation.
    pub(crate) fn list(&self, place: &Place, first: u64, now: OffsetDateTime) -> Vec<Cell> {
        let cells: Vec<Cell> = self
            .shelves()
            .get(place)
            .map(|shelf| shelf.by_ordinal.range(first..).map(|(_, cell)| cell.clone()).collect())
            .unwrap_or_default();
        cells.into_iter().filter(|cell| !lifecycle::is_gone(&cell.lock().state, now)).collect()
    }

    /// Other accounts' CAs in the Region whose resource policies let the account describe them.
    pub(crate) fn shared_with(&self, place: &Place, first: u64, now: OffsetDateTime) -> Vec<Cell> {
        let mut cells: Vec<(u64, Cell)> = self
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
    pub(crate) fn clear(&self) -> Result<(), StorageError> {
        self.replace(Restored::default(), vec![Change::Cleared])
    }

    /// Those that still count against the quota of the place, deleted ones included.
    pub(crate) fn count(&self, place: &Place, now: OffsetDateTime) -> usize {
        self.list(place, 0, now).len()
    }

    pub(crate) fn all(&self) -> Vec<Cell> {
        self.shelves().values().flat_map(|shelf| shelf.by_ordinal.values().cloned()).collect()
    }

    fn shelves(&self) -> MutexGuard<'_, HashMap<Place, Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn of(arn: &CaArn) -> Self {
        Self { account: arn.account.clone(), region: arn.region.clone() }
    }
}

/// What an idempotency token made, while its window is open.
pub(crate) fn fresh(tokens: &Tokens, token: &str, now: OffsetDateTime) -> Option<String> {
    let (arn, at) = tokens.get(token)?;
    (now < *at + IDEMPOTENCY_WINDOW).then(|| arn.clone())
}

/// Makes room for a token, dropping those whose window is closed. Returns the moment before which
/// what was dropped had been used; `None` if there is room.
pub(crate) fn prune(tokens: &mut Tokens, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if tokens.len() < TOKENS_KEPT || tokens.len() < tokens.capacity() {
        return None;
    }
    let before = now - IDEMPOTENCY_WINDOW;
    tokens.retain(|_, (_, at)| *at > before);
    Some(before)
}
