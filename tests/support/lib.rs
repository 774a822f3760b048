//! Support for the acceptance tests: verbs that a test reads as sentences.
//!
//! A test takes a [`Workspace`] for each CLI that is found ([`each_cli`]), writes HCL into it, runs `plan` and `apply` as
//! a user does, and looks at the API through [`Api`]. The API is the local control plane with its simulator, one for all
//! tests of a binary; with `DATUM_TEST_KUBECONFIG` set it is whatever that file points to, as long as `config/crd` is
//! installed there. No other controller is needed: the simulator comes with the tests, and no test waits for the end of a
//! namespace.

#![expect(
    clippy::missing_panics_doc,
    reason = "a verb of a test reports by panicking; that is what it is for"
)]
#![expect(
    clippy::return_self_not_must_use,
    reason = "an assertion returns its subject only so that another may follow"
)]

pub mod api;
pub mod cli;
mod control_plane;
pub mod copies;
pub mod fault;
pub mod feature;
pub mod plan;
pub mod running;
pub mod workspace;

use std::panic::{RefUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::Instant;

pub use api::{Access, Api, Kubectl};
pub use cli::{Cli, Output};
pub use fault::{AS_OFTEN_AS_IT_COMES, Fault};
pub use feature::Feature;
pub use plan::Plan;
pub use running::{Running, Signal};
pub use workspace::Workspace;

/// Runs a test once under every CLI that is found, each time in a namespace and a folder of its own.
///
/// # Panics
///
/// When the test fails: what is printed after that names the CLI. When no CLI is found (`make setup` installs one).
pub fn each_cli(test: impl Fn(&Workspace) + RefUnwindSafe) {
    under_each_cli(Api::shared, Cli::found(), test);
}

/// The same under the CLIs alone that are new enough. What is left out is told.
pub fn each_cli_that_has(feature: &Feature, test: impl Fn(&Workspace) + RefUnwindSafe) {
    let able = Cli::found().into_iter().filter(|cli| cli.has(feature, &this_test()));
    under_each_cli(Api::shared, able.collect(), test);
}

/// The test that runs, by its name.
pub fn this_test() -> String {
    // Where there is only one thread it is the main one, of no name of its own.
    thread::current().name().unwrap_or_default().to_owned()
}

/// The same with a local control plane of its own, for a test that switches faults on, counts requests, or needs the
/// control plane's users and projects.
///
/// No other API server has these, so the test runs against the local one whatever `DATUM_TEST_KUBECONFIG` says.
pub fn each_cli_with_its_own_api(test: impl Fn(&Workspace) + RefUnwindSafe) {
    under_each_cli(Api::own, Cli::found(), test);
}

fn under_each_cli(
    api: impl Fn() -> &'static Api + RefUnwindSafe,
    clis: Vec<Cli>,
    test: impl Fn(&Workspace) + RefUnwindSafe,
) {
    for cli in clis {
        let name = cli.name();
        let started = Instant::now();
        let outcome = catch_unwind(|| {
            let workspace = Workspace::new(cli, api());
            test(&workspace);
            workspace.destroy_what_is_left();
        });
        if let Err(panic) = outcome {
            eprintln!("--- the failure above is {name}'s");
            resume_unwind(panic);
        }
        test_programs::took(&format!("{} under {name}", this_test()), started.elapsed());
    }
}
