//! Every CA of every account and Region, in memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use time::{Duration, OffsetDateTime};

use crate::{ApiError, arn::CaArn, authority::Authority, lifecycle};

/// How long a repeated idempotency token returns what its first use made.
pub(crate) const IDEMPOTENCY_WINDOW: Duration = Duration::minutes(5);

#[derive(Default)]
pub(crate) struct Store {
    shelves: Mutex<HashMap<Place, Shelf>>,
    /// One order of creation over all places, so that lists across accounts have one too.
    next_ordinal: AtomicU64,
}

/// The service keeps one set of CAs for each account in each Region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
}

#[derive(Default)]
struct Shelf {
    by_ordinal: BTreeMap<u64, Cell>,
    by_id: HashMap<String, u64>,
    create_tokens: HashMap<String, (String, OffsetDateTime)>,
}

/// One CA with its own lock, so that signing for one does not hold up another.
#[derive(Clone)]
pub(crate) struct Cell(Arc<Mutex<Authority>>);

impl Cell {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Authority> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// The CA behind an ARN; one whose restoration period is over does not exist any more.
    pub(crate) fn find(&self, arn: &CaArn, now: OffsetDateTime) -> Result<Cell, ApiError> {
        let place = Place { account: arn.account.clone(), region: arn.region.clone() };
        let found = {
            let shelves = self.shelves();
            shelves.get(&place).and_then(|shelf| {
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
        let place =
            Place { account: authority.arn.account.clone(), region: authority.arn.region.clone() };
        let shelf = shelves.entry(place).or_default();
        if let Some(arn) = token.and_then(|token| fresh(&shelf.create_tokens, token, now)) {
            return arn;
        }
        let arn = authority.arn.to_string();
        authority.ordinal = self.next_ordinal.fetch_add(1, Ordering::Relaxed);
        shelf.by_id.insert(authority.arn.id.clone(), authority.ordinal);
        shelf.by_ordinal.insert(authority.ordinal, Cell(Arc::new(Mutex::new(authority))));
        if let Some(token) = token {
            shelf.create_tokens.insert(token.to_owned(), (arn.clone(), now));
        }
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

    /// Drops every CA whose restoration period is over, and says which.
    pub(crate) fn remove_gone(&self, now: OffsetDateTime) -> Vec<CaArn> {
        let mut removed = Vec::new();
        for shelf in self.shelves().values_mut() {
            shelf.by_ordinal.retain(|_, cell| {
                let authority = cell.lock();
                let is_gone = lifecycle::is_gone(&authority.state, now);
                if is_gone {
                    shelf.by_id.remove(&authority.arn.id);
                    removed.push(authority.arn.clone());
                }
                !is_gone
            });
        }
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
    pub(crate) fn clear(&self) {
        self.shelves().clear();
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

/// What an idempotency token made, while its window is open.
pub(crate) fn fresh(
    tokens: &HashMap<String, (String, OffsetDateTime)>,
    token: &str,
    now: OffsetDateTime,
) -> Option<String> {
    let (arn, at) = tokens.get(token)?;
    (now < *at + IDEMPOTENCY_WINDOW).then(|| arn.clone())
}
