//! Every request that the program makes in a sync, a join, a publish, an add and a source deletion fails in turn:
//! before its effect, in the middle, after it, with the program killed or stopped there, and with the network gone from
//! there on; then two at random. A failure is named or leaves no trace, and the next run ends where a run without
//! failures ends.
//!
//! It is the real binary against the store of the tests, one try a request, so that each failure is seen by the
//! program; what several tries hide is in `retrying.rs`.

mod attack;
mod breakage;
mod job;
mod state;
mod world;

use crate::bucket::Manners;
use crate::client::with_keys;
use attack::{every_request, pairs, unnoticed};
use job::Job;

#[test]
fn a_sync_ends_right_whichever_request_fails() {
    with_keys!();
    every_request(Job::Sync, Manners::plain());
}

#[test]
fn a_sync_does_on_a_store_that_knows_no_conditions() {
    with_keys!();
    every_request(Job::Sync, Manners::unconditional());
}

#[test]
fn a_dataset_begins_right_whichever_request_fails() {
    with_keys!();
    every_request(Job::Begin, Manners::plain());
}

#[test]
fn a_new_machine_is_complete_whichever_request_fails() {
    with_keys!();
    every_request(Job::Join, Manners::plain());
}

#[test]
fn a_version_is_published_once_whichever_request_fails() {
    with_keys!();
    every_request(Job::Publish, Manners::plain());
}

#[test]
fn a_version_is_on_a_store_that_knows_no_conditions() {
    with_keys!();
    every_request(Job::Publish, Manners::unconditional());
}

#[test]
fn recordings_are_added_whichever_request_fails() {
    with_keys!();
    every_request(Job::Add, Manners::plain());
}

#[test]
fn recordings_are_replaced_whichever_request_fails() {
    with_keys!();
    every_request(Job::Replace, Manners::plain());
}

#[test]
fn a_large_recording_is_added_whichever_request_fails() {
    with_keys!();
    every_request(Job::AddLarge, Manners::plain());
}

#[test]
fn only_what_was_confirmed_is_deleted_whichever_request_fails() {
    with_keys!();
    every_request(Job::Delete, Manners::plain());
}

#[test]
fn nor_anything_else_where_files_are_deleted_one_by_one() {
    with_keys!();
    every_request(Job::DeleteSingly, Manners::plain());
}

#[test]
fn two_failures_in_one_run_do_no_more_harm_than_one() {
    with_keys!();
    for job in Job::ALL {
        pairs(job, Manners::plain());
    }
}

/// With the tries that a request usually has nobody notices a single failure.
#[test]
fn a_single_failure_is_not_noticed_where_requests_are_tried_again() {
    with_keys!();
    for job in Job::ALL {
        unnoticed(job, Manners::plain());
    }
}
