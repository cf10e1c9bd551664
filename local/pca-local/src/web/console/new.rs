//! A hierarchy by a form, and the demo data: both are seeds, planted by the service's own operations.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::page::{self, Page, Section};
use crate::{
    api::plant::plant,
    model::error::explain,
    service::core::Service,
    state::seed::{Seed, SeedError},
    web::answer::written,
};

const DEMO: &str = include_str!("demo.json");
const HOME: &str = "/_pca-local/";
/// Key algorithms, and what each signs with.
const ALGORITHMS: [(&str, &str); 6] = [
    ("EC_prime256v1", "SHA256WITHECDSA"),
    ("EC_secp384r1", "SHA384WITHECDSA"),
    ("EC_secp521r1", "SHA512WITHECDSA"),
    ("RSA_2048", "SHA256WITHRSA"),
    ("RSA_4096", "SHA512WITHRSA"),
    ("ML_DSA_65", "ML_DSA_65"),
];
/// A form is for what can be typed.
const MAX_SUBORDINATES: usize = 20;

pub(super) async fn show(State(service): State<Arc<Service>>) -> Response {
    let content = html! {
        p {
            "A root that signs itself, and subordinate CAs that it signs. All are ACTIVE at once, "
            "whatever the timing is."
        }
        form.new method="post" action="/_pca-local/console/hierarchy" {
            (field("root", "Name of the root", "Root"))
            (field("organization", "Organization", ""))
            (field("subordinates", "Subordinate CAs, between commas", "Issuing"))
            p {
                label for="algorithm" { "Key algorithm" }
                select #algorithm name="algorithm" {
                    @for (algorithm, _) in ALGORITHMS { option value=(algorithm) { (algorithm) } }
                }
            }
            (days("root-days", "The root is valid for days", 3652))
            (days("days", "The others are valid for days", 1826))
            p {
                label for="account" { "Account" }
                input #account name="account" pattern="[0-9]{12}" required
                    value=(service.account);
            }
            p {
                label for="region" { "Region" }
                input #region name="region" required maxlength="30" value=(service.region);
            }
            p { button type="submit" { "Create" } }
        }
        (demo())
    };
    let page = Page {
        title: "New hierarchy",
        place: Section::New,
        path: "/_pca-local/new",
        reloads: false,
        content,
    };
    page.show(&service)
}

fn field(name: &str, label: &str, value: &str) -> Markup {
    html! {
        p {
            label for=(name) { (label) }
            input id=(name) name=(name) value=(value) required[name == "root"];
        }
    }
}

fn days(name: &str, label: &str, value: u32) -> Markup {
    html! {
        p {
            label for=(name) { (label) }
            input id=(name) name=(name) type="number" min="1" max="36500" required value=(value);
        }
    }
}

/// The button for the demo data.
pub(super) fn demo() -> Markup {
    html! {
        h2 { "Demo data" }
        p {
            "A root, an issuing CA with valid and revoked certificates, a deleted CA that can be restored, "
            "a disabled one, and one that waits for its certificate. What is there already stays as it is."
        }
        form method="post" action="/_pca-local/console/demo" {
            button type="submit" { "Add demo data" }
        }
    }
}

pub(super) async fn plant_demo(State(service): State<Arc<Service>>) -> Response {
    plant_json(&service, DEMO.as_bytes()).await
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Wanted {
    root: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    subordinates: String,
    algorithm: String,
    root_days: u32,
    days: u32,
    account: String,
    region: String,
}

pub(super) async fn create(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let refuse = |why: &str| page::refusal(&service, StatusCode::BAD_REQUEST, why);
    let Ok(wanted) = serde_urlencoded::from_bytes::<Wanted>(&body) else {
        return refuse("The form was not filled in as it is shown.");
    };
    match seed(&wanted) {
        Ok(seed) => plant_json(&service, seed.to_string().as_bytes()).await,
        Err(why) => refuse(&why),
    }
}

async fn plant_json(service: &Arc<Service>, text: &[u8]) -> Response {
    let generation = service.store.generation();
    let planted = match Seed::from_json(text) {
        Ok(seed) => plant(service, &seed).await,
        Err(error) => Err(error),
    };
    match planted {
        Ok(()) => written(service, generation, Redirect::to(HOME).into_response()).await,
        Err(error) => {
            let why = match &error {
                // The place is one of a file that the user has not seen.
                SeedError::Refused { source, .. } => source.message.to_string(),
                other => explain(other),
            };
            page::refusal(service, StatusCode::BAD_REQUEST, &why)
        }
    }
}

/// The hierarchy as a seed.
fn seed(wanted: &Wanted) -> Result<Value, String> {
    let known = ALGORITHMS.iter().find(|(algorithm, _)| *algorithm == wanted.algorithm);
    let (_, signing) = known.ok_or("The key algorithm is not one of the form.")?;
    if wanted.root.trim().is_empty() {
        return Err("The root has no name.".to_owned());
    }
    let region = wanted.region.trim();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if region.is_empty() || !region.bytes().all(is_plain) {
        return Err("The Region has a name as us-east-1.".to_owned());
    }
    let names = wanted.subordinates.split(',').map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<&str> = names.collect();
    if names.len() > MAX_SUBORDINATES {
        return Err(format!("The form makes {MAX_SUBORDINATES} subordinate CAs at the most."));
    }
    let authority = |kind: &str, name: &str, days: u32, issuer: Option<&str>| {
        let mut subject = json!({"CommonName": name});
        let organization = wanted.organization.trim();
        if !organization.is_empty() {
            subject["Organization"] = organization.into();
        }
        let mut certificate = json!({"serial": serial(), "days": days});
        if let Some(issuer) = issuer {
            certificate["issuer"] = issuer.into();
        }
        json!({
            "id": uuid::Uuid::new_v4().to_string(),
            "account": wanted.account,
            "region": region,
            "create": {
                "CertificateAuthorityType": kind,
                "CertificateAuthorityConfiguration": {
                    "KeyAlgorithm": wanted.algorithm, "SigningAlgorithm": signing,
                    "Subject": subject,
                },
            },
            "certificate": certificate,
        })
    };
    let mut all = vec![authority("ROOT", wanted.root.trim(), wanted.root_days, None)];
    let root = all[0]["id"].as_str().map(str::to_owned);
    all.extend(
        names.iter().map(|name| authority("SUBORDINATE", name, wanted.days, root.as_deref())),
    );
    Ok(json!({"authorities": all}))
}

/// 32 hexadecimal digits: as random as a UUID.
fn serial() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
