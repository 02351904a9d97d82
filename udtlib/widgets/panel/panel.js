// A picture and its controls, as native inputs: the keyboard, a finger and a screen reader work without our help.
// Python draws; here a control only writes into `values`.
const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);
const words = (name) => name.replaceAll("_", " ");

// JupyterLab would take the arrows, Space and the letters for its own shortcuts (two d delete a cell), also while a
// control has the focus. Saving, running and leaving a cell go on to it.
function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    const chord = event.ctrlKey || event.metaKey || event.altKey;
    if (!chord && event.key !== "Escape" && !(event.shiftKey && event.key === "Enter")) { event.stopPropagation(); }
  });
}

function slider(spec, change) {
  const input = make("input", { type: "range", min: spec.low, max: spec.high, step: spec.step });
  const shown = make("output");
  input.addEventListener("input", () => change(Number(input.value)));
  const show = (value) => {
    input.value = value;
    shown.textContent = String(Number(value.toFixed(3)));
  };
  return { input, extra: spec.play ? [shown, player(spec, input, change)] : [shown], show };
}

function player(spec, input, change) {
  const button = make("button", { type: "button" });
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "▶";
    button.setAttribute("aria-label", `play ${words(spec.name)}`);
  };
  const step = () => {
    if (!button.isConnected || Number(input.value) >= spec.high) return stop();
    change(Number(input.value) + spec.step);
  };
  button.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (Number(input.value) >= spec.high) change(spec.low);
    timer = setInterval(step, spec.play);
    button.textContent = "⏸";
    button.setAttribute("aria-label", `pause ${words(spec.name)}`);
  });
  stop();
  return button;
}

function menu(spec, change) {
  const input = make("select");
  input.append(...spec.options.map((text) => make("option", { value: text, textContent: text })));
  input.addEventListener("change", () => change(input.value));
  return { input, extra: [], show: (value) => { input.value = value; } };
}

function tick(spec, change) {
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => change(input.checked));
  return { input, extra: [], show: (value) => { input.checked = value; } };
}

const KINDS = { slider, menu, tick };

// Dragging a part of the picture moves the two sliders that it names; `specs` has the controls by name.
function grips(picture, parts, specs, values, change) {
  const at = (event) => {
    const zoom = picture.naturalWidth / picture.clientWidth;
    return [event.offsetX * zoom, event.offsetY * zoom];
  };
  const under = ([x, y]) => parts.find(({ area: [left, top, right, bottom] }) =>
    left <= x && x < right && top <= y && y < bottom);
  const moved = ({ low, high, step }, value) =>
    Math.min(high, Math.max(low, low + step * Math.round((value - low) / step)));
  let held = null;
  picture.draggable = false;
  picture.style.touchAction = "none";
  picture.addEventListener("pointerdown", (event) => {
    const part = under(at(event));
    if (!part) { return; }
    const now = values();
    held = { part, from: at(event), x: now[part.x], y: now[part.y] };
    picture.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  picture.addEventListener("pointermove", (event) => {
    const place = at(event);
    if (!held) {
      picture.style.cursor = under(place) ? "grab" : "";
      return;
    }
    const { part, from, x, y } = held;
    change({
      [part.x]: moved(specs[part.x], x + (place[0] - from[0]) / part.scale),
      [part.y]: moved(specs[part.y], y + (place[1] - from[1]) / part.scale),
    });
  });
  for (const end of ["pointerup", "pointercancel"]) { picture.addEventListener(end, () => { held = null; }); }
}

function render({ model, el }) {
  const title = model.get("title");
  const root = make("div", { className: "udt-panel" });
  keepKeys(root);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", title || "demo");
  const picture = make("img");
  const controls = make("div", { className: "controls" });
  root.append(...(title ? [make("p", { className: "title", textContent: title })] : []), picture, controls);

  const set = (changes) => {
    model.set("values", { ...model.get("values"), ...changes });
    model.save_changes();
  };
  const rows = model.get("controls").map((spec) => {
    const change = (value) => set({ [spec.name]: value });
    const made = KINDS[spec.kind](spec, change);
    made.input.name = spec.name;
    made.input.setAttribute("aria-label", words(spec.name));
    const label = make("label");
    label.append(make("span", { textContent: words(spec.name) }), made.input);
    const row = make("div", { className: spec.kind });
    row.append(label, ...made.extra);
    controls.append(row);
    return { ...made, spec, row };
  });

  if (model.get("grips").length) {
    const specs = Object.fromEntries(rows.map(({ spec }) => [spec.name, spec]));
    grips(picture, model.get("grips"), specs, () => model.get("values"), set);
  }

  const show = () => {
    const values = model.get("values");
    for (const { spec, input, row, show: showOne } of rows) {
      showOne(values[spec.name]);
      const off = spec.off_when !== null && values[spec.off_when[0]] === spec.off_when[1];
      input.disabled = off;
      row.classList.toggle("off", off);
    }
  };
  let address = null;
  const draw = () => {
    const before = address;
    address = URL.createObjectURL(new Blob([model.get("picture")], { type: "image/jpeg" }));
    picture.onload = () => before && URL.revokeObjectURL(before);
    picture.src = address;
    const said = Object.entries(model.get("values")).map(([name, value]) => `${words(name)} ${value}`);
    picture.alt = `${model.get("alt")} Now: ${said.join(", ")}.`;
  };
  model.on("change:values", show);
  model.on("change:picture", draw);
  show();
  draw();
  el.append(root);
  return () => {
    model.off("change:values", show);
    model.off("change:picture", draw);
    URL.revokeObjectURL(address);
  };
}

export default { render };
