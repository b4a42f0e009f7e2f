// The player page: what is on it, its keys, and who hears of what.

import { Deck } from "./deck.js";
import { Link } from "./link.js";
import { Output } from "./output.js";
import { COMMAND, CHUNK, EVENT, SOUND, UNAVAILABLE } from "./protocol.js";
import { Sounds } from "./sounds.js";

/** Bytes of audio that are kept, all in memory. */
const MEMORY = 256 * 2 ** 20;
/** Milliseconds between ticks, while it sounds and while it does not. */
const OFTEN = 10;
const SELDOM = 200;
/** What the keys do here, without a round trip. */
const KEYS = {
  " ": "toggle",
  Tab: "toggle",
  "Shift+Tab": { again: { rate: 0.75 } },
  a: { again: { rate: 0.75 } },
  b: { seek_by: -2 },
  ArrowLeft: { seek_by: -2 },
  ArrowRight: { seek_by: 2 },
  Home: "replay",
};

const element = (id) => document.getElementById(id);
const show = (id, text) => element(id).textContent === text || (element(id).textContent = text);
/** Text of strangers: what cannot be seen becomes a dot. */
const plain = (text) => String(text).replace(/\p{C}/gu, "·").slice(0, 300);

// The link works once and should not stay in the address.
history.replaceState(null, "", "/");

const clock = new Worker("/clock.js");
let output = null;
let deck = null;
let link = null;
let host = element("host").textContent;
let obeyed = 0;
let fetched = 0;
let pace = SELDOM;

/** After the first click or key. */
function begin() {
  if (!output) {
    output = new Output({
      ended: () => deck.heardOut(),
      broken: () => deck.broken(),
      length: (seconds) => deck.lengthened(seconds),
      stalled: () => deck.stalled(),
      state: whereSoundGoes,
      blocked: () => askForClick("The browser wants another click before it plays."),
    });
    const sounds = new Sounds(MEMORY, (...frame) => link.send(...frame), (part) => (fetched = part));
    deck = new Deck(output, sounds, (event) => tell(event));
    link = new Link({ memory: MEMORY, forms: ["original", "flac"] }, {
      together(name) {
        host = plain(name);
        show("host", host);
        show("link", "");
        whereSoundGoes();
      },
      frame: take,
      gone(why, forGood) {
        deck.unload();
        sounds.lost();
        if (forGood) return askForClick(`${host}: ${plain(why)}`);
        show("link", `The link to ${host} is lost. It is tried again and again.`);
      },
    });
    clock.onmessage = tick;
    clock.postMessage(SELDOM);
    mediaKeys();
    function take(kind, body) {
      switch (kind) {
        case COMMAND:
          obeyed = body.seq;
          if (body.it.load) fetched = 0;
          return obey(body.it);
        case SOUND: return sounds.described(body);
        case CHUNK: return sounds.piece(body);
        case UNAVAILABLE: return sounds.unavailable(body);
      }
    }
  }
  element("door").hidden = true;
  element("player").hidden = false;
  output.wake().then(whereSoundGoes);
  if (!link.lasts) link.open();
}

function askForClick(why) {
  show("why", why);
  element("door").hidden = false;
  element("begin").focus();
}

function tell(event) {
  link.send(EVENT, { seq: obeyed, it: event });
}

function whereSoundGoes() {
  if (output.runs) return tell({ output: { device: "browser" } });
  tell({ output: { silent: { why: "the browser plays nothing", hint: "click on the player page" } } });
}

function obey(command) {
  deck.obey(command);
  draw();
}

function tick() {
  link.tick();
  deck.tick();
  const wanted = deck.runs ? OFTEN : SELDOM;
  if (wanted !== pace) clock.postMessage((pace = wanted));
  draw();
}

function draw() {
  const view = deck.view;
  show("file", view?.name ? plain(view.name) : "no file yet");
  const waits = view?.state === "fetches the file" ? `fetches the file: ${Math.floor(fetched * 100)} %` : view?.state;
  show("transport", plain(waits ?? "waits for earmark"));
  show("at", time(view?.at ?? 0));
  show("length", time(view?.length ?? 0));
  show("rate", !view || view.rate === 1 ? "" : `${view.rate}×`);
  element("bar").value = view?.length ? view.at / view.length : 0;
  document.title = view?.name ? `${plain(view.name)} · ${host}` : `earmark · ${host}`;
}

function time(seconds) {
  const tenths = Math.floor(seconds * 10);
  const [minutes, rest] = [Math.floor(tenths / 600), tenths % 600];
  return `${minutes}:${String(Math.floor(rest / 10)).padStart(2, "0")}.${rest % 10}`;
}

/** Keyboards' and headsets' own keys. */
function mediaKeys() {
  const session = navigator.mediaSession;
  for (const name of ["play", "pause"]) session?.setActionHandler(name, () => obey(name));
  session?.setActionHandler("stop", () => obey("pause"));
}

element("begin").addEventListener("click", begin);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (!element("door").hidden) {
    const begins = event.key.length === 1 && event.key !== " ";
    if (begins) begin();
    return;
  }
  const command = KEYS[event.shiftKey && event.key === "Tab" ? "Shift+Tab" : event.key];
  if (!command) return;
  event.preventDefault();
  obey(command);
});
