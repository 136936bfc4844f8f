/**
 * The service's time in the page. The service's clock may run faster than the wall (demo), so ages
 * are computed from what the last `tick` said: its instant and its speed.
 * @module
 */

/** Follows the service's clock. */
export class ServiceClock {
  /** @param {string} now ISO instant @param {number} speed service seconds per wall second */
  constructor(now, speed) {
    this.set(now, speed);
  }

  /** Take over what the service said. @param {string} now @param {number} speed */
  set(now, speed) {
    this._now = Date.parse(now);
    this._wall = performance.now();
    this.speed = speed;
  }

  /** @returns {number} service time in milliseconds since 1970 */
  now() {
    return this._now + (performance.now() - this._wall) * this.speed;
  }
}

const LOCAL = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat("en-CA", {
  timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit",
});

/** @param {number} ms @returns {string} local time with seconds */
export function clockTimeS(ms) {
  return LOCAL.format(ms);
}

/** @param {number} ms @returns {string} local hours and minutes */
export function clockTime(ms) {
  return LOCAL.format(ms).slice(0, 5);
}

/**
 * Fill a text like "%(n)d min".
 * @param {string} text @param {Record<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)[ds]/g, (_, name) => String(values[name]));
}

/**
 * "2 min ago (14:32)", the same words as the server's.
 * @param {number} ms @param {number} nowMs @param {Record<string, string>} words
 */
export function when(ms, nowMs, words) {
  const seconds = (nowMs - ms) / 1000;
  const [unit, length] = seconds < 60 ? ["s", 1] : seconds < 3600 ? ["min", 60]
    : seconds < 86400 ? ["h", 3600] : ["d", 86400];
  const span = fill(words[unit], { n: Math.max(0, Math.floor(seconds / length)) });
  const ago = seconds < 10 ? words.now : fill(words.ago, { span });
  const sameDay = DAY.format(ms) === DAY.format(nowMs);
  const time = sameDay ? clockTime(ms) : `${DAY.format(ms)} ${clockTime(ms)}`;
  return fill(words.when, { ago, time });
}

/**
 * Bring every `<time data-when>` up to date. One marked `data-worry` changes colour after 5 and 15
 * minutes.
 * @param {ParentNode} root @param {ServiceClock} clock @param {Record<string, string>} words
 */
export function refreshMoments(root, clock, words) {
  const now = clock.now();
  for (const element of root.querySelectorAll("time[data-when]")) {
    const at = Date.parse(element.dataset.when);
    const text = when(at, now, words);
    if (element.textContent !== text) element.textContent = text;
    if ("worry" in element.dataset) {
      const minutes = (now - at) / 60000;
      element.classList.toggle("waiting-text", minutes >= 5 && minutes < 15);
      element.classList.toggle("alarm-text", minutes >= 15);
    }
  }
}
