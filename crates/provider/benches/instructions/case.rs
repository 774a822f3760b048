//! What is counted: the steps that every plan and apply goes through, each on its own.

use std::hint::black_box;

use structured_merge::{Conflicts, apply};
use terraform_provider_datum::ownership::Owners;
use terraform_provider_datum::workload::private::PrivateState;
use terraform_provider_datum::workload::{kind, plan};
use terraform_provider_datum::{schema, value};
use tf_plugin_server::value::{Type, msgpack};

use super::subject::{Subject, write};

/// One step on one workload.
pub(crate) struct Case {
    workload: &'static str,
    step: &'static str,
    run: Box<dyn Fn()>,
}

impl Case {
    /// Every case.
    pub(crate) fn all() -> Vec<Case> {
        Subject::all().into_iter().flat_map(steps).collect()
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.workload, self.step)
    }

    pub(crate) fn run(&self, times: u64) {
        (0..times).for_each(|_| (self.run)());
    }

    /// The allocations of one run, after one that sets up what is computed once.
    pub(crate) fn allocations(&self) -> u64 {
        self.run(1);
        allocation_counter::measure(|| self.run(1)).count_total
    }
}

fn steps(subject: Subject) -> Vec<Case> {
    let Subject {
        name: workload,
        config,
        body,
        live,
        state,
    } = subject;
    let node = schema::workload();
    let ty = Type::of_block(&schema::workload_block().block);
    let message = msgpack::encode(&config, &ty).expect("the configuration is of the schema's type");
    let write = write();

    let case = |step, run: Box<dyn Fn()>| Case { workload, step, run };
    vec![
        case("decode", {
            let ty = ty.clone();
            Box::new(move || drop(black_box(msgpack::decode(&message, &ty))))
        }),
        case("encode", {
            let config = config.clone();
            Box::new(move || drop(black_box(msgpack::encode(&config, &ty))))
        }),
        case("expand", {
            let config = config.clone();
            Box::new(move || drop(black_box(value::expand(&config, node))))
        }),
        case("flatten", {
            let (live, config) = (live.clone(), config.clone());
            Box::new(move || drop(black_box(value::flatten(&live, &config, node))))
        }),
        case("plan", {
            let (config, private) = (config.clone(), PrivateState::default());
            Box::new(move || drop(black_box(plan::update(&state, &config, &private, None))))
        }),
        case("owners", {
            let live = live.clone();
            Box::new(move || drop(black_box(Owners::of(&live, kind()))))
        }),
        case(
            "apply",
            Box::new(move || {
                drop(black_box(apply(Some(&live), &body, &write, Conflicts::Refuse, |_| {})));
            }),
        ),
    ]
}
