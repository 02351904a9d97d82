// Draws a box on a picture: with the mouse, a finger, a pen or the keyboard. The page of `udt select` and the
// notebook widget share it. A box is [x, y, width, height] in whole pixels of the frame, the first pixel is 0.

const CORNERS = [["top left", 0, 0], ["top right", 1, 0], ["bottom left", 0, 1], ["bottom right", 1, 1]];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function element(parent, name, properties) {
  return parent.appendChild(Object.assign(document.createElement(name), properties));
}

// Returns {get, set}; `changed` is called with every new box that the user makes.
export function pickBox(root, { picture, width, height, box = null, changed = () => {} }) {
  root.classList.add("box-picker");
  const stage = element(root, "div", { className: "stage", tabIndex: 0 });
  stage.setAttribute("role", "application");
  stage.setAttribute("aria-label", "The frame. Enter places a box in its middle; arrow keys move it.");
  stage.style.aspectRatio = `${width} / ${height}`;
  stage.style.width = `min(100%, calc(75vh * ${width / height}))`;
  element(stage, "img", { src: picture, alt: "", draggable: false });
  const frame = element(stage, "div", { className: "box", tabIndex: 0, hidden: true });
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", "The box. Arrow keys move it, with Shift by ten pixels.");
  const handles = CORNERS.map(([name, right, bottom]) => {
    const handle = element(frame, "button", { type: "button", className: "handle" });
    handle.setAttribute("aria-label", `${name} corner; arrow keys move it`);
    handle.style.left = `${100 * right}%`;
    handle.style.top = `${100 * bottom}%`;
    return handle;
  });
  const numbers = element(root, "div", { className: "numbers" });
  const fields = ["x", "y", "width", "height"].map((name, place) => {
    const label = element(numbers, "label", { textContent: `${name} ` });
    const most = (place % 2 ? height : width) - (place < 2 ? 1 : 0);
    return element(label, "input", { type: "number", min: place < 2 ? 0 : 1, max: most, step: 1 });
  });

  function show() {
    frame.hidden = box === null;
    if (box === null) { return; }
    const [x, y, w, h] = box;
    frame.style.left = `${100 * x / width}%`;
    frame.style.top = `${100 * y / height}%`;
    frame.style.width = `${100 * w / width}%`;
    frame.style.height = `${100 * h / height}%`;
    fields.forEach((field, place) => { if (field !== document.activeElement) { field.value = box[place]; } });
  }

  function within(value, least, most) { return Math.min(most, Math.max(least, Math.round(value))); }

  // Takes a box between two corners (edges of pixels), in any order, at least one pixel large.
  function between([x1, y1], [x2, y2]) {
    const left = within(Math.min(x1, x2), 0, width - 1), right = within(Math.max(x1, x2), left + 1, width);
    const top = within(Math.min(y1, y2), 0, height - 1), bottom = within(Math.max(y1, y2), top + 1, height);
    take([left, top, right - left, bottom - top]);
  }

  function move(x, y) {
    take([within(x, 0, width - box[2]), within(y, 0, height - box[3]), box[2], box[3]]);
  }

  function take(next) { box = next; show(); changed([...box]); }

  function corner(index) {
    const [, right, bottom] = CORNERS[index];
    return [box[0] + right * box[2], box[1] + bottom * box[3]];
  }

  function place(event) {
    const area = stage.getBoundingClientRect();
    return [(event.clientX - area.left) / area.width * width, (event.clientY - area.top) / area.height * height];
  }

  let drag = null;
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || drag) { return; }
    const start = place(event), handle = handles.indexOf(event.target);
    event.preventDefault();
    if (handle >= 0) {
      const fixed = corner(3 - handle);
      drag = (point) => between(fixed, point);
    } else if (event.target === frame) {
      const [x, y] = box;
      drag = (point) => move(x + point[0] - start[0], y + point[1] - start[1]);
    } else {
      drag = (point) => between(start, point);
    }
    (handle >= 0 ? handles[handle] : frame.hidden ? stage : frame).focus({ preventScroll: true });
    drag.pointer = event.pointerId;
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    if (drag && event.pointerId === drag.pointer) { drag(place(event)); }
  });
  for (const name of ["pointerup", "pointercancel"]) {
    stage.addEventListener(name, (event) => { if (drag && event.pointerId === drag.pointer) { drag = null; } });
  }

  stage.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) { event.stopPropagation(); } // else JupyterLab takes letters too
    if (event.key === "Enter" && event.target === stage && box === null) {
      between([width * 3 / 8, height * 3 / 8], [width * 5 / 8, height * 5 / 8]);
      frame.focus();
      event.preventDefault();
    }
    if (!(event.key in ARROWS) || box === null) { return; }
    event.preventDefault();
    const [dx, dy] = ARROWS[event.key].map((step) => step * (event.shiftKey ? 10 : 1));
    const handle = handles.indexOf(event.target);
    if (handle < 0) { move(box[0] + dx, box[1] + dy); return; }
    const [x, y] = corner(handle), fixed = corner(3 - handle), [, right, bottom] = CORNERS[handle];
    const ahead = [right ? Math.max(x + dx, fixed[0] + 1) : Math.min(x + dx, fixed[0] - 1),
      bottom ? Math.max(y + dy, fixed[1] + 1) : Math.min(y + dy, fixed[1] - 1)];
    between(fixed, ahead);
  });

  numbers.addEventListener("input", () => {
    const typed = fields.map((field) => field.value === "" ? NaN : Number(field.value));
    if (typed.some(Number.isNaN)) { return; }
    between([typed[0], typed[1]], [typed[0] + Math.max(1, typed[2]), typed[1] + Math.max(1, typed[3])]);
  });
  numbers.addEventListener("focusout", show);

  show();
  return { get: () => box, set: (next) => { box = next; show(); } };
}

export default {
  render({ model, el }) {
    const picker = pickBox(el, {
      picture: model.get("picture"),
      width: model.get("width"),
      height: model.get("height"),
      box: model.get("value"),
      changed(box) { model.set("value", box); model.save_changes(); },
    });
    model.on("change:value", () => picker.set(model.get("value")));
  },
};
