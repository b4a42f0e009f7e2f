// The connection to earmark: coming together, being there, and coming back after it was lost.

import * as wire from "./protocol.js";

const SPEAKS = { oldest: 1, newest: 1 };
/** What is done after how many milliseconds of silence: ask whether anybody is there; give up. */
const DOUBT = 5_000;
const IDLE = 20_000;
const LOST = 10_000;
/** Milliseconds before each try to come back; the last one again and again. */
const BACKOFF = [250, 500, 1_000, 2_000, 5_000];

export class Link {
  #socket = null;
  #tries = 0;
  #retryAt = Infinity;
  #heard = 0;
  #asked = 0;
  #due = false;
  #together = false;
  #takes;
  #on;

  /** `takes`: memory and forms; `on`: together(host), frame(kind, body), gone(why, forGood). */
  constructor(takes, on) {
    this.#takes = takes;
    this.#on = on;
  }

  open() {
    this.#retryAt = Infinity;
    const socket = new WebSocket(`ws://${location.host}/wire`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#heard = performance.now();
    this.#asked = 0;
    this.#due = true;
    const own = (act) => (event) => this.#socket === socket && act(event);
    socket.onopen = own(() => {
      this.#say(wire.GREETING, { protocol: SPEAKS, earmark: "player page", nonce: "" });
    });
    socket.onmessage = own(({ data }) => this.#take(data));
    socket.onclose = own(() => this.#lost());
  }

  /** Whether it is up, or will be by itself. */
  get lasts() {
    return this.#socket !== null || this.#retryAt < Infinity;
  }

  /** Sends a frame, if anybody is there. `due`: an answer is expected. */
  send(kind, body, due = false) {
    if (!this.#together) return;
    this.#due ||= due;
    this.#say(kind, body);
  }

  /** To be called a few times a second. */
  tick() {
    const now = performance.now();
    if (now >= this.#retryAt) this.open();
    if (!this.#socket) return;
    const silence = now - this.#heard;
    if ((this.#asked && now - this.#asked > LOST - DOUBT) || (this.#due && silence > LOST)) {
      this.#lost();
    } else if (this.#together && !this.#asked && silence > (this.#due ? DOUBT : IDLE)) {
      this.#asked = now;
      this.#say(wire.PING, 1);
    }
  }

  #say(kind, body) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(wire.encode(kind, body));
  }

  #take(data) {
    this.#heard = performance.now();
    this.#asked = 0;
    this.#due = false;
    let frame;
    try {
      frame = wire.decode(data);
    } catch {
      return this.#lost();
    }
    const { kind, body } = frame;
    switch (kind) {
      case wire.HELLO:
        this.#say(wire.WELCOME, { version: SPEAKS.newest, proof: "", host: "", person: "", ...this.#takes });
        this.#together = true;
        this.#tries = 0;
        return this.#on.together(body.host);
      case wire.PING:
        return this.#say(wire.PONG, body);
      case wire.REFUSAL:
      case wire.BYE:
        return this.#end(body.why, true);
      default:
        return this.#on.frame(kind, body);
    }
  }

  async #lost() {
    const came = this.#together;
    this.#end("the link is lost", false);
    this.#retryAt = performance.now() + BACKOFF[Math.min(this.#tries, BACKOFF.length - 1)];
    this.#tries += 1;
    if (came) return;
    // A browser does not tell a page why a socket was refused.
    const answer = await fetch("/").catch(() => null);
    if (answer?.status === 403 && !this.#together) {
      this.#retryAt = Infinity;
      this.#end("this page's access is over: ask earmark for a new link", true);
    }
  }

  #end(why, forGood) {
    const socket = this.#socket;
    this.#socket = null;
    this.#together = false;
    socket?.close();
    this.#on.gone(why, forGood);
  }
}
