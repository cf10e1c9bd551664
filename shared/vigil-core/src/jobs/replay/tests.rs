use serde_json::json;

use super::*;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:vigil-auto-restore";

fn letter(body: &Value, target: Option<&str>) -> DeadLetter {
    let attributes = target.map(|target| {
        let rule = "arn:aws:events:us-east-1:111122223333:rule/r";
        [("TARGET_ARN".to_owned(), target.to_owned()), ("RULE_ARN".to_owned(), rule.to_owned())]
    });
    DeadLetter {
        id: "1".to_owned(),
        receipt: "r".to_owned(),
        body: body.to_string(),
        attributes: attributes.into_iter().flatten().collect(),
    }
}

#[test]
fn both_shapes_of_dead_letters_go_to_their_function() {
    let event = json!({"detail-type": "AWS API Call via CloudTrail", "detail": {}});
    let record = json!({
        "version": "1.0",
        "requestContext": {"functionArn": format!("{FUNCTION}:$LATEST")},
        "requestPayload": event,
    });
    let want = Plan::Invoke { function: FUNCTION.to_owned(), event: event.clone() };
    assert_eq!(plan(&letter(&record, None)), want);
    assert_eq!(plan(&letter(&event, Some(FUNCTION))), want);
}

#[test]
fn what_no_function_can_take_stays_in_the_queue() {
    let topic = "arn:aws:sns:us-east-1:111122223333:Alerts";
    for (letter, want) in [
        (letter(&json!({"a": 1}), None), "neither"),
        (letter(&json!({"detail": {}}), Some(topic)), "replay the archive"),
        (letter(&json!({"detail-type": "Scheduled Event"}), Some(FUNCTION)), "schedule"),
        (letter(&json!({"requestContext": {"functionArn": FUNCTION}}), None), "requestPayload"),
        (DeadLetter { body: "{".to_owned(), ..letter(&json!({}), None) }, "not JSON"),
    ] {
        let Plan::Keep(why) = plan(&letter) else { panic!("{letter:?} is handed back") };
        assert!(why.contains(want), "{why}");
    }
}
