//! The name of a distribution point, in a certificate or in a CRL (RFC 5280 §4.2.1.13, §5.2.5).

use crate::{
    der::{DerError, Element, tag},
    general_name::{self, GeneralName},
    name, uri,
};

/// A name has a handful of URIs; a list of thousands is an attack on our memory.
const MAX_NAMED: usize = 16;

/// Keeps the first URIs, more of those that few fetch, and still more of those that are wrong: many good
/// ones must not hide one of them.
pub(crate) fn keeps(kept: usize, uri: &str, is_wrong: bool) -> bool {
    kept < MAX_NAMED
        || kept < 4 * MAX_NAMED && !uri::is_plain(uri)
        || kept < 5 * MAX_NAMED && is_wrong
}

/// A URI as text. What is longer than any that is fetched is cut, and stays too long.
pub(crate) fn uri_text(octets: &[u8]) -> String {
    String::from_utf8_lossy(&octets[..octets.len().min(uri::MAX_URI + 1)]).into_owned()
}

/// `DistributionPointName` (RFC 5280 §4.2.1.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistributionPointName {
    /// The URIs of fullName; other kinds of names are only counted.
    Full {
        /// Its URIs: the first 16, and those after them that are not plain ones.
        uris: Vec<String>,
        /// How many other names there are.
        others: u64,
    },
    /// `nameRelativeToCRLIssuer`.
    RelativeToIssuer,
}

impl DistributionPointName {
    /// `DistributionPointName ::= CHOICE { fullName [0], nameRelativeToCRLIssuer [1] }`
    pub(crate) fn read(choice: Element<'_>) -> Result<Self, DerError> {
        if choice.tag == tag::context_constructed(1) {
            let form = name::check_relative(choice)?;
            if form.characters || form.order {
                return Err(choice.invalid("nameRelativeToCRLIssuer"));
            }
            return Ok(Self::RelativeToIssuer);
        }
        if choice.tag != tag::context_constructed(0) {
            return Err(choice.invalid("DistributionPointName"));
        }
        let (mut uris, mut others): (Vec<String>, _) = (Vec::new(), 0);
        general_name::visit(choice, |name| match name {
            GeneralName::Uri(octets) => {
                let uri = uri_text(octets);
                let is_wrong = uri::fetched(&uri).is_err();
                if keeps(uris.len(), &uri, is_wrong) { uris.push(uri) } else { others += 1 }
            }
            _ => others += 1,
        })?;
        Ok(Self::Full { uris, others })
    }

    /// fullName without a name, where RFC 5280 §4.2.1.6 wants one.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Full { uris, others: 0 } if uris.is_empty())
    }
}
