// Shows what is pushed, and opens the answer page. It keeps nothing and answers nothing: an opened
// page changes nothing either, only what a person sends from it does.

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    // Unreadable: it is shown all the same. A silent push costs the subscription on some phones.
  }
  event.waitUntil(
    self.registration.showNotification(String(said.title || "121"), {
      body: String(said.body || ""),
      tag: String(said.tag || "121"),
      renotify: true,
      requireInteraction: true,
      icon: "/static/icon.svg",
      data: { url: String(said.url || "") },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || "/", self.location.origin);
  if (url.origin !== self.location.origin) return;
  event.waitUntil(open(url.href));
});

/** Bring the page to the front that is open already, or open it. */
async function open(/** @type {string} */ address) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => page.url === address);
  return there ? there.focus() : self.clients.openWindow(address);
}
