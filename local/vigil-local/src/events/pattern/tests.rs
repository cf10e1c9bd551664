use serde_json::{Value, json};

use super::*;

fn fits(pattern: &Value, event: &Value) -> bool {
    Pattern::parse(pattern).expect("the pattern is valid").matches(event)
}

/// The examples of the EventBridge User Guide, each with an event on either side.
#[test]
fn every_documented_operator_matches_as_documented() {
    for (pattern, event, want) in [
        (json!({"source": ["aws.ec2"]}), json!({"source": "aws.ec2"}), true),
        (json!({"source": ["aws.ec2"]}), json!({"source": "aws.ec2.x"}), false),
        (json!({"source": ["aws.ec2"]}), json!({}), false),
        (json!({"a": ["x", "y"], "b": [1]}), json!({"a": "y", "b": 1}), true),
        (json!({"a": ["x", "y"], "b": [1]}), json!({"a": "y", "b": 2}), false),
        (json!({"a": {"b": ["x"]}}), json!({"a": {"b": "x", "c": 1}}), true),
        (json!({"a": [null]}), json!({"a": null}), true),
        (json!({"a": [null]}), json!({"a": ""}), false),
        (json!({"a": [""]}), json!({"a": ""}), true),
        (json!({"a": [true]}), json!({"a": "true"}), false),
        (json!({"a": [{"prefix": "2017-"}]}), json!({"a": "2017-10"}), true),
        (json!({"a": [{"prefix": "2017-"}]}), json!({"a": "x2017-10"}), false),
        (
            json!({"a": [{"prefix": {"equals-ignore-case": "EventB"}}]}),
            json!({"a": "eventBr"}),
            true,
        ),
        (json!({"a": [{"prefix": "EventB"}]}), json!({"a": "eventBr"}), false),
        (json!({"a": [{"suffix": ".png"}]}), json!({"a": "x.png"}), true),
        (json!({"a": [{"suffix": ".png"}]}), json!({"a": "x.png2"}), false),
        (json!({"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}), json!({"a": "x.png"}), true),
        (json!({"a": [{"anything-but": "stop"}]}), json!({"a": "run"}), true),
        (json!({"a": [{"anything-but": "stop"}]}), json!({"a": "stop"}), false),
        (json!({"a": [{"anything-but": "stop"}]}), json!({}), false),
        (json!({"a": [{"anything-but": ["stop", "over"]}]}), json!({"a": "over"}), false),
        (json!({"a": [{"anything-but": [100, 200]}]}), json!({"a": 300}), true),
        (json!({"a": [{"anything-but": {"prefix": "init"}}]}), json!({"a": "initial"}), false),
        (json!({"a": [{"anything-but": {"prefix": ["i", "x"]}}]}), json!({"a": "run"}), true),
        (json!({"a": [{"anything-but": {"suffix": ".txt"}}]}), json!({"a": "a.txt"}), false),
        (
            json!({"a": [{"anything-but": {"equals-ignore-case": "STOP"}}]}),
            json!({"a": "stop"}),
            false,
        ),
        (json!({"a": [{"anything-but": {"wildcard": "*/lib/*"}}]}), json!({"a": "a/lib/b"}), false),
        (json!({"a": [{"anything-but": {"wildcard": "*/lib/*"}}]}), json!({"a": "a/bin/b"}), true),
        (json!({"a": [{"numeric": [">", 0, "<=", 5]}]}), json!({"a": 5}), true),
        (json!({"a": [{"numeric": [">", 0, "<=", 5]}]}), json!({"a": 0}), false),
        (json!({"a": [{"numeric": ["=", 3.5]}]}), json!({"a": 3.5}), true),
        (json!({"a": [{"numeric": ["<", 10]}]}), json!({"a": "5"}), false),
        (json!({"a": [{"numeric": [">=", 1]}]}), json!({"a": 0.99}), false),
        (json!({"a": [{"cidr": "10.0.0.0/24"}]}), json!({"a": "10.0.0.255"}), true),
        (json!({"a": [{"cidr": "10.0.0.0/24"}]}), json!({"a": "10.0.1.0"}), false),
        (json!({"a": [{"cidr": "0.0.0.0/0"}]}), json!({"a": "9.9.9.9"}), true),
        (json!({"a": [{"cidr": "::/0"}]}), json!({"a": "9.9.9.9"}), false),
        (json!({"a": [{"equals-ignore-case": "ALICE"}]}), json!({"a": "alice"}), true),
        (json!({"a": [{"wildcard": "dir/*.png"}]}), json!({"a": "dir/x/y.png"}), true),
        (json!({"a": [{"wildcard": "dir/*.png"}]}), json!({"a": "dirx/y.png"}), false),
        (json!({"a": [{"exists": true}]}), json!({"a": null}), true),
        (json!({"a": [{"exists": true}]}), json!({"b": 1}), false),
        (json!({"a": [{"exists": false}]}), json!({"b": 1}), true),
        (json!({"a": [{"exists": false}]}), json!({"a": 1}), false),
        (json!({"a": {"b": [{"exists": false}]}}), json!({"c": 1}), true),
        (json!({"a": ["x", {"prefix": "y"}]}), json!({"a": "yes"}), true),
    ] {
        assert_eq!(fits(&pattern, &event), want, "{pattern} on {event}");
    }
}

#[test]
fn an_array_matches_if_any_element_does() {
    let groups = json!({"groups": ["a", "b"], "empty": []});
    for (pattern, want) in [
        (json!({"groups": ["b", "c"]}), true),
        (json!({"groups": ["c"]}), false),
        (json!({"groups": [{"anything-but": "a"}]}), true),
        (json!({"groups": [{"anything-but": ["a", "b"]}]}), false),
        (json!({"empty": ["a"]}), false),
        (json!({"empty": [{"exists": true}]}), true),
    ] {
        assert_eq!(fits(&pattern, &groups), want, "{pattern}");
    }
}

#[test]
fn fields_of_a_nested_pattern_have_to_fit_the_same_element() {
    let event = json!({"people": [{"name": "a", "age": 1}, {"name": "b", "age": 2}]});
    assert!(fits(&json!({"people": {"name": ["b"], "age": [2]}}), &event));
    assert!(!fits(&json!({"people": {"name": ["a"], "age": [2]}}), &event));
}

#[test]
fn or_takes_one_of_its_ways_beside_everything_else() {
    let pattern = json!({
        "source": ["s"],
        "$or": [{"detail": {"c": [{"numeric": [">", 0]}]}}, {"detail": {"d": ["x"]}}],
    });
    for (event, want) in [
        (json!({"source": "s", "detail": {"c": 1}}), true),
        (json!({"source": "s", "detail": {"d": "x"}}), true),
        (json!({"source": "s", "detail": {"d": "y"}}), false),
        (json!({"source": "t", "detail": {"d": "x"}}), false),
    ] {
        assert_eq!(fits(&pattern, &event), want, "{event}");
    }
}

#[test]
fn a_pattern_separates_successful_from_refused_deletions() {
    let pattern = json!({
        "source": ["aws.acm-pca"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventName": ["DeleteCertificateAuthority"],
            "errorCode": [{"exists": false}],
        },
    });
    let mut event = json!({
        "source": "aws.acm-pca", "detail-type": "AWS API Call via CloudTrail",
        "detail": {"eventName": "DeleteCertificateAuthority", "responseElements": null},
    });
    assert!(fits(&pattern, &event));
    event["detail"]["errorCode"] = json!("InvalidStateException");
    assert!(!fits(&pattern, &event));
}

#[test]
fn a_pattern_that_eventbridge_refuses_is_refused_by_path() {
    let path = |path: &str| path.to_owned();
    for (pattern, want) in [
        (json!([]), PatternError::NotAnObject),
        (json!({}), PatternError::Empty(path(""))),
        (json!({"a": []}), PatternError::Empty(path("a"))),
        (json!({"a": {"b": {}}}), PatternError::Empty(path("a.b"))),
        (
            json!({"a": {"b": "x"}}),
            PatternError::NotAnArray { path: path("a.b"), found: r#""x""#.to_owned() },
        ),
        (json!({"a": [["x"]]}), PatternError::NestedArray(path("a"))),
        (
            json!({"a": {"b": [{"prefixx": "x"}]}}),
            PatternError::UnknownOperator { path: path("a.b"), operator: "prefixx".to_owned() },
        ),
    ] {
        assert_eq!(Pattern::parse(&pattern).unwrap_err(), want, "{pattern}");
    }
    for pattern in [
        json!({"a": [{"prefix": 1}]}),
        json!({"a": [{"numeric": [">", "1"]}]}),
        json!({"a": [{"numeric": ["!", 1]}]}),
        json!({"a": [{"numeric": [">", 1, "<"]}]}),
        json!({"a": [{"cidr": "10.0.0.0/33"}]}),
        json!({"a": [{"wildcard": "a**b"}]}),
        json!({"a": [{"exists": "yes"}]}),
        json!({"a": [{"anything-but": []}]}),
        json!({"a": [{"anything-but": {"numeric": [">", 1]}}]}),
        json!({"$or": [{"a": ["x"]}]}),
        json!({"a": [{"prefix": "x", "suffix": "y"}]}),
    ] {
        assert!(Pattern::parse(&pattern).is_err(), "{pattern}");
    }
}
