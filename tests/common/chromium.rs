//! A real browser without a screen, driven by its own protocol over a pair of pipes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use crate::figures;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes here, on a busy machine too.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Measures what goes to the speakers, between the page's last node and them.
const TAP: &str = "
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (to, ...rest) {
        if (!(to instanceof AudioDestinationNode) || !(this.context instanceof AudioContext)) {
            return connect.call(this, to, ...rest);
        }
        const tap = this.context.createAnalyser();
        tap.fftSize = 8192;
        tap.smoothingTimeConstant = 0;
        connect.call(this, tap);
        connect.call(tap, to);
        const brief = this.context.createAnalyser();
        connect.call(this, brief);
        const samples = new Float32Array(brief.fftSize);
        const bins = new Float32Array(tap.frequencyBinCount);
        window.level = () => {
            brief.getFloatTimeDomainData(samples);
            return Math.sqrt(samples.reduce((sum, it) => sum + it * it, 0) / samples.length);
        };
        window.isSilent = () => {
            brief.getFloatTimeDomainData(samples);
            return samples.subarray(-256).every((it) => Math.abs(it) < 0.002);
        };
        window.pitch = () => {
            tap.getFloatFrequencyData(bins);
            return bins.indexOf(Math.max(...bins)) * this.context.sampleRate / tap.fftSize;
        };
        return to;
    };
";

/// A running browser with one page.
pub(crate) struct Chromium {
    child: Child,
    input: ChildStdin,
    answers: Receiver<Value>,
    calls: u64,
    session: String,
    _profile: TempDir,
}

impl Chromium {
    /// Starts one with an empty profile; nothing, said aloud, where none is installed.
    pub(crate) fn start() -> Option<Self> {
        let name = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
            let found = Command::new(name).arg("--version").output();
            found.is_ok_and(|output| output.status.success())
        });
        let Some(name) = name else {
            // Printed with the figures of a run, where somebody sees it.
            figures::count("browser tests left out: there is no chromium", 1);
            return None;
        };
        let profile = TempDir::with_prefix("earmark-browser-").unwrap();
        // It listens on handle 3 and answers on handle 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh", name])
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-sync"])
            .args(["--disable-component-update", "--disable-dev-shm-usage"])
            .args(["--autoplay-policy=document-user-activation-required"])
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (tell, answers) = channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0) {
                let Ok(message) = message else { return };
                let message: Value = serde_json::from_slice(&message).unwrap();
                if message.get("id").is_some() && tell.send(message).is_err() {
                    return;
                }
            }
        });
        let session = String::new();
        let mut browser = Self { child, input, answers, calls: 0, session, _profile: profile };
        browser.open_page(&Value::Null);
        Some(browser)
    }

    /// Another page that shares nothing with the one before; it takes its place.
    pub(crate) fn stranger(&mut self) {
        self.session.clear();
        let context = self.call("Target.createBrowserContext", &json!({}));
        self.open_page(&context["browserContextId"]);
    }

    fn open_page(&mut self, context: &Value) {
        let mut wanted = json!({"url": "about:blank"});
        if !context.is_null() {
            wanted["browserContextId"] = context.clone();
        }
        let target = self.call("Target.createTarget", &wanted);
        let wanted = json!({"targetId": target["targetId"], "flatten": true});
        let attached = self.call("Target.attachToTarget", &wanted);
        attached["sessionId"].as_str().unwrap().clone_into(&mut self.session);
        self.call("Page.enable", &json!({}));
        self.call("Page.addScriptToEvaluateOnNewDocument", &json!({"source": TAP}));
    }

    /// Opens an address and waits until it is there.
    pub(crate) fn go(&mut self, address: &str) {
        self.call("Page.navigate", &json!({"url": address}));
        self.wait_for("document.readyState === 'complete'");
    }

    /// What an expression comes to; promises are waited for.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let wanted = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true,
        });
        let answer = self.call("Runtime.evaluate", &wanted);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    pub(crate) fn number(&mut self, expression: &str) -> f64 {
        self.eval(expression).as_f64().unwrap_or(f64::NAN)
    }

    /// What a selected element says.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let text = self.eval(&format!("document.querySelector({selector:?}).textContent"));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression holds.
    pub(crate) fn wait_for(&mut self, expression: &str) {
        let until = Instant::now() + LIMIT;
        while self.eval(expression) != json!(true) {
            if Instant::now() > until {
                let shown = self.eval("document.documentElement.outerHTML");
                panic!("never came true: {expression}\n{shown}");
            }
            thread::sleep(ASK_EVERY);
        }
    }

    /// Clicks on an element, as a hand does.
    pub(crate) fn click(&mut self, selector: &str) {
        let place = self.eval(&format!(
            "(() => {{ const box = document.querySelector({selector:?}).getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// Types a key by its name.
    pub(crate) fn key(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({"type": kind, "key": key});
            if kind == "keyDown" && key.len() == 1 {
                event["text"] = json!(key);
            }
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let mut call = json!({"id": self.calls, "method": method, "params": params});
        if !self.session.is_empty() {
            call["sessionId"] = json!(self.session);
        }
        let mut bytes = call.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).unwrap();
        let until = Instant::now() + LIMIT;
        loop {
            match self.answers.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(answer) if answer["id"] == json!(self.calls) => {
                    assert!(answer.get("error").is_none(), "{method}: {answer}");
                    return answer["result"].clone();
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("no answer to {method}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the browser has gone: {method}"),
            }
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.session.clear();
        let close = br#"{"id":0,"method":"Browser.close"}"#;
        // It ends its own helpers when it is asked to, and not when it is killed.
        let asked = self.input.write_all(&[&close[..], &[0]].concat());
        let until = Instant::now() + Duration::from_secs(10);
        while asked.is_ok() && Instant::now() < until {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(ASK_EVERY);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
