// A page that is meant for paper: its button opens what Ctrl+P opens, on a tablet too.
document.documentElement.classList.add("scripted");
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
