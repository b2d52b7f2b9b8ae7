"use strict";
// Theme, map and cards of the report. No library, no network: all it needs is in the page.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const byId = (id) => document.getElementById(id);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const data = JSON.parse(byId("data").textContent);

  // ---- theme: the reader's system first, then the button
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = byId("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.setAttribute("aria-label", `Switch to the ${isDark() ? "light" : "dark"} theme`); };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); });
  dark.addEventListener("change", nameTheme);
  theme.hidden = false;
  nameTheme();

  // ---- candidates: id, name, country, zone, x, y, chosen, then the fields of a card
  const ID = 0, NAME = 1, COUNTRY = 2, ZONE = 3, X = 4, Y = 5, CHOSEN = 6, FIRST = 7;
  const rows = data.candidates.rows;
  const rowOf = new Map(rows.map((row) => [row[ID], row]));

  // ---- cards
  const cards = new Map(all("[data-card]").map((card) => [card.dataset.card, card]));
  const blank = byId("candidate");
  const overview = byId("overview");
  const panel = byId("panel");
  let opener = null;

  const fill = (row) => {
    blank.querySelector("h3").textContent = row[NAME];
    blank.querySelector(".place").textContent = `${row[COUNTRY]}, zone ${row[ZONE]}`;
    blank.querySelector(".why").textContent = data.why[row[ID]] || "A candidate this plan does not build on.";
    const list = blank.querySelector("dl");
    list.replaceChildren(...data.candidates.fields.map((field, i) => {
      const pair = document.createElement("div");
      const name = document.createElement("dt");
      const value = document.createElement("dd");
      const found = row[FIRST + i];
      name.textContent = field.label;
      value.textContent = found === null ? "unknown" : typeof found === "number" ? `${found.toLocaleString("en-GB")} ${field.unit}` : String(found).replaceAll("_", " ");
      pair.append(name, value);
      return pair;
    }));
    blank.hidden = false;
    return blank;
  };

  const shut = () => {
    for (const card of cards.values()) card.classList.remove("shown");
    blank.classList.remove("shown");
    for (const pin of pins.values()) pin.classList.remove("open");
  };
  const close = () => {
    shut();
    overview.hidden = false;
    if (opener && opener.isConnected) opener.focus({ preventScroll: true });
    opener = null;
  };
  const open = (id, from) => {
    const row = rowOf.get(id);
    if (!row) return;
    shut();
    const card = cards.get(id) || fill(row);
    opener = from;
    overview.hidden = true;
    card.classList.add("shown");
    pins.get(id)?.classList.add("open");
    panel.scrollTop = 0;
    card.querySelector("h3").focus({ preventScroll: true });
    const box = panel.getBoundingClientRect();
    if (box.top > innerHeight - 120 || box.bottom < 60) panel.scrollIntoView({ block: "start" });
  };
  for (const button of all(".back")) button.addEventListener("click", close);
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape" && overview.hidden) close(); });
  for (const button of all(".site")) button.addEventListener("click", () => open(button.dataset.site, button));

  // ---- the map: a view (scale, shift) of the drawing, pins and dots at their size on the screen
  const chart = byId("chart"), view = byId("view"), dots = byId("dots"), tip = byId("tip"), canvas = byId("canvas");
  const pins = new Map(all(".pin").map((pin) => [pin.dataset.site, pin]));
  const px = all(".pin > .px");
  const { width, height } = data.map;
  const MOST = 40;
  let k = 1, tx = 0, ty = 0, unit = data.map.px, shrunk = 1, drawn = 0;

  const measure = () => {
    const box = chart.getBoundingClientRect();
    if (box.width) unit = Math.max(width / box.width, height / box.height); // cells per pixel at scale 1
    shrunk = Math.min(1, Math.max(0.7, box.width / 560)); // pies on a small map
  };
  const bound = () => {
    tx = Math.min(0.5 * width, Math.max(width * (0.5 - k), tx));
    ty = Math.min(0.5 * height, Math.max(height * (0.5 - k), ty));
  };
  const draw = () => {
    drawn = 0;
    view.setAttribute("transform", `translate(${tx.toFixed(1)} ${ty.toFixed(1)}) scale(${k.toFixed(4)})`);
    const size = unit / k;
    if (size !== draw.size) {
      draw.size = size;
      for (const group of px) group.setAttribute("transform", `scale(${(size * shrunk).toFixed(3)})`);
      dots.setAttribute("stroke-width", (size * Math.min(7, 3.4 * k ** 0.3)).toFixed(2));
      chart.classList.toggle("moved", k > 1.001);
      label();
    }
  };
  const later = () => { if (!drawn) drawn = requestAnimationFrame(draw); };

  // names: to the right, left, below or above their pin, where nothing lies yet; else left out until there is room
  const label = () => {
    const s = unit * shrunk / k;
    const taken = [];
    const meets = (a) => taken.some((b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]);
    const list = all(".pin").map((pin) => {
      const row = rowOf.get(pin.dataset.site);
      const r = Number(pin.dataset.r), x = row[X] / s, y = row[Y] / s;
      taken.push([x - r, y - r, x + r, y + r]);
      return { text: pin.querySelector(".label"), name: row[NAME], x, y, r };
    });
    for (const { text, name, x, y, r } of list) {
      const w = Math.max(7.4 * name.length, 46), a = r + 6;
      const places = [[a, -2, "start", x + a], [-a, -2, "end", x - a - w], [0, a + 10, "middle", x - w / 2], [0, -a - 14, "middle", x - w / 2]];
      const free = places.find(([, dy, , left]) => !meets([left, y + dy - 12, left + w, y + dy + 16]));
      text.classList.toggle("off", !free);
      if (!free) continue;
      const [dx, dy, anchor, left] = free;
      taken.push([left, y + dy - 12, left + w, y + dy + 16]);
      text.setAttribute("x", dx);
      text.setAttribute("y", dy);
      text.setAttribute("text-anchor", anchor);
      text.querySelector(".mw").setAttribute("x", dx);
    }
  };

  const cellAt = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    return [point.x, point.y];
  };
  const zoom = (factor, at = [width / 2, height / 2]) => {
    const next = Math.min(MOST, Math.max(1, k * factor));
    tx = at[0] - (at[0] - tx) * next / k;
    ty = at[1] - (at[1] - ty) * next / k;
    k = next;
    if (k === 1) { tx = 0; ty = 0; }
    bound();
    later();
  };
  const whole = () => { k = 1; tx = 0; ty = 0; later(); };
  byId("zoom-in").addEventListener("click", () => zoom(1.6));
  byId("zoom-out").addEventListener("click", () => zoom(1 / 1.6));
  byId("zoom-all").addEventListener("click", whole);

  const nearest = (event) => {
    const [cx, cy] = cellAt(event);
    const x = (cx - tx) / k, y = (cy - ty) / k, s = unit / k;
    let best = null, least = Infinity;
    for (const row of rows) {
      const pin = row[CHOSEN] ? pins.get(row[ID]) : null;
      const reach = (pin ? Number(pin.dataset.r) * shrunk + 3 : 9) * s;
      const far = Math.hypot(row[X] - x, row[Y] - y);
      const score = far - (pin ? reach : 0);
      if (far <= reach && score < least) { least = score; best = row; }
    }
    return best;
  };

  const hold = new Map();
  let spread = 0, moved = false;
  chart.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    hold.set(event.pointerId, [event.clientX, event.clientY]);
    moved = hold.size > 1;
    tip.hidden = true;
  });
  chart.addEventListener("pointermove", (event) => {
    if (!hold.has(event.pointerId)) { if (event.pointerType === "mouse") hover(event); return; }
    const [x, y] = hold.get(event.pointerId);
    if (!moved && Math.hypot(event.clientX - x, event.clientY - y) < 4) return;
    if (!moved) { moved = true; chart.classList.add("drag"); chart.setPointerCapture(event.pointerId); }
    hold.set(event.pointerId, [event.clientX, event.clientY]);
    if (hold.size === 1) {
      tx += (event.clientX - x) * unit;
      ty += (event.clientY - y) * unit;
      bound();
      later();
      return;
    }
    const [a, b] = Array.from(hold.values());
    const now = Math.hypot(a[0] - b[0], a[1] - b[1]);
    if (spread) zoom(now / spread, cellAt({ clientX: (a[0] + b[0]) / 2, clientY: (a[1] + b[1]) / 2 }));
    spread = now;
  });
  const release = (event) => {
    if (!hold.delete(event.pointerId)) return;
    spread = 0;
    chart.classList.remove("drag");
    if (!moved && event.type === "pointerup") {
      const row = nearest(event);
      if (row) open(row[ID], pins.get(row[ID]) || null);
    }
  };
  chart.addEventListener("pointerup", release);
  chart.addEventListener("pointercancel", release);
  chart.addEventListener("pointerleave", () => { tip.hidden = true; });
  chart.addEventListener("dblclick", (event) => zoom(2, cellAt(event)));
  chart.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && k === 1 && event.deltaY > 0) return; // let the page scroll past the whole map
    if (!event.ctrlKey && !event.metaKey && !chart.contains(document.activeElement) && k === 1) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * 0.0022), cellAt(event));
  }, { passive: false });

  const hover = (event) => {
    const row = nearest(event);
    const zone = event.target.dataset ? event.target.dataset.zone : null;
    chart.style.cursor = row ? "pointer" : "";
    let text = "";
    if (row) text = `${row[NAME]}\n${row[CHOSEN] ? pins.get(row[ID]).querySelector(".mw").textContent + " built" : "candidate, zone " + row[ZONE]}`;
    else if (zone) {
      const known = data.zones[zone];
      text = [known.name, known.told[shade.value]].filter(Boolean).join("\n");
    }
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const box = canvas.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 14, box.width - tip.offsetWidth - 6);
    tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, event.clientY - box.top - tip.offsetHeight - 10)}px)`;
  };

  const STEPS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  chart.addEventListener("keydown", (event) => {
    const pin = event.target.closest(".pin");
    if (pin && (event.key === "Enter" || event.key === " ")) open(pin.dataset.site, pin);
    else if (event.key === "+" || event.key === "=") zoom(1.6, pin ? centre(pin) : undefined);
    else if (event.key === "-") zoom(1 / 1.6);
    else if (event.key === "0") whole();
    else if (STEPS[event.key] && k > 1) {
      tx += STEPS[event.key][0] * width * 0.12;
      ty += STEPS[event.key][1] * height * 0.12;
      bound();
      later();
    } else return;
    event.preventDefault();
  });
  const centre = (pin) => {
    const row = rowOf.get(pin.dataset.site);
    return [row[X] * k + tx, row[Y] * k + ty];
  };
  chart.addEventListener("focusin", (event) => { // a pin that is out of view comes into it
    const pin = event.target.closest(".pin");
    if (!pin || k === 1) return;
    const [x, y] = centre(pin);
    if (x < 0 || y < 0 || x > width || y > height) { tx += width / 2 - x; ty += height / 2 - y; bound(); later(); }
  });

  // ---- shades of the zones
  const shade = byId("shade");
  const paint = () => {
    for (const path of all(".zone", chart)) {
      const tint = data.zones[path.dataset.zone].tints[shade.value];
      path.setAttribute("class", tint === undefined ? "zone" : `zone q${tint}`);
    }
    for (const list of all("[data-shade]")) list.hidden = list.dataset.shade !== shade.value;
  };
  shade.addEventListener("change", paint);
  paint(); // a browser may have kept another choice over a reload

  // ---- any candidate by name, zone or country
  const find = byId("find"), found = byId("found"), count = byId("found-count");
  const plainText = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const index = rows.map((row) => plainText([row[NAME], row[ID], row[COUNTRY], row[ZONE]].join(" ")));
  const MOST_FOUND = 12;
  const look = () => {
    const wanted = plainText(find.value.trim());
    const hits = wanted ? rows.filter((row, i) => index[i].includes(wanted)) : [];
    count.textContent = wanted ? `${hits.length} found${hits.length > MOST_FOUND ? `, the first ${MOST_FOUND} shown` : ""}` : "";
    found.replaceChildren(...hits.slice(0, MOST_FOUND).map((row) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "site";
      button.textContent = `${row[NAME]}, ${row[ZONE]}${row[CHOSEN] ? " (built)" : ""}`;
      button.addEventListener("click", () => open(row[ID], button));
      item.append(button);
      return item;
    }));
  };
  find.addEventListener("input", look);

  // ---- a link to a source opens the list it stands in
  const reveal = () => { const target = byId(decodeURIComponent(location.hash.slice(1))); target?.closest("details")?.setAttribute("open", ""); target?.scrollIntoView(); };
  addEventListener("hashchange", reveal);

  const fit = () => { measure(); draw.size = 0; draw(); };
  new ResizeObserver(fit).observe(canvas);
  addEventListener("beforeprint", () => { whole(); fit(); });
  fit();
  chart.dataset.ready = "yes";
})();
