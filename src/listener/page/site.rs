//! What is served: one page and its parts, and the wire; to everybody else a refusal without a word.

use super::bridge;
use super::browser;
use super::door::{Door, Guest};
use super::gate::{Entry, Gate};
use super::{OnVisitor, Visitor};
use crate::listener::wire::MAX_FRAME;
use axum::Router;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, FromRequestParts as _, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE, USER_AGENT,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use std::sync::Arc;

const PAGE: &str = include_str!("../../../assets/player/index.html");
/// Where the page says which machine it listens to.
const HOST_MARK: &str = "{host}";

/// What the page is made of: path, type and text.
const PARTS: &[(&str, &str, &str)] = &[
    ("/clock.js", SCRIPT, include_str!("../../../assets/player/clock.js")),
    ("/deck.js", SCRIPT, include_str!("../../../assets/player/deck.js")),
    ("/icon.svg", "image/svg+xml", include_str!("../../../assets/player/icon.svg")),
    ("/link.js", SCRIPT, include_str!("../../../assets/player/link.js")),
    ("/output.js", SCRIPT, include_str!("../../../assets/player/output.js")),
    ("/player.js", SCRIPT, include_str!("../../../assets/player/player.js")),
    ("/protocol.js", SCRIPT, include_str!("../../../assets/player/protocol.js")),
    ("/silence.js", SCRIPT, include_str!("../../../assets/player/silence.js")),
    ("/sounds.js", SCRIPT, include_str!("../../../assets/player/sounds.js")),
    ("/style.css", "text/css; charset=utf-8", include_str!("../../../assets/player/style.css")),
];
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What every answer tells the browser: keep nothing, guess nothing, tell nobody, let nobody look in.
const CAUTIONS: [(HeaderName, &str); 6] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The server.
#[derive(Clone)]
pub(super) struct Site {
    gate: Arc<Gate>,
    host: Arc<str>,
    on_visitor: Arc<OnVisitor>,
}

impl Site {
    pub(super) fn new(gate: Arc<Gate>, host: String, on_visitor: OnVisitor) -> Self {
        Self { gate, host: host.into(), on_visitor: Arc::new(on_visitor) }
    }

    /// Answers whoever comes, until it is dropped.
    pub(super) async fn serve(self, door: Door) {
        let router = Router::new().fallback(answer).with_state(self);
        let service = router.into_make_service_with_connect_info::<Guest>();
        if let Err(error) = axum::serve(door, service).await {
            tracing::warn!(%error, "the player page is not served any more");
        }
    }

    /// The answer to somebody who may have one.
    async fn answer(&self, guest: &Guest, request: Request) -> Option<Response> {
        let headers = request.headers();
        let host = self.gate.host(headers)?.to_owned();
        if request.method() != Method::GET || request.uri().authority().is_some() {
            return None;
        }
        match request.uri().path() {
            "/" => {
                let entry = self.gate.admit(headers, request.uri().query())?;
                Some(self.page(&host, entry))
            }
            _ if !self.gate.has_cookie(headers) => None,
            "/wire" if Gate::is_own_origin(headers, &host) => self.wire(guest, request).await,
            path => {
                let (_, kind, text) = PARTS.iter().find(|(known, ..)| *known == path)?;
                Some(with(*text, kind, &host))
            }
        }
    }

    fn page(&self, host: &str, entry: Entry) -> Response {
        let text = PAGE.replace(HOST_MARK, &escaped(&self.host));
        let mut response = with(text, "text/html; charset=utf-8", host);
        if let Entry::New(cookie) = entry
            && let Ok(cookie) = HeaderValue::from_str(&cookie)
        {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }

    async fn wire(&self, guest: &Guest, request: Request) -> Option<Response> {
        let (mut parts, _) = request.into_parts();
        let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.ok()?;
        let said = parts.headers.get(USER_AGENT).and_then(|said| said.to_str().ok());
        let browser = browser::name(said.unwrap_or_default());
        let (site, guest) = (self.clone(), guest.clone());
        let upgrade = upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME);
        Some(upgrade.on_upgrade(async move |mut socket| {
            match bridge::come_together(&mut socket, &site.host).await {
                Ok(welcome) => {
                    guest.stays();
                    let (wire, carrying) = bridge::wire(socket);
                    let visitor = Visitor { wire, welcome, browser };
                    tokio::task::spawn_blocking(move || (site.on_visitor)(visitor));
                    carrying.await;
                }
                Err(why) => {
                    tracing::info!(%why, %browser, "a player page was not let in");
                    bridge::refuse(socket, why).await;
                }
            }
        }))
    }
}

async fn answer(
    State(site): State<Site>,
    ConnectInfo(guest): ConnectInfo<Guest>,
    request: Request,
) -> Response {
    let refused = || {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::FORBIDDEN;
        caution(&mut response);
        response
    };
    site.answer(&guest, request).await.unwrap_or_else(refused)
}

fn with(text: impl Into<Body>, kind: &'static str, host: &str) -> Response {
    let mut response = Response::new(text.into());
    caution(&mut response);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // Not every browser counts ws: to 'self'.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src blob:; worker-src 'self'; \
         connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn caution(response: &mut Response) {
    for (name, value) in CAUTIONS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

/// As text in HTML, between tags or in quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in crate::text::safe_line(text).chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_s_name_stays_text() {
        assert_eq!(escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
        assert!(PAGE.contains(HOST_MARK));
    }

    #[test]
    fn the_page_names_nothing_that_is_not_served() {
        let parts = PARTS.iter().map(|(path, _, text)| (*path, *text));
        for (path, text) in parts.chain([("/", PAGE)]) {
            for foreign in ["http:", "https:", "//cdn"] {
                assert!(
                    !text.replace("http://www.w3.org/2000/svg", "").contains(foreign),
                    "{path}"
                );
            }
            assert!(!text.contains("innerHTML") && !text.contains("eval("), "{path}");
        }
    }
}
