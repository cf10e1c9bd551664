//! The alarms of infra/template.yaml over the first day of a stack, and over a schedule that stops.
//!
//! CloudWatch User Guide, "Using Amazon CloudWatch alarms" and "Configuring how CloudWatch alarms treat missing
//! data": an alarm begins in INSUFFICIENT_DATA, and acts when its state changes. CloudWatch reads some more
//! periods than an alarm names before it says that data is missing. AWS does not document how many.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::BTreeMap;

use e2e::{
    cli,
    template::template,
    world::{START, World},
};
use serde_json::Value;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Alarm,
    InsufficientData,
    Ok,
}

/// The moments at which a metric had a value other than none: EventBridge and Lambda send no zero.
type Series = Vec<OffsetDateTime>;

/// What the stack would have sent to CloudWatch, by metric and dimension.
fn metrics(world: &World) -> BTreeMap<(String, String), Series> {
    let mut metrics: BTreeMap<(String, String), Series> = BTreeMap::new();
    let logical: BTreeMap<String, String> = of_type("AWS::Serverless::Function")
        .map(|(id, function)| {
            let name = function["Properties"]["FunctionName"].as_str().unwrap().to_owned();
            (name.replace("${Name}", "vigil"), id)
        })
        .collect();
    for done in world.stack.invocations() {
        let mut add = |metric: &str, of: &str| {
            metrics.entry((metric.to_owned(), of.to_owned())).or_default().push(done.started_at);
        };
        // EventBridge counts a rule's invocations, and Lambda the function's.
        add("Invocations", &done.trigger);
        add("Invocations", &logical[&done.function]);
        if !done.succeeded() {
            add("Errors", &logical[&done.function]);
        }
    }
    let now = world.stack.timeline().clock().now();
    for (id, _) in of_type("AWS::SQS::Queue") {
        // A message is visible in every minute from its arrival.
        for line in world.lines("targets", &id) {
            let mut at = OffsetDateTime::parse(line["time"].as_str().unwrap(), &Rfc3339).unwrap();
            let metric = ("ApproximateNumberOfMessagesVisible".to_owned(), id.clone());
            let series = metrics.entry(metric).or_default();
            while at <= now {
                series.push(at);
                at += Duration::minutes(1);
            }
        }
    }
    for (rule, count) in world.stack.failed_invocations() {
        let at = vec![START; usize::try_from(count).unwrap()];
        metrics.insert(("FailedInvocations".to_owned(), rule), at);
    }
    metrics
}

fn of_type(kind: &'static str) -> impl Iterator<Item = (String, Value)> {
    let resources = template()["Resources"].as_object().unwrap().clone();
    resources.into_iter().filter(move |(_, resource)| resource["Type"] == kind)
}

/// The state at a moment, from the periods that end before it.
fn state(alarm: &Value, series: &[OffsetDateTime], at: OffsetDateTime, was: State) -> State {
    let number = |name: &str| alarm[name].as_i64();
    let period = Duration::seconds(number("Period").unwrap_or(60));
    let periods = i32::try_from(number("EvaluationPeriods").unwrap()).unwrap();
    let from_epoch = at.unix_timestamp() / period.whole_seconds() * period.whole_seconds();
    let end = OffsetDateTime::from_unix_timestamp(from_epoch).unwrap();
    let sums = (1..=periods).map(|back| {
        let (from, until) = (end - period * back, end - period * (back - 1));
        series.iter().filter(|at| (from..until).contains(*at)).count()
    });
    let sums: Vec<usize> = sums.collect();
    let threshold = alarm["Threshold"].as_f64().unwrap();
    let is_breaching = |sum: usize| match alarm["ComparisonOperator"].as_str().unwrap() {
        "GreaterThanThreshold" => sum as f64 > threshold,
        "LessThanThreshold" => (sum as f64) < threshold,
        other => panic!("the test does not know {other}"),
    };
    let is_missing = |sum: usize| sum == 0;
    if sums.iter().all(|sum| is_missing(*sum)) {
        return match alarm["TreatMissingData"].as_str().unwrap() {
            "breaching" => State::Alarm,
            "ignore" => was,
            "missing" => State::InsufficientData,
            "notBreaching" => State::Ok,
            other => panic!("the test does not know {other}"),
        };
    }
    let missing_breaches = alarm["TreatMissingData"] == "breaching";
    let breaches = |sum: usize| if is_missing(sum) { missing_breaches } else { is_breaching(sum) };
    if sums.iter().all(|sum| breaches(*sum)) { State::Alarm } else { State::Ok }
}

/// The metrics that an alarm adds up, by name and dimension.
fn watched(alarm: &Value) -> Vec<(String, String)> {
    let of = |metric: &Value| {
        let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
        let names = dimensions.filter(|it| it["Name"] != "EventBusName");
        names
            .map(|it| {
                let value = it["Value"].as_str().unwrap_or_default();
                let id = value.split('.').next().unwrap_or_default().to_owned();
                (metric["MetricName"].as_str().unwrap().to_owned(), id)
            })
            .collect::<Vec<_>>()
    };
    match alarm["Metrics"].as_array() {
        None => of(alarm),
        Some(all) => all.iter().flat_map(|one| of(&one["MetricStat"]["Metric"])).collect(),
    }
}

/// Every message that the alarms send other than that they are over: alarm, moment, state.
fn messages(world: &World, from: OffsetDateTime) -> Vec<(String, OffsetDateTime, State)> {
    let metrics = metrics(world);
    let now = world.stack.timeline().clock().now();
    let mut sent = Vec::new();
    for (id, alarm) in of_type("AWS::CloudWatch::Alarm") {
        let alarm = &alarm["Properties"];
        let series: Series = watched(alarm)
            .iter()
            .flat_map(|metric| metrics.get(metric).cloned().unwrap_or_default())
            .collect();
        let mut was = State::InsufficientData;
        let mut at = START;
        while at <= now {
            let is = state(alarm, &series, at, was);
            let actions = match is {
                State::Alarm => &alarm["AlarmActions"],
                State::InsufficientData => &alarm["InsufficientDataActions"],
                State::Ok => &Value::Null,
            };
            if is != was && actions.is_array() && at >= from {
                sent.push((id.clone(), at, is));
            }
            was = is;
            at += Duration::minutes(1);
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn no_alarm_goes_off_on_a_healthy_first_day() {
    let world = World::start().await;
    world.advance(Duration::hours(26)).await;
    world.assert_nothing_failed();
    assert_eq!(messages(&world, START), []);

    // A schedule that stops is reported, and so is a failure.
    let rule = "--name=vigil-local-RestoreDeadlineHourly";
    let endpoint = world.stack.endpoint();
    let off = || cli::aws(endpoint, &["events", "disable-rule", rule]);
    tokio::task::block_in_place(off).unwrap();
    let since = world.stack.timeline().clock().now();
    world.advance(Duration::hours(6)).await;
    let sent = messages(&world, since);
    let about: Vec<_> = sent.iter().map(|(alarm, _, state)| (alarm.as_str(), *state)).collect();
    assert_eq!(about, [("RestoreDeadlineSilenceAlarm", State::InsufficientData)]);
    assert!(sent[0].1 - since <= Duration::hours(5), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_sets_off_its_alarms() {
    let world = World::start().await;
    let invoke = ["lambda", "invoke", "--function-name=vigil-auto-restore"];
    let rest = ["--invocation-type=Event", "--payload={\"do\": \"nothing\"}", "/dev/null"];
    let endpoint = world.stack.endpoint();
    let call = || cli::aws(endpoint, &[&invoke[..], &rest].concat());
    tokio::task::block_in_place(call).unwrap();
    world.stack.settled().await;
    world.advance(Duration::minutes(6)).await;
    let alarms: Vec<String> =
        messages(&world, START).into_iter().map(|(alarm, ..)| alarm).collect();
    for wanted in ["AutoRestoreDeadLettersAlarm", "AutoRestoreErrorsAlarm"] {
        assert!(alarms.iter().any(|alarm| alarm == wanted), "{alarms:?}");
    }
}
