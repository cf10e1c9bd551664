//! The name of a distribution point, in a certificate or in a CRL (RFC 5280 §4.2.1.13, §5.2.5).

use crate::der::{DerError, Element, tag};

/// A name has a handful of URIs; a list of thousands is an attack on our memory.
const MAX_NAMED: usize = 16;

/// Longer ones are counted as other names: relying parties do not fetch from them.
const MAX_URI: usize = 2048;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistributionPointName {
    /// The URIs of fullName; other kinds of names are only counted.
    Full {
        uris: Vec<String>,
        others: u64,
    },
    RelativeToIssuer,
}

impl DistributionPointName {
    /// DistributionPointName ::= CHOICE { fullName [0], nameRelativeToCRLIssuer [1] }
    pub(crate) fn read(choice: Element<'_>) -> Result<Self, DerError> {
        if choice.tag == tag::context_constructed(1) {
            return Ok(Self::RelativeToIssuer);
        }
        if choice.tag != tag::context_constructed(0) {
            return Err(choice.invalid("DistributionPointName"));
        }
        let (mut uris, mut others) = (Vec::new(), 0);
        let mut names = choice.open()?;
        while !names.is_empty() {
            let general_name = names.element()?;
            // GeneralName: uniformResourceIdentifier [6] IA5String.
            let is_uri = general_name.tag == tag::context(6);
            if is_uri && uris.len() < MAX_NAMED && general_name.content.len() <= MAX_URI {
                uris.push(String::from_utf8_lossy(general_name.content).into_owned());
            } else {
                others += 1;
            }
        }
        Ok(Self::Full { uris, others })
    }
}
