//! List resources.

use std::sync::Arc;

use futures::{Stream, StreamExt};
use tf_provider::Diagnostics;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tracing::Instrument;

use super::resource::{self, Resource};
use super::state::State;
use crate::diagnostic::{self, explain, unknown_name};
use crate::extension::{List, ListRequest, Listed, Results};
use crate::panic::caught;
use crate::proto::{DynamicValue, list_resource, validate_list_resource_config};
use crate::value::Value;
use crate::{from_proto, to_proto};

const CONFIG: &str = "list configuration";

/// How many results may wait for the CLI to take them.
const AHEAD: usize = 64;

/// A list resource that a call is about.
struct Listing<'a> {
    resource: Resource<'a>,
    list: &'a dyn List,
    config: Value,
}

fn find<'a>(
    diags: &mut Diagnostics,
    state: &'a State,
    name: &'a str,
    config: Option<&DynamicValue>,
) -> Option<Listing<'a>> {
    let Some((list, described)) = state.registry.lists.get(name) else {
        diags.add_error(unknown_name("list resource", name));
        return None;
    };
    let resource = resource::find(diags, state, name)?;
    Some(Listing {
        list: &**list,
        resource,
        config: from_proto::value(diags, CONFIG, config, &described.ty)?,
    })
}

pub(super) async fn validate(
    state: Arc<State>,
    request: validate_list_resource_config::Request,
) -> validate_list_resource_config::Response {
    let mut diags = Diagnostics::default();
    let name = &request.type_name;
    if let Some(Listing { list, config, .. }) = find(&mut diags, &state, name, request.config.as_ref()) {
        let outcome = caught(list.validate(&mut diags, config)).await;
        explain(&mut diags, outcome, &format!("validating the list of {name}"));
    }
    validate_list_resource_config::Response {
        diagnostics: to_proto::diagnostics(diags),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "the shape of a streaming handler"
)]
pub(super) fn list(
    state: Arc<State>,
    request: list_resource::Request,
) -> Result<impl Stream<Item = Result<list_resource::Event, Status>> + Send + 'static, Status> {
    let (events, receiver) = mpsc::channel(AHEAD);
    let running = Arc::clone(&state);
    let work = async move {
        // The call is cancelled when the CLI stops reading, like any other.
        let closed = events.clone();
        let call = running.operations.run(listed(Arc::clone(&running), request, events));
        tokio::select! {
            _ = call => {}
            () = closed.closed() => {}
        }
    };
    tokio::spawn(work.in_current_span());
    Ok(ReceiverStream::new(receiver).map(Ok))
}

async fn listed(state: Arc<State>, request: list_resource::Request, events: mpsc::Sender<list_resource::Event>) {
    let mut diags = Diagnostics::default();
    let name = &request.type_name;
    if let Some(Listing { resource, list, config }) = find(&mut diags, &state, name, request.config.as_ref()) {
        let limit = usize::try_from(request.limit).ok().filter(|limit| *limit > 0);
        let list_request = ListRequest {
            config,
            include_resource: request.include_resource_object,
            limit,
        };
        let (sender, mut found) = mpsc::channel(AHEAD);
        let results = Results { sender, left: limit };
        let forward = async {
            while let Some(listed) = found.recv().await {
                // Nobody listens any more: the handler learns of it when it sends the next.
                if events.send(event(&resource, listed)).await.is_err() {
                    break;
                }
            }
            drop(found);
        };
        let (outcome, ()) = tokio::join!(caught(list.list(&mut diags, list_request, results)), forward);
        if let Err(panic) = outcome {
            diags.add_error(diagnostic::panicked(&format!("listing {name}"), &panic));
        }
    }
    if diags != Diagnostics::default() {
        let closing = list_resource::Event {
            diagnostic: to_proto::diagnostics(diags),
            ..list_resource::Event::default()
        };
        // Nobody listens any more.
        let _ = events.send(closing).await;
    }
}

fn event(resource: &Resource<'_>, listed: Listed) -> list_resource::Event {
    let mut diags = listed.diags;
    let identity = if let Some((_, ty)) = &resource.described.identity {
        to_proto::identity(&mut diags, &listed.identity, ty)
    } else {
        diags.add_error(diagnostic::general(
            format!("{} has no identity", resource.name),
            "Only resources with an identity can be listed. This is a bug in the provider, which should be reported to its \
             developers.",
        ));
        None
    };
    let resource_object = listed
        .resource
        .and_then(|mut state| resource.write(&mut diags, "state", &mut state));
    list_resource::Event {
        identity,
        display_name: listed.display_name,
        resource_object,
        diagnostic: to_proto::diagnostics(diags),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use tf_provider::schema::Schema;

    use super::*;
    use crate::Server;
    use crate::erased::unchanging::{Unchanging, empty};
    use crate::extension::{Extensions, Identity, IdentityAttribute, IdentitySchema, ImportRole};
    use crate::value::Type;

    /// Far more than anything holds.
    const MANY: usize = 10_000;

    static SENT: AtomicUsize = AtomicUsize::new(0);

    /// Lists many objects that have nothing but a number.
    struct Numbers;

    #[async_trait]
    impl Identity for Numbers {
        fn schema(&self) -> IdentitySchema {
            let number = IdentityAttribute {
                name: "number".to_owned(),
                ty: Type::Number,
                import: ImportRole::Required,
                description: String::new(),
            };
            IdentitySchema {
                version: 0,
                attributes: vec![number],
            }
        }

        fn identity(&self, _: &Value) -> Option<Value> {
            None
        }

        async fn import_id(&self, _: &mut Diagnostics, _: &Value) -> Option<String> {
            None
        }
    }

    #[async_trait]
    impl List for Numbers {
        fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
            Some(empty())
        }

        async fn list(&self, _: &mut Diagnostics, _: ListRequest, mut results: Results) {
            for number in 0..MANY {
                let listed = Listed {
                    identity: Value::object([("number", number as u64)]),
                    display_name: number.to_string(),
                    resource: None,
                    diags: Diagnostics::default(),
                };
                SENT.fetch_add(1, Ordering::Relaxed);
                if results.send(listed).await.is_err() {
                    return;
                }
            }
        }
    }

    #[tokio::test]
    async fn a_list_is_no_further_ahead_of_its_reader_than_it_may_be() {
        let extensions = Extensions::new().identity(Numbers).list(Numbers);
        let resource = Unchanging::<Value>::new();
        let server =
            Server::builder(Unchanging::<Value>::new()).resource_of_values("example_number", resource, extensions);
        let state = Arc::new(State::new(server.build().into_registry(), None));
        let request = list_resource::Request {
            type_name: "example_number".to_owned(),
            ..list_resource::Request::default()
        };
        let mut events = std::pin::pin!(list(state, request).unwrap());
        let settle = async || {
            // There is one thread: whoever can go on does so while this gives way, until all wait for the reader.
            let mut before = None;
            while before != Some(SENT.load(Ordering::Relaxed)) {
                before = Some(SENT.load(Ordering::Relaxed));
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
            }
        };
        // Two channels, and what stands between them.
        let most = 2 * AHEAD + 2;
        for read in 0..MANY {
            if read % 1000 == 0 {
                settle().await;
                let ahead = SENT.load(Ordering::Relaxed) - read;
                assert!(ahead <= most, "{ahead} results wait after {read}");
            }
            let event = events.next().await.unwrap().unwrap();
            assert_eq!(event.display_name, read.to_string());
        }
        assert!(events.next().await.is_none());
    }
}
