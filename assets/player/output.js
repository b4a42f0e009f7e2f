// What sounds: an audio element that plays a file at any speed with its pitch kept, through Web Audio, where changes
// are made without clicks.

/** Time constant of fades, and after which time nothing is left to hear, in seconds. */
const FADE = 0.003;
const FADED = 0.02;
/** A place this near needs no seek, in seconds. */
const NEAR = 0.002;

export class Output {
  #context = new AudioContext({ latencyHint: "interactive" });
  #element = new Audio();
  #fade = this.#context.createGain();
  #gain = this.#context.createGain();
  #opening = null;
  #pausing = 0;
  #sounding = false;
  #on;

  /** `on`: ended(), broken() in the middle of a file, length(seconds), state(runs), stalled(), blocked(). */
  constructor(on) {
    this.#on = on;
    const element = this.#element;
    element.preservesPitch = true;
    this.#context.createMediaElementSource(element).connect(this.#fade);
    this.#fade.connect(this.#gain).connect(this.#context.destination);
    this.#fade.gain.value = 0;
    element.onended = () => on.ended();
    element.onerror = () => this.#opening || on.broken();
    element.ondurationchange = () => this.#opening || on.length(this.length);
    element.onwaiting = () => element.seeking || on.stalled();
    element.onseeked = () => this.#sounding && this.#fadeTo(1);
    this.#context.onstatechange = () => on.state(this.runs);
  }

  /** To be called for a click or a key: nothing sounds before. */
  async wake() {
    await this.#context.resume().catch(() => {});
  }

  get runs() {
    return this.#context.state === "running";
  }

  /** Seconds of the file; null where nobody knows. */
  get length() {
    return Number.isFinite(this.#element.duration) ? this.#element.duration : null;
  }

  /** Where it is, in seconds of the file. */
  get at() {
    return this.#element.currentTime;
  }

  /** Whether it still goes to where it shall be. */
  get seeks() {
    return this.#element.seeking;
  }

  set rate(rate) {
    this.#element.defaultPlaybackRate = rate;
    this.#element.playbackRate = rate;
  }

  set decibels(decibels) {
    const level = 10 ** (decibels / 20);
    this.#gain.gain.setTargetAtTime(level, this.#context.currentTime, FADE);
  }

  /** Takes a file. Throws if the browser cannot decode it. */
  async open(blob) {
    this.close();
    this.#opening = new AbortController();
    const { signal } = this.#opening;
    const element = this.#element;
    const opened = new Promise((resolve, reject) => {
      element.addEventListener("loadedmetadata", resolve, { signal });
      element.addEventListener("error", () => reject(new Error("undecodable")), { signal });
    });
    element.src = URL.createObjectURL(blob);
    try {
      await opened;
    } finally {
      if (this.#opening?.signal === signal) this.#opening = null;
    }
  }

  close() {
    this.#opening?.abort();
    this.#opening = null;
    const former = this.#element.src;
    this.#element.pause();
    this.#element.removeAttribute("src");
    this.#element.load();
    if (former) URL.revokeObjectURL(former);
  }

  /** Sounds from there on. */
  play(from) {
    clearTimeout(this.#pausing);
    this.#sounding = true;
    const element = this.#element;
    if (Math.abs(element.currentTime - from) > NEAR || element.ended) {
      // What sounds already goes down first; `seeked` brings the sound back.
      this.#fadeTo(0);
      element.currentTime = from;
    } else {
      this.#fadeTo(1);
    }
    element.play().catch((error) => {
      if (error.name === "NotAllowedError") this.#on.blocked();
    });
  }

  /** Falls silent. */
  pause() {
    clearTimeout(this.#pausing);
    this.#sounding = false;
    this.#fadeTo(0);
    this.#pausing = setTimeout(() => this.#element.pause(), FADED * 1_000);
  }

  #fadeTo(level) {
    const now = this.#context.currentTime;
    this.#fade.gain.cancelScheduledValues(now);
    this.#fade.gain.setTargetAtTime(level, now, FADE);
  }
}
