// The Fourier transform of maps up to a cut-off frequency, and back, as matrix products.

import { room } from "./assembler.js";
import { CHANNELS } from "./normalise.js";
import { COLUMNS, ROWS, productIn } from "./product.js";

export const wholeFours = (rows) => ROWS * Math.ceil(rows / ROWS);
const panelsOf = (columns) => Math.ceil(columns / COLUMNS);

// A function of a frequency and a place, for all places in a line.
const lineOf = (wave, frequency, side) => Array.from({ length: side }, (_, at) => wave(2 * Math.PI * (frequency * at % side) / side));

// Returns a function of maps in a `room` (`side` lines `wide` apart, 32 channels last): the spectrum of the maps under a cosine window,
// {real, imaginary}, rows of frequencies 0..K, -1..-K, columns 0..K, 32 channels last.
export function lowPassSpectra(place, side, wide, cutoff) {
  const kept = cutoff + 1, rows = wholeFours(2 * kept), line = 4 * CHANNELS;
  const waves = place.take(rows * side), start = place.take(CHANNELS).byteOffset;
  const columns = place.take(rows * side * CHANNELS), sums = place.take(rows * rows * CHANNELS);
  [Math.cos, Math.sin].forEach((wave, part) => {
    for (let frequency = 0; frequency < kept; frequency++) {
      waves.set(lineOf(wave, frequency, side).map((value, at) => value * (0.5 - 0.5 * Math.cos(2 * Math.PI * at / (side - 1)))),
        (part * kept + frequency) * side);
    }
  });
  const shape = { rows, aRow: 4 * side, inner: side, panels: CHANNELS / COLUMNS, bPanel: 4 * COLUMNS };
  const along = productIn(place, { ...shape, bRow: wide * line, outRow: side * line });
  const across = productIn(place, { ...shape, bRow: line, outRow: line });
  return (features) => {
    for (let column = 0; column < side; column++) {
      along(waves.byteOffset, features.byteOffset + column * line, columns.byteOffset + column * line, start);
    }
    for (let row = 0; row < 2 * kept; row++) {
      across(waves.byteOffset, columns.byteOffset + row * side * line, sums.byteOffset + row * rows * line, start);
    }
    return complex(sums, rows, kept);
  };
}

// Sums with cosines and sines to complex numbers.
function complex(sums, width, kept) {
  const count = (2 * kept - 1) * kept * CHANNELS, real = new Float32Array(count), imaginary = new Float32Array(count);
  for (let row = 0; row < kept; row++) {
    for (let column = 0; column < kept; column++) {
      let cosCos = (row * width + column) * CHANNELS, sinCos = ((row + kept) * width + column) * CHANNELS;
      let up = (row * kept + column) * CHANNELS, low = ((kept - 1 + row) * kept + column) * CHANNELS;
      for (let c = 0; c < CHANNELS; c++, cosCos++, sinCos++, up++, low++) {
        const cc = sums[cosCos], cs = sums[cosCos + kept * CHANNELS], sc = sums[sinCos], ss = sums[sinCos + kept * CHANNELS];
        real[up] = cc - ss;
        imaginary[up] = -cs - sc;
        if (row > 0) { real[low] = cc + ss; imaginary[low] = sc - cs; }
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
