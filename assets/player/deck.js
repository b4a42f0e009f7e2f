// What commands do to the file that is loaded; it obeys them as earmark's own engine does (src/audio/engine).

import { silences } from "./silence.js";

/** A shorter run is not worth repeating: *again* then goes back farther. Seconds. */
const SHORT = 0.3;
const FARTHER = 3;
/** Positions are told this often, in milliseconds. */
const REPORT = 100;
/** Nearer to the end than this is the end, in seconds. */
const END = 0.001;
/** A shorter rest of a silence is not worth a jump, in seconds. */
const WORTH_A_JUMP = 0.25;

const finite = (value, otherwise) => (Number.isFinite(value) ? value : otherwise);
/** A file as the browser takes it: made when it is wanted, as browsers may lay blobs on a disk. */
const blob = ({ pieces, type }) => new Blob(pieces, { type });
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export class Deck {
  #output;
  #sounds;
  #tell;
  #rate = 1;
  #backstep = 0;
  #skip = false;
  /** load, sound, name, form, length, opened, play, at, paused, began, stop, again, looped, run, quiet */
  #now = null;

  /** `tell(event)` takes what happens. */
  constructor(output, sounds, tell) {
    this.#output = output;
    this.#sounds = sounds;
    this.#tell = tell;
  }

  /** What there is to be seen: null, or name, at, length, state and rate. */
  get view() {
    const now = this.#now;
    if (!now) return null;
    const state = now.failed ?? (!now.opened ? "fetches the file" : now.play ? "plays" : "paused");
    return { name: now.name, at: this.#at(), length: now.length, state, rate: this.#tempo() };
  }

  /** Whether ticks are needed often. */
  get runs() {
    return Boolean(this.#now?.run);
  }

  obey(command) {
    const [name, value] = typeof command === "string" ? [command] : Object.entries(command)[0];
    switch (name) {
      case "load": return this.#load(value);
      case "prefetch": return this.#sounds.prefetch(value);
      case "play": return this.#play();
      case "pause": return this.#pause();
      case "toggle": return this.#now?.play ? this.#pause() : this.#play();
      case "replay": return this.#start(0);
      case "play_span": return this.#start(value.start, value.end ?? Infinity);
      case "again": return this.#again(value.rate);
      case "seek": return this.#seek(value);
      case "seek_by": return this.#seek(this.#at() + value);
      case "rate": return this.#setRate(value);
      case "loop": return this.#setLoop(value);
      case "gain": return (this.#output.decibels = clamp(finite(value, 0), -96, 24));
      case "skip_silence": return this.#setSkip(value);
      case "backstep": return (this.#backstep = Math.max(finite(value, 0), 0));
      case "stop": return this.unload();
    }
  }

  /** To be called about 50 times a second while it runs. */
  tick() {
    const now = this.#now;
    if (!now?.run || this.#output.seeks) return;
    const at = this.#output.at;
    if (!now.run.told) {
      if (at <= now.run.from) return;
      this.#started();
    }
    if (now.again && at >= now.again.until) {
      now.again = null;
      this.#output.rate = this.#rate;
    }
    if (now.stop !== null && at >= now.stop) return this.#ended(now.stop);
    if (now.looped && at >= now.looped.end && now.run.from <= now.looped.end) {
      return this.#jump(now.looped.start);
    }
    const silence = this.#skip && now.quiet?.find(({ from, to }) => from <= at && at < to - WORTH_A_JUMP);
    if (silence) return this.#jump(silence.to);
    if (performance.now() >= now.run.tellAt) {
      now.run.tellAt += REPORT;
      this.#tell({ position: { load: now.load, at } });
    }
  }

  unload() {
    this.#hold();
    this.#now = null;
    this.#output.close();
    this.#sounds.release();
  }

  // What the output says.

  heardOut() {
    const now = this.#now;
    if (!now?.run) return;
    if (!now.run.told) this.#started();
    const length = this.#output.at;
    if (now.looped && now.looped.start < length) return this.#jump(now.looped.start);
    this.#ended(length);
  }

  broken() {
    if (this.#now?.opened) {
      this.#hold();
      this.#undecodable(this.#now);
    }
  }

  stalled() {
    if (this.#now?.run?.told) this.#tell({ underrun: { load: this.#now.load } });
  }

  lengthened(seconds) {
    const now = this.#now;
    if (!now?.opened || seconds === now.length) return;
    now.length = seconds;
    this.#tell({ ready: { load: now.load, seconds } });
  }

  // Commands.

  #load({ load, sound, from, play }) {
    const former = this.#now;
    const looped = former?.looped;
    const whole = looped && looped.start <= 0 && looped.end >= (former.length ?? Infinity) - END;
    this.#hold();
    const at = Math.max(finite(from, 0), 0);
    this.#now = {
      load, sound, play, at,
      began: at, paused: false, stop: null, again: null, run: null,
      looped: whole ? { start: 0, end: Infinity } : null,
      opened: false, name: "", form: null, length: null, quiet: null,
    };
    if (former?.sound === sound && former.opened) {
      const { name, form, length, quiet } = former;
      Object.assign(this.#now, { name, form, length, quiet });
      this.#ready();
    } else {
      this.#open(this.#now, null);
    }
  }

  /** Fetches a file and opens it; in another form if the browser cannot decode this one. */
  async #open(now, form) {
    let file;
    try {
      this.#output.close();
      file = await this.#sounds.load(now.sound, form);
      if (this.#now !== now) return;
      Object.assign(now, { name: file.name, form: file.came });
    } catch (error) {
      return this.#failed(now, error.message);
    }
    try {
      await this.#output.open(blob(file));
    } catch {
      return this.#undecodable(now);
    }
    if (this.#now !== now) return;
    now.length = this.#output.length;
    this.#ready();
    this.#listen();
  }

  #undecodable(now) {
    if (this.#now !== now) return;
    now.opened = false;
    if (now.form === "flac") return this.#failed(now, `${now.name}: this browser cannot decode it`);
    this.#open(now, "flac");
  }

  #ready() {
    this.#now.opened = true;
    this.#tell({ ready: { load: this.#now.load, seconds: this.#now.length } });
    this.#begin();
  }

  #failed(now, why) {
    if (this.#now !== now) return;
    Object.assign(now, { play: false, failed: why });
    this.#tell({ failed: { load: now.load, why } });
  }

  #play() {
    const now = this.#now;
    if (!now || now.play) return;
    const { looped, at } = now;
    const first = looped && looped.start <= at && at <= looped.end ? looped.start : 0;
    const back = now.paused ? this.#backstep : 0;
    const atEnd = now.length !== null && at >= now.length - END;
    const from = atEnd ? first : Math.max(at - back, Math.min(first, at));
    this.#start(from, now.stop !== null && from < now.stop ? now.stop : null, now.again);
  }

  #pause() {
    const played = this.#hold();
    const now = this.#now;
    if (!now) return;
    now.play = false;
    now.paused ||= played;
    this.#tell({ paused: { load: now.load, at: now.at } });
  }

  /** Starts a new run. */
  #start(from, stop = null, again = null) {
    const now = this.#now;
    if (!now) return;
    now.at = this.#within(from);
    Object.assign(now, { began: now.at, stop, again, play: true, paused: false, run: null });
    if (now.failed) {
      now.failed = null;
      this.#open(now, now.form === "flac" ? "flac" : null);
    } else {
      this.#begin();
    }
  }

  #again(rate) {
    const now = this.#now;
    if (!now) return;
    const at = this.#at();
    let until = now.again ? Math.max(now.again.until, at) : at;
    const from = until - now.began < SHORT ? Math.max(until - FARTHER, 0) : now.began;
    const nothing = until - from < SHORT;
    if (nothing) until = Infinity;
    const stop = now.play || nothing ? now.stop : until;
    this.#start(from, stop, { until, rate: this.#speed(rate) });
  }

  #seek(to) {
    const now = this.#now;
    if (!now) return;
    if (now.play) return this.#start(to);
    const at = this.#within(to);
    Object.assign(now, { at, began: at, paused: false, stop: null, again: null });
    this.#tell({ paused: { load: now.load, at } });
  }

  #setRate(rate) {
    this.#rate = this.#speed(rate);
    if (this.#now) this.#now.again = null;
    this.#output.rate = this.#rate;
  }

  #setLoop(span) {
    const now = this.#now;
    if (!now) return;
    const [start, end] = [Math.max(span?.start ?? 0, 0), span?.end ?? Infinity];
    now.looped = span && end > start + 0.01 ? { start, end } : null;
    // A place behind the end of the stretch plays on, as if it began there.
    if (now.run) now.run.from = this.#at();
  }

  #setSkip(skip) {
    this.#skip = skip;
    this.#listen();
  }

  // Running.

  #begin() {
    const now = this.#now;
    if (!now.play || !now.opened) return;
    now.at = this.#within(now.at);
    now.run = { from: now.at, told: false, tellAt: 0 };
    this.#output.rate = this.#tempo();
    this.#output.play(now.at);
  }

  #started() {
    const { load, run } = this.#now;
    run.told = true;
    run.tellAt = performance.now() + REPORT;
    this.#tell({ started: { load, at: run.from } });
  }

  /** Stands still where it is. Says whether it ran. */
  #hold() {
    const now = this.#now;
    if (!now?.run) return false;
    now.at = this.#at();
    now.run = null;
    this.#output.pause();
    return true;
  }

  #ended(at) {
    this.#hold();
    Object.assign(this.#now, { at, play: false, paused: false, stop: null, again: null });
    this.#tell({ ended: { load: this.#now.load, at } });
  }

  /** Goes on elsewhere in the same run. */
  #jump(to) {
    this.#now.run.from = Math.min(this.#now.run.from, to);
    this.#output.play(this.#within(to));
  }

  /** Finds where nobody speaks, if that is wanted and not known. */
  async #listen() {
    const now = this.#now;
    if (!this.#skip || !now?.opened || now.quiet) return;
    const file = await this.#sounds.load(now.sound, now.form === "flac" ? "flac" : null).catch(() => null);
    if (file) now.quiet = await silences(blob(file), now.length);
  }

  #at() {
    const now = this.#now;
    if (!now) return 0;
    return now.run?.told ? this.#within(this.#output.at) : now.at;
  }

  #within(at) {
    return clamp(finite(at, 0), 0, this.#now.length ?? Infinity);
  }

  #tempo() {
    return this.#now?.again?.rate ?? this.#rate;
  }

  #speed(rate) {
    return Number.isFinite(rate) ? clamp(rate, 0.5, 3) : this.#rate;
  }
}
