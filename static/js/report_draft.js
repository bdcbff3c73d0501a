// Drafts of reports on this telephone: words in localStorage, pictures in IndexedDB, each draft of one person and with a
// key of its own, under which the server takes it once however often it is sent. No page is touched here.
window.fengchaoDrafts = (() => {
  "use strict";
  const WORDS = "fengchao-drafts";
  const PICTURES = "fengchao-photos";
  const FRESH = 20 * 60 * 60 * 1000; // an upload that nothing uses is deleted after a day

  const all = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(WORDS));
      return Array.isArray(kept) ? kept : [];
    } catch (_) { return []; }
  };
  const write = (drafts) => {
    try {
      if (drafts.length) localStorage.setItem(WORDS, JSON.stringify(drafts));
      else localStorage.removeItem(WORDS);
      return true;
    } catch (_) { return false; }
  };
  const of = (person) => (person ? all().filter((draft) => draft.person === person) : []);
  const save = (draft) => write([...all().filter((one) => one.key !== draft.key), draft]);
  const key = () => (crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""));

  let opened = null;
  const open = () => {
    opened = opened || new Promise((done, failed) => {
      const asked = indexedDB.open(PICTURES, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("files");
      asked.onsuccess = () => {
        asked.result.onversionchange = () => { asked.result.close(); opened = null; };
        done(asked.result);
      };
      asked.onerror = () => failed(asked.error);
    });
    return opened;
  };
  const act = async (mode, what) => {
    const store = (await open()).transaction("files", mode).objectStore("files");
    return new Promise((done, failed) => {
      const asked = what(store);
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  };
  // A telephone that keeps no pictures keeps the words all the same. Bytes and not files: those may be gone tomorrow.
  const putPicture = async (uid, blob) => {
    try {
      const bytes = await blob.arrayBuffer();
      await act("readwrite", (store) => store.put({ bytes, type: blob.type }, uid));
      return true;
    } catch (_) { return false; }
  };
  const picture = async (uid) => {
    try {
      const kept = await act("readonly", (store) => store.get(uid));
      return kept ? new Blob([kept.bytes], { type: kept.type }) : null;
    } catch (_) { return null; }
  };
  const dropPicture = (uid) => act("readwrite", (store) => store.delete(uid)).catch(() => {});
  const drop = (key) => {
    const gone = all().find((draft) => draft.key === key);
    write(all().filter((draft) => draft.key !== key));
    return Promise.all((gone ? gone.photos : []).map((photo) => dropPicture(photo.uid)));
  };
  // Pictures whose words are gone: somebody else's, or of a page that was closed in the middle.
  const sweep = async () => {
    const named = new Set(all().flatMap((draft) => draft.photos.map((photo) => photo.uid)));
    const kept = await act("readonly", (store) => store.getAllKeys()).catch(() => []);
    await Promise.all(kept.filter((uid) => !named.has(uid)).map(dropPicture));
  };

  // The newest token: it changes with every sign-in, and the page may be older than that.
  const token = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1] || (document.querySelector("[name=csrfmiddlewaretoken]") || {}).value || "";
  const worded = (text, status) => {
    try {
      const said = JSON.parse(text);
      if (said.errors) return said.errors;
    } catch (_) { /* a page */ }
    return { "": status === 413 ? "照片文件太大，请选 20 MB 以内的照片。" : "没有收下，请再试一次。" };
  };

  // Resolves with {id, thumbnail}; rejects with {kind: "offline" | "signed_out" | "refused", message}.
  const upload = (blob, name, url, progress) => new Promise((done, failed) => {
    const sending = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", blob, name || "photo.jpg");
    sending.open("POST", url);
    sending.timeout = 120000;
    sending.setRequestHeader("X-CSRFToken", token());
    sending.setRequestHeader("Accept", "application/json");
    if (progress) sending.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    sending.onerror = sending.ontimeout = () => failed({ kind: "offline", message: "没传上" });
    sending.onload = () => {
      const away = new URL(sending.responseURL || url, location.href).pathname !== new URL(url, location.href).pathname;
      if (sending.status === 201) done(JSON.parse(sending.responseText));
      else if (away || sending.status === 403) failed({ kind: "signed_out", message: "登录已过期" });
      else if (sending.status >= 500) failed({ kind: "offline", message: "没传上" });
      else failed({ kind: "refused", message: Object.values(worded(sending.responseText, sending.status)).join(" ") });
    };
    sending.send(body);
  });

  // {outcome: "sent", url} | "offline" | "signed_out" | "photos" with failed (uid → sentence) | "refused" with errors.
  async function post(draft, page) {
    const failed = {};
    for (const photo of draft.photos) {
      if (photo.id && Date.now() - photo.at < FRESH) continue;
      const blob = await picture(photo.uid);
      try {
        if (!blob) throw { kind: "refused", message: "手机上没存住这张照片。" };
        photo.id = (await upload(blob, photo.name, page.photos)).id;
        photo.at = Date.now();
        save(draft);
      } catch (fault) {
        if (fault.kind === "offline" || fault.kind === "signed_out") return { outcome: fault.kind };
        failed[photo.uid] = fault.message || "没传上";
      }
    }
    if (Object.keys(failed).length) return { outcome: "photos", failed };
    const body = new FormData();
    draft.fields.forEach(([name, value]) => body.append(name, value));
    draft.photos.forEach((photo) => body.append("photo", photo.id));
    body.append("client_key", draft.key);
    body.append("person", draft.person);
    let answer;
    try {
      answer = await fetch(page.send, {
        method: "POST", body, credentials: "same-origin", redirect: "manual",
        headers: { Accept: "application/json", "X-CSRFToken": token() },
      });
    } catch (_) { return { outcome: "offline" }; }
    if (answer.type === "opaqueredirect" || answer.status === 403) return { outcome: "signed_out" };
    if (answer.status >= 500) return { outcome: "offline" };
    const text = await answer.text().catch(() => null);
    if (text === null) return { outcome: "offline" };
    if (!answer.ok) {
      const errors = worded(text, answer.status);
      // A day went by, or the server no longer has them: they go up once more with the next attempt.
      if (errors.photos) draft.photos.forEach((photo) => { photo.id = null; });
      save(draft);
      return { outcome: "refused", errors };
    }
    await drop(draft.key);
    return { outcome: "sent", url: JSON.parse(text).url };
  }

  // One tab at a time where the browser can say so; the draft's key makes a second one harmless elsewhere.
  const alone = (work) => (navigator.locks ? navigator.locks.request("fengchao-report", work) : work());
  const send = (draft, page) => alone(async () => {
    const kept = all().find((one) => one.key === draft.key);
    return kept ? post(kept, page) : { outcome: "gone" };
  });

  // What waits for a network, each told to `told(draft, result)`. Stops where there is none.
  async function flush(person, page, told) {
    for (const draft of of(person).filter((one) => one.state === "queued")) {
      const result = await send(draft, page);
      if (result.outcome === "gone") continue;
      if (result.outcome === "photos" || result.outcome === "refused") save({ ...all().find((one) => one.key === draft.key), state: "held", said: Object.values(result.failed || result.errors).join(" ") });
      if (told) told(draft, result);
      if (result.outcome === "offline" || result.outcome === "signed_out") return false;
    }
    return true;
  }
  return { all, of, save, drop, key, sweep, putPicture, picture, dropPicture, upload, send, flush };
})();
