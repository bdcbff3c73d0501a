// Every courier page: registers the service worker, and puts by what is of use without a network, for one person only.
(function () {
  "use strict";
  const page = document.body.dataset;
  const MINE = "fengchao-mine";
  const AFTER = 10 * 60 * 1000;
  if (!("serviceWorker" in navigator) || !("caches" in window)) return;
  navigator.serviceWorker.register(page.worker, { scope: "/" }).catch(() => {});

  async function keep() {
    const mine = await caches.open(MINE);
    const kept = await mine.match(page.keep);
    const ours = kept && kept.headers.get("X-Person") === page.person;
    if (kept && !ours) await caches.delete(MINE);
    const age = ours ? Date.now() - Date.parse(kept.headers.get("X-Kept-At")) : Infinity;
    if (age < AFTER && !("fresh" in page)) return;
    const answer = await fetch(page.keep, { credentials: "same-origin" });
    // Somebody else may have signed in meanwhile, in another tab.
    if (answer.ok && answer.headers.get("X-Person") === page.person) await (await caches.open(MINE)).put(page.keep, answer);
  }
  // Before the page is left: a form that signs out takes everything of the person with it.
  document.addEventListener("submit", (event) => {
    if (/^\/sign-out\//.test(new URL(event.target.action).pathname)) caches.delete(MINE);
  });
  window.addEventListener("load", () => keep().catch(() => {}));
})();
