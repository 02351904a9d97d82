// A file for Python: sent in pieces, each when Python asks for it, so that neither side ever holds more in flight.
const PIECE = 1 << 20;
const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);

function render({ model, el }) {
  const root = make("div", { className: "udt-upload" });
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "your own video");
  const most = model.get("most");
  const input = make("input", { type: "file", accept: "video/*,.avi,.mkv,.mp4,.mov,.webm,.gif", name: "video" });
  const label = make("label");
  label.append(make("span", { textContent: `A video of yours, at most ${Math.floor(most / 2 ** 20)} MB: ` }), input);
  const bar = make("progress", { value: 0, max: 1, hidden: true });
  bar.setAttribute("aria-label", "uploaded");
  const said = make("p", { className: "said" });
  said.setAttribute("role", "status");
  const button = make("button", { type: "button", textContent: "Track" });
  button.title = "follow the box with both trackers";
  const row = make("div", { className: "row" });
  row.append(label, button);
  root.append(row, bar, said);
  button.addEventListener("click", () => model.send({ track: true }));
  // JupyterLab would take Space and Enter for its own shortcuts.
  root.addEventListener("keydown", (event) => {
    const chord = event.ctrlKey || event.metaKey || event.altKey;
    if (!chord && event.key !== "Escape" && !(event.shiftKey && event.key === "Enter")) { event.stopPropagation(); }
  });

  let file = null;
  const end = () => { file = null; bar.hidden = true; };
  input.addEventListener("change", () => {
    file = input.files[0] ?? null;
    if (file === null) { return; }
    if (file.size > most) {
      said.textContent = `${file.name}: ${Math.ceil(file.size / 2 ** 20)} MB; at most ${Math.floor(most / 2 ** 20)} MB`;
      return end();
    }
    bar.hidden = false;
    bar.value = 0;
    said.textContent = `${file.name}: uploading`;
    model.send({ name: file.name, size: file.size });
  });

  // Python says at which byte the next piece begins.
  const ask = async (message) => {
    if (file === null || typeof message.at !== "number") { return; }
    const asked = file;
    const piece = await asked.slice(message.at, message.at + PIECE).arrayBuffer().catch(() => null);
    if (piece === null) {
      said.textContent = `${asked.name}: cannot be read any more; choose it again`;
      return end();
    }
    if (asked !== file) { return; }
    const sent = message.at + piece.byteLength;
    bar.value = sent / asked.size;
    model.send({ at: message.at }, undefined, [piece]);
    if (sent >= asked.size) { end(); }
  };
  const show = () => { said.textContent = model.get("said"); };
  const tell = () => { show(); bar.hidden = true; };
  model.on("msg:custom", ask);
  model.on("change:said", tell);
  show();
  el.append(root);
  return () => { model.off("msg:custom", ask); model.off("change:said", tell); };
}

export default { render };
