// The wall renews itself every minute, and keeps what it shows where that fails: a page of an error would stay for ever.
(function () {
  "use strict";
  const every = Number(document.getElementById("screen").dataset.every) * 1000;
  setInterval(async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-cache" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("screen");
      if (fresh) document.getElementById("screen").replaceWith(fresh);
    } catch {
      // The network is gone; the next minute asks again.
    }
  }, every);
})();
