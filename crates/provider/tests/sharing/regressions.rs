//! Sequences that once broke a law, as short as they get.

use crate::actor::{Deed, Hand};
use crate::edit::{Edit, LeafPlace, ListEdit, ListPlace, MapEdit, MapPlace};
use crate::{Import, Start, Step, Turn, check};

const ENV: ListPlace = ListPlace::Env(0);
const PORTS: ListPlace = ListPlace::Ports(0);
/// Variants of a variable: the item `A`, `B` or `C` with a value or with a reference.
const VALUE: u8 = 1;
const REFERENCE: u8 = 2;

#[track_caller]
fn holds(start: Start, first: &[Edit], steps: &[Step]) {
    if let Err(broken) = check(start, first, steps) {
        panic!("{broken}");
    }
}

fn apply(edits: &[Edit]) -> Step {
    Step::Terraform(Turn {
        edits: edits.to_vec(),
        ..Turn::default()
    })
}

fn list(place: ListPlace, edit: ListEdit) -> Edit {
    Edit::List(place, edit)
}

fn by_hand(edits: &[Edit]) -> Step {
    Step::Others(Deed::Edit(Hand::Patch, edits.to_vec()))
}

#[test]
fn a_union_member_that_was_set_by_hand_goes_with_the_object_that_it_is() {
    let reference = by_hand(&[list(ENV, ListEdit::Put(0, REFERENCE))]);
    holds(Start::Terraform, &[], std::slice::from_ref(&reference));
    holds(Start::KubectlCreate, &[], &[reference]);
}

#[test]
fn a_union_member_that_another_applies_is_no_diff_that_comes_back() {
    let argo = Deed::Argo {
        edits: vec![list(ListPlace::Volumes, ListEdit::Put(2, 2))],
        force: false,
    };
    holds(
        Start::Terraform,
        &[list(ListPlace::Volumes, ListEdit::Put(2, 0))],
        &[Step::Others(argo)],
    );
}

#[test]
fn a_member_that_is_declared_for_the_first_time_excludes_what_was_set_by_hand() {
    let client_side = Deed::ClientSide(vec![list(ENV, ListEdit::Put(2, VALUE))]);
    holds(
        Start::Terraform,
        &[],
        &[
            Step::Others(client_side),
            apply(&[list(ENV, ListEdit::Put(2, REFERENCE))]),
        ],
    );
}

#[test]
fn a_renamed_item_is_shown_with_all_that_a_second_look_would_show() {
    let client_side = Deed::ClientSide(vec![
        list(ENV, ListEdit::Put(1, REFERENCE)),
        Edit::Leaf(LeafPlace::EnvValue(0), Some(2)),
    ]);
    holds(
        Start::Terraform,
        &[],
        &[
            apply(&[Edit::Leaf(LeafPlace::EnvValue(0), Some(2))]),
            Step::Others(client_side),
        ],
    );
}

#[test]
fn a_map_that_is_cleared_leaves_no_bare_parent_to_others() {
    holds(
        Start::KubectlCreate,
        &[Edit::Map(MapPlace::Limits(0), MapEdit::Put(2, 0))],
        &[apply(&[]), apply(&[Edit::Map(MapPlace::Limits(0), MapEdit::Drop(2))])],
    );
}

#[test]
fn a_default_that_an_import_left_out_may_be_written() {
    let port = list(PORTS, ListEdit::Put(0, 0));
    let selector = Edit::Map(MapPlace::NodeSelector, MapEdit::Put(0, 0));
    holds(Start::KubectlCreate, &[], &[apply(std::slice::from_ref(&port))]);
    holds(Start::KubectlCreate, &[port], &[apply(&[selector])]);
}

#[test]
fn what_the_first_configuration_of_an_import_leaves_out_is_no_change_later() {
    let label = Edit::Map(MapPlace::Labels, MapEdit::Put(1, 0));
    for left_out in [
        list(ENV, ListEdit::DropAll),
        list(ENV, ListEdit::Empty),
        Edit::Leaf(LeafPlace::Image(0), None),
    ] {
        for start in [Start::KubectlCreate, Start::KubectlApply, Start::Argo] {
            holds(start, &[], &[apply(&[left_out.clone(), label.clone()]), apply(&[])]);
            holds(start, &[], &[apply(std::slice::from_ref(&left_out)), apply(&[])]);
        }
    }
}

#[test]
fn an_entry_that_is_null_is_as_good_as_absent_after_an_import() {
    holds(
        Start::KubectlCreate,
        &[Edit::Map(MapPlace::PodAnnotations, MapEdit::Null(0))],
        &[apply(&[Edit::Map(MapPlace::Labels, MapEdit::Put(0, 1))])],
    );
}

#[test]
fn nothing_becomes_ours_by_an_apply_that_others_are_in_the_way_of() {
    let requests = |edit| Edit::Map(MapPlace::Requests(0), edit);
    holds(
        Start::Argo,
        &[],
        &[
            Step::Others(Deed::Inject(vec![requests(MapEdit::Put(0, 0))])),
            Step::Import(Import::Generated),
            apply(&[Edit::Leaf(LeafPlace::Image(0), Some(1))]),
            apply(&[requests(MapEdit::Null(0))]),
            Step::Terraform(Turn {
                is_forced: true,
                ..Turn::default()
            }),
        ],
    );
}

#[test]
fn an_item_that_another_state_has_applied_is_shown_with_its_key() {
    for place in [ListPlace::Containers, ENV, PORTS, ListPlace::Volumes] {
        holds(
            Start::Terraform,
            &[],
            &[Step::Swap, apply(&[list(place, ListEdit::Put(1, 0))]), Step::Swap],
        );
    }
}

#[test]
fn what_others_set_in_an_item_stays_with_the_item() {
    let second = list(ListPlace::Containers, ListEdit::Put(1, 0));
    let argo = Deed::Argo {
        edits: vec![second.clone()],
        force: false,
    };
    let injected = Deed::Inject(vec![list(ListPlace::Env(1), ListEdit::Put(3, 0))]);
    holds(
        Start::Terraform,
        &[second],
        &[
            Step::Others(argo),
            Step::Others(injected),
            apply(&[list(ListPlace::Containers, ListEdit::Drop(1))]),
        ],
    );
}

#[test]
fn a_map_of_free_form_stays_with_what_others_have_in_it() {
    let zone = |edit| Edit::Map(MapPlace::ProviderZone, edit);
    let argo = Deed::Argo {
        edits: vec![zone(MapEdit::Put(2, 0))],
        force: false,
    };
    for others in [by_hand(&[zone(MapEdit::Put(2, 0))]), Step::Others(argo)] {
        for edit in [MapEdit::Drop(1), MapEdit::DropAll, MapEdit::Empty] {
            holds(
                Start::Terraform,
                &[zone(MapEdit::Put(1, 0))],
                &[others.clone(), apply(&[zone(edit)])],
            );
        }
    }
}

#[test]
fn both_steps_of_emptying_send_the_spelling_that_is_live() {
    let limit = |spelling| Edit::Map(MapPlace::Limits(0), MapEdit::Put(0, spelling));
    let argo = Deed::Argo {
        edits: vec![limit(1)],
        force: true,
    };
    holds(
        Start::Argo,
        &[],
        &[
            apply(&[limit(0)]),
            Step::Others(argo),
            apply(&[list(ENV, ListEdit::Drop(0))]),
        ],
    );
}
