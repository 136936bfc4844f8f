/**
 * The console: keeps list, map and details together and up to date. Words and layout come from the
 * server; this file only asks for the pieces again when something happened.
 * @module
 */

import { showCard } from "./card.js";
import { LiveFeed } from "./live.js";
import { ConsoleMap } from "./map.js";
import { ServiceClock, clockTimeS, fill, refreshMoments } from "./moments.js";
import { lookOf } from "./dots.js";

const settings = JSON.parse(document.getElementById("settings").textContent);
const words = settings.words;
const clock = new ServiceClock(settings.now, settings.speed);
const by = (id) => document.getElementById(id);
const grid = document.querySelector("main.grid");
const map = new ConsoleMap(by("map"), clock, words);

let chosen = settings.chosen;
let cards = [];
let known = null;
let waiting = 0;
let isRefreshing = false;

const feed = new LiveFeed(settings.cursor);
feed.addEventListener("incident", refreshSoon);
feed.addEventListener("resync", () => location.reload());
feed.addEventListener("tick", ({ detail }) => clock.set(detail.now, detail.speed));
feed.addEventListener("bands", ({ detail }) => {
  map.dots.set(detail.features);
  countBands();
  if (detail.features.some(({ properties }) => cards.some((card) => card.device === properties.device && card.state !== "closed"))) refreshSoon();
});
let wasLive = false;
feed.addEventListener("state", ({ detail }) => {
  const { state, since } = detail;
  const badge = by("badge");
  badge.className = `badge ${state}`;
  const seconds = Math.round((Date.now() - since) / 1000);
  const text = state === "stale"
    ? fill(words.stale, { n: seconds, time: clockTimeS(since) })
    : words[state];
  by("badge-text").textContent = text;
  const bar = state === "stale" ? fill(words.stale_bar, { time: clockTimeS(since) }) : "";
  by("stale").hidden = !bar;
  if (by("stale").textContent !== bar) by("stale").textContent = bar; // spoken once, not each second
  document.body.classList.toggle("is-stale", state === "stale");
  if (state === "live" && !wasLive) loadBands();
  wasLive = state === "live";
});

map.addEventListener("incident", ({ detail }) => choose(detail));
map.addEventListener("band", ({ detail }) => showCard(by("card"), detail.properties, { clock, words, cards, choose, zoom: () => map.map.setView(detail.latlng, Math.max(15, map.map.getZoom())) }));
map.addEventListener("nothing", () => { by("card").hidden = true; });
map.addEventListener("hidden", ({ detail }) => {
  by("out-of-view").hidden = detail === 0;
  by("out-of-view").textContent = fill(words.out_of_view, { n: detail });
});
by("out-of-view").addEventListener("click", () => map.fitIncidents());

for (const tab of document.querySelectorAll("[data-tab]")) {
  tab.addEventListener("click", () => showTab(tab.dataset.tab));
}
document.addEventListener("click", (event) => {
  const card = event.target.closest("a[data-incident]");
  if (!card || event.ctrlKey || event.metaKey || event.button) return;
  event.preventDefault();
  choose(Number(card.dataset.incident));
});
document.addEventListener("submit", sendOrder);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") by("card").hidden = true;
  if (event.key === "Enter" && event.ctrlKey && event.target.form) event.target.form.requestSubmit();
});

setInterval(() => {
  by("clock").textContent = clockTimeS(clock.now());
  refreshMoments(document, clock, words);
}, 1000 / Math.min(4, Math.max(1, settings.speed)));
setInterval(() => { map.dots.redraw(); countBands(); }, 10000);

start();

async function start() {
  const outline = await json("/api/outline");
  map.setGround(outline);
  await refresh();
  map.fitIncidents();
}

/** Refresh once for everything that happens in a short while, and never twice at a time. */
function refreshSoon() {
  if (waiting) return;
  waiting = setTimeout(async () => {
    waiting = 0;
    if (isRefreshing) return refreshSoon();
    isRefreshing = true;
    await refresh().finally(() => { isRefreshing = false; });
  }, 250);
}

async function refresh() {
  try {
    const [news, list] = await Promise.all([
      json("/api/incidents"),
      text(chosen === null ? "/console/list" : `/console/list?incident=${chosen}`),
    ]);
    cards = news.incidents;
    swap(by("list"), list);
    count();
    announceNew();
    if (chosen === null && cards[0] && cards[0].state !== "closed") chosen = cards[0].id;
    map.setIncidents(cards, chosen);
    await refreshChosen();
  } catch (error) {
    if (error instanceof TypeError) return; // no line: the banner says so
    throw error;
  }
}

async function refreshChosen() {
  if (chosen === null) return;
  const id = chosen;
  const card = cards.find((other) => other.id === id);
  const [detail, zones, trail] = await Promise.all([
    text(`/console/incidents/${id}`),
    card ? json(`/api/zones?elder=${card.elder.id}`) : null,
    card?.device ? json(`/api/bands/${encodeURIComponent(card.device)}/trail`).catch(() => null) : null,
  ]);
  if (id !== chosen) return;
  swap(by("incident"), detail);
  const article = by("incident").querySelector("article");
  const forms = by("orders").querySelector("[data-incident]");
  if (article.dataset.open !== "yes") by("orders").replaceChildren();
  else if (forms?.dataset.incident !== String(id)) await renewOrders();
  map.setChosen(zones, trail, card);
}

async function choose(id) {
  chosen = id;
  history.replaceState(null, "", `?incident=${id}`);
  for (const card of document.querySelectorAll("#list a[data-incident]")) {
    if (card.dataset.incident === String(id)) card.setAttribute("aria-current", "true");
    else card.removeAttribute("aria-current");
  }
  map.setIncidents(cards, chosen);
  map.goTo(cards.find((card) => card.id === id));
  if (grid.dataset.showing === "list") showTab("panel");
  by("panel").scrollTop = 0;
  await refreshChosen();
}

async function renewOrders() {
  by("orders").innerHTML = await text(`/console/incidents/${chosen}/orders`);
}

async function sendOrder(event) {
  const form = event.target;
  if (!form.action.endsWith("/orders")) return;
  event.preventDefault();
  const problem = by("order-problem");
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  problem.hidden = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) throw new Error(String(answer.status));
    await renewOrders();
    await refresh();
  } catch {
    problem.textContent = words.not_sent;
    problem.hidden = false;
    button.disabled = false;
  }
}

async function loadBands() {
  try {
    const bands = await json("/api/bands");
    clock.set(bands.now, bands.speed);
    map.registered = bands.registered;
    map.dots.set(bands.features);
    countBands();
  } catch {
    wasLive = false; // the next good word of the feed tries again
  }
}

function countBands() {
  const all = map.dots.all();
  if (map.registered === undefined) return;
  const online = all.filter((band) => band.known && lookOf(band, clock.now()) !== "silent").length;
  by("count-bands").textContent = fill(words.band_counts, { online, total: map.registered });
  const unknown = all.filter((band) => !band.known).length;
  by("count-unknown").hidden = unknown === 0;
  by("count-unknown").textContent = fill(words.unknown_bands, { n: unknown });
}

function count() {
  const open = cards.filter((card) => card.state !== "closed");
  const unanswered = open.filter((card) => card.state === "unanswered").length;
  by("count-open").textContent = open.length;
  by("count-unanswered").textContent = unanswered;
  by("count-unanswered").classList.toggle("alarm-text", unanswered > 0);
}

function announceNew() {
  const ids = new Set(cards.map((card) => card.id));
  if (known) {
    for (const card of cards) {
      if (!known.has(card.id) && card.state !== "closed") {
        by("announce").textContent = `${fill(words.new_incident, { id: card.id })}: ${card.elder.name}, ${card.state_words}`;
      }
    }
  }
  known = ids;
}

/** Put new HTML in place; focus stays where it was. */
function swap(place, html) {
  if (place.lastHtml === html) return;
  place.lastHtml = html;
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.incident : null;
  const showsNoise = by("show-noise")?.checked ?? false;
  const opened = [...place.querySelectorAll("details[open][data-keep]")].map((one) => one.dataset.keep);
  place.innerHTML = html;
  if (by("show-noise")) by("show-noise").checked = showsNoise;
  for (const key of opened) place.querySelector(`details[data-keep="${key}"]`)?.setAttribute("open", "");
  if (focused) place.querySelector(`a[data-incident="${focused}"]`)?.focus({ preventScroll: true });
  refreshMoments(place, clock, words);
}

function showTab(name) {
  grid.dataset.showing = name;
  for (const tab of document.querySelectorAll("[data-tab]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
  }
}

async function json(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

async function text(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
}
