//! What stands between the network and the store: faults, manners, and the log.

use super::contents::Buckets;
use super::faults::Fault;
use super::request::{Op, Request, bucket_of_host, host};
use super::service::Service;
use super::{ACCESS_KEY, SECRET_KEY, Shared};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Frame, Incoming};
use hyper::http::request::Parts;
use hyper::http::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{StatusCode, header};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::crypto::{Checksum, Md5};
use s3s::host::{S3Host, VirtualHost};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpResponse, S3Result};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Listens on a loopback port and answers until `stopped` says so.
pub(crate) fn serve(
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) -> (SocketAddr, JoinHandle<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    listener.set_nonblocking(true).expect("a listener that does not block");
    let address = listener.local_addr().expect("the port");
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            tokio::select! {
                () = accept(listener, shared) => {}
                _ = stopped => {}
            }
        });
    });
    (address, thread)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let store = store(&shared.buckets, &shared);
    while let Ok((connection, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let store = store.clone();
        let answering = service_fn(move |request| {
            let (shared, store) = (Arc::clone(&shared), store.clone());
            async move { answer(&shared, &store, request).await }
        });
        tokio::spawn(async move {
            let _ = connection.set_nodelay(true);
            // Ends in an error where a fault ends it.
            let _ =
                http1::Builder::new().serve_connection(TokioIo::new(connection), answering).await;
        });
    }
}

fn store(buckets: &Buckets, shared: &Shared) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Service::new(buckets.clone(), shared.manners));
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    builder.set_host(Hosts);
    builder.build()
}

/// The bucket is in the host, unless that is a number or the service's own name.
struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let all = VirtualHost::new(host);
        Ok(match bucket_of_host(host) {
            Some(bucket) => all.with_bucket(bucket),
            None => all,
        })
    }
}

/// The connection ends here.
fn dropped() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "dropped on purpose")
}

async fn answer(
    shared: &Shared,
    store: &S3Service,
    request: hyper::Request<Incoming>,
) -> Result<HttpResponse, io::Error> {
    let (head, mut body) = request.into_parts();
    let asked = {
        let mut log = shared.log.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Request::read(log.len(), &head);
        log.push(asked.clone());
        asked
    };
    let faults = shared.faults.of(&asked);
    let _at_once = shared.at_once.enter();
    for fault in &faults {
        if let Some(answer) = before(fault, &mut body).await? {
            // What is not read would end the connection: a store that refuses reads the body all the same.
            let _ = body.collect().await;
            return Ok(answer);
        }
    }
    let body = body.collect().await.map_err(|_| dropped())?.to_bytes();
    if let Some(refused) = refused(shared, &asked, &head, &body) {
        return Ok(refused);
    }
    let mut answer = ask(store, head, body).await?;
    for fault in &faults {
        // What has no body cannot end early.
        if asked.method == "HEAD" && is_of_body(fault) {
            continue;
        }
        answer = after(fault, answer).await?;
    }
    Ok(answer)
}

/// What a fault does before anything is done.
async fn before(fault: &Fault, body: &mut Incoming) -> Result<Option<HttpResponse>, io::Error> {
    Ok(Some(match fault {
        Fault::Latency(time) => {
            tokio::time::sleep(*time).await;
            return Ok(None);
        }
        Fault::Meanwhile(happens) => {
            happens();
            return Ok(None);
        }
        Fault::SlowDown => error(StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        Fault::Internal => error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        Fault::Unknown => error(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
        Fault::Forbidden => error(StatusCode::FORBIDDEN, "AccessDenied"),
        Fault::Skewed => error(StatusCode::FORBIDDEN, "RequestTimeTooSkewed"),
        Fault::Expired => error(StatusCode::FORBIDDEN, "ExpiredToken"),
        Fault::Saying(words) => error(StatusCode::UNPROCESSABLE_ENTITY, words),
        Fault::DropBefore => return Err(dropped()),
        Fault::DropDuring => {
            let _ = body.frame().await;
            return Err(dropped());
        }
        _ => return Ok(None),
    }))
}

/// What a fault does to an answer.
async fn after(fault: &Fault, mut answer: HttpResponse) -> Result<HttpResponse, io::Error> {
    let done = answer.status().is_success();
    match fault {
        Fault::DropAfter => Err(dropped()),
        Fault::InternalAfter => Ok(error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError")),
        Fault::Cut(length) if done => cut(answer, |_| *length).await,
        Fault::CutHalf if done => cut(answer, |whole| whole / 2).await,
        Fault::Short(length) if done => short(answer, |_| *length).await,
        Fault::ShortHalf if done => short(answer, |whole| whole / 2).await,
        Fault::Endless => endless(answer).await,
        Fault::WrongETag(etag) if done => {
            let etag = HeaderValue::from_str(&format!("\"{etag}\"")).map_err(io::Error::other)?;
            answer.headers_mut().insert(header::ETAG, etag);
            Ok(answer)
        }
        _ => Ok(answer),
    }
}

fn is_of_body(fault: &Fault) -> bool {
    use Fault::{Cut, CutHalf, Endless, Short, ShortHalf};
    matches!(fault, Cut(_) | Short(_) | CutHalf | ShortHalf | Endless)
}

async fn cut(
    answer: HttpResponse,
    length: impl FnOnce(usize) -> usize,
) -> Result<HttpResponse, io::Error> {
    let (mut head, whole) = whole(answer).await?;
    head.headers.insert(header::CONTENT_LENGTH, whole.len().into());
    let kept = whole.slice(..whole.len().min(length(whole.len())));
    Ok(HttpResponse::from_parts(head, Body::http_body(CutBody::new(kept))))
}

async fn short(
    answer: HttpResponse,
    length: impl FnOnce(usize) -> usize,
) -> Result<HttpResponse, io::Error> {
    let (mut head, whole) = whole(answer).await?;
    let kept = whole.slice(..whole.len().min(length(whole.len())));
    head.headers.insert(header::CONTENT_LENGTH, kept.len().into());
    Ok(HttpResponse::from_parts(head, Body::from(kept)))
}

async fn endless(answer: HttpResponse) -> Result<HttpResponse, io::Error> {
    let (mut head, whole) = whole(answer).await?;
    head.headers.remove(header::CONTENT_LENGTH);
    let body = EndlessBody { first: Some(whole), left: ENDLESS };
    Ok(HttpResponse::from_parts(head, Body::http_body(body)))
}

async fn whole(answer: HttpResponse) -> Result<(hyper::http::response::Parts, Bytes), io::Error> {
    let (head, body) = answer.into_parts();
    let whole = body.collect().await.map_err(io::Error::other)?.to_bytes();
    Ok((head, whole))
}

/// What the store's manners refuse before it looks at the request.
fn refused(shared: &Shared, asked: &Request, head: &Parts, body: &Bytes) -> Option<HttpResponse> {
    let manners = shared.manners;
    if !manners.path_style && !asked.host_style {
        return Some(error(StatusCode::FORBIDDEN, "VirtualHostDomainRequired"));
    }
    if !manners.checksums && has_checksums(head) {
        return Some(error(StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch"));
    }
    if manners.bulk_delete_wants_md5 && asked.op == Op::DeleteObjects {
        let given = head.headers.get("content-md5").map(HeaderValue::as_bytes);
        let right = BASE64_STANDARD.encode(Md5::checksum(body));
        match given {
            None => return Some(error(StatusCode::BAD_REQUEST, "InvalidRequest")),
            Some(given) if given != right.as_bytes() => {
                return Some(error(StatusCode::BAD_REQUEST, "BadDigest"));
            }
            Some(_) => {}
        }
    }
    if !manners.writes && asked.op.writes() {
        return Some(error(StatusCode::FORBIDDEN, "AccessDenied"));
    }
    None
}

fn has_checksums(head: &Parts) -> bool {
    let starts = |name: &HeaderName, with: &str| name.as_str().starts_with(with);
    head.headers.iter().any(|(name, value)| {
        let value = value.to_str().unwrap_or_default();
        starts(name, "x-amz-checksum-crc")
            || starts(name, "x-amz-checksum-sha")
            || starts(name, "x-amz-trailer")
            || (*name == header::CONTENT_ENCODING && value.contains("aws-chunked"))
            || (starts(name, "x-amz-content-sha256") && value.starts_with("STREAMING"))
    })
}

/// Asks the store itself.
async fn ask(store: &S3Service, mut head: Parts, body: Bytes) -> Result<HttpResponse, io::Error> {
    let host = host(&head);
    // As if it had not come by a proxy.
    if head.uri.authority().is_some() {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = path.parse().map_err(io::Error::other)?;
        let host = HeaderValue::from_str(&host).map_err(io::Error::other)?;
        head.headers.insert(header::HOST, host);
    }
    let request = hyper::Request::from_parts(head, Body::from(body));
    store.call(request).await.map_err(|error| io::Error::other(format!("{error:?}")))
}

/// An error as stores send it.
fn error(status: StatusCode, code: &str) -> HttpResponse {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{code}, as asked for</Message><RequestId>1</RequestId></Error>"
    );
    let mut answer = HttpResponse::new(Body::from(body));
    *answer.status_mut() = status;
    let xml = HeaderValue::from_static("application/xml");
    answer.headers_mut().insert(header::CONTENT_TYPE, xml);
    answer
}

/// Frames of an endless body: 512 MiB.
const ENDLESS: usize = 8 << 10;

/// A body that goes on with spaces, which are as good as nothing behind an XML document, and ends in an error.
struct EndlessBody {
    first: Option<Bytes>,
    left: usize,
}

impl hyper::body::Body for EndlessBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(first) = self.first.take().filter(|first| !first.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(left) = self.left.checked_sub(1) else {
            return Poll::Ready(Some(Err(dropped())));
        };
        self.left = left;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b' '; 64 << 10])))))
    }
}

/// A body that ends in an error.
struct CutBody {
    left: Option<Bytes>,
    flushed: bool,
}

impl CutBody {
    fn new(kept: Bytes) -> Self {
        Self { left: Some(kept), flushed: false }
    }
}

impl hyper::body::Body for CutBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(kept) = self.left.take().filter(|kept| !kept.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(kept))));
        }
        if !self.flushed {
            // Once round, so that what was given is sent before the end.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(dropped())))
    }
}
