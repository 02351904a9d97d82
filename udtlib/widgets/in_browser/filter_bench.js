// The filter on a bench: drag template and search patch on a picture, turn the knobs, see filter and response.

import { channelsOf, labelOf, solveBench, spectraOfChannels } from "./bench.js";
import { peakOf, peakToSidelobe } from "./fourier.js";
import { ARROWS, drawing, element, keepKeys, slider } from "./page.js";
import { paint, scaleBar } from "./paint.js";

const COLOURS = { template: "#0072b2", search: "#e69f00" };
const PANELS = {
  template: "template", search: "search patch", filter: "filter", strength: "spectrum of the filter (log)",
  response: "response: ring where the template lies, cross at the peak",
};

function menu(parent, text, options, value, changed) {
  const select = element(element(parent, "label", { textContent: text }), "select", {}, { "aria-label": text });
  options.forEach((option) => element(select, "option", { textContent: option, value: option }));
  select.value = value;
  select.addEventListener("change", () => changed(select.value));
}

// A square on the picture that is dragged, or moved by the arrow keys; `state[key]` is its first pixel.
function square(stage, key, name, state, picture, changed) {
  const box = element(stage, "div", { className: "square", tabIndex: 0 }, { role: "slider" });
  box.setAttribute("aria-roledescription", "square on the picture");
  box.setAttribute("aria-label", `${name}; arrow keys move it, with Shift by ten pixels`);
  box.style.borderColor = COLOURS[key];
  element(box, "span", { textContent: name }).style.background = COLOURS[key];
  const within = (value, most) => Math.min(most, Math.max(0, Math.round(value)));
  function move(x, y) {
    state[key] = [within(x, picture.width - state.size), within(y, picture.height - state.size)];
    changed();
  }
  let held = null;
  box.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    box.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    held = [event.clientX, event.clientY, ...state[key]];
  });
  box.addEventListener("pointermove", (event) => {
    if (!held || !box.hasPointerCapture(event.pointerId)) { return; }
    const ratio = picture.width / stage.getBoundingClientRect().width;
    move(held[2] + (event.clientX - held[0]) * ratio, held[3] + (event.clientY - held[1]) * ratio);
  });
  box.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS)) { return; }
    event.preventDefault();
    const step = event.shiftKey ? 10 : 1, [dx, dy] = ARROWS[event.key];
    move(state[key][0] + step * dx, state[key][1] + step * dy);
  });
  return () => {
    state[key] = [within(state[key][0], picture.width - state.size), within(state[key][1], picture.height - state.size)];
    const [x, y] = state[key];
    box.style.left = `${100 * x / picture.width}%`;
    box.style.top = `${100 * y / picture.height}%`;
    box.style.width = `${100 * state.size / picture.width}%`;
    box.style.height = `${100 * state.size / picture.height}%`;
    box.setAttribute("aria-valuetext", `x ${x}, y ${y}`);
    box.setAttribute("aria-valuemin", 0);
    box.setAttribute("aria-valuemax", picture.width - state.size);
    box.setAttribute("aria-valuenow", x);
  };
}

async function pictureOf(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return { image, width: canvas.width, height: canvas.height,
    pixels: context.getImageData(0, 0, canvas.width, canvas.height).data };
}

// Keeps what a function returned last, for when it is given the same again.
function remembering(make) {
  let last = null, made = null;
  return (...given) => {
    const now = JSON.stringify(given);
    if (now !== last) { made = make(...given); last = now; }
    return made;
  };
}

function responsePanel(parent) {
  const holder = element(parent, "div", { className: "marked" });
  const canvas = element(holder, "canvas", {}, { role: "img", "aria-label": PANELS.response });
  const svg = drawing(holder, "svg", { "aria-hidden": true });
  const ring = drawing(svg, "circle", { fill: "none", stroke: "#fff" });
  const cross = drawing(svg, "path", { stroke: "#fff" });
  return [canvas, (size, truth, found) => {
    const place = (step) => (size >> 1) + step + 0.5, arm = size / 24;
    svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
    svg.setAttribute("stroke-width", size / 80);
    Object.entries({ cx: place(truth[1]), cy: place(truth[0]), r: size / 16 }).forEach((pair) => ring.setAttribute(...pair));
    ring.style.display = Math.max(...truth.map(Math.abs)) > size / 2 ? "none" : "";
    const x = place(found.dx), y = place(found.dy);
    cross.setAttribute("d", `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`);
  }];
}

async function filterBench(root, start) {
  root.classList.add("udt-demo", "filter-bench");
  keepKeys(root);
  const picture = await pictureOf(start.picture), state = structuredClone(start.settings);
  const top = element(root, "div", { className: "panels" });
  const stage = element(element(top, "figure", { className: "wide" }), "div", { className: "stage" });
  stage.append(picture.image);
  Object.assign(picture.image, { alt: start.alt, draggable: false });
  let waiting = false;
  const later = () => {
    if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; show(); }); }
  };
  const squares = [square(stage, "template", "template", state, picture, later),
    square(stage, "search", "search patch", state, picture, later)];
  const controls = element(top, "div", { className: "controls column" });
  const set = (key) => (value) => { state[key] = value; later(); };
  menu(controls, "features", ["grey", "colour and edges"], state.kind, set("kind"));
  menu(controls, "side", ["32", "64", "128"], String(state.size), (value) => set("size")(Number(value)));
  slider(controls, "lambda", { min: -6, max: 2, step: 0.1, value: Math.log10(state.regularisation) },
    (power) => (10 ** power).toPrecision(2), (power) => set("regularisation")(10 ** power));
  slider(controls, "sigma", { min: 0.5, max: 8, step: 0.1, value: state.sigma }, (value) => value.toFixed(1), set("sigma"));
  const tick = element(element(controls, "label", { textContent: "cosine window" }), "input", { type: "checkbox" });
  tick.checked = state.windowed;
  tick.addEventListener("change", () => set("windowed")(tick.checked));
  const said = element(controls, "p", {}, { "aria-live": "off" });
  const row = element(root, "div", { className: "panels small" }), canvases = {}, bars = {};
  let mark = null;
  const look = (place, size, kind, windowed) => {
    const channels = channelsOf(picture, place, size, kind, windowed);
    return { channels, spectra: spectraOfChannels(channels, size) };
  };
  const looks = [remembering(look), remembering(look)], label = remembering(labelOf);
  for (const [name, title] of Object.entries(PANELS)) {
    const figure = element(row, "figure");
    element(figure, "figcaption", { textContent: title });
    if (name === "response") { [canvases.response, mark] = responsePanel(figure); } else {
      canvases[name] = element(figure, "canvas", {}, { role: "img", "aria-label": title });
    }
    bars[name] = scaleBar(figure, name === "response" ? "viridis" : "grey");
  }

  function show() {
    squares.forEach((place) => place());
    const { size, kind, sigma, regularisation, windowed } = state;
    const [template, search] = ["template", "search"].map((key, k) => looks[k](state[key], size, kind, windowed));
    const solved = solveBench(template.spectra, search.spectra, label(size, sigma), size, regularisation);
    const strength = solved.strength.map((value) => Math.log(value + 1e-9));
    for (const [name, map, way] of [
      ["template", template.channels[0], { symmetric: true }], ["search", search.channels[0], { symmetric: true }],
      ["filter", solved.filter, { symmetric: true }], ["strength", strength, { shift: true }],
      ["response", solved.response, { colours: "viridis", shift: true }],
    ]) { bars[name](paint(canvases[name], map, size, way)); }
    const truth = [state.template[1] - state.search[1], state.template[0] - state.search[0]];
    const found = peakOf(solved.response, size);
    mark(size, truth, found);
    const psr = peakToSidelobe(solved.response, size);
    said.textContent = `From the search patch to the template: ${truth[0]} down, ${truth[1]} right. The peak says `
      + `${found.dy} down, ${found.dx} right; it is ${solved.response[found.index].toFixed(2)} high, PSR ${psr.toFixed(1)}.`;
    root.dataset.shown = Number(root.dataset.shown ?? 0) + 1;
    root.dataset.peak = `${found.dy},${found.dx}`;
  }
  show();
}

export default { render({ model, el }) { filterBench(el, model.get("start")); } };
