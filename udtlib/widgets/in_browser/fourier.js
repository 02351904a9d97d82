// Fourier transforms of square maps whose side is a power of two, and how a response is read.

const TABLES = new Map();

// Cosines and sines of a turn, and where each number goes first, for lines of `size`.
function tableOf(size) {
  if (!TABLES.has(size)) {
    const bits = Math.log2(size), place = new Int32Array(size);
    for (let k = 0; k < size; k++) { place[k] = (place[k >> 1] >> 1) | (k & 1) << (bits - 1); }
    const turn = (function_) => Float64Array.from({ length: size / 2 }, (_, k) => function_(2 * Math.PI * k / size));
    TABLES.set(size, { place, cos: turn(Math.cos), sin: turn(Math.sin), re: new Float64Array(size), im: new Float64Array(size) });
  }
  return TABLES.get(size);
}

// The transform of `size` lines, in place: `step` lies between the numbers of a line, `next` between lines.
function transformLines(real, imaginary, size, step, next, sign) {
  const { place, cos, sin, re, im } = tableOf(size);
  for (let line = 0; line < size; line++) {
    const start = line * next;
    for (let k = 0, from = start; k < size; k++, from += step) { re[place[k]] = real[from]; im[place[k]] = imaginary[from]; }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let k = 0, turn = 0; k < half; k++, turn += stride) {
        const c = cos[turn], s = sign * sin[turn];
        for (let a = k, b = k + half; b < size; a += 2 * half, b += 2 * half) {
          const x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
          re[b] = re[a] - x; im[b] = im[a] - y; re[a] += x; im[a] += y;
        }
      }
    }
    for (let k = 0, to = start; k < size; k++, to += step) { real[to] = re[k]; imaginary[to] = im[k]; }
  }
}

function transformed(real, imaginary, size, sign) {
  transformLines(real, imaginary, size, 1, size, sign);
  transformLines(real, imaginary, size, size, 1, sign);
  return { real, imaginary };
}

// The spectra {real, imaginary} of two real maps, Float64Arrays of size * size, row by row, by one transform: the
// first as its real, the second as its imaginary part. What is symmetric belongs to the first.
export function spectraOfTwo(first, second, size) {
  const both = transformed(first.slice(), second.slice(), size, -1), count = size * size;
  const empty = () => ({ real: new Float64Array(count), imaginary: new Float64Array(count) });
  const one = empty(), other = empty();
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const k = row * size + column, mirror = (size - row) % size * size + (size - column) % size;
      one.real[k] = (both.real[k] + both.real[mirror]) / 2;
      one.imaginary[k] = (both.imaginary[k] - both.imaginary[mirror]) / 2;
      other.real[k] = (both.imaginary[k] + both.imaginary[mirror]) / 2;
      other.imaginary[k] = (both.real[mirror] - both.real[k]) / 2;
    }
  }
  return [one, other];
}

// The two real maps of two spectra that belong to such, by one transform.
export function mapsOfTwo(first, second, size) {
  const real = first.real.map((value, k) => value - second.imaginary[k]);
  const imaginary = first.imaginary.map((value, k) => value + second.real[k]);
  const both = transformed(real, imaginary, size, 1), share = 1 / (size * size);
  return [both.real, both.imaginary].map((map) => map.map((value) => value * share));
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
  const { index } = peakOf(map, size);
  const far = (at) => Uint8Array.from({ length: size }, (_, k) => Math.abs(wrapped((k - at + size) % size, size)) > radius);
  const rows = far(Math.floor(index / size)), columns = far(index % size);
  let count = 0, sum = 0, squares = 0;
  for (let k = 0; k < map.length; k++) {
    if (rows[Math.floor(k / size)] || columns[k % size]) { count++; sum += map[k]; }
  }
  const mean = sum / count;
  for (let k = 0; k < map.length; k++) {
    if (rows[Math.floor(k / size)] || columns[k % size]) { squares += (map[k] - mean) ** 2; }
  }
  return squares > 0 ? (map[index] - mean) / Math.sqrt(squares / count) : 0;
}
