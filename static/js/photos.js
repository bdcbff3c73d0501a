// The block of photos of a form: each goes up at once with a bar, may be sent again and taken away.
// fengchaoPhotos(root, {start, kept, changed}): `start` are photos of a draft, `kept(uid, blob)` puts one by, `changed` is
// told of every change. Without them a form of its own: numbers of the uploads are hidden inputs.
window.fengchaoPhotos = (root, options) => {
  "use strict";
  const { start = [], kept = null, changed = () => {} } = options || {};
  const LARGEST = 20 * 1024 * 1024;
  const SIDE = 1600;
  const drafts = window.fengchaoDrafts;
  const list = root.querySelector("[data-list]");
  const refused = root.querySelector("[data-refused]");
  const pickers = root.querySelector("[data-pickers]");
  const most = Number(root.dataset.most);
  const { url } = root.dataset;
  const items = [];
  let line = Promise.resolve();
  let taking = Promise.resolve();
  let isTaking = 0; // chosen, and not in the list yet

  // Without names they are not sent once more with the form.
  root.querySelectorAll("input[name=photos]").forEach((input) => input.remove());
  const copy = (name) => root.querySelector(`template[${name}]`).content.firstElementChild.cloneNode(true);
  const say = (sentence) => {
    refused.replaceChildren();
    if (!sentence) return;
    const made = copy("data-sentence");
    made.querySelector("span").textContent = sentence;
    refused.append(made);
  };

  // As large as the server keeps it: on a weak network a twentieth of what the camera made. Other formats go as they are.
  async function shrunk(file) {
    if (file.size < 400 * 1024 || !window.createImageBitmap) return file;
    try {
      const whole = await createImageBitmap(file, { imageOrientation: "from-image" });
      const factor = Math.min(1, SIDE / Math.max(whole.width, whole.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(whole.width * factor);
      canvas.height = Math.round(whole.height * factor);
      canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
      whole.close();
      const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
      return small && small.size < file.size ? small : file;
    } catch (_) { return file; }
  }

  const show = (item) => {
    const { bar, saying, retry, remove, hidden } = item;
    bar.hidden = item.state !== "sending";
    retry.hidden = item.state !== "failed";
    saying.textContent = item.said;
    saying.hidden = !item.said;
    item.line.classList.toggle("bad", item.state === "failed" || item.state === "refused");
    hidden.value = item.id || "";
    hidden.disabled = !item.id || Boolean(kept);
    remove.setAttribute("aria-label", `去掉第 ${items.indexOf(item) + 1} 张照片`);
    item.line.querySelector("img").alt = `第 ${items.indexOf(item) + 1} 张照片`;
  };
  const refresh = () => {
    items.forEach(show);
    pickers.hidden = items.length >= most;
    changed();
  };

  const send = (item) => {
    Object.assign(item, { state: "sending", said: "" });
    item.bar.value = 0;
    refresh();
    // One after another: two at once take twice as long on a weak network, and both may break.
    line = line.then(async () => {
      if (!items.includes(item)) return;
      if (navigator.onLine === false) {
        Object.assign(item, { state: "failed", said: "等有网再传" });
        return refresh();
      }
      try {
        const taken = await drafts.upload(item.blob, item.name, url, (share) => { item.bar.value = share; });
        Object.assign(item, { id: taken.id, at: Date.now(), state: "there", said: "" });
      } catch (fault) {
        Object.assign(item, { state: fault.kind === "refused" ? "refused" : "failed", said: fault.kind === "refused" ? fault.message : "没传上" });
      }
      refresh();
    });
    return line;
  };

  const place = (item) => {
    item.line = copy("data-item");
    item.bar = item.line.querySelector("progress");
    item.saying = item.line.querySelector(".photo-said");
    item.retry = item.line.querySelector(".photo-retry");
    item.remove = item.line.querySelector(".photo-remove");
    item.hidden = document.createElement("input");
    Object.assign(item.hidden, { type: "hidden", name: "photo" });
    item.line.append(item.hidden);
    item.line.querySelector("img").src = item.blob ? URL.createObjectURL(item.blob) : item.shown;
    item.retry.addEventListener("click", () => send(item));
    item.remove.addEventListener("click", () => {
      items.splice(items.indexOf(item), 1);
      item.line.remove();
      if (kept) drafts.dropPicture(item.uid);
      say("");
      refresh();
      (pickers.querySelector("input") || list).focus();
    });
    items.push(item);
    list.append(item.line);
  };

  async function take(files) {
    say(files.length > most - items.length ? `最多 ${most} 张照片，多出来的没有收。` : "");
    for (const file of [...files].slice(0, most - items.length)) {
      if (!file.size) { say(`“${file.name}”是空的，请换一张。`); continue; }
      const blob = await shrunk(file);
      if (blob.size > LARGEST) { say(`“${file.name}”太大，请选 20 MB 以内的照片。`); continue; }
      const item = { uid: drafts.key(), name: blob === file ? file.name : "photo.jpg", blob, id: null, at: 0, state: "new", said: "" };
      place(item);
      if (kept) item.isKept = await kept(item.uid, blob);
      refresh();
      send(item);
    }
  }

  // What the page already holds (a form that came back with complaints) and what the draft held.
  list.querySelectorAll("[data-id]").forEach((old) => {
    const item = { uid: drafts.key(), name: "", blob: null, shown: old.querySelector("img").src, id: Number(old.dataset.id), at: Date.now(), state: "there", said: "" };
    old.remove();
    place(item);
  });
  const restored = (async () => {
    for (const photo of start) {
      const blob = await drafts.picture(photo.uid);
      if (!blob && !photo.id) continue;
      const fresh = photo.id && Date.now() - photo.at < 20 * 60 * 60 * 1000;
      const item = { ...photo, id: fresh ? photo.id : null, blob, shown: "", state: "there", said: "" };
      if (!blob && fresh) item.shown = `/photos/${photo.id}/thumb.webp`;
      if (!blob && !fresh) continue;
      place(item);
      if (!item.id) send(item);
    }
    refresh();
  })();
  root.querySelectorAll("[data-take]").forEach((input) => input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    isTaking += 1;
    taking = taking.then(() => take(files)).catch(() => say("没读出这张照片，请再选一次。")).then(() => { isTaking -= 1; });
  }));
  window.addEventListener("online", () => items.filter((item) => item.state === "failed").forEach(send));

  return {
    restored,
    items,
    isTaking: () => isTaking > 0,
    settled: async () => { await taking; await line; },
    draft: () => items.map(({ uid, name, id, at }) => ({ uid, name, id, at })),
    failed: () => items.filter((item) => !item.id),
    clear: () => { items.splice(0).forEach((item) => item.line.remove()); say(""); refresh(); },
    without: (uids) => { items.filter((item) => uids.includes(item.uid)).forEach((item) => { items.splice(items.indexOf(item), 1); item.line.remove(); drafts.dropPicture(item.uid); }); refresh(); },
    say,
  };
};
