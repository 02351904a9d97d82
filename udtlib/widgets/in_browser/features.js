// The two-layer network: the spectrum of its features of a window of a frame. Memory runs channel by channel last.

import { room } from "./assembler.js";
import { lowPassSpectra } from "./lowpass.js";
import { CHANNELS, normaliseIn } from "./normalise.js";
import { COLUMNS, productIn, wholeFours } from "./product.js";
import { readFor, winogradIn } from "./winograd.js";

const MEAN_RGB = [123, 117, 104], BANDS = 3, TAPS = 9;
const ROOM = 2 ** 21; // numbers: 8 MB, of which a side of 125 takes 6

// The weights (output, 3, 3, 3) of the first layer in panels of eight outputs; in each, rows run down, right, band.
function packedWeights(weight, packed) {
  for (let output = 0, from = 0; output < CHANNELS; output++) {
    const panel = Math.floor(output / COLUMNS), lane = output % COLUMNS;
    for (let band = 0; band < BANDS; band++) {
      for (let tap = 0; tap < TAPS; tap++, from++) { packed[((panel * TAPS + tap) * BANDS + band) * COLUMNS + lane] = weight[from]; }
    }
  }
  return packed;
}

// The first layer in a `room`: a function of a patch and where its result goes, negative numbers as 0. Both have lines of
// `wide` pixels, one after the other, so that all is one run of `pixels`; where a line ends it gives two wrong ones.
function firstLayer(place, wide, pixels, { weight, bias }) {
  const packed = packedWeights(weight, place.take(TAPS * BANDS * CHANNELS)), start = place.take(CHANNELS);
  start.set(bias);
  const product = productIn(place, { rows: pixels, aRow: 4 * BANDS, outRow: 4 * CHANNELS, segments: 3, inner: TAPS * BANDS,
    aSegment: 4 * BANDS * wide, bRow: 4 * COLUMNS, panels: CHANNELS / COLUMNS, bPanel: 4 * TAPS * BANDS * COLUMNS, positive: true });
  return (patch, target) => product(patch.byteOffset, packed.byteOffset, target.byteOffset, start.byteOffset);
}

// Returns a function of a frame, a centre and a window [width, height]: the spectrum of the features there, as
// `lowPassSpectra` has it. `weights` is {conv1: {weight, bias}, conv2: {weight, bias}}, Float32Arrays in PyTorch's order.
export function spectraOf(weights, side, cutoff) {
  const place = room(ROOM), wide = side + 2, pixels = wholeFours(side * wide), bordered = readFor(side) * wide + wide;
  const [patch, hidden, features] = [[bordered, BANDS], [bordered, CHANNELS], [bordered, CHANNELS]].map(
    ([count, channels]) => place.take(count * channels));
  const inside = hidden.subarray((wide + 1) * CHANNELS); // within the border
  const first = firstLayer(place, wide, pixels, weights.conv1), second = winogradIn(place, side, wide, weights.conv2);
  const normalise = normaliseIn(place, pixels), spectrum = lowPassSpectra(place, side, wide, cutoff);
  return (frame, centre, window) => {
    samplePatch(frame, centre, window, side, patch);
    first(patch, inside);
    clearBorder(hidden, side, wide);
    second(hidden, features);
    normalise(features.byteOffset);
    return spectrum(features);
  };
}

// Zeros on the right and, as the next line begins there, on the left of all lines, and below them.
function clearBorder(hidden, side, wide) {
  for (let y = 1; y <= side; y++) { hidden.fill(0, ((y + 1) * wide - 1) * CHANNELS, ((y + 1) * wide + 1) * CHANNELS); }
  hidden.fill(0, (side + 1) * wide * CHANNELS);
}

// For `side` points of a line: the pixels before and behind each, and what shares they have of its value, 0 outside.
function neighbours(centre, window, side, limit) {
  const pixels = [new Int32Array(side), new Int32Array(side)], shares = [new Float64Array(side), new Float64Array(side)];
  for (let k = 0; k < side; k++) {
    const place = Math.fround(centre + (k / (side - 1) - 0.5) * window), low = Math.floor(place);
    [1 - place + low, place - low].forEach((share, which) => {
      const inside = low + which >= 0 && low + which < limit;
      pixels[which][k] = inside ? low + which : 0;
      shares[which][k] = inside ? share : 0;
    });
  }
  return [...pixels, ...shares];
}

// Samples side * side points of a window around a centre, bilinear, 0 outside the frame; then the mean is subtracted.
// `patch` has a border of zeros.
export function samplePatch({ pixels, width, height }, centre, window, side, patch) {
  const [left, right, before, behind] = neighbours(centre[0], window[0], side, width);
  const [upper, lower, above, below] = neighbours(centre[1], window[1], side, height);
  for (let row = 0; row < side; row++) {
    const up = 4 * width * upper[row], down = 4 * width * lower[row], a = above[row], b = below[row];
    for (let column = 0, to = BANDS * ((row + 1) * (side + 2) + 1); column < side; column++, to += BANDS) {
      const l = 4 * left[column], r = 4 * right[column], c = before[column], d = behind[column];
      for (let band = 0; band < BANDS; band++) {
        patch[to + band] = a * (c * pixels[up + l + band] + d * pixels[up + r + band])
          + b * (c * pixels[down + l + band] + d * pixels[down + r + band]) - MEAN_RGB[band];
      }
    }
  }
}
