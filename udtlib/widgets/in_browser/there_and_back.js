// Plays the way from T through S1 and S2 back to T: the peaks, the path, and the loss as S2 moves away.

import { drawing, element, keepKeys, slider } from "./page.js";
import { scaleBar } from "./paint.js";

const NAMES = ["T", "S1", "S2", "T again"], STEPS = NAMES.length, PAUSE = 700; // milliseconds a step

function panel(parent, name, side) {
  const figure = element(parent, "figure");
  const caption = element(figure, "figcaption", { textContent: name });
  const holder = element(figure, "div", { className: "marked" });
  const picture = element(holder, "img", { alt: "" });
  const svg = drawing(holder, "svg", { viewBox: `0 0 ${side} ${side}`, "aria-hidden": true });
  const path = drawing(svg, "polyline", { fill: "none", stroke: "#e69f00", "stroke-width": 2 });
  const ring = drawing(svg, "circle", { r: 9, fill: "none", stroke: "#009e73", "stroke-width": 2 });
  const cross = drawing(svg, "path", { stroke: "#fff", "stroke-width": 1.5 });
  const response = element(figure, "img", { alt: "" });
  return { figure, caption, picture, path, ring, cross, response };
}

// The losses of a clip's journeys over the frames from T to S2; those reached so far are filled.
function chart(parent, journeys) {
  const svg = drawing(parent, "svg", { viewBox: "0 0 240 110", class: "chart", role: "img" });
  const most = Math.max(...journeys.map((one) => one.loss));
  drawing(svg, "path", { d: "M30 8V90H236" });
  drawing(svg, "text", { x: 133, y: 107, "text-anchor": "middle" }).textContent = "frames from T to S2";
  drawing(svg, "text", { x: 26, y: 16, "text-anchor": "end" }).textContent = most.toFixed(0);
  drawing(svg, "text", { x: 26, y: 92, "text-anchor": "end" }).textContent = "0";
  const dots = journeys.map((one, k) => {
    drawing(svg, "text", { x: 50 + 34 * k, y: 99, "text-anchor": "middle", class: "small" }).textContent = one.frames[2];
    return drawing(svg, "circle", { cx: 50 + 34 * k, cy: 90 - 78 * one.loss / most, r: 4 });
  });
  return (at) => {
    dots.forEach((dot, k) => { dot.style.fillOpacity = k <= at ? 1 : 0; });
    svg.setAttribute("aria-label", `The loss so far: ${journeys.slice(0, at + 1).map((one) =>
      `${one.frames[2]} frames ${one.loss.toFixed(1)}`).join(", ")}`);
  };
}

function thereAndBack(root, { clips, side }, life) {
  root.classList.add("udt-demo", "there-and-back");
  keepKeys(root);
  const names = Object.keys(clips), state = { clip: names[0], journey: 0, step: STEPS - 1 };
  const row = element(root, "div", { className: "panels" });
  const panels = NAMES.map((name) => panel(row, name, side)), scale = scaleBar(root, "viridis");
  const lower = element(root, "div", { className: "panels" });
  const losses = element(element(lower, "figure"), "div");
  const controls = element(lower, "div", { className: "controls" });
  const said = element(root, "p", {}, { role: "status" });
  const play = element(controls, "button", { type: "button", textContent: "play" });
  const select = element(element(controls, "label", { textContent: "clip" }), "select", {}, { "aria-label": "clip" });
  names.forEach((name) => element(select, "option", { textContent: name, value: name }));
  const journeys = () => clips[state.clip].journeys;
  const far = slider(controls, "frames from T to S2", { min: 0, max: journeys().length - 1, step: 1, value: 0 },
    (at) => String(journeys()[at].frames[2]), (at) => { stop(); Object.assign(state, { journey: at, step: STEPS - 1 }); show(); });
  let timer = null, mark = null;

  function change() {
    losses.replaceChildren();
    mark = chart(losses, journeys());
  }

  function show() {
    const { frames, places, targets, responses, limits, loss } = journeys()[state.journey];
    if (limits) { scale(limits); }
    const points = places.map(([down, right]) => [side / 2 + right, side / 2 + down]);
    panels.forEach((one, k) => {
      one.figure.style.opacity = k <= state.step ? 1 : 0.25;
      one.caption.textContent = `${NAMES[k]}, frame ${frames[k]}`;
      one.picture.src = clips[state.clip].patches[frames[k]];
      one.picture.alt = `${NAMES[k]}; the peak is at ${places[k][0]} down, ${places[k][1]} right`;
      one.path.setAttribute("points", points.slice(0, k + 1).map((point) => point.join(",")).join(" "));
      one.cross.setAttribute("d", `M${points[k][0] - 5} ${points[k][1]}h10M${points[k][0]} ${points[k][1] - 5}v10`);
      one.ring.setAttribute("cx", side / 2 + targets[k][1]);
      one.ring.setAttribute("cy", side / 2 + targets[k][0]);
      Object.assign(one.response, { src: responses[k], alt: k ? `response at ${NAMES[k]}` : "label of T" });
    });
    const done = state.step === STEPS - 1;
    mark(done ? state.journey : state.journey - 1);
    const gap = Math.hypot(...places[STEPS - 1]);
    said.textContent = done ? `Back at T, ${gap.toFixed(0)} cells from the start; loss ${loss.toFixed(1)}.` : `At ${NAMES[state.step]}.`;
    root.dataset.state = JSON.stringify(state);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "play";
  }

  function next() {
    if (state.step < STEPS - 1) { state.step += 1; } else if (state.journey + 1 < journeys().length) {
      Object.assign(state, { journey: state.journey + 1, step: 0 });
    } else { stop(); return; }
    far.value = state.journey;
    far.tell();
    show();
  }

  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (state.journey + 1 === journeys().length) { state.journey = 0; }
    state.step = 0;
    play.textContent = "pause";
    timer = setInterval(next, PAUSE);
    far.value = state.journey;
    far.tell();
    show();
  });
  select.addEventListener("change", () => { state.clip = select.value; change(); show(); });
  life.addEventListener("abort", stop);
  change();
  show();
}

export default {
  render({ model, el }) {
    const life = new AbortController();
    thereAndBack(el, model.get("start"), life.signal);
    return () => life.abort();
  },
};
