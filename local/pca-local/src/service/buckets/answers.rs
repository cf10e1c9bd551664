//! A limit for what S3 answers. The SDK takes an answer's body into memory, however long it is.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextMut},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use http_body_util::Limited;

/// What is answered to a write is an id or an error, in a few hundred octets.
const MOST: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct ShortAnswers;

impl Intercept for ShortAnswers {
    fn name(&self) -> &'static str {
        "ShortAnswers"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let whole = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Limited::new(whole, MOST));
        Ok(())
    }
}
