// Maps as pictures on a canvas.

const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const SCALES = { grey: [[0, 0, 0], [255, 255, 255]], viridis: VIRIDIS }, SHADES = 256;

// The colours from the least to the greatest value, each as one number.
function coloursOf(scale) {
  const bytes = new Uint8ClampedArray(4 * SHADES).fill(255);
  for (let k = 0; k < SHADES; k++) {
    const share = k / (SHADES - 1) * (scale.length - 1), step = Math.min(Math.floor(share), scale.length - 2);
    for (let band = 0; band < 3; band++) {
      bytes[4 * k + band] = scale[step][band] + (share - step) * (scale[step + 1][band] - scale[step][band]);
    }
  }
  return new Uint32Array(bytes.buffer);
}

const COLOURS_OF = Object.fromEntries(Object.entries(SCALES).map(([name, scale]) => [name, coloursOf(scale)]));
const IMAGES = new WeakMap(); // of canvases, to be painted again

// Paints `map` (size * size) from its least to its greatest value, which are returned; `shift` puts index (0, 0)
// into the middle.
export function paint(canvas, map, size, { colours = "grey", shift = false, symmetric = false } = {}) {
  const scale = COLOURS_OF[colours], context = canvas.getContext("2d");
  if (canvas.width !== size) { canvas.width = canvas.height = size; }
  if (IMAGES.get(canvas)?.width !== size) { IMAGES.set(canvas, context.createImageData(size, size)); }
  const image = IMAGES.get(canvas), painted = new Uint32Array(image.data.buffer);
  let low = Infinity, high = -Infinity;
  for (let k = 0; k < map.length; k++) { low = Math.min(low, map[k]); high = Math.max(high, map[k]); }
  if (symmetric) { high = Math.max(high, -low); low = -high; }
  const factor = high > low ? (SHADES - 1) / (high - low) : 0, half = shift ? size >> 1 : 0;
  for (let row = 0, to = 0; row < size; row++) {
    const line = (row + size - half) % size * size;
    for (let column = 0; column < size; column++, to++) {
      painted[to] = scale[Math.round((map[line + (column + size - half) % size] - low) * factor)];
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
