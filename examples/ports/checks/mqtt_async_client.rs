//! A live broker, by sync code and by async code.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use mqtt_async_client::client::{
    Client, Publish, QoS, Subscribe, SubscribeTopic, Unsubscribe, UnsubscribeTopic,
};

/// A broker, which is stopped when this is dropped.
struct Broker(Child, u16);

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn broker() -> Broker {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let program = ["/usr/sbin/mosquitto", "mosquitto"]
        .into_iter()
        .find(|program| Command::new(program).arg("-h").output().is_ok());
    let mut command = Command::new(program.expect("mosquitto is installed"));
    let command = command
        .args(["-p", &port.to_string()])
        .stderr(Stdio::null());
    let broker = Broker(command.spawn().unwrap(), port);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        thread::sleep(Duration::from_millis(10));
    }
    broker
}

/// The same calls, each followed by `.get()` or `.await`.
macro_rules! calls {
    ($($end:tt)*) => {{
        let broker = broker();
        let mut client = Client::builder()
            .set_url_string(&format!("mqtt://127.0.0.1:{}", broker.1))
            .unwrap()
            .build()
            .unwrap();
        client.connect()$($end)*.unwrap();
        let topic = SubscribeTopic { qos: QoS::AtLeastOnce, topic_path: "a/topic".into() };
        let subscribed = client.subscribe(Subscribe::new(vec![topic]))$($end)*.unwrap();
        subscribed.any_failures().unwrap();
        let mut message = Publish::new("a/topic".into(), b"5".to_vec());
        message.set_qos(QoS::AtLeastOnce);
        client.publish(&message)$($end)*.unwrap();
        let read = client.read_subscriptions()$($end)*.unwrap();
        assert_eq!((read.topic(), read.payload()), ("a/topic", &b"5"[..]));
        let topic = UnsubscribeTopic::new("a/topic".into());
        client.unsubscribe(Unsubscribe::new(vec![topic]))$($end)*.unwrap();
        client.disconnect()$($end)*.unwrap();
    }};
}

#[test]
fn sync_caller() {
    calls!(.get());
}

#[tokio::test]
async fn async_caller() {
    calls!(.await);
}
