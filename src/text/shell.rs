//! Words for commands that are shown to be pasted.

use super::safe::safe_line;

/// A name as one word of a command line that a person may paste: fit for one row, quoted where a shell would see more
/// in it than a name, and with `./` before a leading dash, so that no program takes it for an option. A plain name
/// stays as it is.
pub fn shell_word(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-:@%+=,".contains(c);
    let safe = safe_line(name);
    let here = if safe.starts_with('-') { "./" } else { "" };
    // Some shells look up what follows a leading `=`.
    if !safe.is_empty() && !safe.starts_with('=') && safe.chars().all(plain) {
        return format!("{here}{safe}");
    }
    format!("'{here}{}'", safe.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    #[test]
    fn plain_names_stay_as_they_are() {
        for name in
            ["calls", "/data/calls-2026", "s3://acme-speech/calls/", "ann@host.example", "语音"]
        {
            assert_eq!(shell_word(name), name);
        }
    }

    #[test]
    fn other_names_are_one_word() {
        for (name, word) in [
            ("$(touch owned)", "'$(touch owned)'"),
            ("-rf", "./-rf"),
            ("-r f", "'./-r f'"),
            ("it's", r"'it'\''s'"),
            ("~", "'~'"),
            ("=ls", "'=ls'"),
            ("", "''"),
            ("a\nb", "'a␊b'"),
            ("\u{1b}[2J", "'␛[2J'"),
        ] {
            assert_eq!(shell_word(name), word);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_shell_takes_it_as_the_name_that_is_shown(name in ".*") {
            let line = format!("printf '%s' {}", shell_word(&name));
            let said = Command::new("sh").args(["-c", &line]).output().unwrap();
            let shown = safe_line(&name).into_owned();
            let shown = if shown.starts_with('-') { format!("./{shown}") } else { shown };
            prop_assert_eq!(String::from_utf8(said.stdout).unwrap(), shown);
        }
    }
}
