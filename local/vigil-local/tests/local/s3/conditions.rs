//! Of writers at the same time, one wins.

use aws_sdk_s3::primitives::ByteStream;

use super::{put, refusal, refused};
use crate::support::{bare, s3};

#[tokio::test]
async fn of_sixteen_conditional_puts_exactly_one_wins() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("race").send().await.unwrap();
    for round in 0..5 {
        let key = format!("once-{round}");
        let puts = (0..16).map(|writer| {
            let body = ByteStream::from(vec![writer; 64 * 1024]);
            client.put_object().bucket("race").key(&key).if_none_match("*").body(body).send()
        });
        let results = futures::future::join_all(puts).await;
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 15), "round {round}");
        for result in lost {
            assert_eq!(refusal(result), refused(412, "PreconditionFailed"));
        }
    }
    stack.shutdown().await;
}

#[tokio::test]
async fn one_of_several_conditional_writers_succeeds() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("race").send().await.unwrap();
    put(&client, "race", "state", "0").await;
    let read = client.get_object().bucket("race").key("state").send().await.unwrap();
    let etag = read.e_tag().unwrap();
    let puts = (1..=16u8).map(|writer| {
        let body = ByteStream::from(vec![writer]);
        client.put_object().bucket("race").key("state").if_match(etag).body(body).send()
    });
    let results = futures::future::join_all(puts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(result), refused(412, "PreconditionFailed"));
    }
    stack.shutdown().await;
}
