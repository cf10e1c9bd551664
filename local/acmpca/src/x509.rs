//! Keys, requests, certificates and CRLs. Knows nothing of the service.
