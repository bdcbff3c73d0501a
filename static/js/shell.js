// Every courier page: registers the service worker, and puts by what is of use without a network, for one person only.
(function () {
  "use strict";
  const page = document.body.dataset;
  const MINE = "fengchao-mine";
  const AFTER = 10 * 60 * 1000;
  const DRAFTS = "fengchao-drafts";
  const drafts = () => { try { return JSON.parse(localStorage.getItem(DRAFTS)) || []; } catch (_) { return []; } };
  const wipe = () => {
    try { localStorage.removeItem(DRAFTS); } catch (_) { /* nothing is kept here */ }
    if (window.indexedDB) indexedDB.deleteDatabase("fengchao-photos");
  };

  // Drafts of reports (static/js/report_draft.js) are of one person too; those that waited for a network go out from any page.
  if (page.person && drafts().some((draft) => draft.person !== page.person)) wipe();
  if (page.person && location.pathname !== page.report && drafts().some((draft) => draft.state === "queued")) {
    const script = document.createElement("script");
    script.src = page.drafts;
    script.onload = () => window.fengchaoDrafts.flush(page.person, { send: page.report, photos: page.reportPhotos }, (draft, result) => {
      if (result.outcome !== "sent") return;
      const note = Object.assign(document.createElement("p"), { className: "note success" });
      note.setAttribute("role", "status");
      note.append(Object.assign(document.createElement("a"), { href: result.url, textContent: `存着的“${draft.name || "随手拍"}”已发出` }));
      document.querySelector("main").prepend(note);
    });
    document.head.append(script);
  }
  // Before the page is left: a form that signs out takes everything of the person with it.
  document.addEventListener("submit", (event) => {
    if (!/^\/sign-out\//.test(new URL(event.target.action).pathname)) return;
    wipe();
    if ("caches" in window) caches.delete(MINE);
  });
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
  window.addEventListener("load", () => keep().catch(() => {}));
})();
