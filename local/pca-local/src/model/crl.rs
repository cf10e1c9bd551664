//! Which of a CA's CRLs answers for a certificate: the complete one, or one of its partitions.

pub(crate) mod list;
pub(crate) mod location;

use aws_sdk_acmpca::types::{CrlConfiguration, CrlType};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use self::list::{CrlList, Revoked};
use crate::{model::arn::CaArn, x509::crl::CrlEntry};

/// How many partitions new certificates are spread over. The service uses several at once: of two CAs,
/// eduedudev/firmadigital-libreria has two certificates each, and they name different ones. How many
/// it uses is not known (`coverage/choices.json`).
const OPEN_TOGETHER: usize = 4;
/// "Each partition can be up to 1 MB" (AWS Security Blog on partitioned CRLs).
const MAX_PARTITION_BYTES: usize = 1_000_000;
/// All that is not an entry or the issuer's name: dates, extensions with the URL, and the longest
/// signature, which is 4,627 octets for ML-DSA-87.
const AROUND_ENTRIES: usize = 8 * 1024;
/// A serial with a leading zero, GeneralizedTime, a reason, and the tags around them.
const MAX_ENTRY_BYTES: usize = 52;

/// The CRL that answers for a certificate. It is settled at issuance, by the certificate's CDP;
/// what names no partition is the complete CRL's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Binding {
    Complete,
    Partition(u32),
}

/// What a certificate that is about to be issued says of its CRL.
pub(crate) struct Reservation {
    pub(crate) binding: Binding,
    pub(crate) url: String,
}

/// One of the CRLs that a CA publishes, as a person wants to see it.
pub(crate) struct PublishedCrl {
    pub(crate) binding: Binding,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) url: String,
    pub(crate) entries: usize,
    pub(crate) due: Option<OffsetDateTime>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrlState {
    complete: CrlList,
    partitions: Vec<Partition>,
}

/// Its key and its URL never change: the certificates that are bound to it name them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partition {
    guid: String,
    pub(crate) key: String,
    pub(crate) url: String,
    /// How many certificates may be bound to it.
    places: usize,
    /// How many are. Not written down: certificates say themselves which CRL is theirs.
    #[serde(skip)]
    taken: usize,
    list: CrlList,
}

impl CrlState {
    /// A place in a CRL for a certificate that is about to be issued, and the URL of that CRL.
    pub(crate) fn reserve(
        &mut self,
        ca: &CaArn,
        crl: &CrlConfiguration,
        issuer_name_bytes: usize,
    ) -> (Binding, String) {
        if !is_partitioned(crl) {
            let url = location::url(ca, crl, &location::complete_key(ca, crl));
            return (Binding::Complete, url);
        }
        let chosen = self.choose_partition(ca, crl);
        let chosen = chosen.unwrap_or_else(|| self.add_partition(ca, crl, issuer_name_bytes));
        let partition = &mut self.partitions[chosen];
        partition.taken += 1;
        let number = u32::try_from(chosen).expect("there are fewer partitions than certificates");
        (Binding::Partition(number), partition.url.clone())
    }

    /// The partition for a new certificate: of those that are open, the first with the fewest
    /// certificates. `None` if it is a new one's turn.
    ///
    /// A partition is closed when its CRL would reach its largest size if all that are bound to it
    /// were revoked, or when new certificates are to carry another URL. As they fill evenly,
    /// partitions that were opened together close together, and as many new ones follow. All this is
    /// read from how many certificates each has, so it goes on after a restart as without one.
    fn choose_partition(&self, ca: &CaArn, crl: &CrlConfiguration) -> Option<usize> {
        let folder = location::url(ca, crl, &location::partition_folder(ca, crl));
        // Made from its parts: there may be thousands of partitions, and this is for each certificate.
        let has_current_url = |partition: &Partition| {
            let name = partition.url.strip_prefix(&folder);
            name.and_then(|name| name.strip_suffix(".crl")) == Some(partition.guid.as_str())
        };
        let numbered = self.partitions.iter().enumerate();
        let current = numbered.filter(|(_, partition)| has_current_url(partition));
        if !current.clone().count().is_multiple_of(OPEN_TOGETHER) {
            return None;
        }
        let open = current.filter(|(_, partition)| partition.places > partition.taken);
        open.min_by_key(|(_, partition)| partition.taken).map(|(number, _)| number)
    }

    fn add_partition(
        &mut self,
        ca: &CaArn,
        crl: &CrlConfiguration,
        issuer_name_bytes: usize,
    ) -> usize {
        let guid = partition_id();
        let key = location::partition_key(ca, crl, &guid);
        let url = location::url(ca, crl, &key);
        let places = places(issuer_name_bytes);
        let list = CrlList::default();
        self.partitions.push(Partition { guid, key, url, places, taken: 0, list });
        self.partitions.len() - 1
    }

    pub(crate) fn partition_count(&self) -> usize {
        self.partitions.len()
    }

    /// A certificate that was issued earlier is bound to a CRL. Says whether there is one.
    pub(crate) fn bind(&mut self, binding: Binding) -> bool {
        let Binding::Partition(number) = binding else { return true };
        let Some(partition) = self.partitions.get_mut(number as usize) else { return false };
        partition.taken += 1;
        true
    }

    /// A certificate that was revoked earlier is on its CRL, or will be.
    pub(crate) fn restore(&mut self, binding: Binding, entry: CrlEntry, not_after: OffsetDateTime) {
        if let Some(list) = self.list_mut(binding) {
            list.add(Revoked { entry, not_after });
        }
    }

    /// Every serial that is on one of the CRLs.
    pub(crate) fn listed(&self) -> impl Iterator<Item = [u8; 16]> {
        let lists = std::iter::once(&self.complete);
        let lists = lists.chain(self.partitions.iter().map(|partition| &partition.list));
        lists.flat_map(CrlList::serials)
    }

    /// All but what its CRLs list.
    pub(crate) fn without_entries(&self) -> Self {
        let without = |partition: &Partition| Partition {
            guid: partition.guid.clone(),
            key: partition.key.clone(),
            url: partition.url.clone(),
            places: partition.places,
            taken: 0,
            list: partition.list.without_entries(),
        };
        Self {
            complete: self.complete.without_entries(),
            partitions: self.partitions.iter().map(without).collect(),
        }
    }

    /// The CRLs that are published as the CA is configured.
    pub(crate) fn published(&self, crl: &CrlConfiguration) -> impl Iterator<Item = Binding> {
        let partitions = if is_partitioned(crl) { self.partitions.len() } else { 0 };
        let numbers = (0..partitions).filter_map(|number| u32::try_from(number).ok());
        std::iter::once(Binding::Complete).chain(numbers.map(Binding::Partition))
    }

    /// Whether the CRL of this binding still is, or is again, written.
    pub(crate) fn is_published(crl: &CrlConfiguration, binding: Binding) -> bool {
        matches!(binding, Binding::Complete) || is_partitioned(crl)
    }

    pub(crate) fn list(&self, binding: Binding) -> Option<&CrlList> {
        match binding {
            Binding::Complete => Some(&self.complete),
            Binding::Partition(number) => Some(&self.partition(number)?.list),
        }
    }

    pub(crate) fn list_mut(&mut self, binding: Binding) -> Option<&mut CrlList> {
        match binding {
            Binding::Complete => Some(&mut self.complete),
            Binding::Partition(number) => {
                self.partitions.get_mut(number as usize).map(|partition| &mut partition.list)
            }
        }
    }

    pub(crate) fn partition(&self, number: u32) -> Option<&Partition> {
        self.partitions.get(number as usize)
    }

    pub(crate) fn next_due(&self, crl: &CrlConfiguration) -> Option<OffsetDateTime> {
        self.published(crl).filter_map(|binding| self.list(binding)?.due()).min()
    }

    /// The object key of a CRL, and the URL that it names itself by.
    ///
    /// The complete CRL of a CA that has partitions says which CRL it is, so that it is not taken
    /// for one that answers for every certificate. It keeps saying so when the CA goes back to
    /// complete CRLs, because it does not answer for those that are bound to partitions.
    pub(crate) fn place(
        &self,
        ca: &CaArn,
        crl: &CrlConfiguration,
        binding: Binding,
    ) -> Option<(String, Option<String>)> {
        match binding {
            Binding::Complete => {
                let key = location::complete_key(ca, crl);
                let names_itself = is_partitioned(crl) || !self.partitions.is_empty();
                let url = names_itself.then(|| location::url(ca, crl, &key));
                Some((key, url))
            }
            Binding::Partition(number) => {
                let partition = self.partition(number)?;
                Some((partition.key.clone(), Some(partition.url.clone())))
            }
        }
    }
}

/// Eleven digits and letters, as in public certificates of ACM PCA: 64 bits, as far as six of them show.
fn partition_id() -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // Where a half of a UUID says its version or variant, the other one is random.
    let (one, other) = uuid::Uuid::new_v4().as_u64_pair();
    let number = one ^ other.rotate_left(8);
    let digits = (0..11).rev().map(|place| (number / 62_u64.pow(place) % 62) as usize);
    digits.map(|digit| char::from(DIGITS[digit])).collect()
}

fn is_partitioned(crl: &CrlConfiguration) -> bool {
    crl.crl_type() == Some(&CrlType::Partitioned)
}

fn places(issuer_name_bytes: usize) -> usize {
    let room = MAX_PARTITION_BYTES.saturating_sub(AROUND_ENTRIES + issuer_name_bytes);
    (room / MAX_ENTRY_BYTES).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ca() -> CaArn {
        CaArn::parse("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/ca-id").unwrap()
    }

    fn configuration(kind: CrlType, name: &str) -> CrlConfiguration {
        let crl = CrlConfiguration::builder().enabled(true).s3_bucket_name("bucket");
        crl.crl_type(kind).custom_cname(name).build().unwrap()
    }

    /// The numbers of the partitions of the next certificates.
    fn next<const N: usize>(state: &mut CrlState, crl: &CrlConfiguration) -> [u32; N] {
        std::array::from_fn(|_| match state.reserve(&ca(), crl, 100).0 {
            Binding::Partition(number) => number,
            Binding::Complete => panic!("the complete CRL"),
        })
    }

    #[test]
    fn new_certificates_are_spread_evenly_over_partitions() {
        let mut state = CrlState::default();
        let crl = configuration(CrlType::Partitioned, "a.example");
        assert_eq!(next(&mut state, &crl), [0, 1, 2, 3, 0, 1, 2, 3, 0]);
        let urls: std::collections::BTreeSet<_> =
            state.partitions.iter().map(|partition| &partition.url).collect();
        assert_eq!(urls.len(), OPEN_TOGETHER);
    }

    #[test]
    fn a_partition_closes_when_full_or_when_its_url_would_change() {
        let mut state = CrlState::default();
        let crl = configuration(CrlType::Partitioned, "a.example");
        let room = places(100);
        for _ in 0..OPEN_TOGETHER * room {
            state.reserve(&ca(), &crl, 100);
        }
        let taken: Vec<usize> = state.partitions.iter().map(|partition| partition.taken).collect();
        assert_eq!(taken, [room; OPEN_TOGETHER]);
        assert_eq!(next(&mut state, &crl), [4, 5, 6, 7, 4]);

        let renamed = configuration(CrlType::Partitioned, "b.example");
        let old = state.partitions[4].url.clone();
        let (binding, url) = state.reserve(&ca(), &renamed, 100);
        assert_eq!(binding, Binding::Partition(8));
        assert!(url.starts_with("http://b.example/crl/ca-id/"), "{url}");
        let place = state.place(&ca(), &renamed, Binding::Partition(4)).unwrap();
        assert_eq!(place.1, Some(old), "the old one keeps its name");
        assert_eq!(next(&mut state, &crl), [5, 6, 7, 4], "it is open again under its name");
        assert_eq!(next(&mut state, &renamed), [9, 10, 11, 8]);
    }

    /// Certificates say which CRL is theirs; that is all there is after a restart. In a state of an
    /// earlier version, one partition was filled after the other.
    #[test]
    fn the_partitions_go_on_after_a_restart() {
        let crl = configuration(CrlType::Partitioned, "a.example");
        let mut state = CrlState::default();
        assert_eq!(next(&mut state, &crl), [0, 1, 2, 3, 0, 1]);
        let mut restarted = state.without_entries();
        for number in [0, 1, 2, 3, 0, 1] {
            assert!(restarted.bind(Binding::Partition(number)));
        }
        assert_eq!(next(&mut restarted, &crl), [2, 3, 0, 1, 2, 3]);
        assert_eq!(next(&mut state, &crl), [2, 3, 0, 1, 2, 3]);
        assert!(!restarted.bind(Binding::Partition(4)));

        let mut earlier = CrlState::default();
        assert_eq!(next(&mut earlier, &crl), [0]);
        for _ in 0..2 {
            assert!(earlier.bind(Binding::Partition(0)));
        }
        assert_eq!(next(&mut earlier, &crl), [1, 2, 3, 1, 2, 3, 1, 2, 3, 0, 1]);
    }

    #[test]
    fn a_partition_has_a_name_of_eleven_characters() {
        let names: std::collections::BTreeSet<_> = (0..1000).map(|_| partition_id()).collect();
        assert_eq!(names.len(), 1000);
        assert!(names.iter().all(|name| name.len() == 11));
        assert!(
            names.iter().flat_map(|name| name.bytes()).all(|byte| byte.is_ascii_alphanumeric())
        );
        // Below 2^64.
        assert!(names.iter().all(|name| name.as_bytes()[0] <= b'L'), "{names:?}");
    }

    #[test]
    fn the_complete_crl_names_itself_from_the_first_partition_on() {
        let mut state = CrlState::default();
        let complete = configuration(CrlType::Complete, "a.example");
        let partitioned = configuration(CrlType::Partitioned, "a.example");
        let url = |state: &CrlState, crl| state.place(&ca(), crl, Binding::Complete).unwrap().1;
        assert_eq!(url(&state, &complete), None);
        let named = Some("http://a.example/crl/ca-id.crl".to_owned());
        assert_eq!(url(&state, &partitioned), named);
        state.reserve(&ca(), &partitioned, 0);
        assert_eq!(url(&state, &complete), named);
        assert_eq!(state.published(&partitioned).count(), 2);
        assert_eq!(state.published(&complete).count(), 1);
    }
}
