//! The exact AWS CLI commands that findings tell people to run.

use crate::arn::CaArn;

/// Takes a DELETED CA back.
pub(crate) fn restore(ca: &CaArn) -> String {
    command("restore-certificate-authority", ca)
}

/// Puts a DISABLED CA back into service.
pub(crate) fn activate(ca: &CaArn) -> String {
    format!("{} --status ACTIVE", command("update-certificate-authority", ca))
}

/// Shows a CA's request for a certificate, with which one for its key is made.
pub(crate) fn csr(ca: &CaArn) -> String {
    format!("{} --output text", command("get-certificate-authority-csr", ca))
}

fn command(name: &str, ca: &CaArn) -> String {
    format!("aws acm-pca {name} --certificate-authority-arn {ca} --region {}", ca.region())
}
