//! Sign, Verify, GetPublicKey, GenerateMac and VerifyMac, with the errors of the API reference.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::Inner;
use super::keys::{Key, KmsRefusal, refuse};
use super::material::{self, SigningAlgorithm};
use super::request::text;

/// KMS takes messages of up to this size; a longer one is sent as its digest.
const MAX_MESSAGE_BYTES: usize = 4096;

pub(super) const OPERATIONS: [&str; 5] =
    ["GenerateMac", "GetPublicKey", "Sign", "Verify", "VerifyMac"];

impl Inner {
    /// One of [`OPERATIONS`] with a key that the caller may use.
    pub(super) fn compute(
        &self,
        operation: &str,
        request: &Value,
        id: &str,
        key: &Key,
    ) -> Result<Value, KmsRefusal> {
        let arn = self.arn(id);
        match key.state() {
            "Enabled" => {}
            "Disabled" => {
                return Err(refuse("DisabledException", &format!("{arn} is disabled.")));
            }
            _ => {
                let why = format!("{arn} is pending deletion.");
                return Err(refuse("KMSInvalidStateException", &why));
            }
        }
        let wanted = if operation.ends_with("Mac") { "GENERATE_VERIFY_MAC" } else { "SIGN_VERIFY" };
        let usage = key.spec.usage();
        if usage != wanted {
            let why = format!("{arn} key usage is {usage} which is not valid for {operation}.");
            return Err(refuse("InvalidKeyUsageException", &why));
        }
        let material = material_of(key)?;
        match operation {
            "GetPublicKey" => public_key(&arn, key, &material),
            "Sign" | "Verify" => signature(operation, request, &arn, key, &material),
            _ => mac(operation, request, &arn, &material),
        }
    }
}

fn public_key(arn: &str, key: &Key, material: &[u8]) -> Result<Value, KmsRefusal> {
    let public = material::public_key(key.spec, material).map_err(|_| broken())?;
    let spec = key.spec.name();
    Ok(json!({"KeyId": arn, "PublicKey": BASE64_STANDARD.encode(public), "KeySpec": spec,
              "CustomerMasterKeySpec": spec, "KeyUsage": key.spec.usage(),
              "SigningAlgorithms": key.spec.algorithms().1}))
}

fn signature(
    operation: &str,
    request: &Value,
    arn: &str,
    key: &Key,
    material: &[u8],
) -> Result<Value, KmsRefusal> {
    let name = text(request, "SigningAlgorithm")?;
    let fits = key.spec.algorithms().1.contains(&name);
    let Some(algorithm) = SigningAlgorithm::named(name).filter(|_| fits) else {
        let why = format!("Algorithm {name} and key spec {} are incompatible.", key.spec.name());
        return Err(refuse("InvalidKeyUsageException", &why));
    };
    let message = message(request)?;
    let digest = match request["MessageType"].as_str() {
        None | Some("RAW") => digest::digest(algorithm.digest, &message),
        Some("DIGEST") => digest::Digest::import_less_safe(&message, algorithm.digest)
            .map_err(|_| refuse("ValidationException", "Digest is invalid length for algorithm"))?,
        Some(_) => return Err(refuse("ValidationException", "MessageType is RAW or DIGEST")),
    };
    if operation == "Sign" {
        let signature = algorithm.sign(material, &digest).map_err(|_| broken())?;
        return Ok(json!({"KeyId": arn, "Signature": BASE64_STANDARD.encode(signature),
                         "SigningAlgorithm": name}));
    }
    let public = material::public_key(key.spec, material).map_err(|_| broken())?;
    if !algorithm.is_valid(&public, &digest, &octets(request, "Signature")?) {
        return Err(refuse("KMSInvalidSignatureException", "the signature is not the key's"));
    }
    Ok(json!({"KeyId": arn, "SignatureValid": true, "SigningAlgorithm": name}))
}

fn mac(operation: &str, request: &Value, arn: &str, material: &[u8]) -> Result<Value, KmsRefusal> {
    let name = text(request, "MacAlgorithm")?;
    if name != "HMAC_SHA_256" {
        let why = format!("Algorithm {name} and key spec HMAC_256 are incompatible.");
        return Err(refuse("InvalidKeyUsageException", &why));
    }
    let message = message(request)?;
    if operation == "GenerateMac" {
        let mac = BASE64_STANDARD.encode(material::mac(material, &message));
        return Ok(json!({"KeyId": arn, "Mac": mac, "MacAlgorithm": name}));
    }
    if !material::is_mac(material, &message, &octets(request, "Mac")?) {
        return Err(refuse("KMSInvalidMacException", "the MAC is not the key's"));
    }
    Ok(json!({"KeyId": arn, "MacValid": true, "MacAlgorithm": name}))
}

fn message(request: &Value) -> Result<Vec<u8>, KmsRefusal> {
    let message = octets(request, "Message")?;
    if message.len() > MAX_MESSAGE_BYTES {
        let why = "Message must have length less than or equal to 4096";
        return Err(refuse("ValidationException", why));
    }
    Ok(message)
}

fn octets(request: &Value, name: &str) -> Result<Vec<u8>, KmsRefusal> {
    BASE64_STANDARD
        .decode(text(request, name)?)
        .map_err(|_| refuse("SerializationException", &format!("{name} is not base64")))
}

fn material_of(key: &Key) -> Result<Vec<u8>, KmsRefusal> {
    let material = key.material.as_deref().ok_or_else(broken)?;
    BASE64_STANDARD.decode(material).map_err(|_| broken())
}

/// If the file of keys was edited.
fn broken() -> KmsRefusal {
    refuse("KMSInternalException", "the key's material cannot be used")
}
