// Whatever is typed into a form with data-draft is kept on this telephone until the server has it: by person and thing
// (the draft's name), for two weeks. A page that shows what was taken in names it in data-draft-done.
(() => {
  "use strict";
  const PREFIX = "fengchao-draft:";
  const KEPT = 14 * 24 * 60 * 60 * 1000;
  const read = (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch (_) { return null; } };
  const drop = (name) => { try { localStorage.removeItem(name); } catch (_) { /* nothing was kept */ } };

  try {
    Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => {
      const kept = read(name);
      if (!kept || Date.now() - kept.at > KEPT) drop(name);
    });
  } catch (_) { return; }
  document.querySelectorAll("[data-draft-done]").forEach((done) => drop(PREFIX + done.dataset.draftDone));

  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const name = PREFIX + form.dataset.draft;
  const fields = [...form.elements].filter((one) => one.name && !["hidden", "file", "submit", "button", "password"].includes(one.type) && one.name !== "photo");
  const said = () => fields.map((one) => (["radio", "checkbox"].includes(one.type) ? one.checked : one.value));
  const empty = JSON.stringify(said());
  const fill = (values) => fields.forEach((one, index) => {
    if (["radio", "checkbox"].includes(one.type)) one.checked = Boolean(values[index]);
    else if (typeof values[index] === "string") one.value = values[index];
  });
  const shape = fields.map((one) => (one.type === "radio" ? `${one.name}=${one.value}` : one.name)).join();

  const note = form.querySelector("[data-draft-note]");
  const kept = read(name);
  // A page that came back with something wrong has what was typed already.
  if ("draftFresh" in form.dataset && kept && kept.shape === shape) {
    fill(kept.values);
    if (note) note.hidden = false;
  }
  note?.querySelector("button")?.addEventListener("click", () => {
    fill(JSON.parse(empty));
    drop(name);
    note.hidden = true;
  });
  form.addEventListener("input", () => {
    try { localStorage.setItem(name, JSON.stringify({ at: Date.now(), shape, values: said() })); } catch (_) { /* full */ }
  });
})();
