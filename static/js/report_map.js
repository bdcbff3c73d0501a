// The map above the table of open reports: a pin for each row, and its cells in the popup.
(() => {
  const frame = document.querySelector("#report-map");
  const rows = [...document.querySelectorAll("[data-pin]")];
  if (!frame || !window.L || !rows.length) return;
  frame.hidden = false;
  const { tiles, attribution, subdomains, outline, source, schematic } = frame.dataset;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(frame, {
    attributionControl: false, zoomControl: false, minZoom: 9, maxZoom: 18,
    zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm,
  });
  L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
  const escaped = (text) => new Option(text).innerHTML;
  const notes = [attribution, source && `边界：${source}`].filter(Boolean).map(escaped);
  if (notes.length) L.control.attribution({ prefix: false }).addAttribution(notes.join(" · ")).addTo(map);
  for (const address of tiles.split(" ").filter(Boolean)) {
    L.tileLayer(address, { subdomains, maxZoom: 18, referrerPolicy: "strict-origin-when-cross-origin" }).addTo(map);
  }

  const points = rows.map((row) => [Number(row.dataset.lat), Number(row.dataset.lng)]);
  map.fitBounds(points, { padding: [32, 32], maxZoom: 16, animate: false });
  // The late ones lie on top.
  const rank = { new: 0, days: 1000, old: 2000, late: 3000 };
  rows.forEach((row, nr) => {
    const [number, kind, state, place, age] = [...row.children].map((cell) => cell.textContent.trim());
    const icon = L.divIcon({ className: `report-pin ${row.dataset.pin}`, iconSize: [28, 28] });
    const pin = L.marker(points[nr], { icon, title: `${number} ${kind} ${state} ${age}`, riseOnHover: true, zIndexOffset: rank[row.dataset.pin] }).addTo(map);
    pin.getElement().setAttribute("aria-label", `${number} ${kind} ${state} ${age}`);
    const popup = document.createElement("div");
    const link = row.querySelector("a").cloneNode(true);
    const words = document.createElement("p");
    words.textContent = [kind, state, age, place].filter(Boolean).join(" · ");
    popup.append(link, words);
    pin.bindPopup(popup);
  });

  if (schematic || source) {
    fetch(outline).then((answer) => (answer.ok ? answer.json() : null)).then((shape) => {
      if (!shape) return;
      const style = (feature) => ({ className: `shape ${feature?.properties?.kind || "area"} ${tiles ? "over-tiles" : ""}` });
      L.geoJSON(shape, { interactive: false, style }).addTo(map).bringToBack();
    }).catch(() => {});
  }
})();
