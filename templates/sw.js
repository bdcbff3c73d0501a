// The service worker. It keeps the look of the pages and one page for a lost network; pages themselves, and so every
// code and every personal thing, always come from the network. What is put by for offline is static/js/shell.js's.
"use strict";
const SHELL = "fengchao-shell-{{ version }}";
const OFFLINE = "{{ offline }}";
// Where a lost network is no reason to see nothing: a page for it instead, the same for everybody.
const REPORT = "{{ report }}";
const REPORT_OFFLINE = "{{ report_offline }}";
const FILES = {{ files|safe }};

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll([...FILES, OFFLINE])).then(() => self.skipWaiting()));
  // What can be reported changes: pages that are opened renew it (static/js/report.js). Without it all the rest still works.
  event.waitUntil(caches.open("fengchao-report").then((cache) => cache.add(REPORT_OFFLINE)).catch(() => {}));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("fengchao-shell-") && name !== SHELL;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => self.clients.claim())
  );
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (FILES.includes(url.pathname)) {
    event.respondWith(caches.match(request, { cacheName: SHELL }).then((kept) => kept || fetch(request)));
  } else if (request.mode === "navigate") {
    const instead = () => caches.match(OFFLINE, { cacheName: SHELL });
    const form = () => caches.match(REPORT_OFFLINE, { cacheName: "fengchao-report" }).then((kept) => kept || instead());
    event.respondWith(fetch(request).catch(url.pathname === REPORT ? form : instead));
  }
});
