// Fills the figures from the same API that everybody reads, and again every minute while the page is looked at.
(() => {
  const board = document.getElementById("board-figures");
  if (!board) return;

  const show = (figures) => {
    for (const cell of board.querySelectorAll("[data-figure]")) {
      const value = cell.dataset.figure.split(".").reduce((part, name) => part?.[name], figures);
      if (Number.isFinite(value)) cell.textContent = value.toLocaleString("zh-CN");
    }
  };

  const load = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(board.dataset.url, { headers: { Accept: "application/json" } });
      if (answer.ok) show(await answer.json());
    } catch {
      // What stands there stays; the next minute tries again.
    }
  };

  load();
  setInterval(load, 60_000);
})();
