// Fourier transforms of square maps whose side is a power of two, and how a response is read.

// The transform along one axis of `size` lines, in place: `step` lies between the numbers of a line, `next` between lines.
function transformLines(real, imaginary, size, step, next, sign) {
  const bits = Math.log2(size), cos = new Float64Array(size / 2), sin = new Float64Array(size / 2);
  for (let k = 0; k < size / 2; k++) {
    cos[k] = Math.cos(2 * Math.PI * k / size);
    sin[k] = sign * Math.sin(2 * Math.PI * k / size);
  }
  const re = new Float64Array(size), im = new Float64Array(size);
  for (let line = 0; line < size; line++) {
    const start = line * next;
    for (let k = 0; k < size; k++) {
      let turned = 0;
      for (let bit = 0; bit < bits; bit++) { turned |= (k >> bit & 1) << (bits - 1 - bit); }
      re[turned] = real[start + k * step];
      im[turned] = imaginary[start + k * step];
    }
    for (let half = 1; half < size; half *= 2) {
      for (let first = 0; first < size; first += 2 * half) {
        for (let k = 0, turn = 0; k < half; k++, turn += size / (2 * half)) {
          const a = first + k, b = a + half;
          const x = re[b] * cos[turn] - im[b] * sin[turn], y = re[b] * sin[turn] + im[b] * cos[turn];
          re[b] = re[a] - x; im[b] = im[a] - y; re[a] += x; im[a] += y;
        }
      }
    }
    for (let k = 0; k < size; k++) { real[start + k * step] = re[k]; imaginary[start + k * step] = im[k]; }
  }
}

function transformed(real, imaginary, size, sign) {
  transformLines(real, imaginary, size, 1, size, sign);
  transformLines(real, imaginary, size, size, 1, sign);
  return { real, imaginary };
}

// The spectrum {real, imaginary} of a real map, Float64Array of size * size, row by row.
export const spectrumOf = (map, size) => transformed(Float64Array.from(map), new Float64Array(size * size), size, -1);

// The real map of a spectrum that belongs to one.
export function mapOf({ real, imaginary }, size) {
  return transformed(real.slice(), imaginary.slice(), size, 1).real.map((value) => value / (size * size));
}

export const wrapped = (index, size) => index > size / 2 ? index - size : index;

// The Gaussian label, 1 at (0, 0), wrapping around.
export function gaussianLabel(size, sigma) {
  const bell = Float64Array.from({ length: size }, (_, k) => Math.exp(-(wrapped(k, size) ** 2) / (2 * sigma ** 2)));
  return Float64Array.from({ length: size * size }, (_, k) => bell[Math.floor(k / size)] * bell[k % size]);
}

// Where the highest value lies, as {index, dy, dx} with signed displacements.
export function peakOf(map, size) {
  let index = 0;
  for (let k = 1; k < map.length; k++) { if (map[k] > map[index]) { index = k; } }
  return { index, dy: wrapped(Math.floor(index / size), size), dx: wrapped(index % size, size) };
}

// The peak-to-sidelobe ratio: what lies further than `radius` from the peak is sidelobe.
export function peakToSidelobe(map, size, radius = 5) {
  const { index } = peakOf(map, size), row = Math.floor(index / size), column = index % size;
  const far = (a, b) => Math.abs(wrapped((a - b + size) % size, size)) > radius;
  const rest = map.filter((_, k) => far(Math.floor(k / size), row) || far(k % size, column));
  const mean = rest.reduce((sum, value) => sum + value, 0) / rest.length;
  const deviation = Math.sqrt(rest.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rest.length);
  return deviation > 0 ? (map[index] - mean) / deviation : 0;
}
