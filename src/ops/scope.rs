//! `2/5`: a share of the samples, as it is typed.

use crate::domain::Scope;

/// Reads a share.
///
/// # Errors
/// In one sentence, what was expected.
pub fn parse_scope(text: &str) -> Result<Scope, String> {
    let parts = text.split_once('/').and_then(|(part, of)| {
        Some(Scope { part: part.trim().parse().ok()?, of: of.trim().parse().ok()? })
    });
    parts
        .filter(|scope| (1..=scope.of).contains(&scope.part))
        .ok_or_else(|| "expected a share such as 2/5: which one, of how many".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_counted_from_one() {
        assert_eq!(parse_scope("2/5"), Ok(Scope { part: 2, of: 5 }));
        for wrong in ["0/5", "6/5", "2", "a/b", "1/0", ""] {
            assert!(parse_scope(wrong).is_err(), "{wrong}");
        }
    }
}
