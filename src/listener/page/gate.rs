//! Who is let in: a link that works once, then a cookie; and nobody whom another site or another name led here.

use crate::listener::wire::Token;
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many browsers may have access; the one that came in first loses it.
const BROWSERS: usize = 8;

/// Knows the link and the cookies.
#[derive(Debug)]
pub(super) struct Gate {
    port: u16,
    keys: Mutex<Keys>,
}

#[derive(Debug)]
struct Keys {
    link: Token,
    used: bool,
    cookies: VecDeque<Token>,
}

/// How somebody came in.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    /// By a cookie.
    Known,
    /// By the link; this cookie is to be set.
    New(String),
}

impl Gate {
    pub(super) fn new(port: u16) -> Self {
        let keys = Keys { link: Token::for_a_link(), used: false, cookies: VecDeque::new() };
        Self { port, keys: Mutex::new(keys) }
    }

    /// The token of the present link, used or not.
    pub(super) fn token(&self) -> String {
        self.lock().link.text().to_owned()
    }

    /// The token of a new link.
    pub(super) fn renew(&self) -> String {
        let mut keys = self.lock();
        (keys.link, keys.used) = (Token::for_a_link(), false);
        keys.link.text().to_owned()
    }

    /// Lets somebody in who has a cookie, or the link that nobody used yet.
    pub(super) fn admit(&self, headers: &HeaderMap, query: Option<&str>) -> Option<Entry> {
        if self.has_cookie(headers) {
            return Some(Entry::Known);
        }
        let token = query?.strip_prefix("token=")?;
        let mut keys = self.lock();
        if keys.used || !same(token, keys.link.text()) {
            return None;
        }
        keys.used = true;
        let cookie = Token::random();
        let name = self.cookie_name();
        let set = format!("{name}={}; Path=/; HttpOnly; SameSite=Strict", cookie.text());
        if keys.cookies.len() == BROWSERS {
            keys.cookies.pop_front();
        }
        keys.cookies.push_back(cookie);
        Some(Entry::New(set))
    }

    /// Whether a cookie of ours came along.
    pub(super) fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie_name();
        let keys = self.lock();
        let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(';')).any(|cookie| {
            let Some((_, value)) = cookie.trim().split_once('=').filter(|it| it.0 == name) else {
                return false;
            };
            keys.cookies.iter().any(|known| same(value, known.text()))
        })
    }

    /// The name that this server was called by, if it is one of its own: another name may be somebody's who made it
    /// lead here.
    pub(super) fn host<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let host = only(headers, &HOST)?;
        let (name, port) = host.split_once(':')?;
        (matches!(name, "127.0.0.1" | "localhost") && port == self.port.to_string()).then_some(host)
    }

    /// Whether a page of this server is asking, and no other site's.
    pub(super) fn is_own_origin(headers: &HeaderMap, host: &str) -> bool {
        only(headers, &ORIGIN).and_then(|origin| origin.strip_prefix("http://")) == Some(host)
    }

    /// Cookies do not know ports: each server on this machine needs a name of its own.
    fn cookie_name(&self) -> String {
        format!("earmark-{}", self.port)
    }

    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The value of a header that is there exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// Compares secrets; takes the same time wherever they differ.
fn same(one: &str, other: &str) -> bool {
    let pairs = one.bytes().zip(other.bytes());
    one.len() == other.len() && pairs.fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_link_opens_once_and_leaves_a_cookie() {
        let gate = Gate::new(8123);
        let query = format!("token={}", gate.token());
        assert_eq!(gate.admit(&HeaderMap::new(), None), None);
        assert_eq!(gate.admit(&HeaderMap::new(), Some("token=")), None);
        let Some(Entry::New(set)) = gate.admit(&HeaderMap::new(), Some(&query)) else {
            panic!("the link is good")
        };
        assert_eq!(gate.admit(&HeaderMap::new(), Some(&query)), None);
        let cookie = set.split(';').next().unwrap();
        assert!(cookie.starts_with("earmark-8123="));
        assert_eq!(gate.admit(&with(&COOKIE, &[cookie]), None), Some(Entry::Known));
        let among = format!("a=b; {cookie}; c");
        assert!(gate.has_cookie(&with(&COOKIE, &[&among])));
        assert!(!gate.has_cookie(&with(&COOKIE, &["earmark-8123="])));
        assert!(!Gate::new(8123).has_cookie(&with(&COOKIE, &[cookie])));
    }

    #[test]
    fn a_new_link_makes_the_former_one_void_and_leaves_cookies_alone() {
        let gate = Gate::new(8123);
        let former = format!("token={}", gate.token());
        let renewed = format!("token={}", gate.renew());
        assert_eq!(gate.admit(&HeaderMap::new(), Some(&former)), None);
        let Some(Entry::New(set)) = gate.admit(&HeaderMap::new(), Some(&renewed)) else {
            panic!("the new link is good")
        };
        gate.renew();
        assert!(gate.has_cookie(&with(&COOKIE, &[set.split(';').next().unwrap()])));
    }

    #[test]
    fn only_the_last_few_browsers_keep_their_access() {
        let gate = Gate::new(8123);
        let enter = || match gate.admit(&HeaderMap::new(), Some(&format!("token={}", gate.renew())))
        {
            Some(Entry::New(set)) => with(&COOKIE, &[set.split(';').next().unwrap()]),
            _ => panic!("the link is good"),
        };
        let first = enter();
        let others: Vec<_> = (0..BROWSERS).map(|_| enter()).collect();
        assert!(!gate.has_cookie(&first));
        assert!(others.iter().all(|cookie| gate.has_cookie(cookie)));
    }

    #[test]
    fn it_answers_to_its_own_names_alone() {
        let gate = Gate::new(8123);
        for good in ["127.0.0.1:8123", "localhost:8123"] {
            assert_eq!(gate.host(&with(&HOST, &[good])), Some(good));
        }
        for bad in
            ["127.0.0.1", "127.0.0.1:8124", "evil.example:8123", "[::1]:8123", "localhost.:8123"]
        {
            assert_eq!(gate.host(&with(&HOST, &[bad])), None, "{bad}");
        }
        assert_eq!(gate.host(&HeaderMap::new()), None);
        assert_eq!(gate.host(&with(&HOST, &["127.0.0.1:8123", "127.0.0.1:8123"])), None);
    }

    #[test]
    fn only_its_own_page_may_ask() {
        let own = |values: &[&str]| Gate::is_own_origin(&with(&ORIGIN, values), "127.0.0.1:8123");
        assert!(own(&["http://127.0.0.1:8123"]));
        assert!(!own(&["https://127.0.0.1:8123"]));
        assert!(!own(&["http://localhost:8123"]));
        assert!(!own(&["http://evil.example"]));
        assert!(!own(&["null"]));
        assert!(!own(&[]));
        assert!(!own(&["http://127.0.0.1:8123", "http://evil.example"]));
    }
}
