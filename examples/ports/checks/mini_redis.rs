//! A live server, by sync code, by async code, and by the plain functions.

use std::time::Duration;

use bytes::Bytes;
use mini_redis::client::{self, plain};
use tokio::net::TcpListener;

/// Starts a server in a runtime of its own, and returns its address.
fn serve() -> String {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap().to_string())
                .unwrap();
            mini_redis::server::run(listener, std::future::pending::<()>()).await
        })
    });
    told.recv().unwrap()
}

const LONG: Duration = Duration::from_secs(600);

#[test]
fn sync_caller() {
    let at = serve();
    let mut client = client::connect(&at).get().unwrap();
    client.set("a", "1".into()).get().unwrap();
    client.set_expires("b", "2".into(), LONG).get().unwrap();
    assert_eq!(client.get("a").get().unwrap(), Some(Bytes::from("1")));
    assert_eq!(client.get("none").get().unwrap(), None);
    let other = client::connect(&at).get().unwrap();
    let mut subscriber = other.subscribe(vec!["news".into()]).get().unwrap();
    subscriber.subscribe(&["more".to_owned()]).get().unwrap();
    subscriber.unsubscribe(&["more".to_owned()]).get().unwrap();
    assert_eq!(client.publish("news", "3".into()).get().unwrap(), 1);
    let message = subscriber.next_message().get().unwrap().unwrap();
    assert_eq!(message.content, "3");
}

#[tokio::test]
async fn async_caller() {
    let at = serve();
    let mut client = client::connect(&at).await.unwrap();
    client.set("a", "1".into()).await.unwrap();
    client.set_expires("b", "2".into(), LONG).await.unwrap();
    assert_eq!(client.get("a").await.unwrap(), Some(Bytes::from("1")));
    let other = client::connect(&at).await.unwrap();
    let mut subscriber = other.subscribe(vec!["news".into()]).await.unwrap();
    subscriber.subscribe(&["more".to_owned()]).await.unwrap();
    subscriber.unsubscribe(&["more".to_owned()]).await.unwrap();
    assert_eq!(client.publish("news", "3".into()).await.unwrap(), 1);
    let message = subscriber.next_message().await.unwrap().unwrap();
    assert_eq!(message.content, "3");
}

#[test]
fn plain_functions() {
    let at = serve();
    let connected = || plain::Client::from(client::connect(&at).get().unwrap());
    let mut client = connected();
    client.set("a", "1".into()).unwrap();
    client.set_expires("b", "2".into(), LONG).unwrap();
    assert_eq!(client.get("a").unwrap(), Some(Bytes::from("1")));
    let mut subscriber = connected().subscribe(vec!["news".into()]).unwrap();
    assert_eq!(client.publish("news", "3".into()).unwrap(), 1);
    let message = subscriber.next_message().get().unwrap().unwrap();
    assert_eq!(message.content, "3");
}
