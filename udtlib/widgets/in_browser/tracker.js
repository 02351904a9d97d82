// The UDT tracker with the settings of the authors' published results, on spectra of the network's features.

import { gaussianSpectrum } from "./fourier.js";
import { lowPassMaps } from "./lowpass.js";
import { CHANNELS } from "./normalise.js";

export const SIDE = 125; // of patches, features and responses
const PADDING = 1.8, STEP = 1.015, PENALTY = 1.2, RATE = 0.01, REGULARISATION = 1e-4;
const SIGMA = 0.1 * SIDE / (1 + PADDING), SMALLEST = 0.2, LARGEST = 5, LEAST_SIDE = 4, FLAT = 8;
// Past this frequency the label's spectrum is below 1e-5 of its peak.
export const CUTOFF = Math.ceil(SIDE / (2 * Math.PI * SIGMA) * Math.sqrt(-2 * Math.log(1e-5)));
const KEPT = CUTOFF + 1, LINES = 2 * CUTOFF + 1;

// The spectrum of the Gaussian label, real: rows 0..K, -1..-K, columns 0..K.
function labelSpectrum() {
  const line = gaussianSpectrum(SIDE, SIGMA, KEPT);
  return Float64Array.from({ length: LINES * KEPT }, (_, k) => {
    const row = Math.floor(k / KEPT);
    return line[row <= CUTOFF ? row : row - CUTOFF] * line[k % KEPT];
  });
}

const LABEL = labelSpectrum();
const MAP = lowPassMaps(SIDE, CUTOFF);

// What is learned (Eq. 4): the dual coefficients, real as the label's spectrum is, and the template's spectrum.
function learned(template) {
  const { real, imaginary } = template, dual = LABEL.slice();
  for (let k = 0, c = 0; k < dual.length; k++) {
    let energy = REGULARISATION * CHANNELS * SIDE * SIDE;
    for (const end = c + CHANNELS; c < end; c++) { energy += real[c] * real[c] + imaginary[c] * imaginary[c]; }
    dual[k] /= energy;
  }
  return { dual, template };
}

// The response (Eq. 5) to the spectrum of a search patch.
function responseTo({ dual, template }, search) {
  const real = new Float64Array(dual.length), imaginary = new Float64Array(dual.length);
  const [a, b, x, y] = [search.real, search.imaginary, template.real, template.imaginary];
  for (let k = 0, c = 0; k < dual.length; k++) {
    let along = 0, across = 0;
    for (const end = c + CHANNELS; c < end; c++) {
      along += a[c] * x[c] + b[c] * y[c];
      across += b[c] * x[c] - a[c] * y[c];
    }
    real[k] = along * dual[k];
    imaginary[k] = across * dual[k];
  }
  return MAP({ real, imaginary });
}

function towards(old, next) {
  for (let k = 0; k < old.length; k++) { old[k] += RATE * (next[k] - old[k]); }
}

function highest(map) {
  let best = 0;
  for (let k = 1; k < map.length; k++) { if (map[k] > map[best]) { best = k; } }
  return best;
}

// Tracks one target. A frame is {pixels, width, height}, RGBA row by row; a box is [x, y, width, height].
export class UdtTracker {
  // `spectrum` is what `spectraOf` returns.
  constructor(spectrum) { this.spectrum = spectrum; }

  start(frame, [x, y, width, height]) {
    this.centre = [x + width / 2, y + height / 2];
    this.size = [width, height];
    this.least = this.size.map((side) => Math.max(SMALLEST * side, LEAST_SIDE));
    this.most = this.size.map((side, axis) => Math.min([frame.width, frame.height][axis], LARGEST * side));
    this.model = learned(this.spectrum(frame, this.centre, this.window()));
    this.response = new Float64Array(SIDE * SIDE);
    this.score = 1;
  }

  window(factor = 1) { return this.size.map((side) => side * (1 + PADDING) * factor); }

  get box() { return [...this.centre.map((at, axis) => at - this.size[axis] / 2), ...this.size]; }

  // Follows the target into the next frame; returns its box.
  update(frame) {
    if (this.seesNothing(frame)) { this.score = 0; return this.box; }
    const windows = [1 / STEP, 1, STEP].map((factor) => this.window(factor));
    const spectra = windows.map((window) => this.spectrum(frame, this.centre, window));
    const responses = spectra.map((search) => responseTo(this.model, search));
    const places = responses.map(highest), peaks = responses.map((map, k) => map[places[k]]);
    const best = highest(peaks.map((peak, k) => peak * (k === 1 ? 1 : PENALTY)));
    const stays = places[best] === 0; // then what was seen is what is to be learned
    this.move(responses[best], places[best], windows[best]);
    this.score = peaks[best];
    const next = learned(stays ? spectra[best] : this.spectrum(frame, this.centre, windows[best]));
    towards(this.model.dual, next.dual);
    towards(this.model.template.real, next.template.real);
    towards(this.model.template.imaginary, next.template.imaginary);
    return this.box;
  }

  move(response, place, window) {
    const last = Math.floor(SIDE / 2) - 1; // as in the authors' code: index 62 counts as negative
    const signed = (index) => index > last ? index - SIDE : index;
    const shift = [signed(place % SIDE), signed(Math.floor(place / SIDE))];
    this.response = response;
    this.centre = this.centre.map((at, axis) => at + shift[axis] * window[axis] / SIDE);
    this.size = window.map((side, axis) => Math.max(this.least[axis], Math.min(this.most[axis], side / (1 + PADDING))));
  }

  // Whether the window lies outside the frame, or on one flat colour.
  seesNothing({ pixels, width, height }) {
    const half = this.window().map((side) => side / 2), limit = [width, height];
    const low = half.map((side, axis) => Math.min(limit[axis], Math.max(0, Math.floor(this.centre[axis] - side))));
    const high = half.map((side, axis) => Math.min(limit[axis], Math.max(0, Math.ceil(this.centre[axis] + side) + 1)));
    const step = 1 + Math.floor(Math.max(high[0] - low[0], high[1] - low[1]) / 32);
    for (let band = 0; band < 3; band++) {
      let least = 255, most = 0;
      for (let y = low[1]; y < high[1]; y += step) {
        for (let x = low[0]; x < high[0]; x += step) {
          const value = pixels[4 * (y * width + x) + band];
          least = Math.min(least, value);
          most = Math.max(most, value);
        }
      }
      if (most - least >= FLAT) { return false; }
    }
    return true;
  }
}
