// The map above the list by street: pins are the list's own items, and the card shows the item that was tapped.
(() => {
  const frame = document.querySelector("#map");
  if (!frame || !window.L) return;
  const card = document.querySelector("#map-card");
  const { tiles, attribution, subdomains, outline, source, schematic, lat, lng } = frame.dataset;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(frame, {
    zoomControl: false, attributionControl: false, zoomSnap: 0.25, minZoom: 9, maxZoom: 18,
    zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm,
  });
  L.control.zoom({ position: "bottomright", zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
  const escaped = (text) => new Option(text).innerHTML;
  const notes = [attribution, source && `边界：${source}`].filter(Boolean).map(escaped);
  if (notes.length) L.control.attribution({ prefix: false }).addAttribution(notes.join(" · ")).addTo(map);
  for (const address of tiles.split(" ").filter(Boolean)) {
    L.tileLayer(address, { subdomains, maxZoom: 18, referrerPolicy: "strict-origin-when-cross-origin" }).addTo(map);
  }

  const items = [...document.querySelectorAll("[data-pin]")];
  const points = items.map((item) => [Number(item.dataset.lat), Number(item.dataset.lng)]);
  const here = lat ? [Number(lat), Number(lng)] : null;
  // Where he stands and the stations around him; somebody far away sees the district, not half the country.
  const away = (point) => map.distance(point, here);
  const around = here ? [...points].sort((one, other) => away(one) - away(other)).slice(0, 5) : [];
  const seen = here && away(around[0]) < 5000 ? [...around, here] : points;
  map.fitBounds(seen, { padding: [32, 32], maxZoom: 16, animate: false });
  if (here) L.circleMarker(here, { radius: 9, className: "here", interactive: false }).addTo(map);

  let chosen = null;
  const show = (item, pin) => {
    if (chosen) chosen.getElement().classList.remove("chosen");
    chosen = pin;
    pin.getElement().classList.add("chosen");
    card.replaceChildren(...[...item.children].map((part) => part.cloneNode(true)));
    card.hidden = false;
    card.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  };
  items.forEach((item, nr) => {
    const { pin: name, open } = item.dataset;
    const words = { yes: "开放中", no: "休息中", unknown: "时间待确认" }[open];
    const icon = L.divIcon({ className: `pin ${open}`, iconSize: [48, 48], iconAnchor: [24, 38] });
    const pin = L.marker(points[nr], { icon, title: `${name}，${words}`, riseOnHover: true }).addTo(map);
    pin.getElement().setAttribute("aria-label", `${name}，${words}`);
    pin.on("click", () => show(item, pin));
    // Leaflet takes the keyboard to a pin, but a key there is a click only where it has a popup.
    pin.on("keypress", ({ originalEvent: key }) => {
      if (key.key !== "Enter" && key.key !== " ") return;
      key.preventDefault();
      show(item, pin);
    });
  });

  if (schematic || source) {
    fetch(outline).then((answer) => (answer.ok ? answer.json() : null)).then((shape) => {
      if (!shape) return;
      const style = (feature) => ({ className: `outline ${feature?.properties?.kind || "area"} ${tiles ? "over-tiles" : ""}` });
      L.geoJSON(shape, { interactive: false, style }).addTo(map).bringToBack();
    }).catch(() => {});
  }
})();
