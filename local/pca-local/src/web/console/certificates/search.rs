//! Finds the certificates of a page: by place, or by what is searched for.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    model::{arn::parse_serial, error::explain, issued_certificates::CertificateEntry},
    service::core::Service,
    state::{
        data_dir::{BodyOf, DataDir},
        memory::AuthorityCell,
    },
    x509::{certificate::subject_of, name::rfc2253},
};

pub(super) const PAGE: usize = 50;
pub(super) const STATES: [&str; 4] = ["valid", "revoked", "expired", "not valid yet"];
/// A search reads the subjects of so many certificates, the newest ones.
const MAX_SEARCHED: usize = 20_000;
/// Read at once, so that the CA is not locked for long.
const PIECE: usize = 1_000;

/// What the form asks for.
#[derive(Deserialize)]
pub(in crate::web::console) struct Wanted {
    /// From 1.
    #[serde(default = "first")]
    pub(super) page: usize,
    #[serde(default)]
    pub(super) q: String,
    #[serde(default)]
    pub(super) state: String,
}

fn first() -> usize {
    1
}

impl Wanted {
    pub(super) fn is_everything(&self) -> bool {
        self.q.trim().is_empty() && self.state.is_empty()
    }

    /// The query of another page.
    pub(super) fn query(&self, page: usize) -> String {
        #[derive(Serialize)]
        struct Query<'a> {
            q: &'a str,
            state: &'a str,
            page: usize,
        }
        let Self { q, state, .. } = self;
        serde_urlencoded::to_string(Query { q, state, page }).unwrap_or_default()
    }

    fn fits(&self, entry: &CertificateEntry<'_>, der: &[u8], now: OffsetDateTime) -> bool {
        if !self.state.is_empty() && self.state != state_of(entry, now) {
            return false;
        }
        let words = self.q.trim().to_lowercase();
        if words.is_empty() {
            return true;
        }
        // A serial number may stand between colons, as OpenSSL prints it.
        let serial = hex::encode(entry.serial);
        let subject = || subject_of(der).map(|name| rfc2253(&name)).unwrap_or_default();
        serial.contains(&words.replace(':', ""))
            || entry.account.contains(&words)
            || entry.template_arn.to_lowercase().contains(&words)
            || subject().to_lowercase().contains(&words)
    }
}

pub(super) fn state_of(entry: &CertificateEntry<'_>, now: OffsetDateTime) -> &'static str {
    match entry.revocation {
        Some(_) => "revoked",
        None if entry.not_after < now => "expired",
        None if entry.not_before > now => "not valid yet",
        None => "valid",
    }
}

/// Certificates to show.
#[derive(Default)]
pub(super) struct Found {
    /// The place in the order of issuance, and the DER. Newest first.
    pub(super) rows: Vec<(u32, Vec<u8>)>,
    /// From 1.
    pub(super) page: usize,
    /// On all pages.
    pub(super) count: usize,
    /// How many were searched, if not all.
    pub(super) searched_only: Option<usize>,
    /// Why the DER of some could not be read, and is empty here.
    pub(super) trouble: Option<String>,
}

/// Reads certificates of one CA.
pub(super) struct Reader<'a> {
    cell: &'a AuthorityCell,
    ca: u64,
    data_dir: DataDir,
    now: OffsetDateTime,
}

impl<'a> Reader<'a> {
    pub(super) fn new(service: &Service, cell: &'a AuthorityCell) -> Self {
        let ca = cell.lock().ordinal;
        Self { cell, ca, data_dir: service.store.data_dir().clone(), now: service.now() }
    }

    /// A page of all of them.
    pub(super) async fn page(&self, page: usize, total: usize) -> Found {
        let page = page.clamp(1, total.div_ceil(PAGE).max(1));
        let mut found = Found { page, count: total, ..Found::default() };
        // The last ones come first.
        let end = total - (page - 1) * PAGE;
        let rows = self.read(end.saturating_sub(PAGE)..end, &mut found.trouble).await;
        found.rows = rows.into_iter().rev().collect();
        found
    }

    /// A page of those that fit.
    pub(super) async fn search(&self, wanted: &Wanted, total: usize) -> Found {
        let oldest = total.saturating_sub(MAX_SEARCHED);
        let mut found = Found::default();
        let mut fitting = Vec::new();
        let mut end = total;
        while end > oldest {
            let start = end.saturating_sub(PIECE).max(oldest);
            let piece = self.read(start..end, &mut found.trouble).await;
            fitting.extend(self.fitting(wanted, piece).into_iter().rev());
            end = start;
        }
        if oldest > 0 {
            found.searched_only = Some(MAX_SEARCHED);
            if fitting.is_empty() {
                let old = self.read(self.by_serial(wanted), &mut found.trouble).await;
                fitting = self.fitting(wanted, old);
            }
        }
        found.count = fitting.len();
        found.page = wanted.page.clamp(1, found.count.div_ceil(PAGE).max(1));
        found.rows = fitting.into_iter().skip((found.page - 1) * PAGE).take(PAGE).collect();
        found
    }

    fn fitting(&self, wanted: &Wanted, mut rows: Vec<(u32, Vec<u8>)>) -> Vec<(u32, Vec<u8>)> {
        let authority = self.cell.lock();
        rows.retain(|(place, der)| {
            let entry = authority.issued.at(*place);
            entry.is_some_and(|entry| wanted.fits(&entry, der, self.now))
        });
        rows
    }

    /// The place of a whole serial number, which is found however old the certificate is.
    fn by_serial(&self, wanted: &Wanted) -> Range<usize> {
        let serial = parse_serial(&wanted.q.trim().replace(':', ""));
        let authority = self.cell.lock();
        let place =
            serial.and_then(|serial| authority.issued.get(&serial)).map(|it| it.place as usize);
        place.map_or(0..0, |place| place..place + 1)
    }

    /// Places and DER in the order of issuance.
    async fn read(
        &self,
        places: Range<usize>,
        trouble: &mut Option<String>,
    ) -> Vec<(u32, Vec<u8>)> {
        let mut rows = Vec::with_capacity(places.len());
        let mut all_wanted = Vec::with_capacity(places.len());
        let is_in_memory = {
            let authority = self.cell.lock();
            let mut all = true;
            for entry in authority.issued.range(places.clone()) {
                all &= entry.der.is_some();
                rows.push((entry.place, entry.der.unwrap_or_default().to_vec()));
                let (place, serial) = (entry.place, entry.serial);
                all_wanted.push(BodyOf { ca: self.ca, place, serial });
            }
            all
        };
        if is_in_memory {
            return rows;
        }
        let (data_dir, ca) = (self.data_dir.clone(), self.ca);
        let since = self.cell.generation();
        let read = tokio::task::spawn_blocking(move || {
            data_dir.wait_settled(since)?;
            data_dir.bodies(ca, places)
        });
        match read.await {
            Ok(Ok(bodies)) => {
                for (((_, der), wanted), body) in rows.iter_mut().zip(all_wanted).zip(bodies) {
                    match wanted.check(body) {
                        Ok(body) => *der = body,
                        Err(error) => *trouble = Some(explain(&error)),
                    }
                }
            }
            Ok(Err(error)) => *trouble = Some(explain(&error)),
            Err(error) => *trouble = Some(error.to_string()),
        }
        rows
    }
}
