// The two-layer network and a low-pass Fourier transform of its features. Memory runs channel by channel last.

import { productOn } from "./product.js";

const MEAN_RGB = [123, 117, 104], OUT = 32; // channels of both layers
const BYTES = 4;

// The weights (output, input, 3, 3) of a layer as rows of 32 outputs: down, right, input.
function packedWeights(weight, inputs) {
  const packed = new Float32Array(9 * inputs * OUT);
  for (let tap = 0; tap < 9; tap++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < OUT; output++) {
        packed[(tap * inputs + input) * OUT + output] = weight[(output * inputs + input) * 9 + tap];
      }
    }
  }
  return packed;
}

// Cosines of the frequencies 0..cutoff in rows, then their sines.
function waves(side, cutoff) {
  const kept = cutoff + 1, rows = new Float32Array(2 * kept * side);
  for (let frequency = 0; frequency < kept; frequency++) {
    for (let at = 0; at < side; at++) {
      const angle = 2 * Math.PI * (frequency * at % side) / side;
      rows[frequency * side + at] = Math.cos(angle);
      rows[(kept + frequency) * side + at] = Math.sin(angle);
    }
  }
  return rows;
}

// Returns a function of a frame, a centre and a window [width, height]: the low-pass spectrum of the windowed features
// there, {real, imaginary}, rows of frequencies 0..K, -1..-K, columns 0..K, 32 channels last.
// `weights` is {conv1: {weight, bias}, conv2: {weight, bias}}, Float32Arrays in PyTorch's order.
export function spectraOf(weights, side, cutoff) {
  const wide = side + 2, kept = cutoff + 1, constants = [
    packedWeights(weights.conv1.weight, 3), weights.conv1.bias, packedWeights(weights.conv2.weight, OUT),
    weights.conv2.bias, waves(side, cutoff), new Float32Array(OUT),
  ];
  const sizes = [...constants.map((each) => each.length), wide * wide * 3, wide * wide * OUT, side * side * OUT,
    2 * kept * side * OUT, 4 * kept * kept * OUT];
  const memory = new WebAssembly.Memory({ initial: Math.ceil(sizes.reduce((sum, size) => sum + 4 * Math.ceil(size / 4), 0) * BYTES / 65536) });
  const product = productOn(memory);
  let next = 0;
  const arrays = sizes.map((size) => {
    const array = new Float32Array(memory.buffer, next, size);
    next += 4 * Math.ceil(size / 4) * BYTES;
    return array;
  });
  constants.forEach((each, place) => arrays[place].set(each));
  const [weight1, bias1, weight2, bias2, wave, zeros, patch, hidden, features, columns, rows] = arrays;
  const hann = Float64Array.from({ length: side }, (_, k) => 0.5 - 0.5 * Math.cos(2 * Math.PI * k / (side - 1)));

  // 3 x 3, line by line, from a map with a border of zeros.
  function convolve(source, inputs, weight, bias, target, targetWide, border, least) {
    for (let line = 0; line < side; line++) {
      product({
        a: source.byteOffset + line * wide * inputs * BYTES, aRow: inputs * BYTES, aSegment: wide * inputs * BYTES, aStep: BYTES,
        b: weight.byteOffset, bRow: OUT * BYTES, start: bias.byteOffset, rows: side, segments: 3, inner: 3 * inputs, least,
        out: target.byteOffset + ((line + border) * targetWide + border) * OUT * BYTES, outRow: OUT * BYTES,
      });
    }
  }

  // Local response normalisation over five channels, then the cosine window, in place.
  function normalise() {
    const square = new Float64Array(OUT + 4);
    for (let pixel = 0; pixel < side * side; pixel++) {
      const from = pixel * OUT, fade = hann[Math.floor(pixel / side)] * hann[pixel % side];
      for (let c = 0; c < OUT; c++) { square[c + 2] = features[from + c] * features[from + c]; }
      for (let c = 0; c < OUT; c++) {
        const root = Math.sqrt(1 + 2e-5 * (square[c] + square[c + 1] + square[c + 2] + square[c + 3] + square[c + 4]));
        features[from + c] *= fade / (root * Math.sqrt(root));
      }
    }
  }

  // Sums with cosines and sines along the columns, then along the rows.
  function transform() {
    const shared = { start: zeros.byteOffset, rows: 2 * kept, segments: 1, inner: side, aSegment: 0, least: -Infinity,
      a: wave.byteOffset, aRow: side * BYTES, aStep: BYTES };
    const line = OUT * BYTES;
    for (let column = 0; column < side; column++) {
      product({ ...shared, b: features.byteOffset + column * line, bRow: side * line,
        out: columns.byteOffset + column * line, outRow: side * line });
    }
    for (let row = 0; row < 2 * kept; row++) {
      product({ ...shared, b: columns.byteOffset + row * side * line, bRow: line,
        out: rows.byteOffset + row * 2 * kept * line, outRow: line });
    }
  }

  return (frame, centre, window) => {
    samplePatch(frame, centre, window, side, patch);
    convolve(patch, 3, weight1, bias1, hidden, wide, 1, 0);
    convolve(hidden, OUT, weight2, bias2, features, side, 0, -Infinity);
    normalise();
    transform();
    return assembled(rows, kept);
  };
}

// Samples side * side points of a window around a centre, bilinear, 0 outside the frame; then the mean is subtracted.
// `patch` has a border of zeros.
export function samplePatch({ pixels, width, height }, centre, window, side, patch) {
  const lines = [0, 1].map((axis) => Array.from({ length: side }, (_, k) => {
    const place = Math.fround(centre[axis] + (k / (side - 1) - 0.5) * window[axis]), low = Math.floor(place);
    return [low, place - low];
  }));
  const pixel = (x, y, band) => x >= 0 && y >= 0 && x < width && y < height ? pixels[4 * (y * width + x) + band] : 0;
  lines[1].forEach(([top, down], row) => lines[0].forEach(([left, right], column) => {
    const to = 3 * ((row + 1) * (side + 2) + column + 1);
    for (let band = 0; band < 3; band++) {
      const above = (1 - right) * pixel(left, top, band) + right * pixel(left + 1, top, band);
      const below = (1 - right) * pixel(left, top + 1, band) + right * pixel(left + 1, top + 1, band);
      patch[to + band] = (1 - down) * above + down * below - MEAN_RGB[band];
    }
  }));
}

// Sums with cosines and sines to complex numbers.
function assembled(sums, kept) {
  const count = (2 * kept - 1) * kept * OUT, real = new Float32Array(count), imaginary = new Float32Array(count);
  for (let row = 0; row < kept; row++) {
    for (let column = 0; column < kept; column++) {
      const [cc, cs, sc, ss] = [[0, 0], [0, kept], [kept, 0], [kept, kept]].map(
        ([down, right]) => ((row + down) * 2 * kept + column + right) * OUT);
      const up = (row * kept + column) * OUT, low = ((kept - 1 + row) * kept + column) * OUT;
      for (let c = 0; c < OUT; c++) {
        real[up + c] = sums[cc + c] - sums[ss + c];
        imaginary[up + c] = -sums[cs + c] - sums[sc + c];
        if (row > 0) {
          real[low + c] = sums[cc + c] + sums[ss + c];
          imaginary[low + c] = sums[sc + c] - sums[cs + c];
        }
      }
    }
  }
  return { real, imaginary };
}
