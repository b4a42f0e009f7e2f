//! Text as people type and read it: graphemes, cells, the edit buffer, wrapping, comparing, checking, and making
//! hostile text safe for a screen.
//!
//! Pure: no clock, no I/O, no globals. Imports `domain` alone. Positions are byte offsets into UTF-8, widths are
//! terminal cells.

mod buffer;
mod clock;
mod count;
mod diff;
mod lint;
mod motion;
mod nfc;
mod safe;
mod score;
mod shell;
mod undo;
mod width;
mod words;
mod wrap;

pub use buffer::Buffer;
pub use clock::{clock, clock_tenths};
pub use count::{byte_size, counted, thousands};
pub use diff::{Piece, PieceKind, word_diff};
pub use lint::{Lint, Rule, lint};
pub use motion::Motion;
pub use nfc::{is_nfc, nfc};
pub use safe::{Marks, acts_on_terminals, safe_bytes, safe_line, safe_multiline};
pub use score::{Score, cer, wer};
pub use shell::shell_word;
pub use width::{cells, pad_end, truncate_end, truncate_middle, truncate_start};
pub use wrap::{Glyph, Row, Wrap};
