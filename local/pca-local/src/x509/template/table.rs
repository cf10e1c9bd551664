//! All templates, one row each, as the user guide's "template definitions" list them.

use x509_cert::ext::pkix::KeyUsages;
use x509_cert::ext::pkix::KeyUsages::{CRLSign, DigitalSignature, KeyCertSign, KeyEncipherment};

use super::{DistributionPoint, Kind, Purposes, Template, Variety};
use crate::x509::oid;

/// Every row is checked against an independent transcription in tests/x509/templates.txt.
///
/// Two documented rows are not followed. The user guide lets the API set the subject with
/// `BlankEndEntityCertificate_CriticalBasicConstraints_CSRPassthrough`, but the API reference has
/// ApiPassthrough ignored with every CSRPassthrough template. And it lets the request set the
/// distribution point with `EndEntityClientAuthCertificate`, but base templates take nothing of a
/// request except for subject, SAN and public key.
#[rustfmt::skip]
pub const ALL: &[Template] = &[
    row("CodeSigningCertificate/V1",                                               END_ENTITY,     BASE,    CODE,              FROM_CA),
    row("EndEntityCertificate/V1",                                                 END_ENTITY,     BASE,    SERVER_AND_CLIENT, FROM_CA),
    row("EndEntityClientAuthCertificate/V1",                                       END_ENTITY,     BASE,    CLIENT,            FROM_CA),
    row("EndEntityServerAuthCertificate/V1",                                       END_ENTITY,     BASE,    SERVER,            FROM_CA),
    row("OCSPSigningCertificate/V1",                                               END_ENTITY,     BASE,    OCSP,              FROM_CA),
    row("RootCACertificate/V1",                                                    ROOT,           BASE,    CA,                FROM_NONE),
    row("SubordinateCACertificate_PathLen0/V1",                                    subordinate(0), BASE,    CA,                FROM_CA),
    row("SubordinateCACertificate_PathLen1/V1",                                    subordinate(1), BASE,    CA,                FROM_CA),
    row("SubordinateCACertificate_PathLen2/V1",                                    subordinate(2), BASE,    CA,                FROM_CA),
    row("SubordinateCACertificate_PathLen3/V1",                                    subordinate(3), BASE,    CA,                FROM_CA),
    row("BlankEndEntityCertificate_CSRPassthrough/V1",                             END_ENTITY,     CSR,     BLANK,             FROM_CA_OR_CSR),
    row("BlankEndEntityCertificate_CriticalBasicConstraints_CSRPassthrough/V1",    END_ENTITY,     CSR,     BLANK_CRITICAL,    FROM_CA_OR_CSR),
    row("BlankSubordinateCACertificate_PathLen0_CSRPassthrough/V1",                subordinate(0), CSR,     BLANK_CA,          FROM_CA_OR_CSR),
    row("BlankSubordinateCACertificate_PathLen1_CSRPassthrough/V1",                subordinate(1), CSR,     BLANK_CA,          FROM_CA_OR_CSR),
    row("BlankSubordinateCACertificate_PathLen2_CSRPassthrough/V1",                subordinate(2), CSR,     BLANK_CA,          FROM_CA_OR_CSR),
    row("BlankSubordinateCACertificate_PathLen3_CSRPassthrough/V1",                subordinate(3), CSR,     BLANK_CA,          FROM_CA_OR_CSR),
    row("CodeSigningCertificate_CSRPassthrough/V1",                                END_ENTITY,     CSR,     CODE,              FROM_CA_OR_CSR),
    row("EndEntityCertificate_CSRPassthrough/V1",                                  END_ENTITY,     CSR,     SERVER_AND_CLIENT, FROM_CA_OR_CSR),
    row("EndEntityClientAuthCertificate_CSRPassthrough/V1",                        END_ENTITY,     CSR,     CLIENT,            FROM_CA_OR_CSR),
    row("EndEntityServerAuthCertificate_CSRPassthrough/V1",                        END_ENTITY,     CSR,     SERVER,            FROM_CA_OR_CSR),
    row("OCSPSigningCertificate_CSRPassthrough/V1",                                END_ENTITY,     CSR,     OCSP,              FROM_CA_OR_CSR),
    row("SubordinateCACertificate_PathLen0_CSRPassthrough/V1",                     subordinate(0), CSR,     CA,                FROM_CA_OR_CSR),
    row("SubordinateCACertificate_PathLen1_CSRPassthrough/V1",                     subordinate(1), CSR,     CA,                FROM_CA_OR_CSR),
    row("SubordinateCACertificate_PathLen2_CSRPassthrough/V1",                     subordinate(2), CSR,     CA,                FROM_CA_OR_CSR),
    row("SubordinateCACertificate_PathLen3_CSRPassthrough/V1",                     subordinate(3), CSR,     CA,                FROM_CA_OR_CSR),
    row("BlankEndEntityCertificate_APIPassthrough/V1",                             END_ENTITY,     API,     BLANK,             FROM_CA),
    row("BlankEndEntityCertificate_CriticalBasicConstraints_APIPassthrough/V1",    END_ENTITY,     API,     BLANK_CRITICAL,    FROM_CA_OR_API),
    row("BlankSubordinateCACertificate_PathLen0_APIPassthrough/V1",                subordinate(0), API,     BLANK_CA,          FROM_CA),
    row("BlankSubordinateCACertificate_PathLen1_APIPassthrough/V1",                subordinate(1), API,     BLANK_CA,          FROM_CA),
    row("BlankSubordinateCACertificate_PathLen2_APIPassthrough/V1",                subordinate(2), API,     BLANK_CA,          FROM_CA),
    row("BlankSubordinateCACertificate_PathLen3_APIPassthrough/V1",                subordinate(3), API,     BLANK_CA,          FROM_CA),
    row("CodeSigningCertificate_APIPassthrough/V1",                                END_ENTITY,     API,     CODE,              FROM_CA),
    row("EndEntityCertificate_APIPassthrough/V1",                                  END_ENTITY,     API,     SERVER_AND_CLIENT, FROM_CA),
    row("EndEntityClientAuthCertificate_APIPassthrough/V1",                        END_ENTITY,     API,     CLIENT,            FROM_CA),
    row("EndEntityServerAuthCertificate_APIPassthrough/V1",                        END_ENTITY,     API,     SERVER,            FROM_CA),
    row("OCSPSigningCertificate_APIPassthrough/V1",                                END_ENTITY,     API,     OCSP,              FROM_CA),
    row("RootCACertificate_APIPassthrough/V1",                                     ROOT,           API,     CA,                FROM_NONE),
    row("SubordinateCACertificate_PathLen0_APIPassthrough/V1",                     subordinate(0), API,     CA,                FROM_CA),
    row("SubordinateCACertificate_PathLen1_APIPassthrough/V1",                     subordinate(1), API,     CA,                FROM_CA),
    row("SubordinateCACertificate_PathLen2_APIPassthrough/V1",                     subordinate(2), API,     CA,                FROM_CA),
    row("SubordinateCACertificate_PathLen3_APIPassthrough/V1",                     subordinate(3), API,     CA,                FROM_CA),
    row("BlankEndEntityCertificate_APICSRPassthrough/V1",                          END_ENTITY,     API_CSR, BLANK,             FROM_CA_OR_CSR),
    row("BlankEndEntityCertificate_CriticalBasicConstraints_APICSRPassthrough/V1", END_ENTITY,     API_CSR, BLANK_CRITICAL,    FROM_ANY),
    row("BlankSubordinateCACertificate_PathLen0_APICSRPassthrough/V1",             subordinate(0), API_CSR, BLANK_CA,          FROM_CA_OR_CSR),
    row("BlankSubordinateCACertificate_PathLen1_APICSRPassthrough/V1",             subordinate(1), API_CSR, BLANK_CA,          FROM_CA_OR_CSR),
    row("BlankSubordinateCACertificate_PathLen2_APICSRPassthrough/V1",             subordinate(2), API_CSR, BLANK_CA,          FROM_CA_OR_CSR),
    row("BlankSubordinateCACertificate_PathLen3_APICSRPassthrough/V1",             subordinate(3), API_CSR, BLANK_CA,          FROM_CA_OR_CSR),
    row("CodeSigningCertificate_APICSRPassthrough/V1",                             END_ENTITY,     API_CSR, CODE,              FROM_CA_OR_CSR),
    row("EndEntityCertificate_APICSRPassthrough/V1",                               END_ENTITY,     API_CSR, SERVER_AND_CLIENT, FROM_CA_OR_CSR),
    row("EndEntityClientAuthCertificate_APICSRPassthrough/V1",                     END_ENTITY,     API_CSR, CLIENT,            FROM_CA_OR_CSR),
    row("EndEntityServerAuthCertificate_APICSRPassthrough/V1",                     END_ENTITY,     API_CSR, SERVER,            FROM_CA_OR_CSR),
    row("OCSPSigningCertificate_APICSRPassthrough/V1",                             END_ENTITY,     API_CSR, OCSP,              FROM_CA_OR_CSR),
    row("SubordinateCACertificate_PathLen0_APICSRPassthrough/V1",                  subordinate(0), API_CSR, CA,                FROM_CA_OR_CSR),
    row("SubordinateCACertificate_PathLen1_APICSRPassthrough/V1",                  subordinate(1), API_CSR, CA,                FROM_CA_OR_CSR),
    row("SubordinateCACertificate_PathLen2_APICSRPassthrough/V1",                  subordinate(2), API_CSR, CA,                FROM_CA_OR_CSR),
    row("SubordinateCACertificate_PathLen3_APICSRPassthrough/V1",                  subordinate(3), API_CSR, CA,                FROM_CA_OR_CSR),
    row("BlankRootCACertificate_APIPassthrough/V1",                                ROOT,           API,     BLANK_CA,          FROM_NONE),
    row("BlankRootCACertificate_PathLen0_APIPassthrough/V1",                       root(0),        API,     BLANK_CA,          FROM_NONE),
    row("BlankRootCACertificate_PathLen1_APIPassthrough/V1",                       root(1),        API,     BLANK_CA,          FROM_NONE),
    row("BlankRootCACertificate_PathLen2_APIPassthrough/V1",                       root(2),        API,     BLANK_CA,          FROM_NONE),
    row("BlankRootCACertificate_PathLen3_APIPassthrough/V1",                       root(3),        API,     BLANK_CA,          FROM_NONE),
];

const END_ENTITY: Kind = Kind::EndEntity;
const ROOT: Kind = Kind::Root { path_len: None };

const fn root(path_len: u8) -> Kind {
    Kind::Root { path_len: Some(path_len) }
}

const fn subordinate(path_len: u8) -> Kind {
    Kind::Subordinate { path_len }
}

const API: Variety = Variety::ApiPassthrough;
const API_CSR: Variety = Variety::ApiCsrPassthrough;
const BASE: Variety = Variety::Base;
const CSR: Variety = Variety::CsrPassthrough;

/// The extensions that a template defines itself, besides those that all of them do.
struct Profile {
    basic_constraints_critical: bool,
    key_usage: &'static [KeyUsages],
    extended_key_usage: Option<Purposes>,
}

const fn purposes(critical: bool, purposes: &'static [const_oid::ObjectIdentifier]) -> Profile {
    Profile {
        basic_constraints_critical: false,
        key_usage: &[DigitalSignature],
        extended_key_usage: Some(Purposes { critical, purposes }),
    }
}

const fn tls(purpose: &'static [const_oid::ObjectIdentifier]) -> Profile {
    Profile { key_usage: &[DigitalSignature, KeyEncipherment], ..purposes(false, purpose) }
}

const BLANK: Profile =
    Profile { basic_constraints_critical: false, key_usage: &[], extended_key_usage: None };
const BLANK_CRITICAL: Profile = Profile { basic_constraints_critical: true, ..BLANK };
const BLANK_CA: Profile = BLANK_CRITICAL;
const CA: Profile =
    Profile { key_usage: &[DigitalSignature, KeyCertSign, CRLSign], ..BLANK_CRITICAL };
const CLIENT: Profile = tls(&[oid::CLIENT_AUTH]);
const CODE: Profile = purposes(true, &[oid::CODE_SIGNING]);
const OCSP: Profile = purposes(true, &[oid::OCSP_SIGNING]);
const SERVER: Profile = tls(&[oid::SERVER_AUTH]);
const SERVER_AND_CLIENT: Profile = tls(&[oid::SERVER_AUTH, oid::CLIENT_AUTH]);

const FROM_NONE: DistributionPoint = DistributionPoint { api: false, csr: false, ca: false };
const FROM_CA: DistributionPoint = DistributionPoint { ca: true, ..FROM_NONE };
const FROM_CA_OR_API: DistributionPoint = DistributionPoint { api: true, ..FROM_CA };
const FROM_CA_OR_CSR: DistributionPoint = DistributionPoint { csr: true, ..FROM_CA };
const FROM_ANY: DistributionPoint = DistributionPoint { api: true, csr: true, ca: true };

const fn row(
    name: &'static str,
    kind: Kind,
    variety: Variety,
    profile: Profile,
    distribution_point: DistributionPoint,
) -> Template {
    let Profile { basic_constraints_critical, key_usage, extended_key_usage } = profile;
    Template {
        name,
        kind,
        variety,
        basic_constraints_critical,
        key_usage,
        extended_key_usage,
        distribution_point,
    }
}
