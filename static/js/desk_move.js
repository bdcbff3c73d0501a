// The form of a move at the desk: a ready sentence goes into the text, where it can be changed; Ctrl+Enter sends.
(() => {
  document.documentElement.classList.add("scripted");
  const form = document.querySelector("main form");
  const text = document.querySelector("#id_text");
  const ready = document.querySelector("#id_ready");
  if (!form) return;
  if (text) ready?.addEventListener("change", () => {
    const one = document.querySelector(`[data-ready="${CSS.escape(ready.value)}"]`);
    if (one) text.value = one.dataset.text;
    text.focus();
  });
  // Pictures go up as soon as they are chosen; the page comes back with them and with what is written.
  document.querySelector("#id_photos")?.addEventListener("change", () => {
    document.querySelector("#sending").hidden = false;
    form.requestSubmit(document.querySelector("#upload"));
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector("[value=done]"));
  });
})();
