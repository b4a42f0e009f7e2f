//! Whatever somebody sends instead of audio.

#![no_main]

#[path = "../bodies/decoders.rs"]
mod decoders;

use std::sync::Once;

static HOOK: Once = Once::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // A decoder's own panic is stopped by the program, and is no find; any other ends the search as it should.
    HOOK.call_once(|| {
        let find = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !earmark::audio::decoding() {
                find(info);
            }
        }));
    });
    decoders::decode(bytes);
});
