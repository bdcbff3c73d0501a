// The offline page: what the telephone has put by (static/js/shell.js), with its age. Text only, never as markup.
(async function () {
  "use strict";
  const page = document.body.dataset;
  const show = (id) => { document.getElementById(id).hidden = false; };
  const put = (parent, tag, text, name) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    parent.append(made);
    return made;
  };
  const spoken = (at) => new Date(at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
  // What was put by holds for its own date only. Stations live by Shanghai's clock, wherever the telephone is.
  const today = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
  const aged = (at) => {
    const minutes = Math.max(0, Math.round((Date.now() - Date.parse(at)) / 60000));
    if (minutes < 1) return "刚刚";
    if (minutes < 60) return `${minutes} 分钟前`;
    return minutes < 2880 ? `${Math.round(minutes / 60)} 小时前` : `${Math.round(minutes / 1440)} 天前`;
  };
  document.getElementById("again").addEventListener("click", () => location.reload());
  // "online" means that the telephone has some network, not that we can be reached: ask until we answer, then come back.
  const reached = () => fetch(page.alive, { cache: "no-store" }).then((answer) => answer.ok, () => false);
  const back = async () => ((await reached()) ? location.reload() : setTimeout(back, 3000));
  window.addEventListener("online", back, { once: true });
  if (navigator.onLine) setTimeout(back, 3000);
  const kept = await caches.match(page.keep);
  if (!kept) { show("nothing"); return; }
  const known = await kept.json();
  document.querySelectorAll("[data-age]").forEach((place) => { place.textContent = `${aged(known.at)}存下的（${spoken(known.at)}）`; });
  const live = known.pickups.filter((one) => Date.parse(one.expires_at) > Date.now());
  live.forEach((one) => {
    const line = put(document.querySelector("#pickups ul"), "li", "", "stack-s");
    put(line, "b", one.gift);
    put(line, "b", one.code.replace(/(.{4})(?=.)/g, "$1 "), "code-digits pickup-code");
    put(line, "p", `${one.station}，${spoken(one.expires_at)} 前取`, "small");
  });
  if (live.length) show("pickups");
  known.stations.forEach((one) => {
    const line = put(document.querySelector("#stations ul"), "li", "");
    put(line, "b", one.name);
    put(line, "p", one.address, "small");
    const changed = one.today && one.today.date === today;
    if (changed) put(line, "p", `今天 ${one.today.hours}（${one.today.why}）`, "small strong");
    put(line, "p", one.hours ? (changed ? `平时 ${one.hours}` : one.hours) : "开放时间待确认", "small muted");
  });
  if (known.stations.length) show("stations");
})();
