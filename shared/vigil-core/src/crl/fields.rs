//! The single fields of a CertificateList, collected while the walk passes them.

use time::OffsetDateTime;

use super::{
    CrlFacts, Malformed,
    entry::{Counter, Entry, EntryFacts},
    extensions::ExtensionFacts,
    faults::{self, Fault, FaultKind},
    indirect::Indirect,
    part::CrlPart,
};
use crate::{
    der::{DerError, Element, tag, value},
    name,
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
    indirect: Indirect,
    extensions: ExtensionFacts,
    pub(super) signature: Vec<u8>,
    pub(super) unused_bits: u8,
    pub(super) trailing_bytes: u64,
    /// revokedCertificates is there.
    pub(super) has_entries: bool,
    malformed: Vec<Malformed>,
    faults: Vec<Fault>,
}

impl Fields {
    /// Takes the element that stands at `part`. An error is one that ends the walk.
    pub(super) fn take(
        &mut self,
        part: CrlPart,
        element: Element<'_>,
        visit: &mut impl FnMut(&Entry<'_>),
    ) -> Result<(), DerError> {
        match part {
            CrlPart::Version => self.version = Some(value::unsigned(element)?),
            CrlPart::InnerAlgorithm => {
                self.inner_algorithm = Some(AlgorithmIdentifier::read(element)?);
            }
            CrlPart::Issuer => {
                self.issuer = element.tagged(tag::SEQUENCE)?.raw.to_vec();
                match name::check(element) {
                    Ok(form) if form.characters || form.order => {
                        faults::add(&mut self.faults, FaultKind::NameForm, part.name(), 1);
                    }
                    Ok(_) => {}
                    Err(error) => self.malformed.push(Malformed { part: part.name(), error }),
                }
            }
            CrlPart::ThisUpdate => self.this_update = self.time(part, element),
            CrlPart::NextUpdate => self.next_update = self.time(part, element),
            CrlPart::Entry => match Entry::read(element) {
                Ok(entry) => {
                    if entry.indirect {
                        self.indirect.begin(element, &self.issuer)?;
                    }
                    self.entry(&entry, visit);
                }
                Err(error) => self.counter.malformed(error),
            },
            CrlPart::Extensions => {
                let wrapper = element.tagged(tag::context_constructed(0))?;
                self.extensions = ExtensionFacts::read(wrapper);
            }
            CrlPart::OuterAlgorithm => {
                self.outer_algorithm = Some(AlgorithmIdentifier::read(element)?);
            }
            CrlPart::Signature => {
                let (bits, unused) = value::bit_string(element)?;
                self.signature = bits.to_vec();
                self.unused_bits = unused;
                if unused > 0 {
                    let error = element.invalid("signature of whole octets");
                    self.malformed.push(Malformed { part: part.name(), error });
                }
            }
            CrlPart::List | CrlPart::Tbs | CrlPart::Entries | CrlPart::End => {}
        }
        Ok(())
    }

    #[inline]
    pub(super) fn entry(&mut self, entry: &Entry<'_>, visit: &mut impl FnMut(&Entry<'_>)) {
        if self.indirect.is_begun() {
            return self.indirect_entry(entry, visit);
        }
        self.counter.count(entry);
        visit(entry);
    }

    /// RFC 5280 §5.3.3: an entry without a certificateIssuer has that of the entry before.
    #[cold]
    fn indirect_entry(&mut self, entry: &Entry<'_>, visit: &mut impl FnMut(&Entry<'_>)) {
        let is_own = self.indirect.is_own();
        let entry = Entry { indirect: !is_own, ..*entry };
        self.indirect.see(&entry);
        self.counter.count(&entry);
        self.counter.named_own(is_own);
        visit(&entry);
    }

    /// A time that cannot be read is a fact: the rules say what follows from having none.
    fn time(&mut self, part: CrlPart, element: Element<'_>) -> Option<OffsetDateTime> {
        let part = part.name();
        let time = value::time(element)
            .map_err(|error| self.malformed.push(Malformed { part, error }))
            .ok()?;
        if value::is_odd_form(element, time) {
            faults::add(&mut self.faults, FaultKind::TimeForm, part, 1);
        }
        Some(time)
    }

    /// The facts and the signature, once everything mandatory was there.
    pub(super) fn finish(self, size: u64) -> Option<(CrlFacts, Vec<u8>, u8)> {
        let mut facts = CrlFacts {
            size,
            version: self.version,
            inner_algorithm: self.inner_algorithm?,
            outer_algorithm: self.outer_algorithm?,
            signed_digest: None,
            issuer: self.issuer,
            this_update: self.this_update,
            next_update: self.next_update,
            entries: EntryFacts {
                repeated_indirect: self.indirect.repeated(),
                ..self.counter.finish()
            },
            number: None,
            authority_key_identifier: None,
            issuing_distribution_point: None,
            delta_base: None,
            unknown_critical_extensions: Vec::new(),
            trailing_bytes: self.trailing_bytes,
            malformed: self.malformed,
            faults: self.faults,
            authority_certificate: None,
            uris: Vec::new(),
            next_publish: None,
            has_freshest: false,
        };
        if self.has_entries && facts.entries.count == 0 {
            faults::add(&mut facts.faults, FaultKind::EmptyList, CrlPart::Entries.name(), 1);
        }
        for (algorithm, part) in [
            (&facts.inner_algorithm, CrlPart::InnerAlgorithm),
            (&facts.outer_algorithm, CrlPart::OuterAlgorithm),
        ] {
            if algorithm.is_default_encoded {
                faults::add(&mut facts.faults, FaultKind::DefaultEncoded, part.name(), 1);
            }
        }
        let of_entries = std::mem::take(&mut facts.entries.faults);
        facts.faults.extend(of_entries);
        self.extensions.add_to(&mut facts);
        Some((facts, self.signature, self.unused_bits))
    }
}
