// The Fourier transform of maps up to a cut-off frequency, and back, as matrix products.

import { MINUS, PLUS, firstThatRuns, instructions, load, room, store } from "./assembler.js";
import { CHANNELS } from "./normalise.js";
import { COLUMNS, productIn, wholeFours } from "./product.js";

const PIXEL = 4 * CHANNELS; // bytes
const panelsOf = (columns) => Math.ceil(columns / COLUMNS);

// A function of a frequency and a place, for all places in a line.
const lineOf = (wave, frequency, side) => Array.from({ length: side }, (_, at) => wave(2 * Math.PI * (frequency * at % side) / side));

// The module that adds to each of so many pixels of 32 channels the one as far on the other side of the middle, and subtracts it.
export function foldModule(pixels) {
  const { get, move, repeat, module } = instructions(["behind", "before", "sums", "differences"], ["pixel"], []);
  const pair = (k) => [get("behind"), load(16 * k), get("before"), load(16 * k)];
  return module(repeat(pixels, "pixel",
    Array.from({ length: CHANNELS / 4 }, (_, k) => [
      get("sums"), pair(k), PLUS, store(16 * k), get("differences"), pair(k), MINUS, store(16 * k)]),
    move("before", -PIXEL), ["behind", "sums", "differences"].map((name) => move(name, PIXEL))));
}

// The same for a browser without vectors.
function plainFold(buffer, pixels) {
  const numbers = new Float32Array(buffer);
  return (...addresses) => {
    const [behind, before, sums, differences] = addresses.map((address) => address / 4);
    for (let k = 0; k < pixels * CHANNELS; k++) {
      const a = numbers[behind + k], b = numbers[before + k % CHANNELS - (k - k % CHANNELS)];
      numbers[sums + k] = a + b;
      numbers[differences + k] = a - b;
    }
  };
}

// Returns a function of maps in a `room` (`side` lines `wide` apart, 32 channels last): the spectrum of the maps under a cosine window,
// {real, imaginary}, rows of frequencies 0..K, -1..-K, columns 0..K, 32 channels last. `side` is odd. Seen from the middle of a line
// the window and cosines are even and sines are odd, so a line is folded there, which halves the products.
export function lowPassSpectra(place, side, wide, cutoff) {
  const kept = cutoff + 1, rows = wholeFours(kept), middle = (side - 1) / 2, behind = middle + 1;
  const waves = [Math.cos, Math.sin].map((wave) => windowedWaves(place, wave, rows, kept, side).byteOffset);
  const [none, folded, columns, sums] = [CHANNELS, 2 * behind * CHANNELS, 2 * rows * side * CHANNELS, 4 * rows * rows * CHANNELS]
    .map((size) => place.take(size));
  const halves = [folded.byteOffset, folded.byteOffset + behind * PIXEL];
  const fold = firstThatRuns(place, [foldModule(behind)], plainFold(place.buffer, behind));
  const shape = { rows, aRow: 4 * behind, inner: behind, panels: CHANNELS / COLUMNS, bPanel: 4 * COLUMNS, bRow: PIXEL };
  const transform = (outRow) => {
    const product = productIn(place, { ...shape, outRow });
    return (line, out) => {
      fold(line + middle * PIXEL, line + middle * PIXEL, ...halves);
      halves.forEach((half, part) => product(waves[part], half, out + part * rows * outRow, none.byteOffset));
    };
  };
  const along = transform(side * PIXEL), down = transform(2 * rows * PIXEL);
  return (features) => {
    for (let row = 0; row < side; row++) { along(features.byteOffset + row * wide * PIXEL, columns.byteOffset + row * PIXEL); }
    for (let column = 0; column < 2 * rows; column++) { down(columns.byteOffset + column * side * PIXEL, sums.byteOffset + column * PIXEL); }
    return complex(sums, rows, kept, side);
  };
}

// For each frequency a wave from the middle of a line on, under the window; both sides of the middle count as one there.
function windowedWaves(place, wave, rows, kept, side) {
  const middle = (side - 1) / 2, waves = place.take(rows * (middle + 1));
  for (let frequency = 0; frequency < kept; frequency++) {
    for (let at = 0; at <= middle; at++) {
      const window = (0.5 + 0.5 * Math.cos(Math.PI * at / middle)) * (at ? 1 : 0.5);
      waves[frequency * (middle + 1) + at] = window * wave(2 * Math.PI * (frequency * at % side) / side);
    }
  }
  return waves;
}

// Sums with cosines and sines, seen from the middle, to complex numbers, seen from the first pixel.
function complex(sums, rows, kept, side) {
  const lines = 2 * kept - 1, real = new Float32Array(lines * kept * CHANNELS), imaginary = new Float32Array(real.length);
  const toSine = rows * CHANNELS, line = 2 * toSine; // from a sum with a cosine along a line, and from line to line
  for (let row = 0, to = 0; row < lines; row++) {
    const sign = row < kept ? 1 : -1, frequency = row < kept ? row : row - kept + 1;
    for (let column = 0; column < kept; column++) {
      const turn = Math.PI * (side - 1) * (sign * frequency + column) / side, c = Math.cos(turn), s = Math.sin(turn);
      for (let from = frequency * line + column * CHANNELS, end = to + CHANNELS; to < end; to++, from++) {
        const x = sums[from] - sign * sums[from + rows * line + toSine];
        const y = -sums[from + toSine] - sign * sums[from + rows * line];
        real[to] = x * c + y * s;
        imaginary[to] = y * c - x * s;
      }
    }
  }
  return { real, imaginary };
}

// Returns a function of a spectrum of one channel: its real map (side * side).
export function lowPassMaps(side, cutoff) {
  const kept = cutoff + 1, lines = 2 * cutoff + 1, rows = wholeFours(2 * lines), panels = panelsOf(side), width = COLUMNS * panels;
  const place = room(rows * 2 * kept + 2 * kept * width + rows * width + wholeFours(side) * (rows + width) + width + 64);
  const given = place.take(rows * 2 * kept), right = place.take(2 * kept * width), half = place.take(rows * width);
  const down = place.take(wholeFours(side) * rows), map = place.take(wholeFours(side) * width), start = place.take(width).byteOffset;
  for (let column = 0; column < kept; column++) {
    const weight = (column ? 2 : 1) / (side * side); // columns -K..-1 are those of 1..K, conjugate
    right.set(lineOf(Math.cos, column, side).map((value) => weight * value), column * width);
    right.set(lineOf(Math.sin, column, side).map((value) => -weight * value), (kept + column) * width);
  }
  for (let row = 0; row < lines; row++) {
    const frequency = row <= cutoff ? row : side + cutoff - row;
    lineOf(Math.cos, frequency, side).forEach((value, y) => { down[y * rows + row] = value; });
    lineOf(Math.sin, frequency, side).forEach((value, y) => { down[y * rows + lines + row] = -value; });
  }
  const shape = { bRow: 4 * width, outRow: 4 * width, panels, bPanel: 4 * COLUMNS };
  const across = productIn(place, { ...shape, rows, aRow: 8 * kept, inner: 2 * kept });
  const along = productIn(place, { ...shape, rows: wholeFours(side), aRow: 4 * rows, inner: rows });
  return ({ real, imaginary }) => {
    for (let row = 0; row < lines; row++) {
      const from = row * kept, to = 2 * from, turned = 2 * (lines * kept + from); // a quarter of a turn on
      for (let k = 0; k < kept; k++) {
        given[to + k] = real[from + k];
        given[to + kept + k] = given[turned + k] = imaginary[from + k];
        given[turned + kept + k] = -real[from + k];
      }
    }
    across(given.byteOffset, right.byteOffset, half.byteOffset, start);
    along(down.byteOffset, half.byteOffset, map.byteOffset, start);
    const cut = new Float32Array(side * side);
    for (let y = 0; y < side; y++) { cut.set(map.subarray(y * width, y * width + side), y * side); }
    return cut;
  };
}
