// Boxes drawn on the picture fill the rows of numbers, and the rows draw the boxes: what is sent are the numbers.
(() => {
  const frame = document.querySelector("#blur-frame");
  const table = document.querySelector("#blur-rows");
  if (!frame || !table) return;
  const most = Number(frame.dataset.most);
  const rows = () => [...table.rows];
  const inputs = (row) => [...row.querySelectorAll("input")];
  const isEmpty = (row) => inputs(row).every((input) => input.value.trim() === "");
  const rounded = (value) => String(Math.round(value * 100) / 100);

  const draw = (row) => {
    row.box ??= frame.appendChild(Object.assign(document.createElement("span"), { className: "blur-box" }));
    const [x, y, w, h] = inputs(row).map((input) => Number.parseFloat(input.value));
    row.box.hidden = ![x, y, w, h].every(Number.isFinite);
    Object.assign(row.box.style, { left: `${x}%`, top: `${y}%`, width: `${w}%`, height: `${h}%` });
  };
  const fill = (row, values) => {
    inputs(row).forEach((input, nr) => { input.value = values ? rounded(values[nr]) : ""; });
    draw(row);
  };
  const freeRow = () => {
    const free = rows().find(isEmpty);
    if (free || rows().length >= most) return free;
    const row = table.appendChild(rows()[0].cloneNode(true));
    inputs(row).forEach((input) => {
      input.value = "";
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+/, rows().length));
    });
    return row;
  };
  table.addEventListener("input", (event) => draw(event.target.closest("tr")));

  let row = null;
  let from = null;
  const at = (event) => {
    const place = frame.getBoundingClientRect();
    const share = (value, whole) => Math.min(100, Math.max(0, (value / whole) * 100));
    return [share(event.clientX - place.left, place.width), share(event.clientY - place.top, place.height)];
  };
  const between = ([x, y], [u, v]) => [Math.min(x, u), Math.min(y, v), Math.abs(x - u), Math.abs(y - v)];
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    row = freeRow();
    if (!row) return;
    event.preventDefault();
    from = at(event);
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    if (row && from) fill(row, between(from, at(event)));
  });
  const end = (event) => {
    if (!row || !from) return;
    const drawn = between(from, at(event));
    // A tap draws nothing.
    fill(row, drawn[2] < 0.5 || drawn[3] < 0.5 ? null : drawn);
    row = from = null;
  };
  frame.addEventListener("pointerup", end);
  frame.addEventListener("pointercancel", end);
  rows().forEach(draw);
})();
