//! The service's own time, from the `Date` header of its answer.
//!
//! The jobs know no other clock; `vigil_core::ports` says why. The SDK signs by the same time: it
//! corrects for the skew between its clock and the service's.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{DateTime, config_bag::ConfigBag, date_time::Format};
use time::OffsetDateTime;
use vigil_core::ports::PortError;

/// Keeps the header of the last attempt's answer. One is made for each call.
#[derive(Clone, Debug, Default)]
pub(crate) struct DateHeader(Arc<Mutex<Option<String>>>);

impl Intercept for DateHeader {
    fn name(&self) -> &'static str {
        "DateHeader"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").map(str::to_owned);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

impl DateHeader {
    pub(crate) fn read(
        &self,
        operation: &'static str,
        resource: &str,
    ) -> Result<OffsetDateTime, PortError> {
        let date = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let parsed = date.as_deref().and_then(|date| {
            let date = DateTime::from_str(date, Format::HttpDate).ok()?;
            instant(&date)
        });
        let resource = resource.to_owned();
        parsed.ok_or(PortError::Undated { operation, resource, date })
    }
}

/// To the millisecond: AWS JSON writes times as numbers with three decimals, which as binary
/// fractions arrive with noise behind them. `None` beyond the years that a calendar has.
pub(crate) fn instant(at: &DateTime) -> Option<OffsetDateTime> {
    const MILLISECOND: i128 = 1_000_000;
    let rounded = (at.as_nanos() + MILLISECOND / 2).div_euclid(MILLISECOND) * MILLISECOND;
    OffsetDateTime::from_unix_timestamp_nanos(rounded).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_noise_of_binary_fractions_is_rounded_away() {
        // What the SDK makes of 1801465619.949.
        let at = DateTime::from_secs_and_nanos(1_801_465_619, 948_999_881);
        assert_eq!(instant(&at), Some(datetime!(2027-02-01 07:06:59.949 UTC)));
        assert_eq!(instant(&DateTime::from_secs(i64::MAX)), None);
    }
}
