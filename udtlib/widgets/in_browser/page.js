// Elements of a page, for all demos.

export function element(parent, name, properties = {}, attributes = {}) {
  const made = parent.appendChild(Object.assign(document.createElement(name), properties));
  for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value); }
  return made;
}

export function drawing(parent, name, attributes = {}) {
  const made = parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", name));
  for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value); }
  return made;
}

// A labelled slider; `shown` turns its value into text. Returns the input.
export function slider(parent, text, { min, max, step, value }, shown, changed) {
  const label = element(parent, "label", { textContent: text });
  const input = element(label, "input", { type: "range" }, { min, max, step, "aria-label": text });
  const said = element(label, "output");
  const tell = () => {
    said.textContent = shown(Number(input.value));
    input.setAttribute("aria-valuetext", said.textContent);
  };
  input.value = value;
  input.tell = tell;
  input.addEventListener("input", () => { tell(); changed(Number(input.value)); });
  tell();
  return input;
}

export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// JupyterLab would take the arrows, Space and the letters for its own shortcuts (two d delete a cell), also while a
// control has the focus. Saving, running and leaving a cell go on to it.
export function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    const chord = event.ctrlKey || event.metaKey || event.altKey;
    if (!chord && event.key !== "Escape" && !(event.shiftKey && event.key === "Enter")) { event.stopPropagation(); }
  });
}
