// Files, whole and in memory alone: what is wanted now first, then what may be wanted next.

import { CANCEL, GOT, NEED } from "./protocol.js";

/** More than any file has. */
const ALL = Number.MAX_SAFE_INTEGER;

const TYPES = {
  aac: "audio/aac",
  flac: "audio/flac",
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  mp4: "audio/mp4",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  wav: "audio/wav",
  webm: "audio/webm",
};

/** A file of which nothing is known; `form` is what is insisted on. Later: `came` (its form), `type`, `loaded` and `wait`, `why` it failed. */
const blank = (id, form) => ({
  id,
  form,
  name: "",
  len: null,
  got: 0,
  pieces: [],
  whole: false,
  request: 0,
  urgent: false,
});

export class Sounds {
  /** Files by id, the one that was not used for longest first. */
  #known = new Map();
  #requests = new Map();
  #ahead = [];
  #now = null;
  #last = 0;
  #received = 0;
  #limit;
  #send;
  #progress;

  /** `limit` in bytes; `send(kind, body, due)`; `progress(part)` of the file that is waited for. */
  constructor(limit, send, progress) {
    this.#limit = limit;
    this.#send = send;
    this.#progress = progress;
  }

  /** Gives a file as `{pieces, type, name, came}`, or throws why it cannot be had. */
  load(id, form = null) {
    this.#now = id;
    let file = this.#known.get(id);
    if (!file || file.why || (form && file.form !== form)) {
      this.#drop(id);
      file = blank(id, form);
    }
    // The map's order is that of use.
    this.#known.delete(id);
    this.#known.set(id, file);
    file.loaded ??= file.whole
      ? Promise.resolve(file)
      : new Promise((resolve, reject) => (file.wait = { resolve, reject }));
    this.#ask();
    return file.loaded;
  }

  /** Fetches these ahead, the first one first; what came of others is kept as long as there is room. */
  prefetch(ids) {
    this.#ahead = ids;
    this.#ask();
  }

  /** Nothing is waited for any more. */
  release() {
    this.#now = null;
    this.#ask();
  }

  /** The link was lost: what was asked for will not come. */
  lost() {
    for (const file of this.#known.values()) file.request = 0;
    this.#requests.clear();
    this.#received = 0;
    this.#now = null;
    this.#ahead = [];
  }

  /** What a file is. */
  described({ request, len, name, form }) {
    const file = this.#requests.get(request);
    if (!file) return;
    if (len === null || len > this.#limit) {
      const why = len === null ? "nobody knows how long it is" : "too large for a player page";
      return this.#fail(file, why);
    }
    // Another form than the one that the first half has.
    if (file.got && (form !== file.came || len !== file.len)) [file.got, file.pieces] = [0, []];
    Object.assign(file, { len, name, came: form });
    if (!this.#makeRoom(file)) return this.#fail(file, "there is no room for it");
    if (file.got >= len) this.#complete(file);
  }

  /** A piece of a file. */
  piece({ request, offset, bytes }) {
    this.#received += bytes.length;
    this.#send(GOT, this.#received);
    const file = this.#requests.get(request);
    if (!file || file.len === null || offset !== file.got || !bytes.length) return;
    if (file.got + bytes.length > file.len) return this.#fail(file, "more came than it has");
    file.pieces.push(bytes);
    file.got += bytes.length;
    if (file.id === this.#now) this.#progress(file.got / file.len);
    if (file.got === file.len) this.#complete(file);
  }

  unavailable({ request, why }) {
    const file = this.#requests.get(request);
    if (file) this.#fail(file, why);
  }

  #complete(file) {
    const ending = file.name.split(".").pop().toLowerCase();
    file.type = file.came === "flac" ? TYPES.flac : (TYPES[ending] ?? "");
    file.whole = true;
    this.#settled(file);
    file.wait?.resolve(file);
    this.#ask();
  }

  #fail(file, why) {
    this.#cancel(file);
    Object.assign(file, { why, got: 0, pieces: [] });
    file.wait?.reject(new Error(why));
    this.#ask();
  }

  #settled(file) {
    this.#requests.delete(file.request);
    file.request = 0;
  }

  #cancel(file) {
    if (!file.request) return;
    this.#send(CANCEL, { request: file.request });
    this.#settled(file);
  }

  #drop(id) {
    const file = this.#known.get(id);
    if (file) this.#cancel(file);
    this.#known.delete(id);
  }

  /** Asks for the next file: one at a time, and what somebody waits for even if another is under way. */
  #ask() {
    for (const file of [...this.#requests.values()]) {
      const wanted = file.id === this.#now ? file.urgent : this.#ahead.includes(file.id);
      if (!wanted) this.#cancel(file);
    }
    const lacks = (id) => {
      const file = this.#known.get(id);
      return !file || !(file.whole || file.why);
    };
    const now = this.#now !== null && lacks(this.#now);
    const id = now ? this.#now : this.#ahead.find(lacks);
    if (id === undefined || (!now && this.#requests.size)) return;
    if (!this.#known.has(id)) this.#known.set(id, blank(id, null));
    const file = this.#known.get(id);
    if (file.request) return;
    file.request = ++this.#last;
    file.urgent = now;
    this.#requests.set(file.request, file);
    const need = { request: file.request, sound: id, from: file.got, to: ALL, urgent: now };
    this.#send(NEED, file.form ? { ...need, form: file.form } : need, now);
  }

  /** Forgets what was not used for longest, and for a file that is fetched ahead nothing that is wanted. */
  #makeRoom(file) {
    const kept = [file.id, this.#now, ...(file.id === this.#now ? [] : this.#ahead)];
    let held = file.len;
    for (const other of this.#known.values()) held += other === file ? 0 : other.got;
    for (const other of [...this.#known.values()]) {
      if (held <= this.#limit) return true;
      if (kept.includes(other.id)) continue;
      held -= other.got;
      this.#drop(other.id);
    }
    return held <= this.#limit;
  }
}
