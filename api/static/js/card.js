/**
 * The card of one band, opened by a click on its dot.
 * @module
 */

import { lookOf } from "./dots.js";
import { when } from "./moments.js";

/**
 * Fill and show the card.
 * @param {HTMLElement} place @param {object} band properties of its feature
 * @param {{clock: object, words: Record<string, string>, cards: object[], choose: (id: number) => void, zoom: () => void}} around
 */
export function showCard(place, band, around) {
  const { clock, words, cards, choose } = around;
  const now = clock.now();
  const title = document.createElement("h3");
  title.textContent = band.elder ?? `${words.band} ${band.device}`;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "quiet close";
  close.setAttribute("aria-label", words.close);
  close.textContent = "×";
  close.addEventListener("click", () => { place.hidden = true; });
  const list = document.createElement("dl");
  const look = lookOf(band, now);
  const state = look === "silent" ? words.silent : look === "unworn" ? words.not_worn
    : look === "unknown" ? words.unregistered : words[`side_${band.side}`];
  add(list, words.band, `${band.device} · ${state}`);
  add(list, words.last_word, when(Date.parse(band.heard_at), now, words));
  add(list, words.position, band.position_at ? when(Date.parse(band.position_at), now, words) : words.no_position);
  if (band.accuracy_m !== null) {
    add(list, words.accuracy, `${Math.round(band.accuracy_m)} ${words.m} · ${words[`source_${band.source}`] ?? ""}`);
  }
  if (band.battery_pct !== null) add(list, words.battery, `${band.battery_pct} %`);
  if (band.worn !== null) add(list, words.worn, band.worn ? words.yes : words.no);
  place.replaceChildren(close, title, list);
  const incident = cards.find((card) => card.device === band.device && card.state !== "closed");
  if (incident) {
    const open = document.createElement("button");
    open.type = "button";
    open.className = "button going";
    open.textContent = words.open_incident;
    open.addEventListener("click", () => choose(incident.id));
    place.append(open);
  }
  place.hidden = false;
}

function add(list, name, value) {
  const term = document.createElement("dt");
  term.textContent = name;
  const detail = document.createElement("dd");
  detail.textContent = value;
  list.append(term, detail);
}
