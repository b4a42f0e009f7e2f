//! The player page's server, spoken to without a browser: who gets in, and what everybody else gets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use earmark::listener::page::{Page, PageError, Settings};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

/// An answer, taken apart.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Refused, without a word.
    fn is_nothing(&self) -> bool {
        self.status == 403 && self.body.is_empty() && self.header("set-cookie").is_none()
    }
}

struct Served {
    page: Page,
    own: String,
}

impl Served {
    fn new() -> Self {
        let settings = Settings { port: None, host: "gpu<3>".into() };
        let page = Page::serve(settings, Box::new(|_| panic!("nobody came in"))).unwrap();
        let own = format!("127.0.0.1:{}", page.port());
        Self { page, own }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.page.port())).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream
    }

    /// Sends a request line and headers as they are.
    fn say(&self, line: &str, headers: &[String]) -> Answer {
        let mut stream = self.connect();
        let headers: String = headers.iter().flat_map(|header| [header, "\r\n"]).collect();
        write!(stream, "{line} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").unwrap();
        answer(&mut stream)
    }

    /// A request by the server's own name.
    fn get(&self, path: &str, headers: &[&str]) -> Answer {
        let host = format!("Host: {}", self.own);
        let headers = std::iter::once(host).chain(headers.iter().map(|it| (*it).to_owned()));
        self.say(&format!("GET {path}"), &headers.collect::<Vec<_>>())
    }

    /// Opens the link; gives the header that shows the cookie from then on.
    fn come_in(&self) -> String {
        let answer = self.get(&self.link(), &[]);
        assert_eq!(answer.status, 200);
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap();
        format!("Cookie: {cookie}")
    }

    /// The link's path and query.
    fn link(&self) -> String {
        let link = self.page.link();
        link.strip_prefix(&format!("http://{}", self.own)).unwrap().to_owned()
    }

    /// Asks for the wire, as a browser would but for what `headers` say.
    fn wire(&self, headers: &[&str]) -> (TcpStream, Answer) {
        let mut stream = self.connect();
        let headers: String = headers.iter().flat_map(|header| [header, "\r\n"]).collect();
        write!(
            stream,
            "GET /wire HTTP/1.1\r\n{headers}Connection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .unwrap();
        let answer = answer(&mut stream);
        (stream, answer)
    }
}

fn answer(stream: &mut TcpStream) -> Answer {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    });
    let mut answer = Answer { status, headers: headers.collect(), body: Vec::new() };
    let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    answer.body.resize(length, 0);
    stream.read_exact(&mut answer.body).unwrap();
    answer
}

#[test]
fn the_link_opens_the_page_once_and_its_cookie_opens_the_rest() {
    let served = Served::new();
    let link = served.link();
    assert!(served.get("/", &[]).is_nothing());
    assert!(served.get("/player.js", &[]).is_nothing());
    assert!(served.get("/?token=0000", &[]).is_nothing());
    assert!(served.get(&format!("{link}0"), &[]).is_nothing());
    let cookie = served.come_in();
    assert!(served.get(&link, &[]).is_nothing(), "a link is good for once");
    assert!(served.get("/player.js", &[]).is_nothing());
    assert!(served.get("/player.js", &["Cookie: earmark=1"]).is_nothing());
    for part in ["/", "/player.js", "/style.css"] {
        assert_eq!(served.get(part, &[&cookie]).status, 200, "{part}");
    }
    assert!(served.get("/../Cargo.toml", &[&cookie]).is_nothing());
    assert!(served.get("/etc/passwd", &[&cookie]).is_nothing());

    let former = served.link();
    served.page.renew();
    assert_ne!(served.link(), former);
    assert!(served.get(&former, &[]).is_nothing());
    served.come_in();
    assert_eq!(served.get("/", &[&cookie]).status, 200, "who was in stays in");
}

#[test]
fn the_page_may_load_nothing_foreign_and_is_kept_nowhere() {
    let served = Served::new();
    let page = served.get(&served.link(), &[]);
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert!(text.contains("gpu&lt;3&gt;") && !text.contains("gpu<3>"));
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
}

#[test]
fn a_foreign_name_gets_nothing_even_with_link_and_cookie() {
    let served = Served::new();
    let line = format!("GET {}", served.link());
    let port = served.page.port();
    for host in ["evil.example".to_owned(), format!("evil.example:{port}"), "127.0.0.1".to_owned()]
    {
        assert!(served.say(&line, &[format!("Host: {host}")]).is_nothing(), "{host}");
    }
    assert_ne!(served.say(&line, &[]).status, 200);
    let twice = [format!("Host: {}", served.own), "Host: evil.example".to_owned()];
    assert_ne!(served.say(&line, &twice).status, 200);
    let absolute = format!("GET http://evil.example{}", served.link());
    assert_ne!(served.say(&absolute, &[format!("Host: {}", served.own)]).status, 200);
    let cookie = served.come_in();
    let foreign = format!("Host: evil.example:{port}");
    assert!(served.say("GET /", &[foreign, cookie.clone()]).is_nothing());
    let other_name = format!("Host: localhost:{port}");
    assert_eq!(served.say("GET /", &[other_name, cookie]).status, 200);
}

#[test]
fn looking_is_all_that_can_be_done() {
    let served = Served::new();
    let host = format!("Host: {}", served.own);
    let link = served.link();
    for method in ["HEAD", "POST", "PUT", "OPTIONS", "DELETE"] {
        let line = format!("{method} {link}");
        let mut stream = served.connect();
        write!(stream, "{line} HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).unwrap();
        assert!(all.starts_with("HTTP/1.1 403") && all.ends_with("\r\n\r\n"), "{method}: {all}");
    }
    served.come_in();
}

#[test]
fn the_wire_is_for_its_own_page_alone() {
    let served = Served::new();
    let cookie = served.come_in();
    let host = format!("Host: {}", served.own);
    let origin = format!("Origin: http://{}", served.own);
    let foreign_host = format!("Host: evil.example:{}", served.page.port());
    let other_name = format!("Origin: http://localhost:{}", served.page.port());
    let cases: &[&[&str]] = &[
        &[&host, &origin],
        &[&host, &origin, "Cookie: earmark-1=2"],
        &[&host, &cookie],
        &[&host, &cookie, "Origin: http://evil.example"],
        &[&host, &cookie, "Origin: null"],
        &[&host, &cookie, &other_name],
        &[&host, &cookie, &origin, "Origin: http://evil.example"],
        &[&foreign_host, &cookie, &origin],
    ];
    for headers in cases {
        assert!(served.wire(headers).1.is_nothing(), "{headers:?}");
    }
    assert_eq!(served.wire(&[&host, &cookie, &origin]).1.status, 101);
}

#[test]
fn who_comes_in_and_talks_nonsense_is_shown_out() {
    let served = Served::new();
    let cookie = served.come_in();
    let host = format!("Host: {}", served.own);
    let origin = format!("Origin: http://{}", served.own);
    let masked = |opcode: u8, body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[0x80 | opcode, 0x80 | 0x7e], &length[..], &[0; 4], body].concat()
    };
    let greeting = br#"{"protocol":{"oldest":900,"newest":901},"earmark":"9","nonce":""}"#;
    let nonsense = [
        masked(1, b"hello"),
        masked(2, b""),
        masked(2, &[1, b'{']),
        masked(2, &[30, 0, 0, 0, 0, 0, 0, 0, 1]),
        masked(2, &[&[1], &greeting[..]].concat()),
        masked(2, &vec![1; 9_000]),
        // A frame that claims to be longer than any may be.
        [&[0x82, 0x80 | 127][..], &(1u64 << 40).to_be_bytes(), &[0; 4]].concat(),
    ];
    for bytes in nonsense {
        let (mut stream, answer) = served.wire(&[&host, &cookie, &origin]);
        assert_eq!(answer.status, 101);
        stream.write_all(&bytes).unwrap();
        let mut said = Vec::new();
        // However it ends, it ends.
        let _ = stream.read_to_end(&mut said);
        assert!(said.len() < 300);
        assert!(
            !said.windows(6).any(|said| said == b"\"host\""),
            "it is not told whose page it is"
        );
    }
}

#[test]
fn a_port_that_is_taken_is_said_so() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let settings = Settings { port: Some(port), host: "h".into() };
    let Err(error) = Page::serve(settings, Box::new(|_| ())) else { panic!("it is taken") };
    assert!(matches!(error, PageError::Port { port: said, .. } if said == port));
    assert!(error.to_string().contains(&port.to_string()) && error.hint().is_some());
}

#[test]
fn it_listens_on_loopback_alone_and_ends_with_its_owner() {
    let served = Served::new();
    let port = served.page.port();
    let waiting = served.connect();
    // Another address of this machine is not listened on.
    assert!(TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), port)).is_err());
    assert_eq!(
        served.page.tunnel("ann", "gpu3"),
        format!("ssh -N -L {port}:127.0.0.1:{port} ann@gpu3")
    );
    drop(served);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    let mut waiting = waiting;
    let mut rest = Vec::new();
    let _ = waiting.read_to_end(&mut rest);
    assert!(rest.is_empty());
}

#[test]
fn many_that_only_hold_the_door_do_not_use_up_the_program_s_handles() {
    let served = Served::new();
    let count = || std::fs::read_dir("/proc/self/fd").map(Iterator::count);
    let Ok(before) = count() else { return };
    let idle: Vec<_> = (0..60).map(|_| served.connect()).collect();
    // The answer after them comes once the first of them were shown out.
    let cookie = served.come_in();
    assert!(cookie.starts_with("Cookie: earmark-"));
    // 60 of the handles are this test's own.
    assert!(count().unwrap() < before + 60 + 50);
    drop(idle);
}
