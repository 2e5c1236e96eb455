"use strict";
// Draws the plots and the map. Texts of the data are only ever set as text, never as markup.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };

  const tip = make("div", undefined, document.body);
  tip.className = "tip";
  tip.hidden = true;
  function showTip(_, event, item, value) {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    tip.replaceChildren();
    const lines = value.lines || Object.entries(value).map(([name, said]) => `${name}: ${said}`);
    for (const line of lines) make("div", line, tip);
    const room = document.documentElement.clientWidth;
    const left = Math.min(event.pageX + 12, room - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${event.pageY + 14}px`;
  }

  function config() {
    const ink = css("--ink"), soft = css("--soft"), line = css("--line");
    const text = { labelColor: ink, titleColor: soft, labelFont: "system-ui", titleFont: "system-ui" };
    return {
      background: "transparent",
      axis: { ...text, gridColor: line, domainColor: line, tickColor: line, titleFontWeight: 400 },
      legend: text,
      style: { cell: { stroke: "transparent" } },
    };
  }

  // -- plots ----------------------------------------------------------------------------------

  const views = [];
  async function draw(holder) {
    const spec = read(holder.dataset.spec);
    const drawn = await embed(holder, spec, "svg", showTip);
    if ((spec.signals || []).some((signal) => signal.name === "ink")) {
      await drawn.view.signal("ink", css("--ink")).runAsync();
    }
    holder.dataset.drawn = "yes";
    views.push(drawn);
  }

  function embed(holder, spec, renderer, tooltip) {
    const options = { mode: "vega", actions: false, defaultStyle: false, loader: nothing() };
    return vegaEmbed(holder, spec, { ...options, renderer, tooltip, config: config() });
  }

  // Nothing is fetched, whatever a text says.
  function nothing() {
    const refuse = () => Promise.reject(new Error("this page loads nothing"));
    return { load: refuse, sanitize: refuse, http: refuse, file: refuse };
  }

  async function drawAll() {
    while (views.length) views.pop().finalize();
    for (const holder of document.querySelectorAll(".plot")) {
      holder.replaceChildren();
      await draw(holder);
    }
  }

  // -- the map --------------------------------------------------------------------------------

  const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"];
  const COLOURS = [
    "#2e8fd0", "#e08a1e", "#2fa37c", "#c45fa0", "#8f7ae0", "#b5a018", "#d1603d", "#3fb1c5",
    "#7a9a2e", "#c77b9b", "#5c86b8", "#b0804a",
  ];
  const ORDERED = ["#5b3f8f", "#3f6fb0", "#2e9a8f", "#7fb843", "#e0c020"];
  const GREY = "#8a8f98";
  const PLAIN = ["none", "others", "not rated", "no cluster", "no label"];

  function look(name, values) {
    return values.map((value, place) => ({
      colour: PLAIN.includes(value) ? GREY : (name === "rating" ? ORDERED : COLOURS)[place % 12] || GREY,
      shape: PLAIN.includes(value) ? "circle" : SHAPES[(place + Math.floor(place / 12)) % SHAPES.length],
    }));
  }

  function glyph(one) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("width", 12);
    svg.setAttribute("height", 12);
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", outline(one.shape));
    path.setAttribute("fill", one.colour);
    svg.append(path);
    return svg;
  }

  function outline(shape) {
    return {
      circle: "M1 6a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z",
      square: "M1 1h10v10h-10Z",
      "triangle-up": "M6 1L11.5 11H.5Z",
      "triangle-down": "M6 11L11.5 1H.5Z",
      diamond: "M6 0L11 6L6 12L1 6Z",
      cross: "M4 0h4v4h4v4h-4v4h-4v-4h-4v-4h4Z",
    }[shape];
  }

  function mapSpec(points, width, height) {
    const has = [0, 1, 2, 3].map((n) => `(length(words) <= ${n} || indexof(datum.low, words[${n}]) >= 0)`);
    const seen = `(picked < 0 || datum[by] === picked) && ${has.join(" && ")}`;
    const axis = (name, from, to, range) => ({
      name, type: "linear", zero: false, nice: false, range, domain: { signal: `[${from}, ${to}]` },
    });
    return {
      width, height, padding: 0, autosize: "none",
      signals: [
        { name: "by", value: "cluster" }, { name: "picked", value: -1 }, { name: "words", value: [] },
        { name: "x0", value: -0.02 }, { name: "x1", value: 1.02 },
        { name: "y0", value: -0.02 }, { name: "y1", value: 1.02 },
        { name: "size", value: points.length > 5000 ? 20 : 60 },
        { name: "colours", value: [] }, { name: "shapes", value: [] },
      ],
      data: [{ name: "points", values: points }],
      scales: [
        axis("x", "x0", "x1", "width"), axis("y", "y0", "y1", "height"),
      ],
      marks: [{
        type: "symbol", clip: true, from: { data: "points" },
        encode: { update: {
          x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" },
          fill: { signal: "colours[datum[by]]" }, shape: { signal: "shapes[datum[by]]" },
          size: { signal: `${seen} ? (length(words) === 0 && picked < 0 ? size : size * 2) : size * 0.6` },
          opacity: { signal: `${seen} ? 0.8 : 0.07` },
          tooltip: { signal: "datum" },
        } },
      }],
    };
  }

  async function mapOf(root) {
    const data = read(root.dataset.points);
    const names = Object.keys(data.colours);
    const points = data.columns.text.map((text, n) => {
      const label = data.colours.label ? data.colours.label[data.columns.label[n]] : "";
      const low = `${text} ${label} ${data.columns.id[n]}`.toLowerCase();
      const point = { x: data.columns.x[n], y: data.columns.y[n], n, low };
      for (const name of names) point[name] = data.columns[name][n];
      return point;
    });
    const [pick, search, reset, told] = ["select", "input", "button", "output"].map((tag) => root.querySelector(tag));
    const legend = root.querySelector(".legend"), found = root.querySelector(".found");
    const holder = root.querySelector(".map");
    let view;

    function lines(point) {
      const n = point.n;
      return [
        data.columns.text[n] || "(no text)",
        ...names.map((name) => `${name}: ${data.colours[name][point[name]]}`),
        `curate why ${data.columns.id[n]}`,
      ];
    }

    function colour() {
      const values = data.colours[pick.value], looks = look(pick.value, values);
      const counts = new Array(values.length).fill(0);
      for (const point of points) counts[point[pick.value]] += 1;
      view.signal("by", pick.value).signal("picked", -1);
      view.signal("colours", looks.map((one) => one.colour)).signal("shapes", looks.map((one) => one.shape));
      legend.replaceChildren();
      values.forEach((value, place) => {
        const button = make("button", undefined, legend);
        button.type = "button";
        button.setAttribute("aria-pressed", "false");
        button.append(glyph(looks[place]));
        make("bdi", value, button);
        button.append(` (${counts[place].toLocaleString("en")})`);
        button.addEventListener("click", () => {
          const on = button.getAttribute("aria-pressed") !== "true";
          for (const other of legend.children) other.setAttribute("aria-pressed", "false");
          button.setAttribute("aria-pressed", String(on));
          view.signal("picked", on ? place : -1).run();
        });
      });
      view.run();
    }

    function query() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 4);
      const hits = words.length ? points.filter((point) => words.every((word) => point.low.includes(word))) : [];
      view.signal("words", words).run();
      told.textContent = words.length ? `${hits.length.toLocaleString("en")} of ${points.length.toLocaleString("en")} points` : "";
      found.replaceChildren();
      for (const point of hits.slice(0, 12)) {
        const [text, ...rest] = lines(point);
        const item = make("li", text, found);
        item.dir = "auto";
        make("div", rest.join(" · "), item).className = "soft";
      }
    }

    function zoom(factor, px, py) {
      const get = (name) => view.signal(name);
      const fx = px / view.width(), fy = 1 - py / view.height();
      for (const [low, high, at] of [["x0", "x1", fx], ["y0", "y1", fy]]) {
        const span = get(high) - get(low), centre = get(low) + span * at;
        const next = Math.min(span * factor, 1.04);
        view.signal(low, centre - next * at).signal(high, centre + next * (1 - at));
      }
      view.runAsync();
    }

    function move(dx, dy) {
      const sx = (view.signal("x1") - view.signal("x0")) / view.width();
      const sy = (view.signal("y1") - view.signal("y0")) / view.height();
      for (const name of ["x0", "x1"]) view.signal(name, view.signal(name) - dx * sx);
      for (const name of ["y0", "y1"]) view.signal(name, view.signal(name) + dy * sy);
      view.runAsync();
    }

    function fit() {
      view.signal("x0", -0.02).signal("x1", 1.02).signal("y0", -0.02).signal("y1", 1.02).run();
    }

    let held = null;
    holder.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
      event.preventDefault();
      const box = holder.getBoundingClientRect();
      zoom((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    holder.addEventListener("dblclick", (event) => {
      const box = holder.getBoundingClientRect();
      zoom(0.5, event.clientX - box.left, event.clientY - box.top);
    });
    holder.addEventListener("pointerdown", (event) => { held = [event.clientX, event.clientY]; });
    window.addEventListener("pointerup", () => { held = null; });
    holder.addEventListener("pointermove", (event) => {
      if (!held || event.pointerType === "touch") return;
      move(event.clientX - held[0], event.clientY - held[1]);
      held = [event.clientX, event.clientY];
    });
    // A finger does not hover: the nearest point is read where it taps.
    holder.addEventListener("click", (event) => {
      const box = holder.getBoundingClientRect();
      const across = (point) => (point.x - view.signal("x0")) / (view.signal("x1") - view.signal("x0")) * box.width;
      const down = (point) => (1 - (point.y - view.signal("y0")) / (view.signal("y1") - view.signal("y0"))) * box.height;
      const far = (point) => Math.hypot(across(point) - event.clientX + box.left, down(point) - event.clientY + box.top);
      let near = null, least = 16;
      for (const point of points) {
        const distance = far(point);
        if (distance < least) [near, least] = [point, distance];
      }
      showTip(null, event, null, near ? { lines: lines(near) } : null);
    });
    window.addEventListener("resize", () => view.width(holder.clientWidth).run());

    const height = Math.min(560, Math.max(320, holder.clientWidth * 0.6));
    const drawn = await embed(holder, mapSpec(points, holder.clientWidth, height), "canvas",
      (handler, event, item, value) => showTip(handler, event, item, value ? { lines: lines(value) } : value));
    view = drawn.view;
    for (const name of names) make("option", name, pick).value = name;
    pick.addEventListener("change", colour);
    search.addEventListener("input", query);
    reset.addEventListener("click", () => { search.value = ""; query(); fit(); colour(); });
    colour();
    await view.runAsync();
    holder.dataset.drawn = "yes";
  }

  // -- the page -------------------------------------------------------------------------------

  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details")) part.open = true;
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  window.addEventListener("DOMContentLoaded", async () => {
    await drawAll();
    for (const root of document.querySelectorAll(".map-of-inputs")) await mapOf(root);
    document.documentElement.dataset.ready = "yes";
  });
})();
