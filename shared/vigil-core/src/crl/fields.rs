//! The single fields of a CertificateList, collected while the walk passes them.

use time::OffsetDateTime;

use super::{
    CrlFacts, Malformed,
    entry::{Counter, Entry},
    extensions::ExtensionFacts,
    place::Place,
};
use crate::{
    der::{DerError, Element, tag, value},
    signature::AlgorithmIdentifier,
};

#[derive(Default)]
pub(super) struct Fields {
    version: Option<u64>,
    pub(super) inner_algorithm: Option<AlgorithmIdentifier>,
    outer_algorithm: Option<AlgorithmIdentifier>,
    issuer: Vec<u8>,
    this_update: Option<OffsetDateTime>,
    next_update: Option<OffsetDateTime>,
    counter: Counter,
    extensions: ExtensionFacts,
    pub(super) signature: Vec<u8>,
    pub(super) trailing_bytes: u64,
    malformed: Vec<Malformed>,
}

impl Fields {
    /// Takes the element that stands at `place`. An error is one that ends the walk.
    pub(super) fn take(
        &mut self,
        place: Place,
        element: Element<'_>,
        visit: &mut impl FnMut(&Entry<'_>),
    ) -> Result<(), DerError> {
        match place {
            Place::Version => self.version = Some(value::unsigned(element)?),
            Place::InnerAlgorithm => {
                self.inner_algorithm = Some(AlgorithmIdentifier::read(element)?);
            }
            Place::Issuer => self.issuer = element.tagged(tag::SEQUENCE)?.raw.to_vec(),
            Place::ThisUpdate => self.this_update = self.time(place, element),
            Place::NextUpdate => self.next_update = self.time(place, element),
            Place::Entry => match Entry::read(element) {
                Ok(entry) => self.entry(&entry, visit),
                Err(error) => self.counter.malformed(error),
            },
            Place::Extensions => {
                let wrapper = element.tagged(tag::context_constructed(0))?;
                self.extensions = ExtensionFacts::read(wrapper);
            }
            Place::OuterAlgorithm => {
                self.outer_algorithm = Some(AlgorithmIdentifier::read(element)?);
            }
            Place::Signature => {
                let (bits, _) = value::bit_string(element)?;
                self.signature = bits.to_vec();
            }
            Place::List | Place::Tbs | Place::Entries | Place::End => {}
        }
        Ok(())
    }

    #[inline]
    pub(super) fn entry(&mut self, entry: &Entry<'_>, visit: &mut impl FnMut(&Entry<'_>)) {
        self.counter.count(entry);
        visit(entry);
    }

    /// A time that cannot be read is a fact: the rules say what follows from having none.
    fn time(&mut self, place: Place, element: Element<'_>) -> Option<OffsetDateTime> {
        value::time(element)
            .map_err(|error| self.malformed.push(Malformed { part: place.name(), error }))
            .ok()
    }

    /// The facts and the signature, once everything mandatory was there.
    pub(super) fn finish(self, size: u64) -> Option<(CrlFacts, Vec<u8>)> {
        let mut facts = CrlFacts {
            size,
            version: self.version,
            inner_algorithm: self.inner_algorithm?,
            outer_algorithm: self.outer_algorithm?,
            issuer: self.issuer,
            this_update: self.this_update,
            next_update: self.next_update,
            entries: self.counter.finish(),
            number: None,
            authority_key_identifier: None,
            issuing_distribution_point: None,
            delta_base: None,
            unknown_critical_extensions: Vec::new(),
            trailing_bytes: self.trailing_bytes,
            malformed: self.malformed,
        };
        self.extensions.add_to(&mut facts);
        Some((facts, self.signature))
    }
}
