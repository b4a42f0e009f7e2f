//! Files that cannot be heard, and machines without sound: said where it belongs, and labeling goes on.

use crate::desk::{Desk, open_file, settled, wait_until_ready};
use std::fs;

/// The start of a WAV file with samples of this format.
fn wav(codec: u16, bits: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let data = vec![0x55_u8; 8_000];
    bytes.extend(b"RIFF");
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(codec.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(8_000_u32.to_le_bytes());
    bytes.extend(8_000_u32.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn what_cannot_be_decoded_says_why_and_labeling_goes_on() {
    let desk = Desk::with(2);
    // Windows Media in a WAV; a file that is cut off in its middle; one that is no audio behind its first bytes.
    fs::write(desk.folder.join("0 windows media.wav"), wav(0x0161, 16)).expect("a file");
    let whole = fs::read(desk.folder.join(&desk.names()[1])).expect("a recording");
    fs::write(desk.folder.join("1 cut off.wav"), &whole[..whole.len() / 2]).expect("a file");
    let mut flac = b"fLaC\x80\x00\x00\x22".to_vec();
    flac.extend([0xFF; 300]);
    fs::write(desk.folder.join("2 garbage.flac"), flac).expect("a file");

    let screen = desk.open();
    screen.wait_for_text("Unlabeled 5");
    screen.wait_for("container, codec and reason", |view| {
        let text = view.text().to_lowercase();
        open_file(view).is_some_and(|name| name.starts_with('0'))
            && text.contains("cannot be played")
            && text.contains("wav")
            && text.contains("media audio")
    });
    screen.type_keys("<enter>");
    screen.type_keys("unheard<enter>");
    screen.wait_for("the damaged file", |view| {
        open_file(view).is_some_and(|name| name.starts_with('1')) && view.contains("damaged")
    });
    screen.type_keys("half heard<enter>");
    screen.wait_for("the reason", |view| {
        let text = view.text().to_lowercase();
        open_file(view).is_some_and(|name| name.starts_with('2'))
            && text.contains("cannot be played")
            && text.contains("flac")
    });
    screen.type_keys("<tab>nothing to hear<enter>");
    screen.wait_for_text("Labeled 3");
    screen.wait_for("a file that plays", |view| view.contains("▶") || view.contains("■"));
    screen.type_keys("heard<enter>");
    screen.wait_for_text("Labeled 4");
    screen.type_keys("<c-q>");
    assert!(screen.wait_for_end().success());
    let said: Vec<String> = desk.labels().into_iter().map(|(_, content)| content).collect();
    assert_eq!(said, ["unheard", "half heard", "nothing to hear", "heard"]);
}

#[test]
fn without_a_sound_device_the_screen_says_why_and_stays_clean() {
    let desk = Desk::with(2);
    // No device can be there under this configuration, and its library complains of that on stderr.
    let screen = desk
        .launch()
        .env("EARMARK_PLAYBACK_AUTOPLAY", "false")
        .env("EARMARK_PLAYBACK_OUTPUT", "device")
        .env("EARMARK_PLAYBACK_DEVICE", "no such device")
        .env("ALSA_CONFIG_PATH", "/dev/null")
        .start();
    wait_until_ready(&screen);
    screen.wait_for_text("silent: ");
    screen.type_keys("<enter><tab>");
    screen.wait_for("transport on the clock", |view| view.contains("▶"));
    screen.wait_for("its end", |view| view.contains("■"));
    screen.type_keys("said<enter>");
    screen.wait_for_text("Labeled 1");
    screen.type_keys("<esc>");
    settled(&screen);
    let shown = screen.text();
    let before = screen.bytes();
    screen.type_keys("<c-l>");
    screen.wait_until_drawn_anew(before);
    assert_eq!(screen.text(), shown, "drawn anew it is the same");
    screen.type_keys("q");
    assert!(screen.wait_for_end().success());
    let raw = String::from_utf8_lossy(&screen.written_since(0)).into_owned();
    for chatter in ["ALSA lib", "cpal", "rodio"] {
        assert!(!raw.contains(chatter), "{chatter} over the screen");
    }
}

#[test]
fn in_an_ssh_session_no_device_is_looked_for() {
    let desk = Desk::with(1);
    let screen = desk
        .launch()
        .without_env("EARMARK_PLAYBACK_OUTPUT")
        .env("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22")
        .start();
    wait_until_ready(&screen);
    screen
        .wait_for("why, and what to do", |view| view.contains("silent: ") && view.contains("SSH"));
}
