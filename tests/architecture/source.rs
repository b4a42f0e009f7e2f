//! Reads a source file as tokens: the paths it names, the files it embeds, and what is test code.
//!
//! Tokens, not lines: a path in a comment or a string is none, and one spread over braces and lines is one.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

type Tokens = Peekable<proc_macro2::token_stream::IntoIter>;

/// A path as written, resolved as far as `super` and `self` lead to the crate's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPath {
    /// `["crate", "text", "safe"]`; a glob ends in `*`.
    pub(crate) segments: Vec<String>,
    /// Counted from 1.
    pub(crate) line: usize,
    /// Whether it stands in a `use`.
    pub(crate) imported: bool,
}

impl NamedPath {
    /// The room it leads to, when it starts at the crate's root.
    pub(crate) fn room(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [root, room, ..] if root == "crate" => Some(room),
            _ => None,
        }
    }
}

/// What one file says, its tests left out.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Relative to the repository, with `/`.
    pub(crate) path: String,
    /// As written, tests included.
    pub(crate) text: String,
    /// Its module path below the crate's root: `["text", "safe"]`; empty for `lib.rs` and `main.rs`.
    module: Vec<String>,
    /// Every path of two segments or more.
    pub(crate) paths: Vec<NamedPath>,
    /// What `include_str!` and its like name, and the line.
    pub(crate) embedded: Vec<(String, usize)>,
    /// Names of modules in files of their own that are compiled for tests alone.
    test_modules: BTreeSet<String>,
}

impl Source {
    /// The room the file is part of.
    pub(crate) fn room(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// Reads one file of the crate.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let mut source = Self {
            path: path.into(),
            text: text.into(),
            module: module_of(path),
            ..Self::default()
        };
        let tokens: TokenStream =
            text.parse().unwrap_or_else(|error| panic!("{path} is not Rust: {error}"));
        let depth = source.module.len();
        source.scan(tokens, depth);
        source
    }

    fn scan(&mut self, tokens: TokenStream, depth: usize) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => match attribute(&mut tokens) {
                    Attribute::FileIsTest => return,
                    Attribute::ItemIsTest => self.skip_item(&mut tokens),
                    Attribute::Other => {}
                },
                TokenTree::Ident(word) if word == "use" => {
                    self.use_tree(&mut tokens, &[], depth);
                }
                TokenTree::Ident(word) if word == "mod" => {
                    tokens.next();
                    if let Some(TokenTree::Group(body)) = tokens.peek() {
                        let body = body.stream();
                        tokens.next();
                        self.scan(body, depth + 1);
                    }
                }
                TokenTree::Ident(word) if is_embedding(&word.to_string()) => {
                    self.embed(&mut tokens);
                }
                TokenTree::Ident(word) => {
                    let line = word.span().start().line;
                    let mut segments = vec![word.to_string()];
                    while let Some(TokenTree::Ident(next)) = after_colons(&mut tokens) {
                        segments.push(next.to_string());
                    }
                    self.name(segments, line, false, depth);
                }
                TokenTree::Group(group) => self.scan(group.stream(), depth),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// One branch of a `use`, up to its comma or semicolon.
    fn use_tree(&mut self, tokens: &mut Tokens, prefix: &[String], depth: usize) {
        let mut segments = prefix.to_vec();
        let mut line = 0;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    tokens.next();
                }
                TokenTree::Ident(word) => {
                    line = word.span().start().line;
                    segments.push(word.to_string());
                }
                TokenTree::Group(branches) => {
                    self.use_branches(&branches, &segments, depth);
                    segments.clear();
                }
                TokenTree::Punct(punct) => match punct.as_char() {
                    '*' => segments.push("*".into()),
                    ',' | ';' => break,
                    _ => {}
                },
                TokenTree::Literal(_) => {}
            }
        }
        // `{self}` names the module itself, which is already there.
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        self.name(segments, line, true, depth);
    }

    fn use_branches(&mut self, branches: &Group, prefix: &[String], depth: usize) {
        let mut inner = branches.stream().into_iter().peekable();
        while inner.peek().is_some() {
            self.use_tree(&mut inner, prefix, depth);
        }
    }

    fn name(&mut self, segments: Vec<String>, line: usize, imported: bool, depth: usize) {
        let ups = segments.iter().take_while(|s| *s == "super" || *s == "self").count();
        let supers = segments[..ups].iter().filter(|s| *s == "super").count();
        let segments = if supers > 0 && supers >= depth {
            ["crate".to_owned()].into_iter().chain(segments[ups..].iter().cloned()).collect()
        } else {
            segments
        };
        if segments.len() > 1 {
            self.paths.push(NamedPath { segments, line, imported });
        }
    }

    fn embed(&mut self, tokens: &mut Tokens) {
        let called = matches!(tokens.peek(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!');
        if !called {
            return;
        }
        tokens.next();
        if let Some(TokenTree::Group(arguments)) = tokens.next() {
            let line = arguments.span().start().line;
            self.embedded.push((arguments.stream().to_string(), line));
        }
    }

    /// Passes over an item that is there for tests: to its body or its semicolon.
    fn skip_item(&mut self, tokens: &mut Tokens) {
        let mut words = Vec::new();
        for token in tokens.by_ref() {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
                TokenTree::Punct(punct) if punct.as_char() == ';' => break,
                TokenTree::Ident(word) => words.push(word.to_string()),
                _ => {}
            }
        }
        if let [.., keyword, name] = words.as_slice()
            && keyword == "mod"
        {
            self.test_modules.insert(name.clone());
        }
    }
}

/// Every file below `src/`, those compiled for tests alone left out.
pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all: Vec<Source> = rust_files(&root.join("src"))
        .iter()
        .map(|file| Source::parse(&relative(root, file), &read(file)))
        .collect();
    let for_tests: Vec<Vec<String>> =
        all.iter()
            .flat_map(|source| {
                source.test_modules.iter().map(|name| {
                    source.module.iter().cloned().chain([name.clone()]).collect::<Vec<_>>()
                })
            })
            .collect();
    all.into_iter()
        .filter(|source| !for_tests.iter().any(|module| source.module.starts_with(module)))
        .collect()
}

/// Lines before the first thing that is there for tests.
pub(crate) fn lines_before_tests(text: &str) -> usize {
    text.lines().take_while(|line| !line.trim_start().starts_with("#[cfg(test)]")).count()
}

/// Every Rust file of the repository that people write: path relative to it, and text.
pub(crate) fn written_files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["src", "tests", "benches"]
        .iter()
        .flat_map(|folder| rust_files(&root.join(folder)))
        .map(|file| (relative(root, &file), read(&file)))
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("a folder of the repository is readable").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn relative(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// `src/text/safe.rs` is `text::safe`, `src/text/mod.rs` is `text`.
fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        module.pop();
    }
    module
}

fn is_embedding(word: &str) -> bool {
    matches!(word, "include_str" | "include_bytes" | "include_dir")
}

/// The token after `::`, taken only if it goes on with the path.
fn after_colons(tokens: &mut Tokens) -> Option<TokenTree> {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ':');
    let mut ahead = tokens.clone();
    let goes_on = ahead.next().is_some_and(|token| is_colon(&token))
        && ahead.next().is_some_and(|token| is_colon(&token))
        && matches!(ahead.peek(), Some(TokenTree::Ident(_)));
    if !goes_on {
        return None;
    }
    tokens.next();
    tokens.next();
    tokens.next()
}

enum Attribute {
    FileIsTest,
    ItemIsTest,
    Other,
}

/// Reads what follows a `#`.
fn attribute(tokens: &mut Tokens) -> Attribute {
    let inner = matches!(tokens.peek(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!');
    if inner {
        tokens.next();
    }
    let Some(TokenTree::Group(group)) = tokens.peek() else { return Attribute::Other };
    let text: String = group.stream().to_string().split_whitespace().collect();
    tokens.next();
    let test = text == "cfg(test)" || text.starts_with("cfg(all(test,");
    match (test, inner) {
        (true, true) => Attribute::FileIsTest,
        (true, false) => Attribute::ItemIsTest,
        (false, _) => Attribute::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path: &str, text: &str) -> Vec<String> {
        Source::parse(path, text).paths.iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn a_use_is_taken_apart() {
        let text = "use crate::{domain::{self, Row as R}, text::*};\nuse std::fs as disk;";
        assert_eq!(
            paths("src/ui/list.rs", text),
            ["crate::domain", "crate::domain::Row", "crate::text::*", "std::fs"]
        );
    }

    #[test]
    fn a_path_in_code_a_type_or_a_macro_is_seen() {
        let text = "fn f(a: &crate::domain::Row) -> Vec<std::fs::File> { log!(\"{}\", crate::ui::x::<u8>()) }";
        assert_eq!(
            paths("src/app/mod.rs", text),
            ["crate::domain::Row", "std::fs::File", "crate::ui::x"]
        );
    }

    #[test]
    fn super_that_climbs_out_of_the_room_is_seen() {
        let text =
            "use super::super::ui::Pane; use super::near; mod a { use super::super::super::cli; }";
        assert_eq!(
            paths("src/app/list.rs", text),
            ["crate::ui::Pane", "super::near", "crate::cli"]
        );
    }

    #[test]
    fn comments_strings_and_tests_name_nothing() {
        let text = "/// See [`crate::ui`].\nconst A: &str = \"crate::ui::B\"; // crate::ui::C\n\
                    #[cfg(test)]\n#[rustfmt::skip]\nmod tests { use crate::ui::D; }\n\
                    #[cfg(test)]\nuse crate::ui::E;\nfn f() { crate::domain::g() }";
        assert_eq!(paths("src/text/mod.rs", text), ["crate::domain::g"]);
    }

    #[test]
    fn a_test_module_in_its_own_file_is_known() {
        let source = Source::parse("src/text/mod.rs", "#[cfg(test)]\nmod tests;\nmod safe;");
        assert_eq!(source.test_modules.into_iter().collect::<Vec<_>>(), ["tests"]);
    }

    #[test]
    fn embedded_files_are_seen() {
        let source = Source::parse(
            "src/keymap/mod.rs",
            "\nconst K: &str = include_str!(\"../../assets/k.toml\");",
        );
        assert_eq!(source.embedded, [("\"../../assets/k.toml\"".to_owned(), 2)]);
    }
}
