//! What a user sees when something fails: what, on what, why, and what to do next.

use std::fmt;

/// A failure in the user's words. Each room makes one from its own error type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserError {
    /// What failed and on what, in one sentence without a full stop.
    pub what: String,
    /// Why: the chain of causes, outermost first.
    pub why: Vec<String>,
    /// What to do next: a command, a key or a setting.
    pub hint: Option<String>,
}

impl UserError {
    /// A failure without a known cause yet.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), why: Vec::new(), hint: None }
    }

    /// A failure with the causes that an error names.
    pub fn caused(what: impl Into<String>, cause: &dyn std::error::Error) -> Self {
        let mut why = vec![cause.to_string()];
        let mut next = cause.source();
        while let Some(error) = next {
            let text = error.to_string();
            if !why.iter().any(|known| known.contains(&text)) {
                why.push(text);
            }
            next = error.source();
        }
        Self { what: what.into(), why, hint: None }
    }

    /// What an error says by itself, the causes behind it, and what to do next.
    pub fn of(error: &dyn std::error::Error, hint: Option<String>) -> Self {
        let user = match error.source() {
            Some(cause) => Self::caused(error.to_string(), cause),
            None => Self::new(error.to_string()),
        };
        Self { hint, ..user }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for UserError {
    /// One line: what, then the causes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.why.iter().try_for_each(|why| write!(f, ": {why}"))
    }
}

impl std::error::Error for UserError {}
