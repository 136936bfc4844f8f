/**
 * The live feed: native EventSource, resumed by cursor, with a fallback that asks every 5 s.
 * It never hides that it is broken: after 5 s it says so, with the time of the last data.
 * @module
 */

const RETRY_MS = [1000, 2000, 5000, 10000];
const BROKEN_AFTER_MS = 12000;
const STALE_AFTER_MS = 5000;
const FALLBACK_AFTER = 3;
const ASK_EVERY_MS = 5000;

/**
 * Dispatches `incident`, `bands`, `tick`, `resync` (detail: the data) and `state` (detail:
 * {state: "live" | "reconnecting" | "stale", since: wall ms of the last event}).
 */
export class LiveFeed extends EventTarget {
  /** @param {number} cursor newest timeline cursor the page shows already */
  constructor(cursor) {
    super();
    this.cursor = cursor;
    this._failures = 0;
    this._heard = Date.now();
    this._state = "";
    this._timer = setInterval(() => this._watch(), 1000);
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => {
      if (event.persisted) location.reload();
    });
    this._open();
  }

  /** End the feed. */
  close() {
    clearInterval(this._timer);
    clearTimeout(this._retry);
    this._source?.close();
  }

  _open() {
    this._source?.close();
    const source = new EventSource(`/live?after=${this.cursor}`);
    this._source = source;
    for (const name of ["incident", "bands", "tick", "resync"]) {
      source.addEventListener(name, (event) => this._take(name, event));
    }
    source.onerror = () => {
      if (source !== this._source) return;
      source.close(); // its own retry would not know our rhythm
      this._again();
    };
  }

  _again() {
    clearTimeout(this._retry);
    const wait = RETRY_MS[Math.min(this._failures, RETRY_MS.length - 1)];
    this._failures += 1;
    this._retry = setTimeout(() => this._open(), wait * (0.8 + 0.4 * Math.random()));
    if (this._failures >= FALLBACK_AFTER) this._ask();
  }

  _take(name, event) {
    const data = JSON.parse(event.data);
    if (event.lastEventId && name !== "bands" && name !== "tick") {
      const number = Number(event.lastEventId);
      if (name === "incident" && number <= this.cursor) return; // shown before
      this.cursor = number;
    }
    this._failures = 0;
    this._heard = Date.now();
    this._say("live");
    this.dispatchEvent(new CustomEvent(name, { detail: data }));
  }

  async _ask() {
    if (this._asked && Date.now() - this._asked < ASK_EVERY_MS) return;
    this._asked = Date.now();
    try {
      const answer = await fetch(`/live/since?cursor=${this.cursor}`);
      if (answer.status === 401) location.reload(); // the session is over
      if (!answer.ok) return;
      const news = await answer.json();
      this._heard = Date.now();
      this.cursor = news.cursor;
      this.dispatchEvent(new CustomEvent("tick", { detail: news }));
      if (news.resync) this.dispatchEvent(new CustomEvent("resync", { detail: news }));
      for (const entry of news.entries) {
        this.dispatchEvent(new CustomEvent("incident", { detail: entry }));
      }
    } catch {
      // still down; the watch says so
    }
  }

  _watch() {
    const silence = Date.now() - this._heard;
    const connecting = this._source?.readyState !== EventSource.OPEN;
    if (silence > BROKEN_AFTER_MS && !connecting) {
      this._source.close();
      this._again();
    }
    if (connecting && this._failures >= FALLBACK_AFTER) this._ask();
    if (silence > STALE_AFTER_MS && (connecting || silence > BROKEN_AFTER_MS)) {
      this._say("stale", true);
    } else if (connecting) {
      this._say("reconnecting");
    }
  }

  _say(state, always = false) {
    if (state === this._state && !always) return;
    this._state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, since: this._heard } }));
  }
}
