//! Reads the CAs' own certificates: they say which CA signed which.

use std::collections::BTreeMap;

use super::Region;
use crate::{
    ca::{Ca, CaStatus},
    certificate::Certificate,
    evidence::keys,
    failure::chain,
    fleet::{FleetReport, Unchecked},
    inventory::{Identity, Inventory, Known},
    jobs::{conditional, in_order::in_order},
    ports::{Etag, PortError},
};

/// ACM PCA answers this call 20 times a second.
const AT_ONCE: usize = 16;

impl Region<'_> {
    /// Writes the inventory as auto-restore's sweep does. An identity that is known is not read again.
    pub(super) async fn keep_inventory(&self, report: &mut FleetReport) -> Option<Inventory> {
        let first = self.cas.first()?;
        let key = keys::inventory(first.arn.region());
        let found = match self.ports.evidence.read(&key).await {
            Ok(found) => found,
            Err(error) => {
                self.failed(&key, &error, report);
                None
            }
        };
        let before =
            found.as_ref().and_then(|of| serde_json::from_slice::<Inventory>(&of.body).ok());
        let before = before.map(|inventory| inventory.cas).unwrap_or_default();
        let known: Vec<_> =
            self.cas.iter().map(|ca| (ca, Known::seen(ca, before.get(&ca.arn)))).collect();
        let reads = known.into_iter().map(|(ca, known)| self.identified(ca, known));
        let mut cas = BTreeMap::new();
        for (ca, (known, failure)) in self.cas.iter().zip(in_order(AT_ONCE, reads).await) {
            report.unchecked.extend(failure);
            cas.insert(ca.arn.clone(), known);
        }
        let inventory = Inventory { as_of: self.now, cas };
        self.write_inventory(&key, &inventory, found.as_ref().map(|of| &of.etag), report).await;
        Some(inventory)
    }

    async fn write_inventory(
        &self,
        key: &str,
        inventory: &Inventory,
        over: Option<&Etag>,
        report: &mut FleetReport,
    ) {
        let body = match serde_json::to_vec_pretty(inventory) {
            Ok(body) => body,
            Err(error) => return self.failed(key, &error, report),
        };
        if let Err(error) = conditional::write(self.ports.evidence, key, body, over).await {
            self.failed(key, &error, report);
        }
    }

    async fn identified(&self, ca: &Ca, mut known: Known) -> (Known, Option<Unchecked>) {
        let has_certificate =
            matches!(ca.status, CaStatus::Active | CaStatus::Disabled | CaStatus::Expired);
        if known.identity.is_some() || !has_certificate {
            return (known, None);
        }
        let why = match self.ports.authorities.certificate(&ca.arn).await {
            // Deleted, say, since it was listed.
            Err(PortError::InvalidState { .. } | PortError::NotFound { .. }) => {
                return (known, None);
            }
            Err(error) => chain(&error),
            Ok(of) => match Certificate::from_pem(&of.certificate) {
                Ok(certificate) => {
                    known.identity = Some(Identity::of(&certificate));
                    return (known, None);
                }
                Err(error) => chain(&error),
            },
        };
        (known, Some(Unchecked { what: ca.arn.to_string(), why }))
    }
}
