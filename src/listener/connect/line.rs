//! Command lines for the shell of another machine, whichever shell that is: sh, fish and csh read them alike.

use std::fmt::Write as _;

/// Where programs of one's own lie that a shell without a login may not look for.
const OWN_PROGRAMS: &str = "$HOME/.local/bin:$HOME/.cargo/bin:/usr/local/bin";

/// One word for a shell, whatever is in it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@,+=".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Starts earmark over there with these words, and variables set for it alone.
pub(super) fn earmark(program: &str, variables: &[(&str, &str)], words: &[&str]) -> String {
    in_sh(&replacing(program, variables, words))
}

/// Starts earmark over there as the helper; what goes wrong is said on standard output too.
pub(super) fn helper(program: &str) -> String {
    in_sh(&format!("exec 2>&1; {}", replacing(program, &[], &["listener-note"])))
}

fn replacing(program: &str, variables: &[(&str, &str)], words: &[&str]) -> String {
    let mut line = format!("PATH=\"$PATH:{OWN_PROGRAMS}\"; export PATH; exec env");
    for (name, value) in variables {
        let _ = write!(line, " {name}={}", quoted(value));
    }
    let _ = write!(line, " {}", program_word(program));
    for word in words {
        let _ = write!(line, " {}", quoted(word));
    }
    line
}

/// A line of the user's own, with variables set for it.
pub(super) fn command(line: &str, variables: &[(&str, &str)]) -> String {
    if variables.is_empty() {
        return line.to_owned();
    }
    let sets = variables.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    let sets: Vec<String> = sets.collect();
    format!("env {} sh -c {}", sets.join(" "), quoted(line))
}

/// The line read by `sh`, below whatever shell the account has.
fn in_sh(line: &str) -> String {
    format!("exec sh -c {}", quoted(line))
}

/// A program; below the home over there if it begins with `~/`.
fn program_word(program: &str) -> String {
    match program.strip_prefix("~/") {
        Some(rest) => format!("\"$HOME\"/{}", quoted(rest)),
        None => quoted(program),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    fn said(line: &str) -> String {
        let out = Command::new("sh").args(["-c", line]).env("HOME", "/tmp").output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    }

    #[test]
    fn words_arrive_as_they_are() {
        let hostile =
            ["a b", "$(id)", "`id`", "'", "''\"", "\\", "*", "a\nb", "", ";exit", "!!", "-n"];
        for word in hostile {
            let line = earmark("printf", &[("A", word)], &["%s|", word, "end"]);
            assert_eq!(said(&line), format!("{word}|end|"));
            assert_eq!(said(&command("printf %s \"$A\"", &[("A", word)])), word);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_word_arrives_as_it_is(word in "[^\\x00]{0,20}") {
            prop_assert_eq!(said(&earmark("printf", &[], &["%s", &word])), word);
        }
    }

    #[test]
    fn a_program_may_lie_in_the_home_over_there() {
        assert_eq!(program_word("~/my bin/earmark"), "\"$HOME\"/'my bin/earmark'");
        assert_eq!(program_word("/opt/earmark"), "/opt/earmark");
    }
}
