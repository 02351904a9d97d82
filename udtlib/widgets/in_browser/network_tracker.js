// The network that learned without labels, tracking in the page: on a clip, the reader's camera, picture or video.

import { spectraOf } from "./features.js";
import { ARROWS, element, keepKeys } from "./page.js";
import { paint, scaleBar } from "./paint.js";
import { cameraFrames, fileFrames, storedFrames } from "./sources.js";
import { CUTOFF, SIDE, UdtTracker } from "./tracker.js";

function floats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

export function networkOf(texts) {
  const layer = (name) => ({ weight: floats(texts[`${name}.weight`]), bias: floats(texts[`${name}.bias`]) });
  return spectraOf({ conv1: layer("conv1"), conv2: layer("conv2") }, SIDE, CUTOFF);
}

function drawFrame(canvas, frame, box) {
  const context = canvas.getContext("2d");
  if (canvas.width !== frame.width || canvas.height !== frame.height) {
    canvas.width = frame.width;
    canvas.height = frame.height;
  }
  context.putImageData(new ImageData(frame.pixels, frame.width, frame.height), 0, 0);
  for (const [colour, line] of [["#000", 4], ["#e69f00", 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(...box);
  }
}

// Lets a box be drawn on the canvas, or moved and resized by keys, while `enabled()`.
function drawnBox(canvas, enabled, get, set) {
  const place = (event) => {
    const area = canvas.getBoundingClientRect();
    return [(event.clientX - area.x) / area.width * canvas.width, (event.clientY - area.y) / area.height * canvas.height];
  };
  let from = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (!enabled()) { return; }
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    from = place(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from || !canvas.hasPointerCapture(event.pointerId)) { return; }
    const to = place(event);
    set([0, 1].map((axis) => Math.min(from[axis], to[axis])).concat([0, 1].map((axis) => Math.abs(from[axis] - to[axis]))));
  });
  canvas.addEventListener("pointerup", () => { from = null; });
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS) || !enabled()) { return; }
    event.preventDefault();
    const [dx, dy] = ARROWS[event.key], [x, y, width, height] = get();
    set(event.shiftKey ? [x, y, width + 2 * dx, height + 2 * dy] : [x + 2 * dx, y + 2 * dy, width, height]);
  });
}

function inside([x, y, width, height], frame) {
  const w = Math.min(frame.width, Math.max(8, width)), h = Math.min(frame.height, Math.max(8, height));
  return [Math.min(frame.width - w, Math.max(0, x)), Math.min(frame.height - h, Math.max(0, y)), w, h];
}

// `life` is an AbortSignal: the page no longer shows the demo.
async function networkTracker(root, start, life) {
  root.classList.add("udt-demo", "network-tracker");
  keepKeys(root);
  const panels = element(root, "div", { className: "panels" });
  const canvas = element(element(panels, "figure", { className: "wide" }), "canvas", { tabIndex: 0 }, { role: "application",
    "aria-label": "The frame. Draw a box around the target; arrow keys move the box, with Shift they resize it." });
  const figure = element(panels, "figure");
  element(figure, "figcaption", { textContent: "response" });
  const response = element(figure, "canvas", {}, { role: "img", "aria-label": "The response map of the last frame" });
  response.width = response.height = SIDE;
  const scale = scaleBar(figure, "viridis");
  const controls = element(root, "div", { className: "controls" });
  const said = element(root, "p", {}, { role: "status" });
  const numbers = element(root, "p", { className: "numbers" });
  const network = networkOf(start.weights);
  let source = null, frame = null, box = null, running = false, stopped = Promise.resolve();

  const button = (text, act) => {
    const made = element(controls, "button", { type: "button", textContent: text });
    made.addEventListener("click", () => act().catch((error) => { said.textContent = error.message; }));
    return made;
  };
  const go = button("track", async () => { if (running) { await halt(); } else { stopped = run(); } });
  button("the book’s clip", () => take(() => storedFrames(start.frames), start.box));
  button("camera", () => take(cameraFrames));
  const label = element(controls, "label", { textContent: "your picture or video" });
  const file = element(label, "input", { type: "file", accept: "image/*,video/*" });
  file.addEventListener("change", () => file.files[0]
    && take(() => fileFrames(file.files[0])).catch((error) => { said.textContent = error.message; }));
  drawnBox(canvas, () => frame && !running, () => box, (next) => {
    box = inside(next, frame);
    drawFrame(canvas, frame, box);
  });

  life.addEventListener("abort", () => { running = false; source?.stop(); });
  async function halt() { running = false; await stopped; }

  async function take(open, first = null) {
    await halt();
    source?.stop();
    source = await open();
    frame = await source.next();
    source.pause?.();
    box = inside(first ?? [frame.width * 0.375, frame.height * 0.375, frame.width / 4, frame.height / 4], frame);
    drawFrame(canvas, frame, box);
    said.textContent = "Draw a box around the target, then press “track”.";
  }

  async function run() {
    if (!frame) { return; }
    const tracker = new UdtTracker(network), boxes = [];
    tracker.start(frame, box);
    running = true;
    go.textContent = "stop";
    await source.resume?.();
    const began = performance.now();
    let spent = 0, ended = false;
    while (running) {
      const next = await source.next();
      if (!next) { ended = true; break; }
      frame = next;
      const before = performance.now();
      box = tracker.update(frame);
      spent += performance.now() - before;
      boxes.push(box);
      drawFrame(canvas, frame, box);
      scale(paint(response, tracker.response, SIDE, { colours: "viridis", shift: true }));
      numbers.textContent = `${boxes.length} frames; the tracker alone: ${(1000 * boxes.length / spent).toFixed(1)} a second; `
        + `score ${tracker.score.toFixed(2)}${tracker.score < 0.15 ? ", lost" : ""}`;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    running = false;
    source.pause?.();
    go.textContent = "track";
    said.textContent = ended ? "That was the last frame. Choose what to track to begin again." : said.textContent;
    root.dataset.boxes = JSON.stringify(boxes);
    root.dataset.rates = JSON.stringify({ tracker: 1000 * boxes.length / spent, all: 1000 * boxes.length / (performance.now() - began) });
    box = inside(box, frame);
  }
  await take(() => storedFrames(start.frames), start.box);
  root.dataset.ready = "yes";
}

export default {
  render({ model, el }) {
    const life = new AbortController();
    networkTracker(el, model.get("start"), life.signal);
    return () => life.abort();
  },
};
