use http::Request;
use time::macros::datetime;

use super::*;

/// Signed with the access key `AKIDEXAMPLE` and the secret of AWS's published examples.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SIGNED_AT: OffsetDateTime = datetime!(2015-08-30 12:36 UTC);
const BODY: &[u8] = b"{}";

/// A request that is signed by an independent use of the same steps: `signed` gets the canonical
/// request written out in the test.
fn request(secret: &str, service: &str) -> Parts {
    let canonical = format!(
        "POST\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\n\
         host;x-amz-date\n{}",
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/{service}/aws4_request\n{}",
        sha256(canonical.as_bytes())
    );
    let key = generate_signing_key(secret, SystemTime::from(SIGNED_AT), "us-east-1", service);
    let signature = calculate_signature(key, text.as_bytes());
    let request = Request::post("/")
        .header("host", "example.amazonaws.com")
        .header("x-amz-date", "20150830T123600Z")
        .header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature={signature}"
            ),
        );
    request.body(()).unwrap().into_parts().0
}

fn secrets() -> Secrets {
    Secrets::OfEach([("AKIDEXAMPLE".to_owned(), SECRET.to_owned())].into())
}

/// The GET of AWS's Signature Version 4 test suite ("get-vanilla"), with its published signature.
#[test]
fn the_published_example_has_the_published_signature() {
    let request = Request::get("/")
        .header("host", "example.amazonaws.com")
        .header("x-amz-date", "20150830T123600Z");
    let parts = request.body(()).unwrap().into_parts().0;
    let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                  SignedHeaders=host;x-amz-date, Signature=0";
    let authorization = Authorization::parse(header, Some("20150830T123600Z")).unwrap();
    let text = string_to_sign(&parts, b"", &authorization).unwrap();
    let key = generate_signing_key(SECRET, SystemTime::from(SIGNED_AT), "us-east-1", "service");
    assert_eq!(
        calculate_signature(key, text.as_bytes()),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    );
}

#[test]
fn a_good_signature_passes_for_five_minutes_on_both_sides() {
    let parts = request(SECRET, "acm-pca");
    for (minutes, seconds, want) in [(5, 0, true), (5, 1, false), (-5, 0, true), (-5, -1, false)] {
        let now = SIGNED_AT + Duration::minutes(minutes) + Duration::seconds(seconds);
        let result = secrets().verify(&parts, BODY, now);
        assert_eq!(result.is_ok(), want, "{minutes} min {seconds} s: {result:?}");
    }
    let late = secrets().verify(&parts, BODY, SIGNED_AT + Duration::HOUR).unwrap_err();
    // The words as in fabfuel/ecs-deploy#126, of ECS.
    assert_eq!(
        late.message,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T133100Z \
         (20150830T133600Z - 5 min.)"
    );
    // The words as in the troubleshooting of awslabs/amazon-kinesis-video-streams-webrtc-sdk-c.
    let early = secrets().verify(&parts, BODY, SIGNED_AT - Duration::HOUR).unwrap_err();
    assert_eq!(
        early.message,
        "Signature not yet current: 20150830T123600Z is still later than 20150830T114100Z \
         (20150830T113600Z + 5 min.)"
    );
}

/// The words are of aws/aws-sdk-php#2469.
#[test]
fn host_and_target_have_to_be_signed() {
    let with = |signed: &str, headers: &[(&'static str, &str)]| {
        let mut parts = request(SECRET, "acm-pca");
        let value = parts.headers["authorization"].to_str().unwrap();
        let value = value.replace("SignedHeaders=host;x-amz-date", signed).parse().unwrap();
        parts.headers.insert("authorization", value);
        for (name, value) in headers {
            parts.headers.insert(*name, value.parse().unwrap());
        }
        secrets().verify(&parts, BODY, SIGNED_AT).unwrap_err()
    };
    let target = [("x-amz-target", "ACMPrivateCA.ListTags")];
    for (error, missing) in [
        (with("SignedHeaders=x-amz-date", &[]), "'Host' or ':authority'"),
        (with("SignedHeaders=host;x-amz-date", &target), "'X-Amz-Target'"),
    ] {
        let words = format!("{missing} must be a 'SignedHeader' in the AWS Authorization.");
        assert_eq!((error.code, error.status), ("InvalidSignatureException", 400));
        assert_eq!(error.message, words);
    }
}

#[test]
fn each_defect_has_its_code() {
    let good = || request(SECRET, "acm-pca");
    let without = |name: &str| {
        let mut parts = good();
        parts.headers.remove(name);
        parts
    };
    let unknown = Secrets::OfEach(BTreeMap::new());
    for (name, secrets, parts, body, want) in [
        ("body changed", secrets(), good(), &b"{ }"[..], "InvalidSignatureException"),
        ("wrong secret", secrets(), request("x", "acm-pca"), BODY, "InvalidSignatureException"),
        ("another service", secrets(), request(SECRET, "s3"), BODY, "InvalidSignatureException"),
        ("header taken out", secrets(), without("host"), BODY, "InvalidSignatureException"),
        ("unknown key", unknown, good(), BODY, "UnrecognizedClientException"),
        ("no date", secrets(), without("x-amz-date"), BODY, "IncompleteSignatureException"),
        (
            "not signed",
            secrets(),
            without("authorization"),
            BODY,
            "MissingAuthenticationTokenException",
        ),
    ] {
        let error = secrets.verify(&parts, body, SIGNED_AT).unwrap_err();
        // aws/aws-sdk-js#254, aws/aws-sdk-php#2444, iann0036/cloud9-sync#10.
        assert_eq!((error.code, error.status), (want, 400), "{name}");
        assert!(!error.message.contains(SECRET));
        if name == "wrong secret" {
            // Pulumi's documentation quotes KMS so.
            assert_eq!(
                error.message,
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service \
                 documentation for details."
            );
        }
        if name == "not signed" {
            // awslabs/amazon-kinesis-client#351, of DynamoDB.
            assert_eq!(error.message, "Request is missing Authentication Token");
        }
        if name == "unknown key" {
            assert_eq!(error.message, "The security token included in the request is invalid.");
        }
    }
    assert!(!format!("{:?}", secrets()).contains(SECRET));
}
