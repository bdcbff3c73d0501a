// My code: counts down, asks for the new one when the old is due, keeps the screen awake, says when the network is gone.
(function () {
  "use strict";
  const section = () => document.getElementById("my-code");
  const offline = document.getElementById("offline");
  let due = 0;

  function restart() {
    const label = document.querySelector("[data-renews-in]");
    due = label ? Date.now() + Number(label.dataset.renewsIn) * 1000 : 0;
  }
  function tick() {
    const label = document.querySelector("[data-renews-in]");
    if (!label || !due) return;
    const left = Math.max(0, Math.ceil((due - Date.now()) / 1000));
    label.textContent = left;
    section().querySelector("progress").value = left;
    if (left === 0 && window.htmx) {
      due = 0;
      window.htmx.trigger(section(), "renew");
    }
  }
  document.body.addEventListener("htmx:afterSwap", () => {
    offline.hidden = true;
    restart();
  });
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach((name) => document.body.addEventListener(name, () => { offline.hidden = false; }));
  document.body.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) offline.hidden = true; });

  async function stayAwake() {
    try {
      if ("wakeLock" in navigator && document.visibilityState === "visible") await navigator.wakeLock.request("screen");
    } catch {
      // A phone on low battery refuses; the code still works.
    }
  }
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
  restart();
  setInterval(tick, 500);
})();
