//! Whose account and which Region the stack plays.

/// The account and Region that every ARN of the stack carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: String,
    pub region: String,
}

impl Account {
    /// `arn:aws:<service>:<region>:<account>:<resource>`
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.id)
    }

    /// The identity behind every access key that is not one of the stack's own.
    pub(crate) fn user_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/local", self.id)
    }
}

impl Default for Account {
    fn default() -> Self {
        Self { id: "111122223333".to_owned(), region: "us-east-1".to_owned() }
    }
}
