// The page of a new report, and the same form for a lost network: category, place, likeness, draft, sending.
(async () => {
  "use strict";
  const form = document.getElementById("report");
  const drafts = window.fengchaoDrafts;
  const { dataset } = form;
  const lost = "lost" in dataset;
  const page = { send: dataset.new, photos: dataset.photosUrl };
  const $ = (query, from = form) => from.querySelector(query);
  const field = (name) => form.elements[name];
  document.documentElement.classList.add("scripted");

  // Whose draft this is. Without a network it is whoever the telephone has put things by for.
  const known = async () => {
    if (!lost) return document.body.dataset.person || "";
    const kept = await caches.match(dataset.keep).catch(() => null);
    return (kept && kept.headers.get("X-Person")) || "";
  };
  const person = await known();
  const reached = () => fetch(dataset.alive, { cache: "no-store" }).then((answer) => answer.ok, () => false);
  if (lost && !person) {
    form.hidden = true;
    $("#lost div", document).textContent = "没有网络，这台手机上也没有登录过。有网时登录一次，以后没网也能先存着。";
  }
  // A copy for the next time without a network; it is the same for everybody.
  if (!lost && "caches" in window) caches.open("fengchao-report").then((kept) => kept.add(dataset.offline)).catch(() => {});

  // --- notes above the form
  const notes = document.getElementById("queued");
  const told = (kind, text, ...actions) => {
    const made = document.getElementById("note").content.firstElementChild.cloneNode(true);
    if (kind) made.classList.add(kind);
    $("p", made).textContent = text;
    $("[data-icon]", made).remove();
    $(".row", made).append(...actions);
    notes.append(made);
    return made;
  };
  const note = told;
  const button = (text, act, look = "btn ghost") => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className: look, textContent: text });
    made.addEventListener("click", act);
    return made;
  };
  const link = (text, to) => Object.assign(document.createElement("a"), { className: "btn ghost", href: to, textContent: text });

  // --- the draft
  let key = drafts.key();
  const mine = drafts.of(person);
  const begun = "bound" in dataset ? null : mine.filter((draft) => draft.state === "editing").pop();
  if (begun) key = begun.key;
  drafts.sweep();
  const SKIPPED = ["csrfmiddlewaretoken", "photo", "client_key", "sure", "person"];
  const fields = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && value && !SKIPPED.includes(name));
  // What we filled in by ourselves is no beginning of his.
  const OURS = ["station", "lat", "lng", "accuracy_m"];
  let filled = ""; // what we wrote into the place, which a better position may write over
  const started = () => picker.items.length > 0 || fields().some(([name, value]) => !OURS.includes(name) && !(name === "place" && value === filled));
  let keeps = true;
  const keep = (state = "editing") => {
    // While it is being sent it stays as it was kept for that.
    if (!person || !keeps || (busy && state === "editing")) return false;
    if (!started()) { drafts.drop(key); return false; }
    const name = $("#chosen [data-name]").textContent;
    return drafts.save({ key, person, state, name, at: Date.now(), fields: fields(), photos: picker.draft() });
  };
  const picker = window.fengchaoPhotos($("[data-photos]"), { start: begun ? begun.photos : [], kept: drafts.putPicture, changed: () => setTimeout(keep) });
  form.addEventListener("input", () => keep());
  form.addEventListener("change", () => keep());

  // --- category
  const about = $("#about");
  const choose = (code) => {
    const tile = [...form.querySelectorAll("[data-category]")].find((one) => one.dataset.category === code);
    const template = [...form.querySelectorAll("template[data-about]")].find((one) => one.dataset.about === code);
    if (!tile || !template) return false;
    field("category").value = code;
    $("#chosen [data-name]").textContent = tile.dataset.name;
    $("#chosen").hidden = false;
    $("#groups").hidden = true;
    about.replaceChildren(template.content.cloneNode(true));
    complain({});
    return true;
  };
  const groups = [...form.querySelectorAll("#groups details")];
  groups.forEach((one) => one.addEventListener("toggle", () => one.open && groups.forEach((other) => { if (other !== one) other.open = false; })));
  form.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-category]");
    if (!tile || !choose(tile.dataset.category)) return;
    event.preventDefault();
    keep();
    looksAlike();
    ($("[role=alert] a, input, textarea", about) || $("[data-change]")).focus({ preventScroll: true });
    $("#chosen").scrollIntoView({ block: "start" });
  });
  $("[data-change]").addEventListener("click", (event) => {
    event.preventDefault();
    $("#groups").hidden = false;
    $("#chosen").hidden = true;
    $("#groups a, #groups summary").focus();
  });

  // --- place
  const located = $("#located");
  const locate = $("[data-locate]");
  const stations = [...field("station").options].filter((one) => one.dataset.lat);
  const away = (one, lat, lng) => {
    const rad = Math.PI / 180;
    const x = (Number(one.dataset.lng) - lng) * Math.cos(lat * rad);
    return Math.hypot(Number(one.dataset.lat) - lat, x) * 111195;
  };
  const spoken = (metres) => (metres < 995 ? `约 ${Math.max(10, Math.round(metres / 10) * 10)} 米` : `约 ${(metres / 1000).toFixed(1)} 公里`);
  const nearest = (lat, lng) => [...stations].sort((one, other) => away(one, lat, lng) - away(other, lat, lng))[0];
  const put = (lat, lng, accuracy, words) => {
    Object.assign(field("lat"), { value: lat.toFixed(6) });
    Object.assign(field("lng"), { value: lng.toFixed(6) });
    field("accuracy_m").value = accuracy === null ? "" : Math.min(100000, Math.round(accuracy));
    const station = nearest(lat, lng);
    const near = station && away(station, lat, lng) < 3000 ? `${station.text}${away(station, lat, lng) < 30 ? "旁" : `附近${spoken(away(station, lat, lng))}`}` : "";
    if (station) field("station").value = station.value;
    $("#station-field").hidden = true;
    if (near && (!field("place").value || field("place").value === filled)) field("place").value = filled = near;
    located.textContent = words + (near ? `，${near}` : "");
    located.hidden = false;
    $("span", locate).textContent = "重新定位";
    const opener = $("[data-map]");
    if (opener) opener.hidden = Boolean(map);
    keep();
    looksAlike();
  };
  const here = () => {
    if (!navigator.geolocation) return nowhere();
    located.textContent = "正在定位…";
    located.hidden = false;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      put(coords.latitude, coords.longitude, coords.accuracy, `已定位，精度约 ${Math.round(coords.accuracy)} 米`);
      if (map) map.move(coords.latitude, coords.longitude);
    }, nowhere, { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 });
  };
  const nowhere = (error) => {
    const refused = error && error.code === 1;
    located.textContent = `${refused ? "没有定位权限" : "暂时定不了位"}。请选附近的蜂巢，写清楚地点。`;
    located.hidden = false;
    const opener = $("[data-map]");
    if (opener) opener.hidden = false;
  };
  locate.addEventListener("click", here);

  // --- a pin, where there are tiles; the library comes when it is asked for
  let map = null;
  const load = (made) => new Promise((done, failed) => {
    made.onload = done;
    made.onerror = failed;
    document.head.append(made);
  });
  async function openMap() {
    const frame = document.getElementById("map");
    const opener = $("[data-map]");
    opener.disabled = true;
    try {
      await Promise.all([
        load(Object.assign(document.createElement("link"), { rel: "stylesheet", href: dataset.leafletStyle })),
        window.L || load(Object.assign(document.createElement("script"), { src: dataset.leaflet })),
      ]);
    } catch (_) {
      opener.disabled = false;
      located.textContent = "地图打不开，请写清楚地点。";
      located.hidden = false;
      return;
    }
    opener.hidden = true;
    frame.hidden = false;
    const chosen = field("station").selectedOptions[0];
    const first = field("lat").value ? [Number(field("lat").value), Number(field("lng").value)]
      : [chosen && chosen.dataset.lat ? chosen : stations[0]].filter(Boolean).map((one) => [Number(one.dataset.lat), Number(one.dataset.lng)])[0] || [30.58, 114.22];
    const drawn = L.map(frame, { attributionControl: false, zoomControl: false, maxZoom: 18 }).setView(first, 17);
    L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(drawn);
    if (dataset.attribution) L.control.attribution({ prefix: false }).addAttribution(new Option(dataset.attribution).innerHTML).addTo(drawn);
    dataset.tiles.split(" ").filter(Boolean).forEach((address) => L.tileLayer(address, { subdomains: dataset.subdomains, maxZoom: 18, referrerPolicy: "strict-origin-when-cross-origin" }).addTo(drawn));
    const pin = L.marker(first, { draggable: true, autoPan: true, icon: L.divIcon({ className: "pin chosen", iconSize: [36, 44], iconAnchor: [18, 36] }), title: "事情在这里" }).addTo(drawn);
    const moved = (at) => {
      pin.setLatLng(at);
      put(at.lat, at.lng, field("accuracy_m").value ? Number(field("accuracy_m").value) : null, "已按图钉的位置");
    };
    pin.on("dragend", () => moved(pin.getLatLng()));
    drawn.on("click", (event) => moved(event.latlng));
    map = { move: (lat, lng) => { pin.setLatLng([lat, lng]); drawn.setView([lat, lng]); } };
  }
  if ($("[data-map]")) $("[data-map]").addEventListener("click", openMap);

  // --- open reports like this one
  const alike = $("#similar");
  const send = $("#send");
  let sure = false;
  let asking = 0;
  async function looksAlike() {
    const code = field("category").value;
    if (lost || sure || !code || !field("lat").value) return;
    const turn = ++asking;
    const query = new URLSearchParams({ category: code, near: `${field("lat").value},${field("lng").value}` });
    const answer = await fetch(`${dataset.similar}?${query}`, { credentials: "same-origin", redirect: "manual" }).catch(() => null);
    const text = answer && answer.ok ? (await answer.text()).trim() : "";
    if (turn !== asking || sure) return;
    alike.innerHTML = text; // our own fragment, escaped by the server
    alike.hidden = !text;
    send.hidden = Boolean(text);
  }
  alike.addEventListener("click", async (event) => {
    const away = event.target.closest("[data-drop]");
    if (!away) return;
    event.preventDefault();
    keeps = false;
    await drafts.drop(key);
    location.assign(away.href);
  });

  // --- complaints
  function complain(errors) {
    form.querySelectorAll("[data-error]").forEach((one) => { one.hidden = true; });
    form.querySelectorAll("[data-field].bad").forEach((one) => one.classList.remove("bad"));
    const problem = $("#problem");
    problem.hidden = true;
    let first = null;
    Object.entries(errors).forEach(([name, sentence]) => {
      const place = [...form.querySelectorAll("[data-field]")].find((one) => one.dataset.field === name);
      if (name === "photos" && place) picker.say(sentence);
      else if (place && $("[data-error]", place)) {
        const shown = [...place.querySelectorAll("[data-error]")].find((one) => one.closest("[data-field]") === place);
        $("span", shown).textContent = sentence;
        shown.hidden = false;
        place.classList.toggle("bad", place.classList.contains("field"));
        if (name === "happened_at") $("#when").open = true;
      } else {
        $("span", problem).textContent = sentence;
        problem.hidden = false;
      }
      first = first || place || problem;
    });
    if (!first) return;
    first.scrollIntoView({ block: "center" });
    const target = $("input:not([type=hidden], [type=file]), textarea, select, summary", first);
    if (target) target.focus({ preventScroll: true });
  }
  const missing = () => {
    const errors = {};
    if (!field("category").value) errors.category = "请选一个类别。";
    const located_ = field("lat").value;
    if (!field("place").value.trim() && !(located_ && dataset.tiles)) errors.place = "请写清楚在什么地方，如“解放大道 32 号门口”。";
    if (!field("text").value.trim() && !picker.items.length && !picker.isTaking()) errors.text = "请拍一张照片，或写一句话。";
    return errors;
  };

  // --- a question in the page, with its buttons
  const ask = (question, answers) => new Promise((done) => {
    const box = $("#ask");
    $("[data-question]", box).textContent = question;
    $("[data-answers]", box).replaceChildren(...answers.map(([text, value, look]) => button(text, () => { box.hidden = true; done(value); }, `${look || "btn ghost"} grow`)));
    box.hidden = false;
    send.hidden = true;
    box.scrollIntoView({ block: "center" });
    box.focus({ preventScroll: true });
  });

  // --- sending
  let busy = false;
  const work = (text) => {
    busy = Boolean(text);
    send.disabled = busy;
    send.hidden = false;
    $("span", send).textContent = text || (lost ? "存到手机，有网时自动发出" : "提交");
  };
  const blank = () => {
    key = drafts.key();
    form.reset();
    ["category", "lat", "lng", "accuracy_m"].forEach((name) => { field(name).value = ""; });
    picker.clear();
    about.replaceChildren();
    $("#groups").hidden = false;
    $("#chosen").hidden = true;
    groups.forEach((one) => { one.open = false; });
    $("#station-field").hidden = false;
    located.hidden = true;
    alike.hidden = true;
    sure = false;
    filled = "";
    spokenWhen();
    work("");
  };
  const queue = () => {
    if (!field("happened_at").value) field("happened_at").value = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 16);
    if (!keep("queued")) {
      work("");
      complain({ "": "没有网络，手机也存不下。请别关这一页，有网时再按一次。" });
      return;
    }
    blank();
    waiting();
    window.scrollTo(0, 0);
  };
  async function file() {
    work("正在提交…");
    if (lost) {
      await picker.settled();
      return queue();
    }
    await Promise.race([picker.settled(), new Promise((done) => setTimeout(done, 90000))]);
    keep("queued"); // if this page dies now, it goes out by itself
    const result = await drafts.send({ key }, page);
    const kept = drafts.all().find((draft) => draft.key === key);
    if (kept) picker.items.forEach((item) => { item.id = (kept.photos.find((photo) => photo.uid === item.uid) || item).id; });
    if (result.outcome === "sent") {
      keeps = false;
      return location.assign(result.url);
    }
    if (result.outcome === "offline") return queue();
    work("");
    keep();
    if (result.outcome === "signed_out") {
      notes.replaceChildren();
      const next = `/sign-in/?next=${encodeURIComponent(dataset.new)}`;
      note("wait", "登录过期了。内容已存在手机上，登录后接着发。", link("去登录", next));
      window.scrollTo(0, 0);
    } else if (result.outcome === "photos") {
      const uids = Object.keys(result.failed);
      const goOn = await ask(`有 ${uids.length} 张照片没传上。要不带它们先发吗？`, [["再试一次", "again"], ["不带照片，先发", "without", "btn"]]);
      if (goOn === "without") picker.without(uids);
      keep();
      work("");
      if (goOn === "again" || !Object.keys(missing()).length) return file();
      complain(missing());
    } else complain(result.errors || { "": "没有收下，请再试一次。" });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    if (event.submitter && event.submitter.name === "sure") {
      sure = true;
      alike.hidden = true;
      send.hidden = false;
    }
    const errors = missing();
    complain(errors);
    if (Object.keys(errors).length) return;
    if (!alike.hidden) {
      alike.scrollIntoView({ block: "center" });
      alike.focus({ preventScroll: true });
      return;
    }
    file().catch(() => { work(""); complain({ "": "没有发出，内容还在。请再试一次。" }); });
  });

  // --- what waits for a network
  let flushing = false;
  const waiting = () => {
    notes.querySelectorAll("[data-waits]").forEach((one) => one.remove());
    const note = (...said) => { told(...said).dataset.waits = ""; };
    const queued = drafts.of(person).filter((draft) => draft.state === "queued");
    const held = drafts.of(person).filter((draft) => draft.state === "held");
    if (queued.length) note("wait", `${queued.length} 件已存在手机上，有网时自动发出：${queued.map((draft) => draft.name || "随手拍").join("、")}`, ...(lost ? [] : [button("现在发", flush)]));
    held.forEach((draft) => note("bad", `“${draft.name || "随手拍"}”没发出：${draft.said || ""}`, ...(lost ? [] : [button("打开修改", () => { keep(); drafts.save({ ...draft, state: "editing" }); keeps = false; location.reload(); }), button("不要了", () => drafts.drop(draft.key).then(waiting))])));
    return queued.length;
  };
  async function flush() {
    if (flushing || busy || lost || !drafts.of(person).some((draft) => draft.state === "queued")) return;
    flushing = true;
    const sent = [];
    let out = false;
    if (await reached()) await drafts.flush(person, page, (draft, result) => { if (result.outcome === "sent") sent.push([draft, result.url]); out = out || result.outcome === "signed_out"; });
    flushing = false;
    waiting();
    sent.forEach(([draft, url]) => note("success", `“${draft.name || "随手拍"}”已发出。`, link("看一看", url)));
    if (out) note("wait", "登录过期了，登录后自动发出。", link("去登录", `/sign-in/?next=${encodeURIComponent(dataset.new)}`));
  }
  window.addEventListener("online", flush);
  setInterval(() => { if (!document.hidden && drafts.of(person).some((draft) => draft.state === "queued")) (lost ? back : flush)(); }, 5000);

  // --- when it happened
  function spokenWhen() {
    const at = field("happened_at").value;
    $("[data-when]").textContent = at ? at.replace("T", " ").replace(/^\d+-0?(\d+)-0?(\d+)/, "$1月$2日") : "刚才";
  }
  field("happened_at").addEventListener("change", spokenWhen);

  // --- as it was left
  if (begun) {
    const said = new Map();
    begun.fields.forEach(([name, value]) => said.set(name, [...(said.get(name) || []), value]));
    if (said.has("category")) choose(said.get("category")[0]);
    said.forEach((values, name) => form.querySelectorAll(`[name="${CSS.escape(name)}"]`).forEach((input) => {
      if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
      else input.value = values[0];
    }));
    await picker.restored;
    spokenWhen();
  }
  if (field("lat").value) {
    located.textContent = "已有定位";
    located.hidden = false;
    $("#station-field").hidden = true;
    $("span", locate).textContent = "重新定位";
  } else if (navigator.permissions && navigator.permissions.query) {
    navigator.permissions.query({ name: "geolocation" }).then((right) => right.state === "granted" && here(), () => {});
  }
  const chosen = new URLSearchParams(location.search).get("category");
  if (!begun && chosen) choose(chosen);
  if (field("category").value && !("bound" in dataset)) looksAlike();
  waiting();
  if (begun) note("", "接着上次没发完的。", button("清空重来", () => drafts.drop(key).then(() => { keeps = false; location.replace(dataset.new); })));
  if (!lost) flush();

  // --- back in reach: the page that knows who is there sends
  async function back() {
    if (!(await reached())) return;
    if (!started()) return location.replace(dataset.new);
    if (notes.querySelector("[data-back]")) return;
    const made = note("success", "有网了。", link("接着填", dataset.new));
    made.dataset.back = "";
  }
  if (lost) {
    window.addEventListener("online", back);
    setInterval(back, 5000);
  }
})();
