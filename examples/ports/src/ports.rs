//! The crates.

use crate::port::{Attribute, Port};

/// All of them.
pub const PORTS: &[Port] = &[
    MINI_REDIS,
    MQTT_ASYNC_CLIENT,
    ASYNC_SESSION,
    INFLUXDB,
    MEMCACHE_ASYNC,
];

/// A client with `&mut self` and `#[instrument]`, and a subscription. It gets a module of plain functions, too.
const MINI_REDIS: Port = Port {
    name: "mini-redis",
    version: "0.4.1",
    features: &["macros", "tokio"],
    attributes: &[
        Attribute {
            file: "src/client.rs",
            above: "pub async fn connect<T",
            line: "#[smartcall::smart]",
            functions: &["connect"],
        },
        Attribute {
            file: "src/client.rs",
            above: "impl Client {",
            line: "#[smartcall::smart(twin = plain)]",
            functions: &["get", "set", "set_expires", "publish", "subscribe"],
        },
        Attribute {
            file: "src/client.rs",
            above: "impl Subscriber {",
            line: "#[smartcall::smart]",
            functions: &["next_message", "subscribe", "unsubscribe"],
        },
    ],
    own_tests: &[
        "--lib", "--bins", "--test", "buffer", "--test", "client", "--test", "server",
    ],
    check: include_str!("../checks/mini_redis.rs"),
    check_arguments: &[],
    check_dependencies: &[],
    left: "`into_stream` returns a stream; its sync users call `next_message`. `key_value_timeout` fails with tokio 1.54, \
           without us, too",
};

/// A client with a builder, and a background task.
const MQTT_ASYNC_CLIENT: Port = Port {
    name: "mqtt-async-client",
    version: "0.3.1",
    features: &["macros", "tokio"],
    attributes: &[Attribute {
        file: "src/client/client.rs",
        above: "impl Client {",
        line: "#[smartcall::smart]",
        functions: &[
            "connect",
            "publish",
            "subscribe",
            "unsubscribe",
            "read_subscriptions",
            "disconnect",
        ],
    }],
    own_tests: &["--lib", "--no-default-features"],
    check: include_str!("../checks/mqtt_async_client.rs"),
    check_arguments: &["--no-default-features"],
    check_dependencies: &[],
    left: "its integration tests need a broker at fixed ports",
};

/// A client over HTTP, by reqwest.
const INFLUXDB: Port = Port {
    name: "influxdb",
    version: "0.7.2",
    features: &["macros", "tokio"],
    attributes: &[
        Attribute {
            file: "src/client/mod.rs",
            above: "impl Client {",
            line: "#[smartcall::smart]",
            functions: &["ping", "query"],
        },
        Attribute {
            file: "src/integrations/serde_integration/mod.rs",
            above: "impl Client {",
            line: "#[smartcall::smart]",
            functions: &["json_query"],
        },
    ],
    own_tests: &["--lib"],
    check: include_str!("../checks/influxdb.rs"),
    check_arguments: &[],
    check_dependencies: &[],
    left: "its integration tests need two servers of InfluxDB",
};

/// It runs on any runtime, by `futures-io`.
const MEMCACHE_ASYNC: Port = Port {
    name: "memcache-async",
    version: "0.10.1",
    features: &["macros"],
    attributes: &[Attribute {
        file: "src/ascii.rs",
        above: "impl<S> Protocol<S>",
        line: "#[smartcall::smart]",
        functions: &[
            "get",
            "get_multi",
            "get_prefix",
            "add",
            "set",
            "append",
            "delete",
            "version",
            "flush",
            "increment",
            "increment_noreply",
            "decrement",
            "gets_cas",
            "cas",
            "append_or_vivify",
        ],
    }],
    own_tests: &["--lib"],
    check: include_str!("../checks/memcache_async.rs"),
    check_arguments: &[],
    check_dependencies: &["async-io]\nversion = \"2.4\""],
    left: "",
};

/// A trait of async methods, by `#[async_trait]`, which stays.
const ASYNC_SESSION: Port = Port {
    name: "async-session",
    version: "3.0.0",
    features: &["macros"],
    attributes: &[
        Attribute {
            file: "src/session_store.rs",
            above: "#[async_trait]",
            line: "#[smartcall::smart(boxed)]",
            functions: &[
                "load_session",
                "store_session",
                "destroy_session",
                "clear_store",
            ],
        },
        Attribute {
            file: "src/memory_store.rs",
            above: "#[async_trait]",
            line: "#[smartcall::smart(boxed)]",
            functions: &[],
        },
        Attribute {
            file: "src/cookie_store.rs",
            above: "#[async_trait]",
            line: "#[smartcall::smart(boxed)]",
            functions: &[],
        },
        Attribute {
            file: "src/memory_store.rs",
            above: "impl MemoryStore {",
            line: "#[smartcall::smart]",
            functions: &["cleanup", "count"],
        },
    ],
    own_tests: &["--lib", "--test", "test"],
    check: include_str!("../checks/async_session.rs"),
    check_arguments: &[],
    check_dependencies: &[],
    left: "",
};
