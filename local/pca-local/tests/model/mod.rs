//! A model of what the service keeps: every acknowledged call is replayed on it, and the state in a
//! data directory is the model's, or the directory is refused by name.
//!
//! It knows the rules of ACM PCA's states that it uses, and nothing of pca-local's code.

#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use pca_local::PcaLocal;
use serde_json::{Value, json};

use super::process::{Random, Server};

/// A CA as it is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ca {
    status: String,
    tags: BTreeMap<String, String>,
    has_permission: bool,
    has_policy: bool,
    /// Serial numbers, those that are revoked with their reason.
    issued: BTreeMap<String, Option<String>>,
}

/// All CAs by their ARNs.
pub(crate) type State = BTreeMap<String, Ca>;

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Create,
    Issue { ca: String },
    Revoke { ca: String, serial: String },
    Tag { ca: String, key: String, value: String },
    Untag { ca: String, key: String },
    Permit { ca: String },
    Forbid { ca: String },
    Policy { ca: String },
    NoPolicy { ca: String },
    Disable { ca: String },
    Enable { ca: String },
    Delete { ca: String },
    Restore { ca: String },
}

use Operation as Op;

/// What was acknowledged, and the call that was not.
pub(crate) struct Model {
    pub(crate) state: State,
    /// What was not answered, or with a 5xx, since the last change: one of them may be done.
    pending: Vec<Operation>,
    /// The roots' own certificates, which cannot be revoked.
    own: BTreeSet<String>,
    /// A request for a certificate, in base64.
    request: String,
}

impl Model {
    /// Of a new server: two root CAs, which have issued their own certificates.
    pub(crate) fn begin(server: &Server) -> Self {
        let mut state = State::new();
        let mut request = String::new();
        for name in ["Root 0", "Root 1"] {
            let (arn, csr) = server.active_root(name);
            let ca = Ca { status: "ACTIVE".to_owned(), ..Ca::default() };
            state.insert(arn, ca);
            request = csr;
        }
        let export = server.text("GET", "/_pca-local/state").unwrap();
        let seen = parse(export.as_str().unwrap());
        let mut own = BTreeSet::new();
        for (arn, ca) in &mut state {
            ca.issued = seen[arn].issued.clone();
            assert_eq!(ca.issued.len(), 1, "its own certificate");
            own.extend(ca.issued.keys().cloned());
        }
        Self { state, pending: Vec::new(), own, request }
    }

    /// For another life of the same directory.
    pub(crate) fn fork(&self) -> Self {
        let (state, own) = (self.state.clone(), self.own.clone());
        Self { state, pending: Vec::new(), own, request: self.request.clone() }
    }

    /// One call, and what it did. `Err` without an answer; a 5xx is an answer that nothing is done.
    pub(crate) fn step(&mut self, server: &Server, random: &mut Random) -> Result<u16, String> {
        let operation = self.choose(random);
        let (name, request) = self.request(&operation);
        // Until it is answered it may be done or not.
        self.pending.push(operation.clone());
        let (status, answer) = server.call(name, &request)?;
        let refusal = self.refusal(&operation);
        match status {
            200 => {
                assert_eq!(refusal, None, "{name} was allowed: {request}");
                apply(&mut self.state, &operation, made(&answer));
                self.pending.clear();
            }
            400 => {
                let code = answer["__type"].as_str().map(str::to_owned);
                assert_eq!(code.as_deref(), refusal, "{name}: {answer}");
                self.pending.pop();
            }
            500 => assert_eq!(answer["__type"], "InternalFailure", "{name}: {answer}"),
            other => panic!("{name}: {other} {answer}"),
        }
        Ok(status)
    }

    /// One of the calls that change something; some of them ACM PCA refuses.
    fn choose(&self, random: &mut Random) -> Operation {
        let place = random.below(self.state.len() as u64) as usize;
        let (arn, known) = self.state.iter().nth(place).unwrap();
        let ca = arn.clone();
        let certificate = |random: &mut Random| {
            let place = random.below(known.issued.len().max(1) as u64) as usize;
            known.issued.keys().nth(place).cloned()
        };
        let key = format!("key-{}", random.below(3));
        match random.below(20) {
            0 => Op::Create,
            1..8 => Op::Issue { ca },
            8..11 => match certificate(random) {
                Some(serial) => Op::Revoke { ca, serial },
                None => Op::Issue { ca },
            },
            11 | 12 => Op::Tag { ca, key, value: random.below(1000).to_string() },
            13 => Op::Untag { ca, key },
            14 if known.has_permission => Op::Forbid { ca },
            14 => Op::Permit { ca },
            15 if known.has_policy => Op::NoPolicy { ca },
            15 => Op::Policy { ca },
            16 => Op::Disable { ca },
            17 => Op::Enable { ca },
            18 => Op::Delete { ca },
            _ => Op::Restore { ca },
        }
    }

    fn request(&self, operation: &Operation) -> (&'static str, Value) {
        let of = |ca: &str| json!({"CertificateAuthorityArn": ca});
        let with = |ca: &str, member: &str, value: Value| {
            let mut request = of(ca);
            request[member] = value;
            request
        };
        match operation {
            Op::Create => {
                let name = format!("Created {}", self.state.len());
                ("CreateCertificateAuthority", testkit::json::creation(&name, None))
            }
            Op::Issue { ca } => (
                "IssueCertificate",
                json!({
                    "CertificateAuthorityArn": ca, "Csr": self.request,
                    "SigningAlgorithm": "SHA256WITHECDSA",
                    "Validity": {"Type": "DAYS", "Value": 365},
                }),
            ),
            Op::Revoke { ca, serial } => {
                let mut request = with(ca, "CertificateSerial", json!(serial));
                request["RevocationReason"] = json!("SUPERSEDED");
                ("RevokeCertificate", request)
            }
            Op::Tag { ca, key, value } => {
                let tags = json!([{"Key": key, "Value": value}]);
                ("TagCertificateAuthority", with(ca, "Tags", tags))
            }
            Op::Untag { ca, key } => {
                ("UntagCertificateAuthority", with(ca, "Tags", json!([{"Key": key}])))
            }
            Op::Permit { ca } => {
                let mut request = with(ca, "Principal", json!("acm.amazonaws.com"));
                request["Actions"] =
                    json!(["IssueCertificate", "GetCertificate", "ListPermissions"]);
                ("CreatePermission", request)
            }
            Op::Forbid { ca } => {
                ("DeletePermission", with(ca, "Principal", json!("acm.amazonaws.com")))
            }
            Op::Policy { ca } => {
                ("PutPolicy", json!({"ResourceArn": ca, "Policy": policy(ca).to_string()}))
            }
            Op::NoPolicy { ca } => ("DeletePolicy", json!({"ResourceArn": ca})),
            Op::Disable { ca } => {
                ("UpdateCertificateAuthority", with(ca, "Status", json!("DISABLED")))
            }
            Op::Enable { ca } => {
                ("UpdateCertificateAuthority", with(ca, "Status", json!("ACTIVE")))
            }
            Op::Delete { ca } => ("DeleteCertificateAuthority", of(ca)),
            Op::Restore { ca } => ("RestoreCertificateAuthority", of(ca)),
        }
    }

    /// The code that ACM PCA refuses the call with.
    fn refusal(&self, operation: &Operation) -> Option<&'static str> {
        let status = |ca: &String| self.state[ca].status.as_str();
        let unless = |is_allowed: bool| (!is_allowed).then_some("InvalidStateException");
        match operation {
            Op::Create => None,
            Op::Issue { ca } => unless(status(ca) == "ACTIVE"),
            Op::Revoke { serial, .. } if self.own.contains(serial) => {
                Some("InvalidRequestException")
            }
            Op::Revoke { ca, serial } => match status(ca) {
                "ACTIVE" | "DISABLED" if self.state[ca].issued[serial].is_some() => {
                    Some("RequestAlreadyProcessedException")
                }
                "ACTIVE" | "DISABLED" => None,
                _ => unless(false),
            },
            Op::Disable { ca } => unless(["ACTIVE", "DISABLED"].contains(&status(ca))),
            Op::Enable { ca } => unless(["ACTIVE", "DISABLED"].contains(&status(ca))),
            Op::Delete { ca } => unless(["DISABLED", "PENDING_CERTIFICATE"].contains(&status(ca))),
            Op::Restore { ca } => unless(status(ca) == "DELETED"),
            Op::Tag { ca, .. }
            | Op::Untag { ca, .. }
            | Op::Permit { ca }
            | Op::Forbid { ca }
            | Op::Policy { ca }
            | Op::NoPolicy { ca } => unless(status(ca) != "DELETED"),
        }
    }

    /// Nothing else than what was acknowledged, and the last call if it was not answered.
    ///
    /// # Errors
    /// Both states.
    pub(crate) fn accept(&mut self, seen: &State) -> Result<(), String> {
        let mut allowed = vec![self.state.clone()];
        let pending = std::mem::take(&mut self.pending);
        for operation in pending.iter().filter(|one| self.refusal(one).is_none()) {
            let mut done = self.state.clone();
            apply(&mut done, operation, new_in(seen, &self.state));
            allowed.push(done);
        }
        let Some(found) = allowed.iter().find(|state| *state == seen) else {
            return Err(format!("seen {seen:#?}\nnot one of {allowed:#?}"));
        };
        self.state = found.clone();
        Ok(())
    }
}

/// What a call made: an ARN of a CA, or a serial number.
fn made(answer: &Value) -> Option<String> {
    let arn = answer["CertificateArn"].as_str().or(answer["CertificateAuthorityArn"].as_str())?;
    Some(match arn.split_once("/certificate/") {
        Some((_, serial)) => serial.to_owned(),
        None => arn.to_owned(),
    })
}

/// The same for a call without an answer: what is seen and was not known.
fn new_in(seen: &State, known: &State) -> Option<String> {
    if let Some(arn) = seen.keys().find(|arn| !known.contains_key(*arn)) {
        return Some(arn.clone());
    }
    let serials = |state: &State| -> BTreeSet<String> {
        state.values().flat_map(|ca| ca.issued.keys().cloned()).collect()
    };
    serials(seen).difference(&serials(known)).next().cloned()
}

fn apply(state: &mut State, operation: &Operation, made: Option<String>) {
    let mut set = |ca: &String, status: &str| state.get_mut(ca).unwrap().status = status.to_owned();
    match operation {
        Op::Create => {
            let ca = Ca { status: "PENDING_CERTIFICATE".to_owned(), ..Ca::default() };
            state.extend(made.map(|arn| (arn, ca)));
        }
        Op::Issue { ca } => {
            state.get_mut(ca).unwrap().issued.extend(made.map(|serial| (serial, None)));
        }
        Op::Revoke { ca, serial } => {
            let reason = Some("SUPERSEDED".to_owned());
            state.get_mut(ca).unwrap().issued.insert(serial.clone(), reason);
        }
        Op::Tag { ca, key, value } => {
            state.get_mut(ca).unwrap().tags.insert(key.clone(), value.clone());
        }
        Op::Untag { ca, key } => drop(state.get_mut(ca).unwrap().tags.remove(key)),
        Op::Permit { ca } => state.get_mut(ca).unwrap().has_permission = true,
        Op::Forbid { ca } => state.get_mut(ca).unwrap().has_permission = false,
        Op::Policy { ca } => state.get_mut(ca).unwrap().has_policy = true,
        Op::NoPolicy { ca } => state.get_mut(ca).unwrap().has_policy = false,
        Op::Disable { ca } => set(ca, "DISABLED"),
        Op::Enable { ca } => set(ca, "ACTIVE"),
        Op::Delete { ca } => set(ca, "DELETED"),
        Op::Restore { ca } => {
            let is_active_once = !state[ca].issued.is_empty();
            let status = if is_active_once { "DISABLED" } else { "PENDING_CERTIFICATE" };
            state.get_mut(ca).unwrap().status = status.to_owned();
        }
    }
}

fn policy(ca: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Resource": ca,
            "Action": [
                "acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate",
                "acm-pca:GetCertificateAuthorityCertificate", "acm-pca:ListPermissions",
                "acm-pca:ListTags",
            ],
        }, {
            "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Resource": ca,
            "Action": "acm-pca:IssueCertificate",
            "Condition": {"StringEquals": {
                "acm-pca:TemplateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
            }},
        }],
    })
}

/// The state in a data directory that no process has open.
///
/// # Errors
/// Why pca-local refuses it, which names the directory.
pub(crate) fn read(data: &Path) -> Result<State, String> {
    let pca = PcaLocal::builder().open(data).map_err(|error| chain(&error))?;
    let mut export = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let exported = runtime.block_on(pca.export(&mut export));
    let closed = pca.close();
    exported.map_err(|error| chain(&error))?;
    closed.map_err(|error| chain(&error))?;
    Ok(parse(std::str::from_utf8(&export).unwrap()))
}

pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |it| it.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An exported state.
pub(crate) fn parse(export: &str) -> State {
    let mut cas: BTreeMap<u64, (String, Ca)> = BTreeMap::new();
    let mut serials: BTreeMap<(u64, u64), String> = BTreeMap::new();
    for line in export.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let number = record["ca"].as_u64().unwrap_or_default();
        match record["record"].as_str() {
            Some("authority") => drop(cas.insert(number, authority(&record))),
            Some("certificate") => {
                let serial = record["issued"]["serial"].as_str().unwrap().to_owned();
                serials.insert((number, record["place"].as_u64().unwrap()), serial.clone());
                cas.get_mut(&number).unwrap().1.issued.insert(serial, None);
            }
            Some("revocation") => {
                let serial = serials[&(number, record["place"].as_u64().unwrap())].clone();
                let reason = record["revocation"]["reason"].as_str().unwrap().to_owned();
                cas.get_mut(&number).unwrap().1.issued.insert(serial, Some(reason));
            }
            _ => {}
        }
    }
    cas.into_values().collect()
}

fn authority(record: &Value) -> (String, Ca) {
    let status = match &record["state"] {
        Value::String(status) => status.as_str(),
        state => state.as_object().unwrap().keys().next().unwrap(),
    };
    let tags = record["tags"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let ca = Ca {
        status: status.to_uppercase().replace('-', "_"),
        tags: tags.map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect(),
        has_permission: !record["permissions"].as_array().unwrap().is_empty(),
        has_policy: record["policy"].is_string(),
        issued: BTreeMap::new(),
    };
    (text(&record["arn"]), ca)
}
