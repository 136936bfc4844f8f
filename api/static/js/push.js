// The offer to be told in this browser, too. Hidden until the browser can do it; the texts stand in
// the page. Nothing is asked of the reader before they tap.

const box = document.getElementById("push");
const on = document.getElementById("push-on");
const off = document.getElementById("push-off");

/** @returns {boolean} can this browser be told at all? */
function isAble() {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** @returns {boolean} an iPhone or iPad outside the home screen has no push */
function needsHomeScreen() {
  const isApple = /iPhone|iPad|iPod/.test(navigator.userAgent);
  return isApple && !matchMedia("(display-mode: standalone)").matches;
}

/** Show one of the sentences of the page, and the button that fits. */
function say(/** @type {string} */ what, /** @type {boolean} */ isOn) {
  for (const line of box.querySelectorAll("[data-said]")) {
    line.hidden = line.dataset.said !== what;
  }
  on.hidden = isOn;
  off.hidden = !isOn;
}

/** Tell the server about a browser; an Error when it does not take it. */
async function post(/** @type {string} */ path, /** @type {object} */ body) {
  const answer = await fetch(box.dataset.address + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Refusal(answer.status);
}

/** The server said no. */
class Refusal extends Error {
  constructor(/** @type {number} */ status) {
    super(String(status));
    this.status = status;
  }
}

/** @returns {Uint8Array} the bytes behind base64url */
function bytesOf(/** @type {string} */ text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** @returns {Promise<ServiceWorkerRegistration>} the worker, at work */
async function worker() {
  const registration = await navigator.serviceWorker.register(box.dataset.worker);
  const coming = registration.installing ?? registration.waiting;
  if (coming && !registration.active) {
    await new Promise((resolve) => {
      coming.addEventListener("statechange", () => {
        if (coming.state === "activated") resolve(null);
      });
      if (coming.state === "activated") resolve(null);
    });
  }
  return registration;
}

async function subscribe(/** @type {string} */ digits) {
  if ((await Notification.requestPermission()) !== "granted") {
    say("denied", false);
    return;
  }
  const registration = await worker();
  const key = bytesOf(box.dataset.key);
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  let subscription;
  try {
    subscription = await registration.pushManager.subscribe(wanted);
  } catch (error) {
    if (error.name !== "InvalidStateError") throw error;
    // Subscribed with an earlier key of the service: begin anew.
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    subscription = await registration.pushManager.subscribe(wanted);
  }
  try {
    await post("", { ...subscription.toJSON(), digits });
  } catch (error) {
    await subscription.unsubscribe();
    if (error.status !== 403) throw error;
    say("wrong", false);
    return;
  }
  say("on", true);
}

async function unsubscribe() {
  const registration = await navigator.serviceWorker.getRegistration(box.dataset.worker);
  const subscription = await registration?.pushManager.getSubscription();
  if (subscription) {
    await post("/remove", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  say("off", false);
}

/** Show what is so; a browser that is subscribed says so again, its address may have changed. */
async function begin() {
  const registration = await navigator.serviceWorker.getRegistration(box.dataset.worker);
  const subscription = await registration?.pushManager.getSubscription();
  say("", Boolean(subscription));
  if (subscription) await post("", subscription.toJSON()).catch(() => say("failed", true));
}

if (isAble()) {
  box.hidden = false;
  document.getElementById("push-able").hidden = false;
  on.addEventListener("submit", (event) => {
    event.preventDefault();
    subscribe(document.getElementById("push-digits")?.value ?? "").catch(() => say("failed", false));
  });
  off.addEventListener("click", () => unsubscribe().catch(() => say("failed", true)));
  begin().catch(() => say("", false));
} else if (needsHomeScreen()) {
  box.hidden = false;
  document.getElementById("push-iphone").hidden = false;
}
