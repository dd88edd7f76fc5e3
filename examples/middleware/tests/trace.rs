//! What is logged in a call is in its span: sync and async operations, both callers, every context.

mod common;

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once};

use common::{Caller, Failure, Script};
use smartcall::SmartCall;
use smartcall_middleware::traced;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

everywhere!(
    says_in_its_span_how_it_went,
    is_no_span_before_it_is_resolved
);

/// What was logged in all spans, with the name of the span.
static SAID: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Records what is logged in this process.
struct Notes;

/// The name of a layer.
struct Name(String);

/// A field of a span or an event, as a text.
struct Text {
    field: &'static str,
    value: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == self.field {
            write!(self.value, "{value:?}").expect("it is a text");
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == self.field {
            self.value.push_str(value);
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Notes {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let mut name = Text {
            field: "name",
            value: String::new(),
        };
        attributes.record(&mut name);
        let note = (name.value.clone(), "span".to_owned());
        SAID.lock().expect("no panic").push(note);
        let span = cx.span(id).expect("it is new");
        span.extensions_mut().insert(Name(name.value));
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut said = Text {
            field: "message",
            value: String::new(),
        };
        event.record(&mut said);
        if let Some(span) = cx.event_span(event) {
            if let Some(Name(name)) = span.extensions().get() {
                let note = (name.clone(), said.value);
                SAID.lock().expect("no panic").push(note);
            }
        }
    }
}

/// Makes a unique name for a test, and records what is logged under it.
fn name() -> &'static str {
    static ONCE: Once = Once::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    ONCE.call_once(|| {
        let notes = tracing_subscriber::registry().with(Notes);
        tracing::subscriber::set_global_default(notes).expect("it is the only one");
    });
    format!("test {}", NEXT.fetch_add(1, Ordering::Relaxed)).leak()
}

/// Returns what was logged under a name.
fn said(name: &str) -> Vec<String> {
    let said = SAID.lock().expect("no panic");
    let here = said.iter().filter(|(span, _)| span == name);
    here.map(|(_, said)| said.clone()).collect()
}

async fn says_in_its_span_how_it_went<K>(
    op: impl SmartCall<Result<u32, Failure>, K, (u32,), Work: Send> + Send + Sync,
    script: Script,
    caller: Caller,
) {
    let name = name();
    let op = traced(name, op);
    assert_eq!(caller.resolve(op.invoke_with((1,))).await, Ok(2));
    assert_eq!(said(name), ["span", "asked 1", "done"]);
    script.fail(1);
    let failed = caller.resolve(op.invoke_with((2,))).await;
    assert_eq!(failed, Err(Failure::Told));
    assert_eq!(said(name)[3..], ["span", "asked 2", "failed: told to"]);
}

async fn is_no_span_before_it_is_resolved<K>(
    op: impl SmartCall<Result<u32, Failure>, K, (u32,), Work: Send> + Send + Sync,
    script: Script,
    caller: Caller,
) {
    let name = name();
    let op = traced(name, op);
    drop(op.invoke_with((1,)));
    let handle = op.invoke_with((1,));
    assert_eq!((said(name).len(), script.calls()), (0, 0));
    assert_eq!(caller.resolve(handle).await, Ok(2));
    assert_eq!(said(name).len(), 3);
}
