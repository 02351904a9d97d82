// Fourier transforms of square maps whose side is a power of two, and how a response is read.

const TABLES = new Map();

// For maps of `size`: cosines and sines of a turn, where each line goes first, and room to compute in.
function tableOf(size) {
  if (!TABLES.has(size)) {
    const bits = Math.log2(size), place = new Int32Array(size);
    for (let k = 0; k < size; k++) { place[k] = (place[k >> 1] >> 1) | (k & 1) << (bits - 1); }
    const turn = (function_) => Float64Array.from({ length: size / 2 }, (_, k) => function_(2 * Math.PI * k / size));
    const maps = Array.from({ length: 6 }, () => new Float64Array(size * size));
    TABLES.set(size, { place, cos: turn(Math.cos), sin: turn(Math.sin), maps });
  }
  return TABLES.get(size);
}

// Columns become rows, in the order in which the transform takes them.
function turnOver(map, size, place, turned) {
  for (let row = 0, from = 0; row < size; row++) {
    for (let column = 0; column < size; column++, from++) { turned[place[column] * size + row] = map[from]; }
  }
}

// The transform of all columns at once, in place.
function transformColumns(real, imaginary, size, { cos, sin }, sign) {
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let row = 0; row < size; row++) {
      if (row & half) { continue; } // the other row of a pair
      const turn = (row & half - 1) * stride, c = cos[turn], s = sign * sin[turn];
      for (let a = row * size, b = a + half * size, end = a + size; a < end; a++, b++) {
        const x = real[b] * c - imaginary[b] * s, y = real[b] * s + imaginary[b] * c;
        real[b] = real[a] - x; imaginary[b] = imaginary[a] - y; real[a] += x; imaginary[a] += y;
      }
    }
  }
}

// The next transform of this size writes over the result.
function transformed(real, imaginary, size, sign) {
  const table = tableOf(size), [re, im, real2, imaginary2] = table.maps;
  for (const [from, to] of [[[real, imaginary], [re, im]], [[re, im], [real2, imaginary2]]]) {
    from.forEach((map, part) => turnOver(map, size, table.place, to[part]));
    transformColumns(...to, size, table, sign);
  }
  return { real: real2, imaginary: imaginary2 };
}

export function emptySpectrum(size) {
  return { real: new Float64Array(size * size), imaginary: new Float64Array(size * size) };
}

// The spectra {real, imaginary} of two real maps, Float64Arrays of size * size, row by row, by one transform: the
// first as its real, the second as its imaginary part. What is symmetric belongs to the first.
export function spectraOfTwo(first, second, size) {
  const { real, imaginary } = transformed(first, second, size, -1);
  const one = emptySpectrum(size), other = emptySpectrum(size), last = size - 1;
  for (let row = 0, k = 0; row < size; row++) {
    const mirrorRow = (size - row & last) * size;
    for (let column = 0; column < size; column++, k++) {
      const mirror = mirrorRow + (size - column & last);
      one.real[k] = (real[k] + real[mirror]) / 2;
      one.imaginary[k] = (imaginary[k] - imaginary[mirror]) / 2;
      other.real[k] = (imaginary[k] + imaginary[mirror]) / 2;
      other.imaginary[k] = (real[mirror] - real[k]) / 2;
    }
  }
  return [one, other];
}

// The two real maps of two spectra that belong to such, by one transform.
export function mapsOfTwo(first, second, size) {
  const [, , , , real, imaginary] = tableOf(size).maps, share = 1 / (size * size);
  for (let k = 0; k < real.length; k++) {
    real[k] = share * (first.real[k] - second.imaginary[k]);
    imaginary[k] = share * (first.imaginary[k] + second.real[k]);
  }
  const both = transformed(real, imaginary, size, 1);
  return [both.real.slice(), both.imaginary.slice()];
}

export const wrapped = (index, size) => index > size / 2 ? index - size : index;

// The first frequencies of a Gaussian in one dimension, 1 at 0, wrapping around; real, as it is symmetric.
export function gaussianSpectrum(size, sigma, frequencies) {
  const bell = Float64Array.from({ length: size }, (_, k) => Math.exp(-(wrapped(k, size) ** 2) / (2 * sigma ** 2)));
  return Float64Array.from({ length: frequencies }, (_, frequency) =>
    bell.reduce((sum, value, at) => sum + value * Math.cos(2 * Math.PI * (frequency * at % size) / size), 0));
}

// Where the highest value lies, as {index, dy, dx} with signed displacements.
export function peakOf(map, size) {
  let index = 0;
  for (let k = 1; k < map.length; k++) { if (map[k] > map[index]) { index = k; } }
  return { index, dy: wrapped(Math.floor(index / size), size), dx: wrapped(index % size, size) };
}

// The peak-to-sidelobe ratio: what lies further than `radius` from the peak, along x or y, is sidelobe.
export function peakToSidelobe(map, size, radius = 5) {
  const { index } = peakOf(map, size), peakRow = Math.floor(index / size), peakColumn = index % size;
  const far = (at, peak) => Math.abs(wrapped((at - peak + size) % size, size)) > radius;
  const columns = Uint8Array.from({ length: size }, (_, column) => far(column, peakColumn));
  let count = 0, sum = 0, squares = 0;
  for (let row = 0, k = 0; row < size; row++) {
    const whole = far(row, peakRow);
    for (let column = 0; column < size; column++, k++) {
      if (whole || columns[column]) { const value = map[k] - map[index]; count++; sum += value; squares += value * value; }
    }
  }
  const below = -sum / count, variance = squares / count - below * below;
  return variance > 0 ? below / Math.sqrt(variance) : 0;
}
