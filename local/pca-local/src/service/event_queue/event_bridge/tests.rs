//! Against an endpoint with prepared answers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use serde_json::json;
use time::macros::datetime;

use super::*;
use crate::{
    model::arn::CaArn,
    service::{
        event_queue::EventQueue,
        events::{EventSink as _, ServiceEvent, service_event},
    },
};

type Answers = Arc<Mutex<VecDeque<(u16, Value)>>>;
type Requests = Arc<Mutex<Vec<(String, Value)>>>;

/// Answers in turn; without one that is left, that everything was taken.
async fn endpoint(answers: Answers) -> (String, Requests) {
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    let answer = move |headers: http::HeaderMap, body: Bytes| async move {
        let request: Value = serde_json::from_slice(&body).unwrap();
        let count = request["Entries"].as_array().unwrap().len();
        let authorization = headers["authorization"].to_str().unwrap().to_owned();
        assert_eq!(headers["x-amz-target"], "AWSEvents.PutEvents");
        seen.lock().unwrap().push((authorization, request));
        let taken = (200, json!({"FailedEntryCount": 0, "Entries": vec![json!({}); count]}));
        let (status, body) = answers.lock().unwrap().pop_front().unwrap_or(taken);
        (StatusCode::from_u16(status).unwrap(), body.to_string())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), requests)
}

fn event(account: &str) -> Value {
    let arn = format!("arn:aws:acm-pca:eu-west-1:{account}:certificate-authority/ca");
    let ca = CaArn::parse(&arn).unwrap();
    let created = ServiceEvent::CaCreation { succeeded: true };
    service_event(&ca, &created, datetime!(2026-01-05 09:00 UTC))
}

async fn put(answers: &[(u16, Value)], events: &[Value]) -> (u64, Vec<(String, Value)>) {
    let answers = Arc::new(Mutex::new(answers.iter().cloned().collect()));
    let (url, requests) = endpoint(answers).await;
    let queue = EventQueue::to_event_bridge(EventBridge::new(&url, "default", None));
    for event in events {
        queue.deliver(event.clone());
    }
    queue.finish().await;
    let requests = std::mem::take(&mut *requests.lock().unwrap());
    (queue.lost(), requests)
}

#[tokio::test]
async fn an_event_arrives_as_it_is_signed_for_its_account_and_region() {
    let (lost, requests) = put(&[], &[event("111122223333"), event("444455556666")]).await;
    assert_eq!((lost, requests.len()), (0, 2), "one call an account");
    let (authorization, request) = &requests[0];
    assert!(authorization.contains("Credential=111122223333/"), "{authorization}");
    assert!(authorization.contains("/eu-west-1/events/aws4_request"), "{authorization}");
    let entry = &request["Entries"][0];
    assert_eq!(entry["Source"], "aws.acm-pca");
    assert_eq!(entry["DetailType"], "ACM Private CA Creation");
    assert_eq!(entry["Detail"], r#"{"result":"success"}"#);
    assert_eq!(entry["EventBusName"], "default");
    assert_eq!(entry["Time"], datetime!(2026-01-05 09:00 UTC).unix_timestamp());
    assert_eq!(
        entry["Resources"],
        json!(["arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/ca"])
    );
}

#[tokio::test]
async fn what_an_endpoint_that_has_trouble_did_not_take_is_sent_again() {
    let trouble = [
        (503, json!({"__type": "ServiceUnavailable"})),
        (400, json!({"__type": "ThrottlingException", "message": "Rate exceeded"})),
        (
            200,
            json!({"FailedEntryCount": 1, "Entries": [
                {"EventId": "1"}, {"ErrorCode": "InternalFailure", "ErrorMessage": "sorry"},
            ]}),
        ),
    ];
    let events = [event("111122223333"), event("111122223333")];
    let (lost, requests) = put(&trouble, &events).await;
    let sizes: Vec<usize> =
        requests.iter().map(|(_, it)| it["Entries"].as_array().unwrap().len()).collect();
    assert_eq!((lost, sizes), (0, vec![2, 2, 2, 1]));
}

#[tokio::test]
async fn what_is_refused_is_counted_and_the_next_is_sent() {
    let refusals = [
        (400, json!({"__type": "AccessDeniedException", "message": "no"})),
        (
            200,
            json!({"FailedEntryCount": 1, "Entries": [
                {"ErrorCode": "NotAuthorizedForSource", "ErrorMessage": "Not authorized for the source."},
            ]}),
        ),
    ];
    let events = ["111122223333", "444455556666", "777788889999"].map(event);
    let (lost, requests) = put(&refusals, &events).await;
    assert_eq!((lost, requests.len()), (2, 3));
}

#[test]
fn a_call_has_no_more_than_eventbridge_takes() {
    let parcel = |bytes: usize| {
        let mut parcel = Parcel::of(&event("111122223333").to_string()).unwrap();
        parcel.detail = " ".repeat(bytes);
        parcel
    };
    for (sizes, want) in
        [(vec![10; 10], 10), (vec![100_000; 10], 2), (vec![300_000, 10], 1), (vec![10], 1)]
    {
        let parcels: Vec<Parcel> = sizes.into_iter().map(parcel).collect();
        assert_eq!(how_many(&parcels), want);
    }
}
