/**
 * The demo's phones: what the stand-in phone network delivered, as a phone shows it. A visitor can
 * answer for the people: reply to a message, pick up a call and press a key.
 * @module
 */

import { clockTime } from "./moments.js";

const settings = JSON.parse(document.getElementById("settings").textContent);
const words = settings.words;
const list = document.getElementById("phone-list");
const phone = document.getElementById("phone");
const ASK_EVERY_MS = 1000;
const RINGING = new Set(["queued", "initiated", "ringing"]);
const TALKING = new Set(["in-progress", "answered"]);

let phones = [];
let chosen = null;
let drawn = "";
let drawnList = "";
const seen = new Map();

for (const button of document.querySelectorAll("[data-speed]")) {
  button.addEventListener("click", async () => {
    const answer = await post("/demo/speed", { speed: Number(button.dataset.speed) });
    if (!answer.ok) return;
    for (const other of document.querySelectorAll("[data-speed]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
}

ask();

async function ask() {
  try {
    const answer = await fetch("/standin/phones");
    if (!answer.ok) throw new Error(String(answer.status));
    phones = (await answer.json()).filter((one) => one.messages.length + one.calls.length > 0);
    phones.sort((a, b) => lastAt(b) - lastAt(a));
    draw();
  } catch {
    if (!phones.length) say(words.phones_unreachable);
  }
  setTimeout(ask, ASK_EVERY_MS);
}

function lastAt(one) {
  return Math.max(0, ...[...one.messages, ...one.calls].map(({ at }) => Date.parse(at)));
}

function draw() {
  if (!phones.length) return say(words.phones_empty);
  if (!phones.some((one) => one.number === chosen)) chosen = phones[0].number;
  const one = phones.find(({ number }) => number === chosen);
  const state = JSON.stringify(one);
  seen.set(one.number, lastAt(one));
  drawList();
  if (state === drawn) return;
  drawn = state;
  drawPhone(one);
}

function drawList() {
  const state = JSON.stringify([chosen, phones.map((one) => [one.number, isUnread(one), isRinging(one)])]);
  if (state === drawnList) return;
  drawnList = state;
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.number : null;
  list.replaceChildren(...phones.map((one) => {
    const button = make("button", "phone-choice");
    button.type = "button";
    button.dataset.number = one.number;
    button.setAttribute("aria-pressed", String(one.number === chosen));
    button.append(make("span", "phone-label", one.label || one.number));
    if (isRinging(one)) button.append(make("span", "phone-news alarm-text", words.ringing));
    else if (isUnread(one)) {
      const mark = make("span", "phone-unread");
      mark.setAttribute("aria-hidden", "true");
      button.append(mark);
    }
    button.addEventListener("click", () => {
      chosen = one.number;
      drawn = "";
      draw();
    });
    return button;
  }));
  if (focused) list.querySelector(`[data-number="${CSS.escape(focused)}"]`)?.focus();
}

function isUnread(one) {
  return lastAt(one) > (seen.get(one.number) ?? 0);
}

function isRinging(one) {
  return one.calls.some(({ status }) => RINGING.has(status));
}

function drawPhone(one) {
  const old = phone.querySelector(".reply input");
  const draft = old?.dataset.number === one.number ? old.value : "";
  const wasFocused = old !== null && old === document.activeElement;
  const screen = make("div", "screen");
  screen.setAttribute("role", "log");
  screen.setAttribute("aria-label", words.sms_from);
  const happened = [
    ...one.messages.map((message) => ({ at: message.at, node: bubble(message) })),
    ...one.calls.map((call) => ({ at: call.at, node: callBox(one, call) })),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  screen.append(...happened.map(({ node }) => node));
  screen.tabIndex = 0;
  phone.replaceChildren(head(one), screen, replies(one, draft));
  if (wasFocused) phone.querySelector(".reply input").focus();
  screen.scrollTop = screen.scrollHeight;
}

function head(one) {
  const top = make("header", "phone-head");
  top.append(make("strong", "", one.label || one.number), make("span", "muted", one.label ? one.number : ""));
  return top;
}

function bubble(message) {
  const box = make("div", `bubble ${message.direction}`);
  const text = make("p", "");
  for (const part of message.body.split(/(https?:\/\/\S+)/)) {
    if (/^https?:\/\//.test(part)) text.append(link(part));
    else text.append(part);
  }
  box.append(text, make("time", "", clockTime(Date.parse(message.at))));
  return box;
}

/** A link in an SMS opens our page, whatever host name the message was written for. */
function link(address) {
  const { pathname, search } = new URL(address);
  const anchor = make("a", "", words.open_link);
  anchor.href = pathname + search;
  anchor.target = "_blank";
  anchor.rel = "noopener";
  return anchor;
}

function callBox(one, call) {
  const box = make("div", "call");
  const rings = RINGING.has(call.status);
  const talks = TALKING.has(call.status);
  box.append(make("strong", rings ? "alarm-text" : "", rings ? words.ringing : talks ? words.in_call : words.call_over));
  box.append(make("p", "", once(call.heard ?? "")), make("time", "", clockTime(Date.parse(call.at))));
  if (rings || talks) {
    const keys = make("div", "keys");
    for (const [digit, label, colour] of [["1", words.press_going, "going"], ["2", words.press_cannot, "plain-button"]]) {
      const key = make("button", `button ${colour}`, label);
      key.type = "button";
      key.addEventListener("click", () => act(one, "press", { digit }, key));
      keys.append(key);
    }
    box.append(keys);
  }
  return box;
}

/** A call says its text twice; once is enough to read. */
function once(heard) {
  const half = heard.slice(0, (heard.length - 1) / 2);
  return heard === `${half} ${half}` ? half : heard;
}

function replies(one, draft) {
  const form = make("form", "reply");
  const quick = make("div", "keys");
  for (const [text, label, colour] of [["1", words.reply_going, "going"], ["2", words.reply_cannot, "plain-button"], ["3", words.reply_found, "safe"]]) {
    const button = make("button", `button ${colour}`, label);
    button.type = "button";
    button.addEventListener("click", () => act(one, "reply", { text }, button));
    quick.append(button);
  }
  const row = make("div", "reply-row");
  const field = make("input", "");
  field.value = draft;
  field.dataset.number = one.number;
  field.setAttribute("aria-label", words.type_reply);
  field.placeholder = words.type_reply;
  field.maxLength = 200;
  const send = make("button", "button plain-button", words.send);
  send.type = "submit";
  row.append(field, send);
  form.append(quick, row);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    act(one, "reply", { text }, send);
  });
  return form;
}

async function act(one, what, body, button) {
  button.disabled = true;
  const answer = await post(`/standin/phones/${encodeURIComponent(one.number)}/${what}`, body).catch(() => null);
  button.disabled = false;
  if (!answer?.ok) button.setAttribute("title", words.not_sent);
}

function post(address, body) {
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

function say(text) {
  drawn = drawnList = "";
  list.replaceChildren();
  phone.replaceChildren(make("p", "empty", text));
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
