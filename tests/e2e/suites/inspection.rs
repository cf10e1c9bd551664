//! The AWS CLI on what an operator reads after a deletion: queues, topics, rules, functions and logs.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use e2e::{
    cli,
    world::{EVIDENCE, World},
};
use serde_json::{Value, json};

/// How long an HTTP endpoint waits for SNS.
const WITHIN: Duration = Duration::from_secs(30);

/// What the call answers, as JSON; nothing is `null`.
fn aws(world: &World, arguments: &[&str]) -> Value {
    let answer = cli::aws(world.stack.endpoint(), arguments);
    let answer = answer.unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    serde_json::from_str(&answer).unwrap_or(Value::Null)
}

fn refusal(world: &World, arguments: &[&str]) -> String {
    cli::aws(world.stack.endpoint(), arguments).expect_err("the call is refused")
}

fn names<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    let members = list.as_array().unwrap_or_else(|| panic!("{list}"));
    members.iter().map(|one| one[member].as_str().unwrap()).collect()
}

/// An HTTP server that answers 200 to everything: its URL, and the bodies that it receives.
fn endpoint() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (bodies, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
            if bodies.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, received)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_reaches_an_http_endpoint_that_confirms() {
    let world = World::start().await;
    let topics = aws(&world, &["sns", "list-topics"]);
    let topics = names(&topics["Topics"], "TopicArn");
    let alerts = *topics.iter().find(|arn| arn.ends_with("-Alerts")).unwrap();
    let (topic, message) = (format!("--topic-arn={alerts}"), "--message=hello");
    let (url, received) = endpoint();
    let subscribed = aws(
        &world,
        &["sns", "subscribe", &topic, "--protocol=http", &format!("--notification-endpoint={url}")],
    );
    assert_eq!(subscribed["SubscriptionArn"], "pending confirmation");
    let asked = received.recv_timeout(WITHIN).unwrap();
    assert_eq!(
        (&asked["Type"], &asked["TopicArn"]),
        (&json!("SubscriptionConfirmation"), &json!(alerts))
    );
    // Nothing before it has confirmed: the next body is of the second message.
    aws(&world, &["sns", "publish", &topic, "--message=too early"]);
    let token = format!("--token={}", asked["Token"].as_str().unwrap());
    let confirmed = aws(&world, &["sns", "confirm-subscription", &topic, &token]);
    let arn = confirmed["SubscriptionArn"].as_str().unwrap();
    let again = refusal(&world, &["sns", "confirm-subscription", &topic, &token]);
    assert!(again.contains("(InvalidParameter)"), "{again}");
    let all = aws(&world, &["sns", "list-subscriptions"]);
    let own =
        all["Subscriptions"].as_array().unwrap().iter().find(|one| one["Endpoint"] == url.as_str());
    assert_eq!(own.unwrap()["SubscriptionArn"], arn);
    let of_topic = aws(&world, &["sns", "get-topic-attributes", &topic]);
    assert_eq!(of_topic["Attributes"]["SubscriptionsConfirmed"], "2", "{of_topic}");
    let of_arn = format!("--subscription-arn={arn}");
    let attributes = aws(&world, &["sns", "get-subscription-attributes", &of_arn]);
    assert_eq!(attributes["Attributes"]["PendingConfirmation"], "false", "{attributes}");

    aws(&world, &["sns", "publish", &topic, "--subject=Greeting", message]);
    let notified = received.recv_timeout(WITHIN).unwrap();
    assert_eq!(
        (&notified["Type"], &notified["Subject"], &notified["Message"]),
        (&json!("Notification"), &json!("Greeting"), &json!("hello"))
    );
    aws(&world, &["sns", "unsubscribe", &of_arn]);
    let gone = refusal(&world, &["sns", "get-subscription-attributes", &of_arn]);
    assert!(gone.contains("(NotFound)"), "{gone}");
    let secure =
        ["sns", "subscribe", &topic, "--protocol=https", "--notification-endpoint=https://h/"];
    let secure = refusal(&world, &secure);
    assert!(secure.contains("(InvalidParameter)"), "{secure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_are_listed_received_and_not_redriven() {
    let world = World::start().await;
    let listed =
        aws(&world, &["sqs", "list-queues", "--queue-name-prefix=vigil-local-AutoRestore"]);
    let url = listed["QueueUrls"][0].as_str().unwrap();
    assert!(url.ends_with("-AutoRestoreDeadLetters"), "{listed}");
    // An event that no invocation can read ends in the queue of its function.
    let targets = world.stack.data_dir().join("targets/AutoRestoreDeadLetters.jsonl");
    let line = json!({"time": "2026-01-05T09:00:00Z", "target": "AutoRestoreDeadLetters", "from": "rule",
        "message": {"id": "1"}, "attributes": {"ERROR_CODE": "NO_PERMISSIONS"}});
    std::fs::write(targets, format!("{line}\n")).unwrap();
    let queue = format!("--queue-url={url}");
    let received = aws(
        &world,
        &[
            "sqs",
            "receive-message",
            &queue,
            "--attribute-names=All",
            "--message-attribute-names=All",
        ],
    );
    let message = &received["Messages"][0];
    assert_eq!(message["Body"], r#"{"id":"1"}"#);
    assert_eq!(message["MD5OfBody"], "e405fac593027bc534cf08cd4d2a5647", "{message}");
    assert_eq!(message["Attributes"]["SentTimestamp"], "1767603600000");
    assert_eq!(message["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_PERMISSIONS");
    let attributes = aws(&world, &["sqs", "get-queue-attributes", &queue, "--attribute-names=All"]);
    let attributes = &attributes["Attributes"];
    assert_eq!(attributes["ApproximateNumberOfMessagesNotVisible"], "1", "{attributes}");
    // SQS moves messages of queues' dead-letter queues alone, and this is a function's.
    let source = format!("--source-arn={}", attributes["QueueArn"].as_str().unwrap());
    let tasks = aws(&world, &["sqs", "list-message-move-tasks", &source]);
    assert_eq!(tasks["Results"], json!([]));
    let moved = refusal(&world, &["sqs", "start-message-move-task", &source]);
    assert!(moved.contains("Source queue must be configured as a Dead Letter Queue."), "{moved}");
    aws(&world, &["sqs", "purge-queue", &queue]);
    let left = aws(&world, &["sqs", "get-queue-attributes", &queue, "--attribute-names=All"]);
    assert_eq!(left["Attributes"]["ApproximateNumberOfMessagesNotVisible"], "0", "{left}");
    let send = refusal(&world, &["sqs", "send-message", &queue, "--message-body=b"]);
    assert!(send.contains("(UnknownOperationException)"), "{send}");
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_are_tested_and_buses_listed() {
    let world = World::start().await;
    let buses = aws(&world, &["events", "list-event-buses"]);
    let buses = names(&buses["EventBuses"], "Name");
    assert!(buses.contains(&"default") && buses.len() == 2, "{buses:?}");
    let own = buses.iter().find(|name| **name != "default").unwrap();
    let described = aws(&world, &["events", "describe-event-bus", &format!("--name={own}")]);
    assert!(described["Arn"].as_str().unwrap().ends_with(&format!(":event-bus/{own}")));
    let event = |source: &str| {
        json!({"id": "1", "account": "111122223333", "source": source, "time": "2026-01-05T09:00:00Z",
            "region": "us-east-1", "detail-type": "t", "resources": [], "detail": {}})
        .to_string()
    };
    let pattern = r#"--event-pattern={"source": ["aws.acm-pca"]}"#;
    for (source, fits) in [("aws.acm-pca", true), ("mine", false)] {
        let event = format!("--event={}", event(source));
        let tested = aws(&world, &["events", "test-event-pattern", pattern, &event]);
        assert_eq!(tested["Result"], fits, "{source}");
    }
    let event = format!("--event={}", event("mine"));
    let bad = [r#"--event-pattern={"source": "mine"}"#, "--event-pattern={"];
    for pattern in bad {
        let refused = refusal(&world, &["events", "test-event-pattern", pattern, &event]);
        assert!(refused.contains("(InvalidEventPatternException)"), "{refused}");
    }
    let refused = refusal(&world, &["events", "test-event-pattern", pattern, "--event={}"]);
    assert!(refused.contains("(ValidationException)"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_and_their_logs_are_listed_and_read() {
    let world = World::start().await;
    let root = world.active_root(None).await;
    world.delete(&root, 7).await;
    let listed = aws(&world, &["lambda", "list-functions"]);
    let listed = names(&listed["Functions"], "FunctionName");
    let restore = *listed.iter().find(|name| name.ends_with("auto-restore")).unwrap();
    let named = format!("--function-name={restore}");
    let one = aws(&world, &["lambda", "get-function-configuration", &named]);
    let whole = aws(&world, &["lambda", "get-function", &named]);
    assert_eq!(whole["Configuration"], one);
    let group = format!("/aws/lambda/{restore}");
    let groups =
        aws(&world, &["logs", "describe-log-groups", "--log-group-name-prefix=/aws/lambda/"]);
    assert!(names(&groups["logGroups"], "logGroupName").contains(&group.as_str()), "{groups}");
    let of_group = format!("--log-group-name={group}");
    let all = aws(&world, &["logs", "filter-log-events", &of_group]);
    let count = all["events"].as_array().unwrap().len();
    assert!(count > 1, "{all}");
    let first =
        aws(&world, &["logs", "filter-log-events", &of_group, "--page-size=1", "--max-items=1"]);
    assert_eq!(first["events"][0], all["events"][0]);
    let none =
        aws(&world, &["logs", "filter-log-events", &of_group, "--filter-pattern=no-such-word"]);
    assert_eq!(none["events"], json!([]));
    let streams = aws(&world, &["logs", "describe-log-streams", &of_group]);
    let stream = format!(
        "--log-stream-name={}",
        streams["logStreams"][0]["logStreamName"].as_str().unwrap()
    );
    let got = aws(&world, &["logs", "get-log-events", &of_group, &stream]);
    assert_eq!(got["events"].as_array().unwrap().len(), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn scanners_read_the_templates_buckets() {
    let world = World::start().await;
    let bucket = format!("--bucket={EVIDENCE}");
    let read = |what: &str| aws(&world, &["s3api", what, &bucket]);
    let owner = aws(&world, &["s3api", "list-buckets"])["Owner"]["ID"].clone();
    assert_eq!(read("get-bucket-acl")["Owner"]["ID"], owner);
    let rules = &read("get-bucket-lifecycle-configuration")["Rules"];
    assert_eq!(
        names(rules, "ID"),
        ["OldVersionsOfState", "OldVersionsOfThePage", "UnfinishedUploads"]
    );
    assert_eq!(rules[0]["NoncurrentVersionExpiration"]["NoncurrentDays"], 30);
    assert_eq!(rules[2]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"], 7);
    assert_eq!(read("get-bucket-policy-status")["PolicyStatus"]["IsPublic"], false);
    assert_eq!(read("get-bucket-logging"), Value::Null, "off is an empty answer");
    for (what, code) in [
        ("get-bucket-cors", "NoSuchCORSConfiguration"),
        ("get-bucket-replication", "ReplicationConfigurationNotFoundError"),
        ("get-bucket-tagging", "NoSuchTagSet"),
        ("get-bucket-website", "NoSuchWebsiteConfiguration"),
        ("get-object-lock-configuration", "ObjectLockConfigurationNotFoundError"),
    ] {
        let refused = refusal(&world, &["s3api", what, &bucket]);
        assert!(refused.contains(&format!("({code})")), "{what}: {refused}");
    }
}
