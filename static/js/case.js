// One case of a courier (a report, a wish): pictures are enlarged in place, and a form is sent once.
(() => {
  "use strict";
  document.documentElement.classList.add("scripted");
  const pickers = new Map();
  document.querySelectorAll("[data-photos]").forEach((root) => pickers.set(root.closest("form"), window.fengchaoPhotos(root)));

  const enlarge = (link) => {
    const dialog = document.createElement("dialog");
    dialog.className = "picture";
    const picture = new Image();
    picture.src = link.href;
    picture.alt = link.querySelector("img").alt;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn ghost";
    close.textContent = "关闭";
    dialog.append(picture, close);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
    document.body.append(dialog);
    dialog.showModal();
  };
  document.querySelectorAll("[data-enlarge]").forEach((link) => link.addEventListener("click", (event) => {
    if (!window.HTMLDialogElement) return;
    event.preventDefault();
    enlarge(link);
  }));

  document.querySelectorAll("main form").forEach((form) => form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    const picker = pickers.get(form);
    if (!picker || (!picker.isTaking() && !picker.failed().length)) return;
    // Pictures on their way are waited for; one that does not get through holds nothing up unasked.
    event.preventDefault();
    picker.settled().then(() => {
      delete form.dataset.sent;
      if (!picker.failed().length) form.requestSubmit();
      else picker.say("有照片没传上：请点“重传”，或去掉它再提交。");
    });
  }));
  window.addEventListener("pageshow", () => document.querySelectorAll("main form").forEach((form) => delete form.dataset.sent));
})();
