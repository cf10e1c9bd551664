//! The name of a distribution point, in a certificate or in a CRL (RFC 5280 §4.2.1.13, §5.2.5).

use crate::{
    der::{DerError, Element, tag},
    general_name::{self, GeneralName},
    name,
};

/// A name has a handful of URIs; a list of thousands is an attack on our memory.
const MAX_NAMED: usize = 16;

/// Longer ones are counted as other names: relying parties do not fetch from them.
const MAX_URI: usize = 2048;

/// `DistributionPointName` (RFC 5280 §4.2.1.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistributionPointName {
    /// The URIs of fullName; other kinds of names are only counted.
    Full {
        /// Its URIs, the first 16.
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
            name::check_relative(choice)?;
            return Ok(Self::RelativeToIssuer);
        }
        if choice.tag != tag::context_constructed(0) {
            return Err(choice.invalid("DistributionPointName"));
        }
        let (mut uris, mut others) = (Vec::new(), 0);
        general_name::visit(choice, |name| match name {
            GeneralName::Uri(uri) if uris.len() < MAX_NAMED && uri.len() <= MAX_URI => {
                uris.push(String::from_utf8_lossy(uri).into_owned());
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
