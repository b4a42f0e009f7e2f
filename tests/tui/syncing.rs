//! Synchronize New Data on the screen: how far it is, stopping it, one line that adds up, labels that wait.

use crate::desk::{Desk, place_clip};
use earmark::app::{Message, Sharing, SyncPhase, SyncProgress};
use earmark::domain::{SyncReport, UserError};

const TWO: [&str; 2] = ["a.wav", "b.wav"];

fn at(phase: SyncPhase, listed: u64, applied: u64) -> Message {
    Message::Sync(SyncProgress { phase, listed, applied, probed: None })
}

#[test]
fn each_phase_is_named() {
    let mut desk = Desk::with(&TWO);
    for (progress, said) in [
        (at(SyncPhase::Listing, 0, 0), "listing"),
        (at(SyncPhase::Listing, 12_300, 0), "listing 12,300"),
        (at(SyncPhase::Applying, 12_300, 5_535), "applying 45 %"),
        (at(SyncPhase::ReadingLabels, 12_300, 12_300), "reading labels"),
        (at(SyncPhase::Sharing, 12_300, 12_300), "sharing"),
    ] {
        desk.send(progress).expect(said);
    }
    desk.keys("<enter>labeled meanwhile<enter>");
    assert_eq!(desk.label("a.wav").as_deref(), Some("labeled meanwhile"));
}

#[test]
fn it_is_stopped_only_when_asked_for() {
    for keys in ["S", "<esc>"] {
        let mut desk = Desk::with(&TWO);
        desk.send(at(SyncPhase::Listing, 10, 0)).keys(keys);
        desk.expect("Stop Synchronize New Data?").keys("n").expect("listing 10").keys(keys);
        desk.expect("Stop").keys("y").expect("stopping the sync");
        desk.send(Message::Synced(Err(UserError::new("stopped"))));
        assert!(!desk.shows("listing"), "{}", desk.screen());
    }
    let mut desk = Desk::with(&TWO);
    desk.send(at(SyncPhase::Listing, 10, 0)).keys("S").expect("Stop");
    desk.send(Message::Synced(Ok(SyncReport::default())));
    assert!(desk.state.dialogs.is_empty(), "there is nothing to stop any more");
}

#[test]
fn what_it_did_adds_up() {
    let mut desk = Desk::with(&["a.wav", "b.wav", "c.wav"]);
    place_clip(&desk.source("d.wav"), "02_order_agent.flac", 5);
    std::fs::remove_file(desk.source("a.wav")).unwrap();
    desk.keys("S").expect("1 added, 2 as before · 3 files · 1 missing");
    desk.keys("S").expect("nothing new in 3 files");
    let report = SyncReport {
        added: 2,
        unchanged: 3,
        labels_pulled: 4,
        labels_pushed: 5,
        conflicts: 1,
        ..SyncReport::default()
    };
    desk.send(Message::Synced(Ok(report)));
    desk.expect("2 added, 3 as before · 5 files · 4 labels in, 5 labels out, 1 in conflict");
}

#[test]
fn labels_that_wait_are_counted_and_being_offline_is_said() {
    let mut desk = Desk::shared(&TWO);
    desk.send(Message::Sharing(Sharing { waiting: 3, problem: None })).expect("⇅ 3 wait");
    let problem = Some("no route to \u{1b}[2Jhost".to_owned());
    desk.send(Message::Sharing(Sharing { waiting: 3, problem })).expect("⇅ 3 wait: no route");
    assert!(!desk.screen().contains('\u{1b}'));
    desk.send(Message::Sharing(Sharing::default())).expect("⇅ 14:0");
    Desk::with(&TWO).expect("not shared");
}
