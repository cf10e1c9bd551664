use vigil_core::{
    failure::chain,
    jobs::{audit_report::StaleAfter, restore_deadline::Thresholds},
    mode::Mode,
    span::Span,
};

use super::*;

#[test]
fn every_default_is_usable() {
    CLAIM_EXPIRES.parse_value::<Span>(CLAIM_EXPIRES.default.unwrap().to_owned()).unwrap();
    for span in [&REACTIVATE_WITHIN, &SWEEP_SETTLE] {
        span.parse_value::<Span>(span.default.unwrap().to_owned()).unwrap();
    }
    let fetch = FETCH_DISTRIBUTION_POINTS.default.unwrap().to_owned();
    FETCH_DISTRIBUTION_POINTS.parse_value::<bool>(fetch).unwrap();
    let administrators = CRL_ADMINISTRATORS.default.unwrap().to_owned();
    CRL_ADMINISTRATORS.parse_value::<PrincipalNames>(administrators).unwrap();
    MODE.parse_value::<Mode>(MODE.default.unwrap().to_owned()).unwrap();
    PUT_BACK.parse_value::<bool>(PUT_BACK.default.unwrap().to_owned()).unwrap();
    REPORT_STALE.parse_value::<StaleAfter>(REPORT_STALE.default.unwrap().to_owned()).unwrap();
    let restores = RESTORES_PER_DAY.default.unwrap().to_owned();
    RESTORES_PER_DAY.parse_value::<u32>(restores).unwrap();
    let thresholds = DEADLINE_THRESHOLDS.default.unwrap().to_owned();
    DEADLINE_THRESHOLDS.parse_value::<Thresholds>(thresholds).unwrap();
}

#[test]
fn an_administrator_is_of_one_account() {
    let good = "111122223333, arn:aws:iam::111122223333:role/pki-*,arn:aws-cn:iam::1:root";
    let read = good.parse::<PrincipalNames>();
    assert_eq!(read, Err(NotAPrincipal("arn:aws-cn:iam::1:root".to_owned())));
    let read = "111122223333,,arn:aws:iam::111122223333:role/pki-*".parse::<PrincipalNames>();
    let names = ["111122223333", "arn:aws:iam::111122223333:role/pki-*"].map(str::to_owned);
    assert_eq!(read, Ok(PrincipalNames(names.to_vec())));
    for text in ["*", "arn:aws:iam::*:role/a", "arn:aws:s3:::crls", "1111222233334", "admin"] {
        assert!(text.parse::<PrincipalNames>().is_err(), "{text}");
    }
}

/// Names live here and in the template; nothing else would notice that they have parted.
#[test]
fn the_template_sets_the_variables_that_are_read() {
    let template = include_str!("../../../../infra/template.yaml");
    let lines = template.lines().filter_map(|line| line.trim().split_once(": "));
    let set: Vec<&str> =
        lines.map(|(name, _)| name).filter(|name| name.starts_with("VIGIL_")).collect();
    for name in &set {
        assert!(ALL.iter().any(|variable| variable.name == *name), "{name} is not read");
    }
    for variable in ALL.iter().filter(|variable| variable.default.is_none()) {
        assert!(set.contains(&variable.name), "{} is not set", variable.name);
    }
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let error = EVENT_BUS.value(Ok(" ".to_owned())).unwrap_err();
    assert!(error.to_string().contains("VIGIL_EVENT_BUS is not set"), "{error}");
    let error = EVENT_BUS.value(Err(env::VarError::NotPresent)).unwrap_err();
    assert!(matches!(error, ConfigError::Missing { name: "VIGIL_EVENT_BUS", .. }));
    assert_eq!(CLAIM_EXPIRES.value(Ok(String::new())).unwrap(), "1m");
}

#[test]
fn regions_are_named_once_each_and_nothing_else_is_one() {
    let names = |text: &str| text.parse::<RegionNames>().map(|names| names.0);
    assert_eq!(names(""), Ok(vec![]));
    let two = vec!["us-east-1".to_owned(), "us-gov-west-1".to_owned()];
    assert_eq!(names(" us-east-1, us-gov-west-1,us-east-1"), Ok(two));
    for bad in ["useast1", "us-east-1;eu-west-1", "US-EAST-1", "../x-y"] {
        assert_eq!(names(bad), Err(NotARegion(bad.to_owned())));
    }
}

#[test]
fn a_bad_value_is_named_with_what_is_wrong_with_it() {
    let error = DEADLINE_THRESHOLDS.parse_value::<Thresholds>("7d,soon".to_owned()).unwrap_err();
    let text = chain(&error);
    for words in ["VIGIL_DEADLINE_THRESHOLDS", "7d,soon", "\"soon\" is not a span of time"] {
        assert!(text.contains(words), "{text}");
    }
}
