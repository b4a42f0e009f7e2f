//! Datasets with something of everything in them.

use crate::desk::{Desk, place_clip};
use crate::together::{conflict, suggest};
use earmark::domain::{How, SampleKey};
use earmark::workspace::LabelRequest;

pub(crate) const CALLS: [&str; 12] = [
    "2026-07/0412_agent.wav",
    "2026-07/0412_caller.wav",
    "2026-07/0413_agent.flac",
    "2026-07/0413_caller.wav",
    "2026-07/0414_agent.wav",
    "2026-07/0414_caller.wav",
    "2026-07/0415_agent.flac",
    "2026-07/0415_caller_who_speaks_of_a_parcel_for_a_very_long_time.wav",
    "2026-07/0416_agent.wav",
    "2026-07/0416_天气预报.wav",
    "2026-07/0417_agent.flac",
    "2026-07/0417_caller.wav",
];

/// Four files are labeled, two by others; the rest bear every mark there is.
pub(crate) fn calls() -> Desk {
    let mut desk = Desk::with(&CALLS);
    desk.keys("<enter>thank you for calling, how can I help you<enter>hello, my parcel has not arrived<enter>");
    desk.keys("could you read me the order number, please<enter><esc>");
    bob_labels(&mut desk, "2026-07/0413_caller.wav", "今天天气很好");
    desk.look_around();
    suggest(&mut desk, "2026-07/0414_agent.wav", "thank you for calling, how may I help you");
    conflict(
        &mut desk,
        "2026-07/0412_caller.wav",
        ["hello my parcel has not arrived", "hello, my parcel never arrived"],
    );
    conflict(&mut desk, "2026-07/0414_caller.wav", ["hello my parcel", "hallo, mein Paket"]);
    let (id, at) = (desk.row("2026-07/0415_agent.flac").id, desk.wall());
    desk.colleague("bob").lease(id, at, 10_000_000).unwrap();
    place_clip(&desk.source("2026-07/0412_agent.wav"), "02_order_agent.flac", 90);
    desk.keys("S/0416<enter>Fb<esc>/天气<enter>Fu<enter>今天天气<esc><esc>/0417_c<enter><enter>it is<esc><esc>");
    desk.look_around().keys("g").wait(std::time::Duration::from_secs(20));
    desk
}

pub(crate) fn bob_labels(desk: &mut Desk, name: &str, content: &str) {
    let sample = desk.room().reader.find(&SampleKey::from(name)).unwrap().unwrap();
    let request =
        LabelRequest { sample, content: content.to_owned(), how: How::Typed, based_on: None };
    let at = desk.wall();
    desk.colleague("bob").label(&request, at).unwrap();
}
