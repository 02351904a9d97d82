// Maps as pictures on a canvas.

const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const SCALES = { grey: [[0, 0, 0], [255, 255, 255]], viridis: VIRIDIS };

// Paints `map` (size * size) from its least to its greatest value, which are returned; `shift` puts index (0, 0)
// into the middle.
export function paint(canvas, map, size, { colours = "grey", shift = false, symmetric = false } = {}) {
  const scale = SCALES[colours], context = canvas.getContext("2d");
  if (canvas.width !== size) { canvas.width = canvas.height = size; }
  let low = Infinity, high = -Infinity;
  for (const value of map) { low = Math.min(low, value); high = Math.max(high, value); }
  if (symmetric) { high = Math.max(high, -low); low = -high; }
  const image = context.createImageData(size, size), half = shift ? size >> 1 : 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const from = (row + size - half) % size * size + (column + size - half) % size;
      const share = high > low ? (map[from] - low) / (high - low) * (scale.length - 1) : 0;
      const step = Math.min(Math.floor(share), scale.length - 2), to = 4 * (row * size + column);
      for (let band = 0; band < 3; band++) {
        image.data[to + band] = scale[step][band] + (share - step) * (scale[step + 1][band] - scale[step][band]);
      }
      image.data[to + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return [low, high];
}

// Adds a colour bar and returns the function that says which values its two ends have.
export function scaleBar(parent, colours = "grey") {
  const bar = document.createElement("div"), strip = document.createElement("i");
  const ends = ["span", "span"].map((name) => document.createElement(name));
  bar.className = "scale";
  strip.style.background = `linear-gradient(to right, ${SCALES[colours].map((rgb) => `rgb(${rgb})`).join(", ")})`;
  bar.append(ends[0], strip, ends[1]);
  parent.append(bar);
  return (limits) => limits.forEach((limit, k) => { ends[k].textContent = String(Number(limit.toPrecision(2))); });
}
