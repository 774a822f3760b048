//! Interruptions: by the user, by signals, and by the CLI going away.

use bytes::Bytes;
use futures::StreamExt;
use tf_plugin_server::proto::{Empty, configure_provider, list_resource, stop_provider};
use tf_plugin_server::value::Value;
use tokio::net::UnixStream;

use crate::certificate::Certificate;
use crate::client::Client;
use crate::plugin::{Plugin, clean, example, within};
use crate::resource::{Answer, Resource, planned};

async fn stop(thing: &Resource) {
    let stopped: stop_provider::Response = thing
        .client
        .call("StopProvider", stop_provider::Request {})
        .await
        .unwrap();
    assert_eq!(stopped.error, "");
}

/// A create that waits, and what interrupts it once it has begun to.
async fn interrupted(thing: &Resource, interrupt: impl AsyncFn()) -> Answer {
    let nothing = Value::Null;
    let waiting = planned("wait");
    let create = thing.apply(&nothing, &waiting, Bytes::new());
    let interrupt = async {
        // The call is running once what it created is listed.
        while !is_created(&thing.client).await {
            tokio::task::yield_now().await;
        }
        interrupt().await;
    };
    let (answer, ()) = within(async { tokio::join!(create, interrupt) }).await;
    answer
}

/// Whether the example holds a thing.
pub(crate) async fn is_created(client: &Client) -> bool {
    let request = list_resource::Request {
        type_name: "example_thing".to_owned(),
        ..list_resource::Request::default()
    };
    let events = client
        .stream::<_, list_resource::Event>("tfplugin6.Provider", "ListResource", request)
        .await;
    // With a null configuration, the example lists everything.
    events
        .unwrap()
        .filter(|event| std::future::ready(!event.as_ref().unwrap().display_name.is_empty()))
        .count()
        .await
        > 0
}

fn assert_saved(answer: &Answer) {
    assert_eq!(answer.state.get("id"), Some(&Value::from("it")));
    assert!(answer.said.contains("Interrupted"), "{}", answer.said);
}

#[tokio::test]
async fn stopping_cancels_what_runs_and_its_state_is_saved() {
    let thing = Resource::thing().await;
    assert_saved(&interrupted(&thing, async || stop(&thing).await).await);
}

#[tokio::test]
async fn a_stop_holds_until_the_provider_is_configured_anew() {
    let thing = Resource::thing().await;
    stop(&thing).await;
    // As when the stop came between the last plan of a resource and its apply.
    assert_saved(&thing.apply(&Value::Null, &planned("wait"), Bytes::new()).await);
    let _: configure_provider::Response = thing
        .client
        .call("ConfigureProvider", configure_provider::Request::default())
        .await
        .unwrap();
    // Another run of a CLI that attached: it waits until it is stopped in turn.
    let plan = planned("wait");
    let mut waiting = Box::pin(thing.apply(&Value::Null, &plan, Bytes::new()));
    for _ in 0..50 {
        assert!(futures::poll!(waiting.as_mut()).is_pending());
        thing.client.provider_schema().await;
    }
    stop(&thing).await;
    assert_saved(&waiting.await);
}

#[tokio::test]
async fn a_slow_call_holds_up_no_other() {
    let thing = Resource::thing().await;
    let answer = interrupted(&thing, async || {
        // The create still waits while all of these are answered.
        let calls = (0..50).map(|_| thing.client.provider_schema());
        futures::future::join_all(calls).await;
        assert_eq!(thing.apply(&Value::Null, &planned(""), Bytes::new()).await.said, "");
        stop(&thing).await;
    });
    assert_saved(&answer.await);
}

#[tokio::test]
async fn ctrl_c_is_the_clis_to_handle() {
    let thing = Resource::thing().await;
    let answer = interrupted(&thing, async || {
        thing.plugin.signal("INT");
        thing.plugin.signal("INT");
        thing.client.provider_schema().await;
        stop(&thing).await;
    });
    assert_saved(&answer.await);
}

#[tokio::test]
async fn sigterm_lets_running_calls_finish() {
    let thing = Resource::thing().await;
    assert_saved(&interrupted(&thing, async || thing.plugin.signal("TERM")).await);
    assert!(thing.plugin.ended().await.status.success());
}

#[tokio::test]
async fn a_second_sigterm_waits_for_nothing() {
    let thing = Resource::thing().await;
    let stuck = planned("stuck");
    let create = thing.call_apply(&Value::Null, &stuck, Bytes::new());
    let interrupt = async {
        while !is_created(&thing.client).await {
            tokio::task::yield_now().await;
        }
        thing.plugin.signal("TERM");
        // The first has been heeded once the socket takes no more connections.
        while UnixStream::connect(&thing.plugin.socket).await.is_ok() {
            tokio::task::yield_now().await;
        }
        thing.plugin.signal("TERM");
    };
    let (answer, ()) = within(async { tokio::join!(create, interrupt) }).await;
    answer.unwrap_err();
    assert!(thing.plugin.ended().await.status.success());
}

#[tokio::test]
async fn a_shutdown_cancels_what_runs() {
    let thing = Resource::thing().await;
    let answer = interrupted(&thing, async || {
        let _: Empty = thing
            .client
            .call_service("plugin.GRPCController", "Shutdown", Empty {})
            .await
            .unwrap();
    });
    assert_saved(&answer.await);
    assert!(thing.plugin.ended().await.status.success());
}

#[tokio::test]
async fn a_shutdown_ends_the_process() {
    let plugin = Plugin::start().await;
    let _: Empty = plugin
        .client
        .call_service("plugin.GRPCController", "Shutdown", Empty {})
        .await
        .unwrap();
    assert!(plugin.ended().await.status.success());
}

#[tokio::test]
async fn the_process_saves_what_it_has_and_ends_when_its_parent_is_gone() {
    // A shell that waits for the plugin, as a CLI would.
    let mut shell = clean(tokio::process::Command::new("sh"));
    shell.args(["-c", "\"$0\" & wait"]).arg(example());
    let thing = Resource::thing_of(Plugin::start_as(shell, &Certificate::new()).await).await;
    assert_saved(&interrupted(&thing, async || thing.plugin.signal("KILL")).await);
    // The plugin holds the other end of the shell's stdout until it ends itself.
    assert_eq!(thing.plugin.ended().await.stdout, "");
}
