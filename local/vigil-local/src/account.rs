//! The account and the Region of the stack.

/// The account and Region that every ARN of the stack carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// `us-east-1`
    pub region: String,
}

impl Account {
    /// An ARN of this account and Region: `arn:aws:<service>:<region>:<account>:<resource>`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.id)
    }

    /// An access key of twelve digits is an account of its own; any other belongs to this one.
    pub(crate) fn of_access_key(&self, access_key: &str) -> Self {
        if !is_account(access_key) {
            return self.clone();
        }
        Self { id: access_key.to_owned(), region: self.region.clone() }
    }

    /// The identity behind an access key, under the name that pca-local's CloudTrail records use.
    pub(crate) fn user_arn(&self, access_key: &str) -> String {
        let user = if is_account(access_key) { "root" } else { access_key };
        format!("arn:aws:iam::{}:user/{user}", self.id)
    }
}

fn is_account(access_key: &str) -> bool {
    access_key.len() == 12 && access_key.bytes().all(|byte| byte.is_ascii_digit())
}

impl Default for Account {
    fn default() -> Self {
        Self { id: "111122223333".to_owned(), region: "us-east-1".to_owned() }
    }
}
