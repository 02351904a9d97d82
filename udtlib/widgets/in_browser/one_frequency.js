// One frequency as arrows in the complex plane: drag template, search patch and label, and the rest follows.

import { energyOf, minus, scaled, solveFrequency } from "./frequency.js";
import { ARROWS, drawing, element, keepKeys, slider } from "./page.js";

const REACH = 2; // the given numbers have parts in -2..2
const COLOURS = { x: "#0072b2", z: "#d55e00", y: "#009e73", w: "#cc79a7", r: "#e69f00", g: "#56b4e9" };
const NAMES = { x: "template x", z: "search patch z", y: "label y" };
const turned = (angle, length = 1) => [length * Math.cos(angle), length * Math.sin(angle)];
const PRESETS = {
  "nothing moved": { x: turned(0.6), z: turned(0.6), y: turned(0, 1.2), ridge: 0.1 },
  "the target moved": { x: turned(0.6), z: turned(1.6), y: turned(0, 1.2), ridge: 0.1 },
  "template nearly empty": { x: turned(0.6, 0.1), z: turned(1.6, 1.8), y: turned(0, 1.2), ridge: 0.04 },
  "search patch nearly empty": { x: turned(0.6, 1.8), z: turned(1.6, 0.1), y: turned(0, 1.2), ridge: 0.04 },
};

function written(number) {
  const [real, imaginary] = number.map((part) => Math.abs(part) < 5e-5 ? 0 : part);
  const digits = Math.max(Math.abs(real), Math.abs(imaginary)) < 0.1 ? 4 : 2;
  const sign = real < 0 ? "−" : "";
  return `${sign}${Math.abs(real).toFixed(digits)} ${imaginary < 0 ? "−" : "+"} ${Math.abs(imaginary).toFixed(digits)} i`;
}

// A square of the complex plane; `show` draws arrows {name, from, to, colour} on a scale that holds them all.
function plane(parent, title, { fixed = null } = {}) {
  const figure = element(parent, "figure");
  const caption = element(figure, "figcaption");
  const svg = drawing(figure, "svg", { viewBox: "-110 -110 220 220" });
  if (fixed === null) { svg.setAttribute("role", "img"); }
  const grid = drawing(svg, "g", { class: "grid", "aria-hidden": true });
  drawing(grid, "path", { d: "M-110 0H110M0 -110V110" });
  drawing(grid, "circle", { r: 50 });
  drawing(grid, "circle", { r: 100 });
  const layer = drawing(svg, "g"), beside = fixed === null ? 5 : 13; // a handle takes some place
  const place = (number, limit) => [100 * number[0] / limit, -100 * number[1] / limit];

  function show(arrows) {
    const most = Math.sqrt(Math.max(1e-12, ...arrows.flatMap(({ from, to }) => [energyOf(from), energyOf(to)])));
    const limit = fixed ?? 2 ** Math.ceil(Math.log2(most));
    caption.textContent = `${title}; the outer circle is ${limit < 0.01 ? limit.toExponential(0) : limit}`;
    svg.setAttribute("aria-label", `${title}: ${arrows.map(({ name, from, to }) =>
      `${name} ${written(minus(to, from))}`).join(", ")}`);
    layer.replaceChildren();
    for (const { name, from, to, colour, dashed } of arrows) {
      const [x1, y1] = place(from, limit), [x2, y2] = place(to, limit);
      arrow(layer, [x1, y1], [x2, y2], colour, dashed);
      const text = drawing(layer, "text", { x: x2 + (x2 < x1 ? -beside : beside), y: y2 + (y2 > y1 ? 14 : -8) });
      text.setAttribute("text-anchor", x2 < x1 ? "end" : "start");
      text.textContent = name;
    }
  }
  return { svg, show, place };
}

function arrow(parent, [x1, y1], [x2, y2], colour, dashed) {
  const length = Math.hypot(x2 - x1, y2 - y1), angle = Math.atan2(y2 - y1, x2 - x1);
  const line = drawing(parent, "line", { x1, y1, x2, y2, stroke: colour });
  if (dashed) { line.setAttribute("stroke-dasharray", "4 3"); }
  const head = Math.min(9, length);
  const wing = (side) => `L${x2 - head * Math.cos(angle + side)} ${y2 - head * Math.sin(angle + side)}`;
  drawing(parent, "path", { d: `M${x2} ${y2}${wing(0.4)}${wing(-0.4)}Z`, fill: colour });
}

function handles(given, state, changed) {
  return Object.keys(NAMES).map((key) => {
    const handle = drawing(given.svg, "circle", { class: "handle", r: 11, tabindex: 0, role: "slider" });
    handle.style.stroke = COLOURS[key];
    handle.setAttribute("aria-roledescription", "arrow in the complex plane");
    const set = (number) => {
      state[key] = number.map((part) => Math.min(REACH, Math.max(-REACH, part)));
      changed();
    };
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) { return; }
      const area = given.svg.getBoundingClientRect();
      const part = (place, start, size) => (220 * (place - start) / size - 110) * REACH / 100;
      set([part(event.clientX, area.x, area.width), -part(event.clientY, area.y, area.height)]);
    });
    handle.addEventListener("keydown", (event) => {
      if (!(event.key in ARROWS)) { return; }
      event.preventDefault();
      const step = event.shiftKey ? 0.25 : 0.05, [dx, dy] = ARROWS[event.key];
      set([state[key][0] + step * dx, state[key][1] - step * dy]);
    });
    return () => {
      const [cx, cy] = given.place(state[key], REACH);
      Object.entries({
        cx, cy, "aria-label": `${NAMES[key]}; arrow keys move it, with Shift further`,
        "aria-valuetext": written(state[key]), "aria-valuemin": 0, "aria-valuemax": (REACH * Math.SQRT2).toFixed(2),
        "aria-valuenow": Math.sqrt(energyOf(state[key])).toFixed(2),
      }).forEach(([name, value]) => handle.setAttribute(name, value));
    };
  });
}

function table(parent, rows) {
  const body = element(element(parent, "table"), "tbody");
  const cells = rows.map(([name, formula]) => {
    const row = element(body, "tr");
    element(row, "th", { textContent: name, scope: "row" });
    element(row, "td", { innerHTML: formula });
    return element(row, "td", { className: "value" });
  });
  return (values) => values.forEach((value, place) => { cells[place].textContent = value; });
}

const ROWS = [
  ["filter (Eq. 2)", "w = x y* / (|x|² + λ)"], ["response (Eq. 3)", "r = w* z"],
  ["arriving gradient", "g = r − y"], ["to the search patch (Eq. 7)", "g w"],
  ["to the template (Eq. 7)", "(g* y z − 2 Re(g r*) x) / (|x|² + λ)"],
  ["template’s over search patch’s", "ratio of their lengths"], ["loss", "½ |r − y|²"],
];

function oneFrequency(root, start) {
  root.classList.add("udt-demo", "one-frequency");
  keepKeys(root);
  const state = structuredClone(start), origin = [0, 0];
  const panels = element(root, "div", { className: "panels" });
  const given = plane(panels, "Given: drag the tips", { fixed: REACH });
  const follows = plane(panels, "What follows (dashed: g)"), learned = plane(panels, "How training would change x and z");
  given.svg.setAttribute("role", "group");
  const controls = element(root, "div", { className: "controls" });
  const ridge = slider(controls, "lambda", { min: -3, max: 2, step: 0.05, value: Math.log10(state.ridge) },
    (power) => (10 ** power).toPrecision(2), (power) => { state.ridge = 10 ** power; show(); });
  for (const [name, preset] of Object.entries(PRESETS)) {
    element(controls, "button", { type: "button", textContent: name }).addEventListener("click", () => {
      Object.assign(state, structuredClone(preset));
      ridge.value = Math.log10(state.ridge);
      ridge.tell();
      show();
    });
  }
  const tell = table(root, ROWS);
  const place = handles(given, state, show);

  function show() {
    const found = solveFrequency(state), { x, z, y } = state;
    given.show([["x", x], ["z", z], ["y", y]].map(([name, to]) => ({ name, from: origin, to, colour: COLOURS[name] })));
    follows.show([
      { name: "w", from: origin, to: found.filter, colour: COLOURS.w },
      { name: "y", from: origin, to: y, colour: COLOURS.y },
      { name: "r", from: origin, to: found.response, colour: COLOURS.r },
      { name: "", from: y, to: found.response, colour: COLOURS.g, dashed: true },
    ]);
    const down = { template: scaled(found.template, -1), search: scaled(found.search, -1) };
    learned.show([
      { name: "Δx", from: origin, to: down.template, colour: COLOURS.x },
      { name: "Δz", from: origin, to: down.search, colour: COLOURS.z },
    ]);
    const share = Math.sqrt(energyOf(found.template) / energyOf(found.search));
    tell([written(found.filter), written(found.response), written(found.arriving), written(found.search),
      written(found.template), Number.isFinite(share) ? share.toFixed(2) : "–", found.loss.toFixed(4)]);
    place.forEach((one) => one());
    root.dataset.state = JSON.stringify(state);
  }
  show();
}

export default { render({ model, el }) { oneFrequency(el, model.get("start")); } };
